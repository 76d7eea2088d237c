//! The part of a journey that is settled: its activities belong to it for good, and only their sums are kept.

use serde::{Deserialize, Serialize};

use crate::journey_id::JourneyId;
use crate::naming_snapshot::NamingSnapshot;
use crate::summary::Summary;

/// An activity that waits for its journey to be one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) item_id: String,
    pub(crate) occurred_at_us: i64,
    pub(crate) similarity: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SettledJourney {
    pub(crate) journey_id: JourneyId,
    pub(crate) summary: Summary,
    pub(crate) naming: Option<NamingSnapshot>,
    /// Whether what is settled is a journey by itself. Once true it stays true: counts, days and span only grow.
    pub(crate) kept: bool,
    /// Settled activities that were not given out for good, while the journey is not kept.
    pub(crate) waiting: Vec<Member>,
}

impl SettledJourney {
    /// The order of births, which no two journeys of a user share.
    pub(crate) fn birth(&self) -> (i64, &str) {
        (self.summary.born_at_us, &self.summary.birth_item_id)
    }

    /// Derives again what is not stored, and checks what is. The error says what is wrong.
    pub(crate) fn restore(&mut self) -> Result<(), &'static str> {
        if self.kept && !self.waiting.is_empty() {
            return Err("a kept journey holds back activities");
        }
        self.summary.restore()
    }
}
