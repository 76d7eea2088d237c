//! DataFusion in this process, on all cores.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{collect, displayable};
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::Artefacts;
use wayfare_functions::models::ModelProvider;

use super::{Engine, SessionNeeds, caught, session};

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
        let config = session::config(needs, self.threads);
        session::context(config, self.runtime()?, &self.artefacts, needs)
    }

    async fn execute(
        &self,
        session: &SessionContext,
        plan: LogicalPlan,
    ) -> Result<Vec<RecordBatch>, DataFusionError> {
        caught(async {
            let plan = session.state().create_physical_plan(&plan).await?;
            tracing::debug!(plan = %displayable(plan.as_ref()).indent(false), "executing");
            // Not in the driver's own task: what watches over the run must not wait for what is computed.
            SpawnedTask::spawn(caught(collect(plan, session.task_ctx())))
                .join()
                .await
                .map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?
        })
        .await
    }
}
