//! How long the stages of a run took and what they counted, from what they left in the ledger.
//!
//! A stage's time is the time in which at least one of its parts was being worked on, whichever attempt finished it.

use std::collections::BTreeMap;

use serde::Serialize;
use wayfare_tables::{Manifest, SnapshotRecord, TableRoot, list_manifests};

use super::JOB;
use crate::error::PipelineError;

/// Each stage, the parts whose counts are the stage's, and the parts that only take time.
const STAGES: [(&str, &[&str], &[&str]); 4] = [
    ("load", &["load"], &["load-scatter", "load-rows"]),
    ("embed", &["embed"], &[]),
    ("segment", &["segment"], &[]),
    ("name", &["name", "name-rows"], &[]),
];
const PUBLISH: &str = "publish";

/// One stage of a run.
#[derive(Debug, Clone, Serialize)]
pub struct StageFacts {
    pub stage: String,
    pub seconds: f64,
    /// What was counted, by name.
    pub counts: BTreeMap<String, u64>,
    /// Slices, bucket groups or steps of them.
    pub parts: usize,
    /// Parts that were finished before the attempt that ended the run began.
    pub parts_of_earlier_attempts: usize,
}

/// The stages that have done something. `own` is the snapshot that the run published.
pub(super) async fn stages(
    root: &TableRoot,
    run_id: &str,
    attempt_started_at_ms: i64,
    own: Option<&SnapshotRecord>,
) -> Result<Vec<StageFacts>, PipelineError> {
    let mut stages = Vec::new();
    let mut last_finished_at_ms = attempt_started_at_ms;
    for (stage, counting, timing) in STAGES {
        let mut manifests: Vec<Manifest> = Vec::new();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for part in counting.iter().chain(timing) {
            let of_part = list_manifests(root, run_id, part)
                .await
                .map_err(PipelineError::tables(
                    JOB,
                    format!("listing what run `{run_id}` has done"),
                ))?;
            if counting.contains(part) {
                for (what, count) in of_part.iter().flat_map(|manifest| &manifest.counts) {
                    *counts.entry(what.clone()).or_default() += count;
                }
            }
            manifests.extend(of_part);
        }
        if manifests.is_empty() {
            continue;
        }
        let finished = manifests.iter().map(|manifest| manifest.finished_at_ms);
        last_finished_at_ms = finished.fold(last_finished_at_ms, i64::max);
        let earlier = |manifest: &&Manifest| manifest.finished_at_ms < attempt_started_at_ms;
        stages.push(StageFacts {
            stage: stage.to_owned(),
            seconds: seconds_covered(
                manifests
                    .iter()
                    .map(|m| (m.started_at_ms, m.finished_at_ms))
                    .collect(),
            ),
            counts,
            parts: manifests.len(),
            parts_of_earlier_attempts: manifests.iter().filter(earlier).count(),
        });
    }
    if let Some(record) = own {
        let milliseconds = (record.created_at_ms - last_finished_at_ms).max(0);
        stages.push(StageFacts {
            stage: PUBLISH.to_owned(),
            seconds: milliseconds as f64 / 1000.0,
            counts: BTreeMap::from([("tables".to_owned(), record.tables.len() as u64)]),
            parts: 1,
            parts_of_earlier_attempts: 0,
        });
    }
    Ok(stages)
}

/// Seconds in at least one of the intervals, which are in milliseconds.
fn seconds_covered(mut intervals: Vec<(i64, i64)>) -> f64 {
    intervals.sort_unstable();
    let (mut covered, mut until) = (0, i64::MIN);
    for (from, to) in intervals {
        covered += (to - from.max(until)).max(0);
        until = until.max(to);
    }
    covered as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::seconds_covered;

    #[test]
    fn time_that_intervals_share_counts_once_and_time_between_them_does_not() {
        for (intervals, seconds) in [
            (vec![], 0.0),
            (vec![(1_000, 3_000)], 2.0),
            (vec![(5_000, 9_000), (1_000, 3_000)], 6.0),
            (vec![(1_000, 9_000), (2_000, 3_000), (8_000, 10_000)], 9.0),
        ] {
            let covered = seconds_covered(intervals.clone());
            assert!((covered - seconds).abs() < 1e-9, "{intervals:?}: {covered}");
        }
    }
}
