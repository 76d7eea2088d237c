//! Where the page about a run lies: under `restricted/`, because it shows what single users did.
//!
//! The one object that may be written in the place of an earlier one. It is a view of records and tables that do not
//! change, so that making it again makes the same page; nothing reads it to decide anything.

use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::error::TablesError;
use crate::json_object::{segment, storage};
use crate::location::TableRoot;

const DIRECTORY: &str = "restricted/reports";

/// Stores the page of a run; returns its path from the root of the tables.
///
/// # Errors
/// [`TablesError::InvalidName`] if no run can have this id, [`TablesError::Storage`] if it cannot be written.
pub async fn write_run_report(root: &TableRoot, run_id: &str, html: String) -> Result<String, TablesError> {
    let run_id = segment("run id", run_id)?;
    let path = Path::from(format!("{DIRECTORY}/{run_id}.html"));
    root.store()
        .put(&path, html.into())
        .await
        .map_err(|error| storage("write", &path, error))?;
    Ok(path.to_string())
}
