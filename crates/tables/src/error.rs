//! The errors of this crate and the class of each, by which callers choose between retrying, reporting and giving up.

use std::error::Error;
use std::io::ErrorKind;

use deltalake_core::DeltaTableError;

use crate::deleted_rows::DeletedRowsError;
use crate::storage;

/// What the caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request, a setting or a permission is wrong: a person has to change something.
    UserInput,
    /// What was named does not exist.
    NotFound,
    /// The machine or the storage ran out of something (disk, memory, quota).
    Resource,
    /// May pass when tried again, from a fresh read of the table.
    Transient,
    /// Stored bytes are not what was written.
    Corrupt,
    /// A broken promise inside this program.
    Bug,
}

/// Everything that can go wrong with tables, records and claims.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error(
        "location '{location}' has the unsupported scheme '{scheme}'; give {}",
        storage::supported_forms()
    )]
    UnsupportedScheme { location: String, scheme: String },

    #[error("location '{location}' is not usable: {reason}")]
    InvalidLocation { location: String, reason: String },

    #[error("'{url}' lies outside of what this process may read and write: {allowed}")]
    NotAllowed { url: String, allowed: String },

    #[error("cannot {action} '{path}'")]
    Storage {
        action: &'static str,
        path: String,
        #[source]
        source: object_store::Error,
    },

    #[error("'{location}' is not a Delta table: it has no `_delta_log` with a commit in it")]
    NotADeltaTable { location: String },

    #[error("Delta table '{location}' uses {feature}, which is not read; {advice}")]
    UnreadFeature {
        location: String,
        feature: String,
        advice: &'static str,
    },

    #[error("cannot read the log of Delta table '{location}'")]
    ForeignLog {
        location: String,
        #[source]
        source: Box<DeltaTableError>,
    },

    #[error("cannot {action} table '{table}'")]
    Delta {
        action: &'static str,
        table: &'static str,
        #[source]
        source: Box<DeltaTableError>,
    },

    #[error("table '{table}' has no version {version}; {}", newest_text(*.newest))]
    VersionNotFound {
        table: &'static str,
        version: u64,
        newest: Option<u64>,
    },

    #[error(
        "table '{table}' has columns that this version of wayfare does not write or lacks some that it does: {difference}; \
         use the version that wrote it, or another tables location"
    )]
    SchemaDiffers { table: &'static str, difference: String },

    #[error(
        "file '{path}' of table '{table}' has no row count in the log; rewrite it with a tool that records numRecords"
    )]
    RowCountMissing { table: &'static str, path: String },

    #[error(
        "the log of table '{table}' says of file '{path}' which rows are deleted, in a way that cannot be read"
    )]
    DeletedRows {
        table: &'static str,
        path: String,
        #[source]
        source: DeletedRowsError,
    },

    #[error("change of table '{table}' is invalid: {reason}")]
    InvalidChange { table: &'static str, reason: String },

    #[error(
        "table '{table}' changed meanwhile: version {version} no longer holds '{path}', which this commit replaces; \
         run again from the newest snapshot"
    )]
    Conflict {
        table: &'static str,
        version: u64,
        path: String,
    },

    #[error("table '{table}' is contended: {attempts} commits in a row lost to other writers; try again")]
    Contended { table: &'static str, attempts: u32 },

    #[error(
        "a commit to table '{table}' failed and whether it took effect could not be read back; \
         run again with the same transaction, which commits at most once"
    )]
    CommitUnknown {
        table: &'static str,
        #[source]
        source: Box<TablesError>,
    },

    #[error("'{path}' is not a readable {kind}; restore it from a backup or remove it")]
    CorruptRecord {
        path: String,
        kind: &'static str,
        #[source]
        source: serde_json::Error,
    },

    #[error("cannot encode the {kind} for '{path}'")]
    EncodeRecord {
        path: String,
        kind: &'static str,
        #[source]
        source: serde_json::Error,
    },

    #[error(
        "{kind} '{name}' cannot be part of a path; use letters, digits, '.', '_', '-', '=' or '+', at most 200 of them"
    )]
    InvalidName { kind: &'static str, name: String },

    #[error("run '{run_id}' is not in the ledger")]
    RunNotFound { run_id: String },

    #[error(
        "job '{job}' is being run by '{run_id}' (process {process} on {host}); \
         wait for it, cancel it, or remove '{path}' if that process is gone"
    )]
    ClaimHeld {
        job: String,
        run_id: String,
        process: u32,
        host: String,
        path: String,
    },

    #[error(
        "run '{run_id}' no longer owns job '{job}': it was taken over (epoch {epoch}); stop and let the newer run finish"
    )]
    ClaimLost { job: String, run_id: String, epoch: u64 },
}

