//! Whether the tables that a snapshot names still exist: `wayfare maintain` removes what is old.
//!
//! Asked only after reading them has failed. What a reader says of a missing file is not told apart from other failures.

use object_store::ObjectStoreExt;
use object_store::path::Path;
use wayfare_tables::{ErrorClass, SnapshotRecord, TableRoot, all_tables, load_table};

/// Whether a table version or a file of it is gone for good. What cannot be found out is not gone.
pub(super) async fn is_gone(root: &TableRoot, snapshot: &SnapshotRecord) -> bool {
    for spec in all_tables() {
        let Some(version) = snapshot.tables.get(spec.name) else {
            continue;
        };
        let files = match load_table(root, spec, Some(*version)).await {
            Ok(table) => table.files,
            Err(error) if error.class() == ErrorClass::NotFound => return true,
            Err(_) => continue,
        };
        for file in files {
            let path = Path::from(format!("{}/{}", spec.directory, file.path));
            if let Err(object_store::Error::NotFound { .. }) = root.store().head(&path).await {
                return true;
            }
        }
    }
    false
}
