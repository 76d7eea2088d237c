//! Why no job can be proposed, and what the caller can do about it.

use std::path::PathBuf;

use super::role::Role;
use crate::error::PipelineError;

/// Why no job can be proposed.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// No column looks like one that every job needs.
    #[error("no column of the {what} looks like {}; there are: {}", described(*.role), listed(.columns))]
    Missing {
        role: Role,
        what: &'static str,
        columns: Vec<String>,
    },
    /// A flag names a column that is not there.
    #[error("`{flag} {name}`: the {what} have no such column; there are: {}", listed(.columns))]
    UnknownColumn {
        flag: &'static str,
        name: String,
        what: &'static str,
        columns: Vec<String>,
    },
    /// A flag names a column that cannot be what it says.
    #[error("`{flag} {name}`: {problem}")]
    UnfitColumn {
        flag: &'static str,
        name: String,
        problem: String,
    },
    /// The ids of the activities are not among those of the items.
    #[error(
        "no column of the activities holds ids of the items: none of their values in the sample is in any of {}",
        listed(.columns)
    )]
    NoJoin { columns: Vec<String> },
    /// A file is none that can be read.
    #[error("`{path}`: {message}")]
    Unreadable { path: PathBuf, message: String },
    /// A source holds no row.
    #[error("the {what} (`{path}`) have no rows")]
    NoRows { what: &'static str, path: PathBuf },
    /// The proposal would reject every row.
    #[error("all {rows} rows of the activities would be rejected ({reasons})")]
    AllRejected { rows: u64, reasons: String },
    /// The sources cannot be read.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

impl ProposalError {
    /// The process exit code for this error (see `docs/exit-codes.md`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownColumn { .. } | Self::UnfitColumn { .. } => 2,
            Self::Pipeline(error) => error.exit_code(),
            _ => 3,
        }
    }

    /// What the reader can do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { role, .. } => role.flag().map(|flag| format!("name it with `{flag} COLUMN`")),
            Self::UnknownColumn { flag, .. } | Self::UnfitColumn { flag, .. } => {
                Some(format!("without `{flag}` the column is guessed"))
            }
            Self::NoJoin { .. } => Some(
                "name the column of the activities with `--item-column`; if ids are written in two ways, make them equal first"
                    .to_owned(),
            ),
            Self::AllRejected { .. } => Some(
                "name the right columns with `--user-column`, `--item-column`, `--time-column` or `--title-column`"
                    .to_owned(),
            ),
            // The job file that the pipeline's hints speak of is not there yet.
            Self::Pipeline(PipelineError::InputMissing { .. }) => Some("check the path".to_owned()),
            Self::Unreadable { .. }
            | Self::NoRows { .. }
            | Self::Pipeline(
                PipelineError::Source { .. }
                | PipelineError::SourceFile { .. }
                | PipelineError::SourceQuery { .. }
                | PipelineError::Configuration { .. },
            ) => None,
            Self::Pipeline(error) => error.hint(),
        }
    }
}

fn described(role: Role) -> &'static str {
    match role {
        Role::User => "a user's id",
        Role::Item => "an item's id",
        Role::Time => "the time of an activity",
        Role::Weight => "a weight",
        Role::Title => "an item's title",
        Role::Text => "a description",
        Role::Tags => "tags",
    }
}

fn listed(columns: &[String]) -> String {
    const MOST: usize = 60;
    let mut text: Vec<String> = columns
        .iter()
        .take(MOST)
        .map(|name| format!("`{name}`"))
        .collect();
    if columns.len() > MOST {
        text.push(format!("and {} more", columns.len() - MOST));
    }
    text.join(", ")
}
