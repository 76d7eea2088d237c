//! What can go wrong while a job is configured, planned or run, and what the caller should do about it.
//!
//! Owns the mapping from failures to exit codes. Refuses to hide a cause: every source is kept.

use std::error::Error;
use std::path::PathBuf;

use datafusion::error::DataFusionError;
use wayfare_inference::InferenceError;
use wayfare_tables::storage::RETRY_VARIABLE;
use wayfare_tables::{ErrorClass, TablesError, class_of, is_passing};

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
        "{rejected} of {rows} rows of logical date {logical_date} were rejected, the job allows {allowed_share} of them: \
         {reasons}"
    )]
    TooManyRejected {
        rejected: u64,
        rows: u64,
        logical_date: String,
        allowed_share: f64,
        /// Each with its count, most frequent first.
        reasons: String,
        /// The folder with the rows.
        place: String,
    },
    /// A source, or the data in it, does not have the shape that the contracts ask for.
    #[error("source `{source_name}`: {message}")]
    Source { source_name: String, message: String },
    /// A file of a source cannot be read as what the job file says that it is.
    #[error("source table `{table}`: file `{file}` cannot be read as {format}")]
    SourceFile {
        table: String,
        file: String,
        format: &'static str,
        #[source]
        source: Box<DataFusionError>,
    },
    /// The query of a source fails on rows that its files hold.
    #[error("source `{source_name}`: its query fails on the rows of its tables")]
    SourceQuery {
        source_name: &'static str,
        #[source]
        source: Box<DataFusionError>,
    },
    /// A model's files cannot be used.
    #[error("model `{path}` cannot be used")]
    Model {
        path: String,
        #[source]
        source: Box<InferenceError>,
    },
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
            Self::Configuration { .. } | Self::Source { .. } | Self::SourceQuery { .. } => 3,
            Self::InputMissing { .. } => 4,
            Self::TooManyRejected { .. } => 6,
            Self::Busy { .. } => 75,
            Self::Cancelled { .. } => 143,
            Self::SourceFile { source, .. } if is_passing(source.as_ref()) => 75,
            Self::SourceFile { source, .. } => match class_of(source.as_ref()) {
                Some(ErrorClass::NotFound) => 4,
                // Readers dress up what they cannot parse as errors of storage; the system's own errors may pass.
                Some(ErrorClass::Transient | ErrorClass::Resource) if has_io_error(source.as_ref()) => 75,
                _ => 3,
            },
            // A truncated model looks like an error of input, too, but reading it again does not make it longer.
            Self::Model { source, .. } => match class_of(source.as_ref()) {
                Some(ErrorClass::NotFound) => 4,
                _ => 3,
            },
            Self::Tables { source, .. } => exit_code_of(source.class()),
            Self::Statement { source, .. } | Self::Query(source) => {
                class_of(source.as_ref()).map_or(1, exit_code_of)
            }
            Self::Bug { .. } => 1,
        }
    }

    /// What the reader can do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Configuration { .. } => Some(
                "`wayfare docs job-file` lists every key; `wayfare config show --origin JOB.toml` shows where each value \
                 comes from"
                    .to_owned(),
            ),
            Self::InputMissing { what, .. } if what == "job file" => {
                Some("`wayfare init` writes one for your own files".to_owned())
            }
            Self::InputMissing { what, .. } => Some(format!("check the path of the {what} in the job file")),
            Self::TooManyRejected { place, .. } => Some(format!(
                "nothing was published; the rows lie in the Parquet files of `{place}` until `wayfare maintain` removes \
                 them; correct the source, or raise `load.max_rejected_share` if they are expected"
            )),
            Self::Source { source_name, .. } => Some(hint_for_source(source_name)),
            Self::SourceFile { source, .. } if is_passing(source.as_ref()) => Some(hint_for_passing()),
            Self::SourceFile { table, format, .. } => Some(hint_for_file(table, format)),
            Self::SourceQuery { source_name, .. } => Some(format!(
                "`try_cast(x AS type)` in `[sources.{source_name}] sql` gives null where a value cannot be converted; \
                 activities without a time or an id then go to `rejected_rows`"
            )),
            Self::Model { .. } => Some(
                "`wayfare models verify JOB.toml` compares the files with the hashes in the job file; \
                 `wayfare doctor JOB.toml` loads them"
                    .to_owned(),
            ),
            Self::Statement { source, .. } => Some(hint_for_statement(source)),
            Self::Tables { source, .. } if is_passing(source.as_ref()) => Some(hint_for_passing()),
            Self::Tables { source, .. } => Some(hint_for_tables(source.class())),
            Self::Busy { .. } => Some(
                "wait for it, or run again later: a finished run is not repeated; a claim whose process died on another \
                 machine is taken over ten minutes after its last sign of life"
                    .to_owned(),
            ),
            Self::Cancelled { .. } => {
                Some("run the same command again to continue; finished bucket groups are kept".to_owned())
            }
            Self::Query(source) if is_passing(source.as_ref()) => Some(hint_for_passing()),
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

