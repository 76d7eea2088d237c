//! The scheduler's record of the tasks that it gave to executors.

use std::path::Path;

use serde::Deserialize;

/// The operator in which asynchronous functions run: the models'.
pub const MODEL_OPERATOR: &str = "async_func";

/// A task that was given to an executor.
#[derive(Debug, Clone, Deserialize)]
pub struct BoundTask {
    pub job: String,
    pub stage: u64,
    pub attempt: u64,
    pub task: u64,
    pub partitions: Vec<u64>,
    pub executor: String,
    /// Whether that executor has an accelerator.
    pub accelerator: bool,
    /// Names of the operators of the stage's plan.
    pub operators: Vec<String>,
}

impl BoundTask {
    /// Whether a model works in it.
    pub fn uses_model(&self) -> bool {
        self.operators.iter().any(|operator| operator == MODEL_OPERATOR)
    }
}

/// All tasks in the order in which they were given away; a line that is being written is left out.
pub fn read(file: &Path) -> Vec<BoundTask> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().filter(|line| line.contains("\"task_bound\""));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}
