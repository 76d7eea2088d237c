//! Which executor gets which task: work for models goes to executors with an accelerator, all other work to the others.
//!
//! Ballista tells a policy no more of an executor than its id, so the id carries the kind. A stage needs an accelerator
//! when its plan calls an asynchronous function: those are `embed` and `name_journey`. Where only one kind of executor
//! is registered, it gets everything; but work for accelerators waits a while first, because an accelerator executor may
//! just be starting again.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::execution_plans::{RangeShuffleReaderExec, ShuffleReaderExec};
use ballista_core::serde::protobuf::{AvailableVcores, job_status};
use ballista_core::serde::scheduler::TaskKey;
use ballista_scheduler::cluster::{BallistaCluster, BoundTask, DistributionPolicy};
use ballista_scheduler::state::execution_graph::{TaskDescription, create_task_info};
use ballista_scheduler::state::execution_stage::RunningStage;
use ballista_scheduler::state::task_manager::JobInfoCache;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::async_func::AsyncFuncExec;
use tokio::sync::Mutex;

use crate::bottleneck::WaitingTasks;
use crate::task_log::{BoundTaskRecord, TaskLog};

/// Starts the id of every executor with an accelerator.
pub(crate) const ACCELERATOR_PREFIX: &str = "accelerator-";
/// Starts the id of every other executor.
pub(crate) const PLAIN_PREFIX: &str = "plain-";

pub(crate) fn is_accelerator(executor_id: &str) -> bool {
    executor_id.starts_with(ACCELERATOR_PREFIX)
}

/// Whether a plan calls a model.
pub(crate) fn needs_accelerator(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.exists(|node| Ok(node.is::<AsyncFuncExec>()))
        .unwrap_or(false)
}

/// The policy.
#[derive(Default)]
pub(crate) struct Placement {
    log: TaskLog,
    /// How long work for an accelerator waits for one before it goes to any executor.
    patience: Duration,
    /// Whose executors are asked for.
    cluster: OnceLock<BallistaCluster>,
    /// The running jobs, as they were when tasks were last looked for.
    jobs: std::sync::Mutex<Arc<HashMap<JobId, JobInfoCache>>>,
    /// Tasks that found no executor when they were last looked for.
    waiting: std::sync::Mutex<WaitingTasks>,
    /// Since when there has been no accelerator.
    without_accelerator: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Placement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What it knows of cluster and jobs has no `Debug` in Ballista.
        formatter.debug_struct("Placement").finish_non_exhaustive()
    }
}

/// The kinds of executors that are registered, busy ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kinds {
    plain: bool,
    /// There has been no accelerator for so long that work for it need not wait.
    accelerator_gone: bool,
}

impl Kinds {
    fn may_run(self, executor_id: &str, needs_accelerator: bool) -> bool {
        let has_accelerator = is_accelerator(executor_id);
        if needs_accelerator {
            has_accelerator || self.accelerator_gone
        } else {
            !has_accelerator || !self.plain
        }
    }
}

impl Placement {
    /// `patience` is how long work for an accelerator waits for one before it goes to any executor.
    pub(crate) fn new(log: TaskLog, patience: Duration) -> Self {
        Self {
            log,
            patience,
            ..Self::default()
        }
    }

    /// Whose executors these are; asked for once the cluster exists, which needs the policy first.
    pub(crate) fn watch(&self, cluster: BallistaCluster) {
        // A second call would be a mistake of the caller that changes nothing.
        drop(self.cluster.set(cluster));
    }

