//! Progress for the log of a process that drives several runs: the milestones of one run, each line with its id.

use std::sync::OnceLock;

use serde_json::json;
use wayfare_pipeline::observer::{Event, Observer};

use crate::event_line::say;

/// Tells about one run.
pub(crate) struct RunLines<Known> {
    run_id: OnceLock<String>,
    known: Known,
}

impl<Known: Fn(&str)> RunLines<Known> {
    /// `known` is called once, with the run's id.
    pub(crate) fn new(known: Known) -> Self {
        Self {
            run_id: OnceLock::new(),
            known,
        }
    }
}

impl<Known: Fn(&str) + Send + Sync> Observer for RunLines<Known> {
    fn observe(&self, event: &Event) {
        match event {
            Event::RunStarted {
                run_id,
                dates,
                resumed,
            } => {
                self.run_id.get_or_init(|| run_id.clone());
                (self.known)(run_id);
                say(json!({ "event": "run_started", "run_id": run_id, "dates": dates, "resumed": resumed }));
            }
            Event::StageFinished {
                stage,
                seconds,
                counts,
                ..
            } => say(json!({
                "event": "stage_finished",
                "run_id": self.run_id.get(),
                "stage": stage,
                "seconds": seconds,
                "counts": counts,
            })),
            Event::Note { text } => {
                say(json!({ "event": "note", "run_id": self.run_id.get(), "text": text }));
            }
            Event::StageStarted { .. } | Event::StageProgress { .. } => {}
        }
    }
}
