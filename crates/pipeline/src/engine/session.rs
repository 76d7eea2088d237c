//! The sessions that statements are planned in: the same for every engine, so that plans differ only where they must.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::prelude::{SessionConfig, SessionContext};
use url::Url;
use wayfare_functions::artefacts::Artefacts;
use wayfare_functions::bucketed_table::TABLES_STORE;
use wayfare_functions::registry::register_functions;
use wayfare_functions::write_files::with_write_files;

use super::SessionNeeds;

/// Rows of a batch in sessions over bucket groups: a row may be a user with all that is known of them, tens of kilobytes.
const USERS_PER_BATCH: usize = 2_048;

/// The options of a session; `threads` is the number of partitions where the needs name none.
pub fn config(needs: &SessionNeeds, threads: usize) -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(needs.partitions.unwrap_or(threads));
    if needs.keep_order {
        config = config.with_batch_size(USERS_PER_BATCH);
    }
    let options = config.options_mut();
    // One text type everywhere: what is read, what functions take and what is written agree.
    options.execution.parquet.schema_force_view_types = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.time_zone = Some("+00:00".to_owned());
    // DataFusion 55 takes the least and the largest number through a cast to text as they are, and ends the statement
    // where they do not follow each other as texts: `95` comes after `134`. Ids are cast to text, so no statistics.
    options.execution.collect_statistics = false;
    // It moves the fields of a struct towards the scan, with the call that makes the struct: a name would be
    // generated once per field, and before the filters that say which names are wanted.
    options.optimizer.enable_leaf_expression_pushdown = false;
    if needs.keep_order {
        options.optimizer.prefer_hash_join = false;
        options.optimizer.enable_round_robin_repartition = false;
        options.optimizer.repartition_file_scans = false;
    }
    config
}

/// A session over a runtime, with the store of the tables and every function.
pub fn context(
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
    artefacts: &Arc<Artefacts>,
    needs: &SessionNeeds,
) -> Result<SessionContext, DataFusionError> {
    if let Some(root) = &needs.root {
        let url = Url::parse(TABLES_STORE).map_err(|error| DataFusionError::External(Box::new(error)))?;
        runtime.register_object_store(&url, Arc::clone(root.store()));
    }
    let builder = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features();
    let context = SessionContext::new_with_state(with_write_files(builder).build());
    register_functions(&context, artefacts, &needs.defaults);
    Ok(context)
}