impl TablesError {
    /// What the caller can do about this error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::UnsupportedScheme { .. }
            | Self::InvalidLocation { .. }
            | Self::NotAllowed { .. }
            | Self::NotADeltaTable { .. }
            | Self::UnreadFeature { .. }
            | Self::SchemaDiffers { .. }
            | Self::InvalidName { .. } => ErrorClass::UserInput,
            Self::Storage { source, .. } => class_of(source).unwrap_or(ErrorClass::Transient),
            Self::Delta { source, .. } | Self::ForeignLog { source, .. } => {
                class_of(source.as_ref()).unwrap_or(ErrorClass::Corrupt)
            }
            Self::VersionNotFound { .. } | Self::RunNotFound { .. } => ErrorClass::NotFound,
            Self::RowCountMissing { .. } | Self::DeletedRows { .. } | Self::CorruptRecord { .. } => {
                ErrorClass::Corrupt
            }
            Self::InvalidChange { .. } | Self::EncodeRecord { .. } => ErrorClass::Bug,
            Self::Conflict { .. }
            | Self::Contended { .. }
            | Self::CommitUnknown { .. }
            | Self::ClaimHeld { .. }
            | Self::ClaimLost { .. } => ErrorClass::Transient,
        }
    }
}

/// The class of any error that input or output has a part in; `None` where none has.
///
/// The innermost cause decides: a full disk arrives wrapped in an object store error wrapped in a Delta error. Only what
/// object storage answered, or that it did not, decides before that.
pub fn class_of(error: &(dyn Error + 'static)) -> Option<ErrorClass> {
    let mut class = None;
    for cause in storage::causes(error) {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            class = Some(class_of_io(io.kind()));
        } else if let Some(store) = cause.downcast_ref::<object_store::Error>() {
            if let Some(answered) = storage::class_of_answer(store) {
                return Some(answered);
            }
            class = Some(class_of_store(store));
        }
    }
    class
}

fn class_of_io(kind: ErrorKind) -> ErrorClass {
    match kind {
        ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::OutOfMemory => ErrorClass::Resource,
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidInput
        | ErrorKind::Unsupported => ErrorClass::UserInput,
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof => ErrorClass::Corrupt,
        ErrorKind::NotFound => ErrorClass::NotFound,
        _ => ErrorClass::Transient,
    }
}

fn class_of_store(error: &object_store::Error) -> ErrorClass {
    use object_store::Error as Store;
    match error {
        Store::NotFound { .. } => ErrorClass::NotFound,
        Store::PermissionDenied { .. }
        | Store::Unauthenticated { .. }
        | Store::InvalidPath { .. }
        | Store::NotSupported { .. }
        | Store::NotImplemented { .. }
        | Store::UnknownConfigurationKey { .. } => ErrorClass::UserInput,
        _ => ErrorClass::Transient,
    }
}

fn newest_text(newest: Option<u64>) -> String {
    match newest {
        Some(newest) => format!("its newest is {newest}"),
        None => "the table does not exist yet".to_owned(),
    }
}
