//! Shows the events of a run: bars to a person, JSON lines to a log.

mod bars;
mod lines;
mod run_lines;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use wayfare_pipeline::observer::Observer;

use self::bars::Bars;
use self::lines::Lines;
pub(crate) use self::run_lines::RunLines;
use crate::output;

/// How often a log hears of a stage that is under way.
const INTERVAL: Duration = Duration::from_secs(5);

/// Shows progress until it is dropped.
pub(crate) struct Progress {
    observer: Arc<dyn Observer>,
    _ticker: Option<SpawnedTask<()>>,
}

impl Progress {
    /// Bars if a terminal watches standard error, else lines.
    pub(crate) fn start() -> Self {
        if output::talk_is_watched() {
            return Self {
                observer: Arc::new(Bars::default()),
                _ticker: None,
            };
        }
        let lines = Arc::new(Lines::default());
        let ticking = Arc::clone(&lines);
        let ticker = SpawnedTask::spawn(async move {
            let mut interval = tokio::time::interval(INTERVAL);
            interval.tick().await;
            loop {
                interval.tick().await;
                ticking.tick();
            }
        });
        Self {
            observer: lines,
            _ticker: Some(ticker),
        }
    }

    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }
}

/// `2026-01-01`, or `2026-01-01 to 2026-01-31 (31 dates)`.
pub(crate) fn describe_dates(dates: &[String]) -> String {
    match dates {
        [] => "no dates".to_owned(),
        [date] => date.clone(),
        [first, .., last] => format!("{first} to {last} ({} dates)", dates.len()),
    }
}

/// `rows 100, rejected 2`.
pub(crate) fn describe_counts(counts: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    counts.join(", ")
}
