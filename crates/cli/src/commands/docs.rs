//! `wayfare docs`: reference pages that are generated from the code.

mod command_line;

use crate::args::DocsCommand;
use crate::failure::Failure;
use crate::{exit_code, output};

/// Prints a page as Markdown.
pub(super) fn docs(command: &DocsCommand) -> Result<(), Failure> {
    let page = match command {
        DocsCommand::Tables => wayfare_tables::tables_reference_markdown(),
        DocsCommand::ExitCodes => exit_code::reference_markdown(),
        DocsCommand::JobFile => wayfare_pipeline::settings::reference_markdown()?,
        DocsCommand::CommandLine => command_line::reference_markdown(),
    };
    output::data(&page)
}
