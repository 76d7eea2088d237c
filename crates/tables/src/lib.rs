//! The tables of Wayfare: their schemas, where they live, how they change, and how a run is recorded.
//!
//! Everything that must survive a crash is written here, and always in one of two ways: as a Delta commit that carries
//! an application transaction, or as a small JSON object that is created only where none exists. Both can be repeated
//! safely, so a run that died anywhere is simply run again.
//!
//! This crate does not know DataFusion. It names the Parquet files of a table version; the crates above read and write them.

pub mod claim;
mod clock;
pub mod crash_point;
pub mod data_file;
pub mod deleted_rows;
pub mod delta;
pub mod error;
pub mod foreign;
pub mod hold_point;
mod json_object;
pub mod ledger;
pub mod location;
pub mod maintain;
pub mod run_report;
pub mod schema;
pub mod snapshot;
pub mod storage;

pub use claim::{Claim, Owner, owner_of};
pub use crash_point::crash_point;
pub use data_file::DataFile;
pub use deleted_rows::{DeletedRows, DeletedRowsError};
pub use delta::{
    CommitOutcome, Fence, TableChange, TableSnapshot, Transaction, commit, commit_as, load_table,
};
pub use error::{ErrorClass, TablesError, class_of};
pub use foreign::{ForeignFile, ForeignTable, load_foreign_table};
pub use hold_point::hold_point;
pub use ledger::cancel::{CancelRequest, read_cancel, request_cancel};
pub use ledger::manifest::{Manifest, count_manifests, list_manifests, read_manifest, write_manifest};
pub use ledger::{OutcomeKind, Run, RunOutcome, RunRecord, list_runs, read_run, write_outcome, write_run};
pub use location::{TableRoot, url_of};
pub use maintain::{checkpoint, clean_log, vacuum};
pub use run_report::write_run_report;
pub use schema::{
    ACTIVITY_LOG, ColumnSpec, ITEM_VECTORS, JOURNEY_ACTIVITIES, JOURNEY_ALIASES, JOURNEY_NAMES, JOURNEYS,
    REJECTED_ROWS, RUNS, SEGMENT_STATE, TableSpec, all_tables, tables_reference_markdown,
};
pub use snapshot::{
    ArtefactRef, Slice, SnapshotRecord, SnapshotWrite, latest_snapshot, list_snapshots, read_snapshot,
    write_snapshot,
};
pub use storage::{AllowedPrefixes, is_passing, storage_of, store_url};
