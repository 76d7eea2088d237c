//! How a run tells what it is doing: events, for whoever shows them.
//!
//! Refuses to know about terminals; the command line renders bars or JSON lines from these.

use std::collections::BTreeMap;

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// A run began, or is being continued.
    RunStarted {
        run_id: String,
        dates: Vec<String>,
        resumed: bool,
    },
    /// A stage began; `total` counts `unit`s where it is known beforehand.
    StageStarted {
        stage: &'static str,
        unit: &'static str,
        total: Option<u64>,
    },
    /// `done` units of the stage are finished (not an increment).
    StageProgress { stage: &'static str, done: u64 },
    /// A stage ended.
    StageFinished {
        stage: &'static str,
        seconds: f64,
        /// The most memory held during it; none where the system does not tell.
        peak_memory_bytes: Option<u64>,
        counts: BTreeMap<String, u64>,
    },
    /// A sentence that a person should read.
    Note { text: String },
}

/// Receives the events of a run, from any thread.
pub trait Observer: Send + Sync {
    /// Called in the order in which things happen; must return quickly.
    fn observe(&self, event: &Event);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _event: &Event) {}
}
