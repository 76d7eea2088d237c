//! The parameters of `wayfare` as a job file says them.

use std::path::Path;

use toml::{Table, Value};
use wayfare_evaluation::extraction::wayfare::Wayfare;
use wayfare_journeys::Params;

use crate::failure::Failure;

/// The table of a job file that holds them.
const SEGMENT: &str = "segment";

/// The defaults of evaluation, over them `[segment]` of the file, over that the flags.
pub(in crate::commands) fn resolve(
    file: Option<&Path>,
    sets: &[String],
    min_activities: u32,
) -> Result<Params, Failure> {
    let defaults = Params {
        min_activities,
        ..Wayfare::default().params
    };
    let mut params = Table::try_from(defaults).map_err(Failure::failed_with)?;
    if let Some(file) = file {
        let within = |failure: Failure| failure.context(format!("`{}` cannot be used", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| within(error.into()))?;
        params.extend(segment(&text).map_err(within)?);
    }
    for set in sets {
        let within = |failure: Failure| failure.context(format!("`--set {set}` cannot be used"));
        params.extend(segment(set).map_err(within)?);
    }
    let params: Params = params.try_into().map_err(refused)?;
    params.validate().map_err(refused)?;
    Ok(params)
}

fn refused(error: impl Into<anyhow::Error>) -> Failure {
    Failure::configuration(error).context("the parameters of `wayfare` cannot be used")
}

/// The table `segment` of a TOML text.
fn segment(text: &str) -> Result<Table, Failure> {
    let mut table: Table = toml::from_str(text).map_err(Failure::configuration)?;
    match table.remove(SEGMENT) {
        Some(Value::Table(segment)) => Ok(segment),
        _ => Err(Failure::usage(
            "it sets no key of `segment`, as in `segment.join_threshold=0.4`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(sets: &[&str]) -> Result<Params, Failure> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        resolve(None, &sets, 4)
    }

    #[test]
    fn flags_replace_single_parameters() {
        let params = resolved(&["segment.gap_days=15", "segment.join_threshold=0.5"]).unwrap();
        let expected = Params {
            gap_days: 15.0,
            join_threshold: 0.5,
            ..Wayfare::default().params
        };
        assert_eq!(params, expected);
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        for (set, expected) in [
            ("segment.joint=1", "joint"),
            ("tables.url=1", "sets no key of `segment`"),
            ("segment.join_threshold=3.0", "join_threshold is 3"),
            ("segment.join_threshold", "cannot be used"),
        ] {
            let messages = resolved(&[set]).unwrap_err().messages().join(": ");
            assert!(messages.contains(expected), "{set}: {messages}");
        }
    }
}
