//! What a run leaves for its caller: the one JSON line of `wayfare run --output json`, and `wayfare plan`'s answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Tables were published.
    Done,
    /// The tables already held this input's result; nothing was written.
    Noop,
}

/// One stage of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageReport {
    /// `load`, `embed`, `segment`, `name` or `publish`.
    pub stage: String,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_at_ms: i64,
    /// Wall-clock seconds in this process (zero for what an earlier attempt had finished).
    pub seconds: f64,
    /// The most memory that this process held during the stage; none where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// What was counted, by name.
    pub counts: BTreeMap<String, u64>,
}

/// The result of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    pub run_id: String,
    pub job: String,
    /// Logical dates, `YYYY-MM-DD`.
    pub dates: Vec<String>,
    pub outcome: Outcome,
    /// A notice that must accompany results of this data, from the job file.
    pub notice: Option<String>,
    pub stages: Vec<StageReport>,
    /// Totals over the published tables and this run, by name.
    pub counts: BTreeMap<String, u64>,
    /// Naming inputs that this run put to the language model, for each published journey: below 1 where journeys share
    /// names or have kept theirs. None if the job has no language model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_journey: Option<f64>,
    /// Version of each table that the snapshot record names.
    pub tables: BTreeMap<String, u64>,
    pub tables_url: String,
    /// Number of the snapshot record readers see.
    pub snapshot: u64,
    pub seconds: f64,
}

/// What a run would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunPlan {
    pub job: String,
    pub run_id: String,
    pub dates: Vec<DatePlan>,
    pub bucket_count: u32,
    pub bucket_groups: u32,
    /// Bytes of the source files.
    pub source_bytes: u64,
    /// Items whose text has no vector yet, and would not have one from an earlier planned run.
    pub items_to_embed: u64,
    /// Distinct texts among them.
    pub texts_to_embed: u64,
    /// Upper bound on the names that the language model would write.
    pub model_names_limit: u64,
    /// Bucket groups that an interrupted attempt of this very run has finished, by stage.
    pub finished_groups: BTreeMap<String, u64>,
    /// What the run would give and take; none where there is nothing to do.
    pub estimate: Option<Estimate>,
}

/// What a run would give and take, from measured rates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Estimate {
    /// Activities that would come into the log, as far as duplicates are as many as where the rates come from.
    pub activities: u64,
    /// Journeys that would be published when the run is done.
    pub journeys: u64,
    /// Distinct naming inputs that have no name yet.
    pub naming_inputs: u64,
    /// Names that the language model would write, at most.
    pub model_names: u64,
    /// Tokens of their prompts; the prefix that prompts share counts with each of them.
    pub tokens_read: u64,
    /// Tokens that the model would write.
    pub tokens_written: u64,
    /// In the order of the stages.
    pub stages: Vec<StageEstimate>,
    /// All stages together.
    pub seconds: f64,
    /// Where the rates come from, for people.
    pub basis: String,
}

/// The time of one stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageEstimate {
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// One logical date of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatePlan {
    pub date: String,
    /// `new`, `unchanged` or `replace`.
    pub state: String,
    /// Activities in the source for this date.
    pub rows: u64,
    /// Those among them that would be rejected.
    pub rejected: u64,
    /// Users of the others.
    pub users: u64,
}
