//! The scheduler's record of where it put which task, one line of JSON each.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::error::ClusterError;

/// What is recorded of a task when it is given to an executor.
#[derive(Debug)]
pub(crate) struct BoundTaskRecord<'a> {
    pub(crate) job: &'a str,
    pub(crate) stage: usize,
    /// Of the stage; its tasks run again where their output was lost.
    pub(crate) attempt: usize,
    pub(crate) task: usize,
    pub(crate) partitions: &'a [usize],
    pub(crate) executor: &'a str,
    pub(crate) accelerator: bool,
    /// Operators of the stage's plan, from its root.
    pub(crate) operators: Vec<String>,
}

/// Appends to a file, if there is one.
#[derive(Debug, Default)]
pub(crate) struct TaskLog(Option<Mutex<File>>);

impl TaskLog {
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, ClusterError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|source| ClusterError::Folder {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self(Some(Mutex::new(file))))
    }

    pub(crate) fn record(&self, task: &BoundTaskRecord<'_>) {
        tracing::debug!(?task, "task bound");
        let Some(file) = &self.0 else { return };
        let line = json!({
            "event": "task_bound",
            "job": task.job,
            "stage": task.stage,
            "attempt": task.attempt,
            "task": task.task,
            "partitions": task.partitions,
            "executor": task.executor,
            "accelerator": task.accelerator,
            "operators": task.operators,
        });
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            tracing::warn!(%error, "the task log cannot be written");
        }
    }
}
