//! Jobs that do not get on, though nothing says so.
//!
//! A report of a task that is lost on its way, or that the scheduler refuses, leaves the task running for ever in the
//! scheduler's eyes. Whoever waits for such a job waits for ever; so it is ended, and its driver submits it again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ballista_core::JobId;
use ballista_core::serde::protobuf::job_status;
use ballista_scheduler::state::execution_stage::ExecutionStage;
use ballista_scheduler::state::task_manager::JobInfoCache;

/// How far a job is: for each stage its number, its attempt, and how many of its tasks have begun and have ended.
type Standing = Vec<(usize, usize, usize, usize)>;

/// When each job was last seen to get on.
#[derive(Debug)]
pub(crate) struct Watchdog {
    patience: Duration,
    seen: Mutex<HashMap<String, (Standing, Instant)>>,
}

impl Watchdog {
    /// A job is stuck when nothing happens to any of its tasks for as long as `patience`; the longest task must be shorter.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            seen: Mutex::default(),
        }
    }

    /// Looks at the running jobs and gives those that are stuck.
    pub(crate) async fn look(&self, jobs: &HashMap<JobId, JobInfoCache>) -> Vec<JobId> {
        let mut standings = Vec::with_capacity(jobs.len());
        for (job, info) in jobs {
            let graph = info.execution_graph.read().await;
            if !matches!(graph.status().status, Some(job_status::Status::Running(_))) {
                continue;
            }
            let mut standing: Standing = graph.stages().values().filter_map(standing_of).collect();
            standing.sort_unstable();
            standings.push((job.clone(), standing));
        }
        self.judge(standings, Instant::now())
    }

    fn judge(&self, standings: Vec<(JobId, Standing)>, now: Instant) -> Vec<JobId> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|job, _| standings.iter().any(|(known, _)| known.as_str() == job));
        let mut stuck = Vec::new();
        for (job, standing) in standings {
            let entry = seen
                .entry(job.as_str().to_owned())
                .or_insert_with(|| (standing.clone(), now));
            if entry.0 != standing {
                *entry = (standing, now);
            } else if now.duration_since(entry.1) >= self.patience {
                entry.1 = now;
                stuck.push(job);
            }
        }
        stuck
    }
}

fn standing_of(stage: &ExecutionStage) -> Option<(usize, usize, usize, usize)> {
    match stage {
        ExecutionStage::Running(stage) => {
            let ended = stage
                .task_infos
                .iter()
                .filter(|task| task.finish_time > 0)
                .count();
            let begun = stage.task_infos.len();
            Some((stage.stage_id, stage.stage_attempt_num, begun, ended))
        }
        ExecutionStage::Successful(stage) => {
            Some((stage.stage_id, stage.stage_attempt_num, usize::MAX, usize::MAX))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(watchdog: &Watchdog, ended: usize, now: Instant) -> usize {
        let standings = vec![(JobId::new("job".to_owned()), vec![(1, 0, 2, ended)])];
        watchdog.judge(standings, now).len()
    }

    #[test]
    fn a_job_is_stuck_when_nothing_happens_to_it_for_long() {
        let patience = Duration::from_secs(60);
        let watchdog = Watchdog::new(patience);
        let start = Instant::now();
        assert_eq!(judged(&watchdog, 0, start), 0);
        assert_eq!(judged(&watchdog, 1, start + patience), 0, "a task has ended");
        assert_eq!(judged(&watchdog, 1, start + patience * 3 / 2), 0);
        assert_eq!(judged(&watchdog, 1, start + patience * 2), 1);
        assert_eq!(judged(&watchdog, 1, start + patience * 2), 0, "it is told once");
        watchdog.judge(Vec::new(), start + patience * 2);
        assert_eq!(judged(&watchdog, 1, start + patience * 4), 0, "it is another job");
    }
}
