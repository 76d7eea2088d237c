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
    let mut text = String::new();
    for (key, (value, origin)) in &resolved.origins {
        text.push_str(&format!("{key} = {value}"));
        if *with_origin {
            text.push_str(&format!("  # {origin}"));
        }
        text.push('\n');
    }
    output::data(&text)
}
