//! Progress for a log: one JSON object per line when something begins or ends, and every few seconds in between.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};
use wayfare_pipeline::observer::{Event, Observer};

use crate::event_line::say;

/// The stage that is under way.
#[derive(Debug, Default)]
pub(super) struct Lines {
    stage: Mutex<Option<Stage>>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    unit: &'static str,
    total: Option<u64>,
    done: u64,
    started: Instant,
}

impl Lines {
    /// Says how far the stage is.
    pub(super) fn tick(&self) {
        if let Some(stage) = &*self.stage.lock().unwrap_or_else(PoisonError::into_inner) {
            say(progress(stage, stage.started.elapsed().as_secs_f64()));
        }
    }

    fn set(&self, stage: Option<Stage>) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }
}

impl Observer for Lines {
    fn observe(&self, event: &Event) {
        match event {
            Event::RunStarted {
                run_id,
                dates,
                resumed,
            } => {
                say(json!({ "event": "run_started", "run_id": run_id, "dates": dates, "resumed": resumed }));
            }
            Event::StageStarted { stage, unit, total } => {
                self.set(Some(Stage {
                    name: stage,
                    unit,
                    total: *total,
                    done: 0,
                    started: Instant::now(),
                }));
                say(json!({ "event": "stage_started", "stage": stage, "unit": unit, "total": total }));
            }
            Event::StageProgress { stage, done } => {
                let mut current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(current) = current.as_mut().filter(|current| current.name == *stage) {
                    current.done = *done;
                }
            }
            Event::StageFinished {
                stage,
                seconds,
                peak_memory_bytes,
                counts,
            } => {
                self.set(None);
                say(json!({
                    "event": "stage_finished",
                    "stage": stage,
                    "seconds": seconds,
                    "peak_memory_bytes": peak_memory_bytes,
                    "counts": counts,
                }));
            }
            Event::Note { text } => say(json!({ "event": "note", "text": text })),
        }
    }
}

fn progress(stage: &Stage, elapsed_seconds: f64) -> Value {
    let per_second = if elapsed_seconds > 0.0 {
        stage.done as f64 / elapsed_seconds
    } else {
        0.0
    };
    let left = stage.total.map(|total| total.saturating_sub(stage.done));
    let seconds_left = left
        .filter(|_| per_second > 0.0)
        .map(|left| (left as f64 / per_second).round());
    json!({
        "event": "progress",
        "stage": stage.name,
        "unit": stage.unit,
        "done": stage.done,
        "total": stage.total,
        "per_second": (per_second * 10.0).round() / 10.0,
        "seconds_left": seconds_left,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_rate_and_time_left_where_they_are_known() {
        let mut stage = Stage {
            name: "embed",
            unit: "items",
            total: Some(100),
            done: 25,
            started: Instant::now(),
        };
        let line = progress(&stage, 5.0);
        assert_eq!(
            (&line["per_second"], &line["seconds_left"]),
            (&json!(5.0), &json!(15.0))
        );
        stage.done = 0;
        assert_eq!(progress(&stage, 5.0)["seconds_left"], Value::Null);
        stage.total = None;
        assert_eq!(progress(&stage, 0.0)["total"], Value::Null);
    }
}
