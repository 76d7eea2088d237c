//! What may be driven here.

use wayfare_pipeline::driver::RunRequest;
use wayfare_pipeline::settings::{JobSettings, LogicalDate};
use wayfare_tables::{AllowedPrefixes, url_of};

use super::message::Submission;
use crate::commands::job;
use crate::failure::Failure;

/// The run that a submission asks for.
///
/// The driver reads sources and writes tables itself, so that what executors may not touch is refused here as well. Models
/// are read where they lie, and only those with the hash that the job names.
pub(super) fn admit(submission: &Submission, allowed: &AllowedPrefixes) -> Result<RunRequest, Failure> {
    let settings = JobSettings::from_recorded("the submitted job", &submission.settings)?;
    let mut dates = Vec::with_capacity(submission.dates.len());
    for date in &submission.dates {
        dates.push(date.parse::<LogicalDate>().map_err(Failure::configuration)?);
    }
    if dates.is_empty() {
        return Err(Failure::usage("the submitted run is for no date"));
    }
    let sources = settings
        .sources
        .tables
        .iter()
        .map(|(name, table)| (format!("source table `{name}`"), &table.path));
    let places = std::iter::once(("the tables".to_owned(), &settings.tables.url)).chain(sources);
    for (what, place) in places {
        url_of(place)
            .and_then(|url| allowed.check(&url))
            .map_err(Failure::tables(format!("{what} cannot be used here")))?;
    }
    job::require_models(&settings)?;
    Ok(RunRequest { settings, dates })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code;

    fn submission(tables: &str, views: &str, model: &str) -> Submission {
        let hash = "0".repeat(64);
        Submission {
            settings: format!(
                "[job]\nname = \"films\"\n[tables]\nurl = \"{tables}\"\n[sources.tables.views]\npath = \"{views}\"\n\
                 [sources.activities]\nsql = \"select 1\"\n[sources.items]\nsql = \"select 1\"\n\
                 [encoder]\npath = \"{model}\"\nsha256 = \"{hash}\"\n"
            ),
            dates: vec!["2024-01-01".to_owned()],
            require_accelerator: false,
        }
    }

    #[track_caller]
    fn refused(submission: &Submission, code: u8, part: &str) {
        let allowed = AllowedPrefixes::parse(&["file:///srv/wayfare/"]).unwrap();
        let failure = admit(submission, &allowed).unwrap_err();
        let messages = failure.messages().join("; ");
        assert!(messages.contains(part), "{messages}");
        assert_eq!(failure.exit_code(), code, "{messages}");
    }

    #[test]
    fn what_lies_elsewhere_is_refused() {
        let (inside, outside) = ("/srv/wayfare/a", "/srv/other/a");
        refused(
            &submission(outside, inside, "/"),
            exit_code::CONFIGURATION,
            "the tables",
        );
        refused(
            &submission(inside, outside, "/"),
            exit_code::CONFIGURATION,
            "source table `views`",
        );
        refused(
            &submission(inside, inside, "/no-such-model"),
            exit_code::INPUT_MISSING,
            "encoder",
        );
        let allowed = AllowedPrefixes::parse(&["file:///srv/wayfare/"]).unwrap();
        let request = admit(&submission(inside, inside, "/"), &allowed).unwrap();
        assert_eq!(request.dates.len(), 1);
        assert_eq!(request.settings.job.name, "films");
    }

    #[test]
    fn what_is_no_run_is_refused() {
        let good = submission("/srv/wayfare/a", "/srv/wayfare/a", "/");
        let of = |settings: &str, dates: &[&str]| Submission {
            settings: settings.to_owned(),
            dates: dates.iter().map(|date| (*date).to_owned()).collect(),
            require_accelerator: false,
        };
        refused(&of(&good.settings, &[]), exit_code::USAGE, "no date");
        refused(
            &of(&good.settings, &["2024-02-30"]),
            exit_code::CONFIGURATION,
            "2024-02-30",
        );
        refused(
            &of("[job]\nwings = 2\n", &["2024-01-01"]),
            exit_code::CONFIGURATION,
            "wings",
        );
    }
}
