//! `wayfare init`: a job file for data that nobody has described, and what was understood of it.
//!
//! What columns mean is worked out in `wayfare_pipeline::proposal`; here are the files, the models and the words.

pub(super) mod models;
mod summary;

use std::path::{Path, PathBuf};

use wayfare_pipeline::proposal::{ColumnChoices, Proposal, ProposalRequest, propose};
use wayfare_pipeline::settings::{JobSettings, LogicalDate, Slice};

use super::{job, plan};
use crate::args::{InitArgs, JobArgs, OutputFormat, PlanArgs, SelectionArgs};
use crate::failure::Failure;
use crate::output;

/// Stems of files that say nothing of what is in them.
const NAMELESS: [&str; 8] = [
    "activities",
    "activity",
    "events",
    "data",
    "part",
    "log",
    "export",
    "table",
];
/// Slices, and rows times slices, up to which the plan looks at all slices; beyond, at the newest.
const MOST_PLANNED_SLICES: u64 = 31;
const MOST_PLANNED_ROWS: u64 = 20_000_000;

/// Proposes a job, writes it and checks it as `plan` does.
pub(super) async fn init(args: &InitArgs) -> Result<(), Failure> {
    let job_file = place(args)?;
    let job_name = args.name.clone().unwrap_or_else(|| name_of(&args.activities));
    let request = ProposalRequest {
        activities: args.activities.clone(),
        items: args.items.clone(),
        tables_url: args
            .tables
            .clone()
            .unwrap_or_else(|| format!("tables/{job_name}")),
        job_name,
        columns: ColumnChoices {
            user: args.user_column.clone(),
            item: args.item_column.clone(),
            time: args.time_column.clone(),
            title: args.title_column.clone(),
        },
        encoder: models::encoder(args.encoder.as_deref(), &job_file)?,
        namer: models::namer(args.model.as_deref(), &job_file)?,
        job_file: job_file.clone(),
    };
    let engine = job::engine(&JobSettings::default());
    let proposal = Box::pin(propose(&request, &engine)).await?;
    write(&job_file, &proposal.text)?;
    output::data(&summary::text(&proposal, &job_file))?;
    check(&request, &proposal).await
}

/// The job file to write, whose folder exists when this returns.
fn place(args: &InitArgs) -> Result<PathBuf, Failure> {
    let is_file = args.out.extension().is_some_and(|extension| extension == "toml");
    let job_file = if is_file {
        args.out.clone()
    } else {
        args.out.join("job.toml")
    };
    if job_file.exists() && !args.force {
        let file = job_file.display();
        return Err(Failure::usage(format!(
            "`{file}` is there already; `--force` overwrites it, `--out` names another place"
        )));
    }
    let folder = job_file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::from(error).context(format!("cannot make the folder `{}`", folder.display()))
        })?;
    }
    Ok(job_file)
}

fn write(job_file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(job_file, text)
        .map_err(|error| Failure::from(error).context(format!("cannot write `{}`", job_file.display())))
}

/// A name for the job: what the file is called, or its folder if that says more.
fn name_of(activities: &Path) -> String {
    let plain = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy().to_lowercase();
        let kept = name.chars().map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        });
        kept.collect::<String>().trim_matches('-').to_owned()
    };
    let absolute = std::path::absolute(activities).unwrap_or_else(|_| activities.to_owned());
    let names = [
        absolute.file_stem().map(plain),
        absolute.parent().and_then(Path::file_name).map(plain),
    ];
    let says_something = |name: &&String| {
        let first = name.split('-').next().unwrap_or_default();
        !name.is_empty() && !NAMELESS.contains(&first)
    };
    let names: Vec<String> = names.into_iter().flatten().collect();
    let chosen = names.iter().find(says_something).or(names.first());
    chosen
        .filter(|name| !name.is_empty())
        .cloned()
        .unwrap_or_else(|| "journeys".to_owned())
}

/// Plans the job and says what to run, or says why it cannot run yet.
async fn check(request: &ProposalRequest, proposal: &Proposal) -> Result<(), Failure> {
    let job = JobArgs {
        job_file: request.job_file.clone(),
        sets: Vec::new(),
    };
    let steps = Steps::of(proposal);
    match job::settings(&job) {
        Err(_) if request.encoder.is_none() => output::data(&format!(
            "not planned: the job needs an encoder; set `[encoder]` in `{}`, or give `--encoder DIR`\n",
            request.job_file.display()
        ))?,
        Err(failure) => return Err(failure),
        Ok(_) => {
            let args = PlanArgs {
                job,
                selection: steps.planned(proposal),
                output: OutputFormat::Text,
            };
            plan::plan(&args).await?;
        }
    }
    output::data(&steps.text(&request.job_file, &request.tables_url))
}

/// What to run first.
struct Steps {
    slice: Slice,
    /// First and last day of the activities.
    first: LogicalDate,
    last: LogicalDate,
}

impl Steps {
    fn of(proposal: &Proposal) -> Self {
        Self {
            slice: proposal.decisions.slice.value,
            first: LogicalDate(proposal.span.0),
            last: LogicalDate(proposal.span.1),
        }
    }

    /// All slices if that is little work, or else the newest.
    fn planned(&self, proposal: &Proposal) -> SelectionArgs {
        let slices = self.slice.dates(self.first, self.last).len() as u64;
        let all = self.slice != Slice::All
            && slices <= MOST_PLANNED_SLICES
            && slices * proposal.facts.all.rows <= MOST_PLANNED_ROWS;
        SelectionArgs {
            date: (!all && self.slice != Slice::All).then_some(self.last),
            from: all.then_some(self.first),
            to: all.then_some(self.last),
            one_run: all,
        }
    }

    fn text(&self, job_file: &Path, tables_url: &str) -> String {
        let job_file = job_file.display();
        let run = match self.slice {
            Slice::All => format!("next: wayfare run {job_file}\n"),
            _ => format!(
                "next: wayfare run {job_file} --from {} --to {} --one-run   # everything at once\n  \
                   or: wayfare run {job_file} --date {}   # the newest slice, then one by one\n",
                self.first, self.last, self.last
            ),
        };
        format!(
            "{run}then: wayfare sql {tables_url} -c 'select user_id, name, activity_count from journeys limit 20'\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_named_after_the_file_or_else_its_folder() {
        for (path, expected) in [
            ("shop/Käufe 2025.csv", "k-ufe-2025"),
            ("shop/transactions.parquet", "transactions"),
            ("shop/activities.csv", "shop"),
            ("shop/part-0001.parquet", "shop"),
            ("shop/events", "shop"),
        ] {
            assert_eq!(name_of(Path::new(path)), expected, "{path}");
        }
    }
}
