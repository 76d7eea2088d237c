//! What the segmenter needs to go on tomorrow as if it had never stopped, and its bytes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::activity::is_weight;
use crate::error::StateError;
use crate::journey::Before;
use crate::journey_id::JourneyId;
use crate::open_activities::OpenActivity;
use crate::settled_journey::SettledJourney;

/// In front of the encoded bytes; raised whenever the algorithm or the layout changes.
const VERSION: u8 = 2;

/// One user's open activities and what is settled. Belongs to the parameters that made it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserState {
    pub(crate) settled: Settled,
    /// In the total order; all later than what is settled.
    pub(crate) open: Vec<OpenActivity>,
}

/// What will not change any more, but for journeys that grow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settled {
    /// In the order of their births.
    pub(crate) journeys: Vec<SettledJourney>,
    /// Journeys that take in nothing any more.
    pub(crate) retired: Vec<JourneyId>,
    /// The last activity that is settled.
    pub(crate) until: Option<(i64, String)>,
}

impl Settled {
    /// What earlier increments have published for good.
    pub(crate) fn before(&self) -> Before {
        let kept = self.journeys.iter().filter(|journey| journey.kept);
        Before {
            settled_until: self.until.clone(),
            kept: kept.map(|journey| journey.journey_id).collect(),
            retired: self.retired.clone(),
        }
    }

    /// Time and item of the last activity that is settled.
    pub(crate) fn until(&self) -> Option<(i64, &str)> {
        let until = self.until.as_ref();
        until.map(|(occurred_at_us, item_id)| (*occurred_at_us, item_id.as_str()))
    }

    pub(crate) fn dimension(&self) -> Option<usize> {
        self.journeys.first().map(|journey| journey.summary.sum.len())
    }
}

impl UserState {
    /// Equal states give equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        // Serialising to memory fails only for sequences of unknown length and custom errors; the state has neither.
        postcard::to_extend(self, vec![VERSION]).unwrap_or_default()
    }

    /// Reads what [`encode`](Self::encode) wrote. Anything else is an error: the user is then recomputed.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let (&version, body) = bytes.split_first().ok_or(StateError::Empty)?;
        if version != VERSION {
            return Err(StateError::Version {
                found: version,
                expected: VERSION,
            });
        }
        let (mut state, rest): (Self, &[u8]) =
            postcard::take_from_bytes(body).map_err(|source| StateError::Decode { source })?;
        if !rest.is_empty() {
            return Err(StateError::TrailingBytes { bytes: rest.len() });
        }
        state
            .restore()
            .map_err(|reason| StateError::Inconsistent { reason })?;
        Ok(state)
    }

    /// Time and item of the last activity processed; none where there was none. What is not after it is late.
    pub fn watermark(&self) -> Option<(i64, &str)> {
        let last = self.open.last().map(OpenActivity::key);
        last.or_else(|| self.settled.until())
    }

    /// The items, ascending and distinct, that are looked up when the state is resumed.
    pub fn item_ids(&self) -> BTreeSet<&str> {
        let journeys = self.settled.journeys.iter();
        let candidates = journeys.flat_map(|journey| journey.summary.candidates.iter());
        let candidates = candidates.map(|candidate| candidate.item_id.as_str());
        let open = self.open.iter().map(|activity| activity.item_id.as_str());
        candidates.chain(open).collect()
    }

    /// Activities that are not settled; never more than `max_open_activities`.
    pub fn open_activities(&self) -> usize {
        self.open.len()
    }

    /// Journeys with a settled part; never more than `max_live_journeys`.
    pub fn settled_journeys(&self) -> usize {
        self.settled.journeys.len()
    }

    fn restore(&mut self) -> Result<(), &'static str> {
        let settled = &mut self.settled;
        for journey in &mut settled.journeys {
            journey.restore()?;
        }
        if !settled.journeys.is_sorted_by(|a, b| a.birth() < b.birth()) {
            return Err("settled journeys out of order");
        }
        let dimension = settled.dimension();
        let lengths = settled.journeys.iter().map(|journey| journey.summary.sum.len());
        if lengths.map(Some).any(|length| length != dimension) {
            return Err("vectors of different dimensions");
        }
        if settled.until.is_none() && !settled.journeys.is_empty() {
            return Err("something is settled, but not until when");
        }
        let mut last = settled.until();
        for activity in &self.open {
            if last.is_some_and(|last| activity.key() <= last) {
                return Err("open activities out of order");
            }
            if !is_weight(activity.weight) {
                return Err("the weight of an open activity");
            }
            last = Some(activity.key());
        }
        Ok(())
    }
}
