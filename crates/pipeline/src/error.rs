//! What can go wrong while a job is configured, planned or run, and what the caller should do about it.
//!
//! Owns the mapping from failures to exit codes. Refuses to hide a cause: every source is kept.

use std::path::PathBuf;

use datafusion::error::DataFusionError;
use wayfare_tables::{ErrorClass, TablesError};

/// An error of the pipeline, naming job, stage, bucket group and file where they are known.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The job file, an environment variable or a flag holds something that cannot be used.
    #[error("configuration of `{path}` is not usable: {message}")]
    Configuration { path: PathBuf, message: String },
    /// A source, model or job file that must exist does not.
    #[error("{what} `{path}` is missing")]
    InputMissing { what: String, path: String },
    /// More rows were rejected than the job allows.
    #[error(
        "{rejected} of {rows} rows of logical date {logical_date} were rejected, the job allows {allowed_share} of them"
    )]
    TooManyRejected {
        rejected: u64,
        rows: u64,
        logical_date: String,
        allowed_share: f64,
    },
    /// A source, or the data in it, does not have the shape that the contracts ask for.
    #[error("source `{source_name}`: {message}")]
    Source { source_name: String, message: String },
    /// A statement of `sql/` failed.
    #[error("job `{job}`, stage `{stage}`, bucket group {group}: statement `{statement}` failed")]
    Statement {
        job: String,
        stage: &'static str,
        group: u32,
        statement: &'static str,
        #[source]
        source: Box<DataFusionError>,
    },
    /// Planning or running SQL failed outside a stage.
    #[error("query failed")]
    Query(#[source] Box<DataFusionError>),
    /// The tables, the ledger or the snapshot record could not be read or written.
    #[error("job `{job}`, {doing}")]
    Tables {
        job: String,
        doing: String,
        #[source]
        source: Box<TablesError>,
    },
    /// Another run owns the job.
    #[error("job `{job}` is being run by {owner}")]
    Busy { job: String, owner: String },
    /// The run was asked to stop.
    #[error("run `{run_id}` was cancelled in stage `{stage}`")]
    Cancelled { run_id: String, stage: &'static str },
    /// A state that should be impossible.
    #[error("internal error: {message}")]
    Bug { message: String },
}

impl PipelineError {
    /// The process exit code for this error (see `docs/exit-codes.md`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration { .. } | Self::Source { .. } => 3,
            Self::InputMissing { .. } => 4,
            Self::TooManyRejected { .. } => 6,
            Self::Busy { .. } => 75,
            Self::Cancelled { .. } => 143,
            Self::Tables { source, .. } => match source.class() {
                ErrorClass::Transient => 75,
                ErrorClass::UserInput => 3,
                ErrorClass::NotFound => 4,
                _ => 1,
            },
            Self::Statement { source, .. } | Self::Query(source) => {
                if matches!(source.find_root(), DataFusionError::IoError(_)) {
                    75
                } else {
                    1
                }
            }
            Self::Bug { .. } => 1,
        }
    }

    /// What the reader can do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Configuration { .. } => {
                Some("`wayfare config show --origin JOB.toml` shows where each value comes from".to_owned())
            }
            Self::InputMissing { what, .. } => Some(format!("check the path of the {what} in the job file")),
            Self::TooManyRejected { .. } => Some(
                "look at the table `rejected_rows` of this run; raise `load.max_rejected_share` if they are expected"
                    .to_owned(),
            ),
            Self::Source { .. } => Some("the job file's `[sources]` SQL must give the documented columns".to_owned()),
            Self::Statement { .. } | Self::Tables { .. } => {
                Some("nothing was published; run the same command again to continue where it stopped".to_owned())
            }
            Self::Busy { .. } => Some("wait for it, or run again later: a finished run is not repeated".to_owned()),
            Self::Cancelled { .. } => {
                Some("run the same command again to continue; finished bucket groups are kept".to_owned())
            }
            Self::Query(_) | Self::Bug { .. } => None,
        }
    }

    /// Wraps a tables error with what was being done.
    pub fn tables(job: &str, doing: impl Into<String>) -> impl FnOnce(TablesError) -> Self {
        let (job, doing) = (job.to_owned(), doing.into());
        move |source| Self::Tables {
            job,
            doing,
            source: Box::new(source),
        }
    }
}

impl From<DataFusionError> for PipelineError {
    fn from(source: DataFusionError) -> Self {
        Self::Query(Box::new(source))
    }
}
