//! Which failures of a task are worth trying again, said in the way that Ballista understands.
//!
//! Ballista tries a task again only where the error's root is an I/O error; every other error ends the whole job at once,
//! one answer 503 of an object store among them. This engine looks at the whole chain of causes instead.

use std::error::Error;
use std::fmt::{Display, Formatter};
use std::io;
use std::sync::Arc;

use arrow::error::ArrowError;
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::{
    RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
};
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use wayfare_tables::{hold_point, is_passing};

use crate::options::WayfareOptions;
use crate::placement::needs_accelerator;

/// What Ballista writes before the cause of a task that it tried again until it gave up.
const GAVE_UP: &str = "Task failed due to IO error";

/// Whether a job's failure, as the scheduler tells it, may pass: the task was tried several times and the cause was one
/// that goes away, or executors were missing.
pub(crate) fn says_passing(message: &str) -> bool {
    [
        GAVE_UP,
        "FetchPartitionError",
        "failed to fetch",
        "no executors",
        "No executors",
        "rejected by executor",
        "Cancelled",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// Ballista's engine with our classes of errors.
pub(crate) struct ClassifyingEngine {
    inner: DefaultExecutionEngine,
    executor: Arc<str>,
    has_accelerator: bool,
}

impl ClassifyingEngine {
    /// `executor` is the id that errors name.
    pub(crate) fn new(executor: &str, has_accelerator: bool) -> Self {
        Self {
            inner: DefaultExecutionEngine::new(),
            executor: executor.into(),
            has_accelerator,
        }
    }
}

impl ExecutionEngine for ClassifyingEngine {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        global_output_partition_ids: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let options = config.options().extensions.get::<WayfareOptions>();
        let required = options.is_some_and(|options| options.accelerator_required);
        if required && !self.has_accelerator && needs_accelerator(&plan) {
            return Err(DataFusionError::Execution(
                "this work needs an executor with an accelerator, and none is registered".to_owned(),
            ));
        }
        let is_last = plan.name() == "ShuffleWriterExec";
        let inner = self.inner.create_query_stage_exec(
            job_id,
            stage_id,
            task_id,
            global_output_partition_ids,
            plan,
            work_dir,
            config,
        )?;
        let executor = Arc::clone(&self.executor);
        Ok(Arc::new(ClassifyingStage {
            inner,
            executor,
            is_last,
        }))
    }
}

#[derive(Debug)]
struct ClassifyingStage {
    inner: Arc<dyn QueryStageExecutor>,
    executor: Arc<str>,
    /// Its output is read by whoever submitted the job, or by one task; not divided among tasks.
    is_last: bool,
}

impl Display for ClassifyingStage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.inner, formatter)
    }
}

#[async_trait]
impl QueryStageExecutor for ClassifyingStage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        let written = self.inner.execute_query_stage(task_id, context).await;
        if !self.is_last {
            hold_point("shuffle:written");
        }
        written.map_err(|error| classified(&self.executor, error))
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.inner.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.inner.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.inner.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.inner.collect_column_stats()
    }
}

/// The error as text, with where it happened: what arrives at the scheduler is text in any case.
fn classified(executor: &str, error: DataFusionError) -> DataFusionError {
    let lost = |cause: &(dyn Error + 'static)| {
        let ballista = cause.downcast_ref::<BallistaError>();
        matches!(ballista, Some(BallistaError::FetchFailed(..)))
    };
    if causes(&error).any(lost) {
        // Lost shuffle files: Ballista makes them again, and knows that by the error's type.
        return error;
    }
    let mut text = format!("executor `{executor}`");
    for cause in causes(&error) {
        let said = cause.to_string();
        // A wrapper often repeats what it wraps.
        if !text.contains(&said) {
            text.extend([": ", &said]);
        }
    }
    if causes(&error).any(|cause| is_passing(cause) || is_full(cause)) {
        DataFusionError::IoError(io::Error::other(text))
    } else {
        DataFusionError::Execution(text)
    }
}

/// The error and what is behind it. Ballista's own errors do not say what they wrap in the usual way.
fn causes<'e>(error: &'e DataFusionError) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    let first: &'e (dyn Error + 'static) = error;
    std::iter::successors(Some(first), |cause: &&'e (dyn Error + 'static)| match cause
        .downcast_ref::<BallistaError>()
    {
        Some(BallistaError::DataFusionError(inner)) => Some(inner.as_ref() as _),
        _ => (*cause).source(),
    })
}

/// A disk of this machine is full: another machine may have room.
fn is_full(cause: &(dyn Error + 'static)) -> bool {
    let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
    let arrow = cause.downcast_ref::<ArrowError>().and_then(|error| match error {
        ArrowError::IoError(_, source) => Some(source.kind()),
        _ => None,
    });
    matches!(
        io.or(arrow),
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
    )
}

#[cfg(test)]
mod tests {
    use ballista_core::serde::protobuf::FailedTask;

    use super::*;

    fn store_error(source: io::Error) -> DataFusionError {
        DataFusionError::ObjectStore(Box::new(object_store::Error::Generic {
            store: "S3",
            source: Box::new(source),
        }))
    }

    #[test]
    fn passing_faults_are_retried_and_others_are_not() {
        let reset = store_error(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(
            !FailedTask::from(BallistaError::from(store_error(
                io::ErrorKind::ConnectionReset.into()
            )))
            .retryable
        );
        let task = FailedTask::from(BallistaError::from(classified("plain-1", reset)));
        assert!(task.retryable, "{}", task.error);
        assert!(says_passing(&task.error));
        let missing = DataFusionError::ObjectStore(Box::new(object_store::Error::NotFound {
            path: "gone".to_owned(),
            source: "404".into(),
        }));
        let task = FailedTask::from(BallistaError::from(classified("plain-1", missing)));
        assert!(!task.retryable);
        assert!(
            task.error.contains("executor `plain-1`") && task.error.contains("gone"),
            "{}",
            task.error
        );
        let wrapped = DataFusionError::External(Box::new(BallistaError::from(store_error(
            io::ErrorKind::ConnectionReset.into(),
        ))));
        assert!(FailedTask::from(BallistaError::from(classified("plain-1", wrapped))).retryable);
        let full = ArrowError::IoError("full".to_owned(), io::ErrorKind::StorageFull.into());
        let full = DataFusionError::from(full);
        assert!(FailedTask::from(BallistaError::from(classified("plain-1", full))).retryable);
        assert!(!says_passing(&task.error));
    }
}
