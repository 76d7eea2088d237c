//! The cluster as an engine: plans are made here, with the same session as the embedded engine's, and executed there.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use ballista_core::extension::SessionConfigHelperExt;
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::Artefacts;
use wayfare_functions::models::ModelProvider;
use wayfare_functions::relocation::relocate;
use wayfare_pipeline::engine::{Engine, GroupPolicy, SessionNeeds, session};
use wayfare_tables::{TableRoot, store_url};
use xxhash_rust::xxh3::xxh3_64;

use crate::client::{Client, Work};
use crate::codec;
use crate::endpoint::Endpoint;
use crate::error::ClusterError;
use crate::options::{WayfareOptions, for_cluster};
use crate::steady_plan::steady;
use crate::tls::Tls;

/// Work that failed by something that passes is submitted again after these pauses, as far as they fit into
/// [`ClusterOptions::resubmit_for`].
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
];

/// So many bucket groups may fail before a stage does not begin any other.
const GROUP_FAILURES: usize = 3;

/// How a driver uses a cluster.
#[derive(Debug, Clone, Copy)]
pub struct ClusterOptions {
    /// Partitions of statements over whole tables.
    pub partitions: usize,
    /// Bucket groups under way at a time: enough that no executor waits while another finishes a group's last bucket.
    pub groups_at_once: usize,
    /// Fail where there is no accelerator, instead of calling models on other executors.
    pub accelerator_required: bool,
    /// A statement that fails by something that passes is submitted again after pauses of so long in all.
    pub resubmit_for: Duration,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            partitions: 8,
            groups_at_once: 4,
            accelerator_required: false,
            resubmit_for: PAUSES.iter().sum(),
        }
    }
}

/// Executes plans on a cluster.
#[derive(Debug)]
pub struct ClusterEngine {
    client: Client,
    artefacts: Arc<Artefacts>,
    options: ClusterOptions,
}

impl ClusterEngine {
    /// Finds the scheduler at `HOST:PORT`, encrypted where there are certificates. Models are only looked at here, not used.
    pub async fn connect(
        address: &str,
        models: Arc<dyn ModelProvider>,
        options: ClusterOptions,
        tls: Option<Tls>,
    ) -> Result<Self, ClusterError> {
        let client = Client::new(Endpoint::parse(address)?, tls)?;
        client.check().await?;
        Ok(Self {
            client,
            artefacts: Arc::new(Artefacts::new(models)),
            options,
        })
    }

    async fn work(&self, session: &SessionContext, plan: LogicalPlan) -> Result<Work, DataFusionError> {
        let state = session.state();
        let mut plan = steady(state.create_physical_plan(&plan).await?)?;
        if let Some(root) = state.config().get_extension::<TableRoot>() {
            let store = ObjectStoreUrl::parse(store_url(root.url()))?;
            plan = relocate(plan, &store, root.prefix())?;
        }
        tracing::debug!(plan = %displayable(plan.as_ref()).indent(false), "submitting");
        let settings = state.config().to_key_value_pairs();
        let mut text = String::new();
        for pair in &settings {
            text.extend([&pair.key, "=", pair.value.as_deref().unwrap_or_default(), "\n"]);
        }
        Ok(Work {
            plan: codec::encode(plan)?,
            settings,
            session: format!("wayfare-{:016x}", xxh3_64(text.as_bytes())),
        })
    }
}

#[async_trait]
impl Engine for ClusterEngine {
    fn name(&self) -> &'static str {
        "cluster"
    }

    fn artefacts(&self) -> &Arc<Artefacts> {
        &self.artefacts
    }

    fn models_run_here(&self) -> bool {
        false
    }

    fn group_policy(&self) -> GroupPolicy {
        GroupPolicy {
            at_once: self.options.groups_at_once,
            failures: GROUP_FAILURES,
        }
    }

    fn session(&self, needs: &SessionNeeds) -> Result<SessionContext, DataFusionError> {
        let mut config = for_cluster(session::config(needs, self.options.partitions));
        // Ballista's choice is a join that spills but sorts both sides; what is held here is the items of a partition.
        config.options_mut().optimizer.prefer_hash_join = !needs.keep_order;
        if let Some(options) = config.options_mut().extensions.get_mut::<WayfareOptions>() {
            options.accelerator_required = self.options.accelerator_required;
        }
        if let Some(root) = &needs.root {
            config = config.with_extension(Arc::new(root.clone()));
        }
        let runtime = RuntimeEnvBuilder::new().build_arc()?;
        session::context(config, runtime, &self.artefacts, needs)
    }

    async fn execute(
        &self,
        session: &SessionContext,
        plan: LogicalPlan,
    ) -> Result<Vec<RecordBatch>, DataFusionError> {
        let work = self.work(session, plan).await?;
        let mut pauses = pauses_within(self.options.resubmit_for);
        loop {
            let error = match self.client.run(&work).await {
                Ok(batches) => return Ok(batches),
                Err(error) => error,
            };
            match pauses.next() {
                Some(pause) if error.is_passing() => {
                    // Every attempt writes files of its own, and only those of the one that ends well are used.
                    tracing::warn!(%error, seconds = pause.as_secs(), "submitting again");
                    tokio::time::sleep(pause).await;
                }
                _ if error.is_passing() => return Err(passing(error)),
                _ => return Err(error.into()),
            }
        }
    }
}

/// The pauses that fit into `limit`, one after the other.
fn pauses_within(limit: Duration) -> impl Iterator<Item = Duration> {
    let mut left = limit;
    PAUSES.into_iter().map_while(move |pause| {
        left = left.checked_sub(pause)?;
        Some(pause)
    })
}

/// In the form that whoever decides about trying again looks for.
fn passing(error: ClusterError) -> DataFusionError {
    DataFusionError::IoError(io::Error::new(io::ErrorKind::ConnectionAborted, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_end_with_the_time_for_them() {
        let seconds = |limit| -> Vec<u64> {
            pauses_within(Duration::from_secs(limit))
                .map(|pause| pause.as_secs())
                .collect()
        };
        assert_eq!(seconds(0), [0; 0]);
        assert_eq!(seconds(7), [1, 5]);
        assert_eq!(
            seconds(ClusterOptions::default().resubmit_for.as_secs()),
            [1, 5, 15, 30]
        );
    }
}
