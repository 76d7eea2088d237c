//! How statements are executed: the seam between the driver and what computes.
//!
//! The driver plans every statement in a session that the engine gives and lets the engine execute the plan.
//! Tables, functions and SQL are the same for every engine.

mod caught;
mod embedded;
pub mod session;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::{Artefacts, FunctionDefaults};
use wayfare_tables::TableRoot;

pub(crate) use caught::caught;
pub use embedded::EmbeddedEngine;

/// What a statement's session must offer.
#[derive(Debug, Clone)]
pub struct SessionNeeds {
    /// Where the tables lie; `None` for sessions over other people's files.
    pub root: Option<TableRoot>,
    /// Partitions of a plan; `None` for what the engine finds best. A bucket group needs one per bucket.
    pub partitions: Option<usize>,
    /// Joins that keep the order of sorted tables, instead of hash joins.
    pub keep_order: bool,
    /// What functions take where a call leaves it out.
    pub defaults: FunctionDefaults,
}

/// How an engine wants bucket groups to be given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupPolicy {
    /// So many are under way at a time.
    pub at_once: usize,
    /// After the failure of so many, no other is begun; those before it do not keep the others from being done.
    pub failures: usize,
}

impl Default for GroupPolicy {
    /// One after the other, until one fails: memory follows from the size of one group.
    fn default() -> Self {
        Self {
            at_once: 1,
            failures: 1,
        }
    }
}

/// Executes plans.
#[async_trait]
pub trait Engine: Send + Sync {
    /// For the ledger and messages.
    fn name(&self) -> &'static str;

    /// Models and item packs of this process, with counts of the work done.
    fn artefacts(&self) -> &Arc<Artefacts>;

    /// Whether functions that call models do so in this process, so that its counts are of all calls.
    fn models_run_here(&self) -> bool {
        true
    }

    /// How bucket groups are worked on.
    fn group_policy(&self) -> GroupPolicy {
        GroupPolicy::default()
    }

    /// A fresh session with every function registered.
    fn session(&self, needs: &SessionNeeds) -> Result<SessionContext, DataFusionError>;

    /// Executes a plan made in `session` and gives its rows, which must be few: what is big is written to files.
    async fn execute(
        &self,
        session: &SessionContext,
        plan: LogicalPlan,
    ) -> Result<Vec<RecordBatch>, DataFusionError>;
}