    /// The running jobs, as they were when tasks were last looked for.
    pub(crate) fn running_jobs(&self) -> Arc<HashMap<JobId, JobInfoCache>> {
        Arc::clone(&self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tasks that found no executor when they were last looked for.
    pub(crate) fn waiting(&self) -> WaitingTasks {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn kinds(&self) -> Kinds {
        let registered = match self.cluster.get() {
            Some(cluster) => cluster.cluster_state().registered_executor_metadata().await,
            None => Vec::new(),
        };
        let accelerator = registered.iter().any(|executor| is_accelerator(&executor.id));
        let plain = registered.iter().any(|executor| !is_accelerator(&executor.id));
        let mut since = self.without_accelerator.lock().await;
        if accelerator {
            *since = None;
        } else {
            since.get_or_insert_with(Instant::now);
        }
        let gone = since.is_some_and(|since| since.elapsed() >= self.patience);
        Kinds {
            plain,
            accelerator_gone: gone,
        }
    }

    fn bind(
        &self,
        stage: &mut RunningStage,
        session_id: &str,
        job_id: &JobId,
        budget: &mut AvailableVcores,
    ) -> Option<BoundTask> {
        let collapses = collapses(&stage.plan);
        // A stage that brings all partitions together is one task with one thread.
        let partitions = stage.pending.next_slice(if collapses { usize::MAX } else { 1 });
        if partitions.is_empty() {
            return None;
        }
        let executor_id = budget.executor_id.clone();
        let task_id = stage.task_infos.len();
        let failures = partitions
            .iter()
            .filter_map(|partition| stage.task_failure_numbers.get(*partition));
        let task_attempt = failures.max().copied().unwrap_or(0);
        let mut info = create_task_info(executor_id.clone(), task_id);
        info.global_input_partition_ids.clone_from(&partitions);
        info.vcores_consumed = 1;
        stage.task_infos.push(info);
        budget.vcores -= 1;
        self.log.record(&BoundTaskRecord {
            job: job_id.as_str(),
            stage: stage.stage_id,
            attempt: stage.stage_attempt_num,
            task: task_id,
            partitions: &partitions,
            executor: &executor_id,
            accelerator: is_accelerator(&executor_id),
            operators: operators(&stage.plan),
        });
        let description = TaskDescription {
            session_id: session_id.to_owned(),
            key: TaskKey {
                job_id: job_id.clone(),
                stage_id: stage.stage_id,
                task_id,
            },
            stage_attempt_num: stage.stage_attempt_num,
            task_attempt,
            global_input_partition_ids: partitions,
            vcores_consumed: 1,
            plan: Arc::clone(&stage.plan),
            session_config: Arc::clone(&stage.session_config),
        };
        Some((executor_id, description))
    }
}

#[async_trait]
impl DistributionPolicy for Placement {
    async fn bind_tasks(
        &self,
        mut budgets: Vec<&mut AvailableVcores>,
        running_jobs: Arc<HashMap<JobId, JobInfoCache>>,
    ) -> Result<Vec<BoundTask>> {
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&running_jobs);
        let kinds = self.kinds().await;
        let mut bound = Vec::new();
        let mut waiting = WaitingTasks::default();
        for (job_id, job) in running_jobs.iter() {
            if !matches!(job.status, Some(job_status::Status::Running(_))) {
                continue;
            }
            let mut graph = job.execution_graph.write().await;
            let session_id = graph.session_id().to_owned();
            let mut done_with = Vec::new();
            while let Some(stage) = graph.fetch_running_stage(&done_with) {
                let needs = needs_accelerator(&stage.plan);
                // The executor with most free cores first, so that tasks spread over all of them.
                let budget = budgets
                    .iter_mut()
                    .filter(|budget| budget.vcores > 0 && kinds.may_run(&budget.executor_id, needs))
                    .max_by_key(|budget| budget.vcores);
                let task = budget.and_then(|budget| self.bind(stage, &session_id, job_id, budget));
                match task {
                    Some(task) => bound.push(task),
                    None => {
                        done_with.push(stage.stage_id);
                        let kind = if needs {
                            &mut waiting.accelerator
                        } else {
                            &mut waiting.plain
                        };
                        *kind += tasks_left(stage);
                    }
                }
            }
        }
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = waiting;
        Ok(bound)
    }

    fn name(&self) -> &'static str {
        "accelerator placement"
    }
}

/// Tasks of a stage that no executor has.
fn tasks_left(stage: &RunningStage) -> usize {
    let partitions = stage.pending.remaining();
    if collapses(&stage.plan) {
        partitions.min(1)
    } else {
        partitions
    }
}

/// Whether all partitions of a stage come together in one: then they must be given to one task, whole.
fn collapses(stage: &Arc<dyn ExecutionPlan>) -> bool {
    fn below(node: &Arc<dyn ExecutionPlan>) -> bool {
        if node.is::<ShuffleReaderExec>() || node.is::<RangeShuffleReaderExec>() {
            return false;
        }
        if node.properties().partitioning.partition_count() == 1 {
            return true;
        }
        match node.children().as_slice() {
            [child] => below(child),
            _ => false,
        }
    }
    match stage.children().as_slice() {
        [child] => below(child),
        _ => false,
    }
}

fn operators(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let mut names = Vec::new();
    // Reading names cannot fail.
    drop(plan.apply(|node| {
        names.push(node.name().to_owned());
        Ok(TreeNodeRecursion::Continue)
    }));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Kinds = Kinds {
        plain: true,
        accelerator_gone: false,
    };

    #[test]
    fn each_kind_gets_its_own_work() {
        assert!(BOTH.may_run("accelerator-1", true));
        assert!(!BOTH.may_run("accelerator-1", false));
        assert!(BOTH.may_run("plain-1", false));
        assert!(!BOTH.may_run("plain-1", true));
    }

    #[test]
    fn the_only_kind_gets_everything_after_a_while() {
        let only_accelerators = Kinds { plain: false, ..BOTH };
        assert!(only_accelerators.may_run("accelerator-1", false));
        // It may just be starting.
        assert!(!BOTH.may_run("plain-1", true));
        let only_plain = Kinds {
            accelerator_gone: true,
            ..BOTH
        };
        assert!(only_plain.may_run("plain-1", true));
    }
}
