//! What the segmenter needs to go on tomorrow as if it had never stopped, and its bytes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::error::StateError;

/// In front of the encoded bytes; raised whenever the algorithm or the layout changes.
const VERSION: u8 = 1;

/// One user's live clusters and the last activity processed. Belongs to the parameters that made it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserState {
    pub(crate) watermark: Option<(i64, String)>,
    /// In the order of their births.
    pub(crate) clusters: Vec<Cluster>,
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
        self.watermark
            .as_ref()
            .map(|(occurred_at_us, item_id)| (*occurred_at_us, item_id.as_str()))
    }

    /// The items, ascending and distinct, whose vectors may be looked up when the state is resumed.
    pub fn item_ids(&self) -> BTreeSet<&str> {
        let candidates = self.clusters.iter().flat_map(|cluster| cluster.candidates.iter());
        candidates.map(|candidate| candidate.item_id.as_str()).collect()
    }

    /// Live clusters, kept or transient; never more than `max_live_clusters`.
    pub fn live_clusters(&self) -> usize {
        self.clusters.len()
    }

    pub(crate) fn dimension(&self) -> Option<usize> {
        self.clusters.first().map(|cluster| cluster.sum.len())
    }

    fn restore(&mut self) -> Result<(), &'static str> {
        for cluster in &mut self.clusters {
            cluster.restore()?;
        }
        let birth = |cluster: &Cluster| (cluster.born_at_us, cluster.birth_item_id.clone());
        if !self.clusters.is_sorted_by(|a, b| birth(a) < birth(b)) {
            return Err("clusters out of order");
        }
        let dimension = self.dimension();
        if self
            .clusters
            .iter()
            .any(|cluster| Some(cluster.sum.len()) != dimension)
        {
            return Err("vectors of different dimensions");
        }
        if self.watermark.is_none() != self.clusters.is_empty() {
            return Err("watermark without clusters, or clusters without watermark");
        }
        Ok(())
    }
}
