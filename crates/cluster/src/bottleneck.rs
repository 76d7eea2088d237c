//! Which kind of executor work waits for: what to have more of to be done sooner.

use std::time::{Duration, Instant};

/// While the same kind is waited for it is said again after so long.
const SAY_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A kind of executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutorKind {
    Accelerator,
    Plain,
}

/// Tasks that no executor was free for, by the kind that may do them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingTasks {
    pub accelerator: usize,
    pub plain: usize,
}

impl WaitingTasks {
    /// The kind that more tasks wait for; none where nothing waits.
    pub fn bottleneck(&self) -> Option<ExecutorKind> {
        if self.accelerator == 0 && self.plain == 0 {
            return None;
        }
        Some(if self.accelerator >= self.plain {
            ExecutorKind::Accelerator
        } else {
            ExecutorKind::Plain
        })
    }
}

/// Decides when the bottleneck is worth a line: when it is another one, and again after a while.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    last: Option<(ExecutorKind, Instant)>,
}

impl Announcements {
    /// What to say now, if anything.
    pub(crate) fn due(
        &mut self,
        waiting: WaitingTasks,
        now: Instant,
    ) -> Option<(ExecutorKind, WaitingTasks)> {
        let kind = waiting.bottleneck()?;
        let said = self
            .last
            .is_some_and(|(last, at)| last == kind && now.duration_since(at) < SAY_AGAIN_AFTER);
        if said {
            return None;
        }
        self.last = Some((kind, now));
        Some((kind, waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_that_more_tasks_wait_for_is_said_once_and_again_after_a_while() {
        let mut announcements = Announcements::default();
        let start = Instant::now();
        let names = WaitingTasks {
            accelerator: 7,
            plain: 1,
        };
        assert_eq!(announcements.due(WaitingTasks::default(), start), None);
        assert_eq!(
            announcements.due(names, start),
            Some((ExecutorKind::Accelerator, names))
        );
        assert_eq!(announcements.due(names, start + Duration::from_secs(30)), None);
        let segments = WaitingTasks {
            accelerator: 0,
            plain: 3,
        };
        let later = start + Duration::from_secs(31);
        assert_eq!(
            announcements.due(segments, later),
            Some((ExecutorKind::Plain, segments))
        );
        assert_eq!(
            announcements.due(segments, later + SAY_AGAIN_AFTER),
            Some((ExecutorKind::Plain, segments))
        );
    }
}