fn has_io_error(error: &(dyn Error + 'static)) -> bool {
    error.is::<std::io::Error>() || error.source().is_some_and(has_io_error)
}

fn exit_code_of(class: ErrorClass) -> u8 {
    match class {
        // What is full is emptied by a person; until then the run waits with everything that it has finished.
        ErrorClass::Transient | ErrorClass::Resource => 75,
        ErrorClass::UserInput => 3,
        ErrorClass::NotFound => 4,
        ErrorClass::Corrupt | ErrorClass::Bug => 1,
    }
}

fn hint_for_source(source_name: &str) -> String {
    match source_name {
        "activities" => "`[sources.activities] sql` must give `user_id`, `item_id` and `occurred_at`, a time, and may \
                         give `weight`, a number"
            .to_owned(),
        "items" => "`[sources.items] sql` must give `item_id` and `title`, and may give `text` and `tags`, a list of \
                    texts"
            .to_owned(),
        table => format!("look at `path`, `format` and `columns` of `[sources.tables.{table}]` in the job file"),
    }
}

fn hint_for_file(table: &str, format: &str) -> String {
    let of_format = match format {
        "CSV" => {
            "values that hold a delimiter or a quote must be quoted; values that hold line breaks need \
             `multiline = true`"
        }
        _ => "write the file again, or move it out of the folder",
    };
    format!(
        "{of_format}; `[sources.tables.{table}]` in the job file says how it is read; nothing was published"
    )
}

fn hint_for_statement(source: &DataFusionError) -> String {
    if matches!(source.find_root(), DataFusionError::ResourcesExhausted(_)) {
        return "raise `engine.memory_limit_mb`, or lower `engine.threads` or `tables.buckets_per_group`; nothing was \
                published"
            .to_owned();
    }
    if is_passing(source) {
        return hint_for_passing();
    }
    hint_for_tables(class_of(source).unwrap_or(ErrorClass::Transient))
}

fn hint_for_passing() -> String {
    format!(
        "storage could not be reached, or asked to wait, for longer than `{RETRY_VARIABLE}` says; nothing was published; \
         run the same command again to continue where it stopped"
    )
}

fn hint_for_tables(class: ErrorClass) -> String {
    let again = "run the same command again to continue where it stopped";
    match class {
        ErrorClass::Resource => {
            format!("the disk, or what may be written to it, is full: free space, then {again}; nothing was published")
        }
        ErrorClass::UserInput => {
            "nothing was published; `wayfare doctor JOB.toml` says whether the tables can be written".to_owned()
        }
        ErrorClass::Corrupt => "a damaged manifest, run record or outcome may be removed: its part of the run is then \
                                done again; so may the newest snapshot record: readers then see the one before, and \
                                its dates have to be run again; `wayfare doctor JOB.toml` says what is readable"
            .to_owned(),
        _ => format!("nothing was published; {again}"),
    }
}

impl From<DataFusionError> for PipelineError {
    fn from(source: DataFusionError) -> Self {
        Self::Query(Box::new(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> object_store::Error {
        object_store::Error::Generic {
            store: "S3",
            source: Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
        }
    }

    #[test]
    fn a_fault_of_storage_that_may_pass_is_worth_a_retry() {
        let in_statement = || Box::new(DataFusionError::ObjectStore(Box::new(unreachable())));
        let errors = [
            PipelineError::Query(in_statement()),
            PipelineError::Statement {
                job: "job".to_owned(),
                stage: "load",
                group: 0,
                statement: "scatter",
                source: in_statement(),
            },
            PipelineError::SourceFile {
                table: "plays".to_owned(),
                file: "s3://bucket/plays.csv".to_owned(),
                format: "CSV",
                source: in_statement(),
            },
            PipelineError::tables("job", "writing")(TablesError::Storage {
                action: "write",
                path: "object".to_owned(),
                source: unreachable(),
            }),
        ];
        for error in errors {
            assert_eq!(error.exit_code(), 75, "{error}");
            let hint = error.hint().unwrap();
            assert!(hint.contains("WAYFARE_STORE_RETRY_SECONDS"), "{error}: {hint}");
        }
    }
}
