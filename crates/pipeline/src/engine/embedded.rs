//! DataFusion in this process, on all cores.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use url::Url;
use wayfare_functions::artefacts::Artefacts;
use wayfare_functions::bucketed_table::TABLES_STORE;
use wayfare_functions::models::ModelProvider;
use wayfare_functions::registry::register_functions;
use wayfare_functions::write_files::with_write_files;

use super::{Engine, SessionNeeds, caught};

/// Rows of a batch in sessions over bucket groups: a row may be a user with all that is known of them, tens of kilobytes.
const USERS_PER_BATCH: usize = 2_048;

/// The default engine.
#[derive(Debug)]
pub struct EmbeddedEngine {
    artefacts: Arc<Artefacts>,
    threads: usize,
    memory_limit_bytes: Option<usize>,
}

impl EmbeddedEngine {
    /// `threads` 0 means one per core; `memory_limit_mb` 0 means no limit (sorts then never spill).
    pub fn new(models: Arc<dyn ModelProvider>, threads: usize, memory_limit_mb: u64) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let limit = usize::try_from(memory_limit_mb.saturating_mul(1 << 20)).unwrap_or(usize::MAX);
        Self {
            artefacts: Arc::new(Artefacts::new(models)),
            threads: if threads == 0 { cores } else { threads },
            memory_limit_bytes: (limit > 0).then_some(limit),
        }
    }

    fn runtime(&self) -> Result<Arc<RuntimeEnv>, DataFusionError> {
        let mut builder = RuntimeEnvBuilder::new();
        if let Some(limit) = self.memory_limit_bytes {
            builder = builder.with_memory_pool(Arc::new(FairSpillPool::new(limit)));
        }
        builder.build_arc()
    }
}

#[async_trait]
impl Engine for EmbeddedEngine {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn artefacts(&self) -> &Arc<Artefacts> {
        &self.artefacts
    }

    fn session(&self, needs: &SessionNeeds) -> Result<SessionContext, DataFusionError> {
        let mut config =
            SessionConfig::new().with_target_partitions(needs.partitions.unwrap_or(self.threads));
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
        let runtime = self.runtime()?;
        let url = Url::parse(TABLES_STORE).map_err(|error| DataFusionError::External(Box::new(error)))?;
        runtime.register_object_store(&url, Arc::clone(&needs.tables));
        let builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features();
        let context = SessionContext::new_with_state(with_write_files(builder).build());
        register_functions(&context, &self.artefacts, &needs.defaults);
        Ok(context)
    }

    async fn execute(
        &self,
        session: &SessionContext,
        plan: LogicalPlan,
    ) -> Result<Vec<RecordBatch>, DataFusionError> {
        caught(async {
            let plan = session.state().create_physical_plan(&plan).await?;
            tracing::debug!(plan = %displayable(plan.as_ref()).indent(false), "executing");
            collect(plan, session.task_ctx()).await
        })
        .await
    }
}
