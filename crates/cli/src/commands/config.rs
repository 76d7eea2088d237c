//! `wayfare config`.

use wayfare_pipeline::settings::job_file_schema;

use super::job;
use crate::args::{ConfigCommand, JobArgs};
use crate::failure::Failure;
use crate::output;

pub(super) fn config(command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show { job, origin } => show(job, *origin),
        ConfigCommand::Schema => output::data_line(&serde_json::to_string_pretty(&job_file_schema())?),
    }
}

/// Prints the settings as dotted keys, which is TOML.
fn show(job: &JobArgs, with_origin: bool) -> Result<(), Failure> {
    let resolved = job::settings(job)?;
    let lines = resolved.origins.iter().map(|(key, (value, origin))| {
        if with_origin {
            format!("{key} = {value}  # {origin}\n")
        } else {
            format!("{key} = {value}\n")
        }
    });
    output::data(&lines.collect::<String>())
}
