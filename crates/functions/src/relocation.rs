//! Plans whose tables lie under the session's store, rewritten to name the place in full.
//!
//! Inside one process tables are addressed from their own root, under [`TABLES_STORE`]. A plan that leaves the process
//! must say where that is: which storage system, and below which path.

use std::any::Any;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use object_store::path::Path;

use crate::bucketed_table::TABLES_STORE;
use crate::write_files_exec::WriteFilesExec;

/// The plan with every scan and every write of the tables below `root` in `store`.
pub fn relocate(
    plan: Arc<dyn ExecutionPlan>,
    store: &ObjectStoreUrl,
    root: &Path,
) -> Result<Arc<dyn ExecutionPlan>> {
    let tables = ObjectStoreUrl::parse(TABLES_STORE)?;
    plan.transform_up(|node| {
        if let Some(write) = node.downcast_ref::<WriteFilesExec>() {
            return Ok(Transformed::yes(Arc::new(
                write.relocated(store.clone(), root.clone()),
            )));
        }
        let Some(config) = node.downcast_ref::<DataSourceExec>().and_then(files_of) else {
            return Ok(Transformed::no(node));
        };
        if config.object_store_url != tables {
            return Ok(Transformed::no(node));
        }
        let mut moved = config.clone();
        moved.object_store_url = store.clone();
        moved.file_groups = config
            .file_groups
            .iter()
            .map(|group| below(group, root))
            .collect();
        Ok(Transformed::yes(DataSourceExec::from_data_source(moved) as _))
    })
    .data()
}

fn files_of(scan: &DataSourceExec) -> Option<&FileScanConfig> {
    let source: &dyn Any = scan.data_source().as_ref();
    source.downcast_ref::<FileScanConfig>()
}

fn below(group: &FileGroup, root: &Path) -> FileGroup {
    let files = group.files().iter().map(|file| {
        let mut file: PartitionedFile = file.clone();
        let below_root = file.object_meta.location;
        file.object_meta.location = root.parts().chain(below_root.parts()).collect();
        file
    });
    files.collect()
}
