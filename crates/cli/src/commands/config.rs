//! `wayfare config`.

use super::job;
use crate::args::ConfigCommand;
use crate::failure::Failure;
use crate::output;

/// Prints the settings as dotted keys, which is TOML.
pub(super) fn config(command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Show {
        job,
        origin: with_origin,
    } = command;
    let resolved = job::settings(job)?;
    let lines = resolved.origins.iter().map(|(key, (value, origin))| {
        if *with_origin {
            format!("{key} = {value}  # {origin}\n")
        } else {
            format!("{key} = {value}\n")
        }
    });
    output::data(&lines.collect::<String>())
}
