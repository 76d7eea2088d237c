//! What a journey is named by: the cluster as it stood at a milestone of its own history.
//!
//! Milestones are counts of activities (m, 2m, 4m, …), so when a journey is due for a new name never depends on
//! how often the job ran. A cluster may reach its first milestone before it is kept.

use serde::{Deserialize, Serialize};

use crate::activity::VectorLookup;
use crate::cluster::Cluster;
use crate::description::ranked_representatives;
use crate::error::SegmentError;
use crate::params::Params;

/// Describes a cluster at the last milestone that it has passed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamingSnapshot {
    /// The count of activities that was passed: `min_activities`, doubled some number of times.
    pub milestone: u64,
    /// Most similar to the centroid of that moment first.
    pub item_ids: Vec<String>,
    /// Heaviest first.
    pub concepts: Vec<String>,
}

/// Takes a snapshot where the cluster has reached its next milestone; a merge may pass several at once.
pub(crate) fn take_if_due(
    cluster: &mut Cluster,
    params: &Params,
    vectors: &mut VectorLookup<'_>,
) -> Result<(), SegmentError> {
    if cluster.activity_count < cluster.next_milestone {
        return Ok(());
    }
    let mut milestone = cluster.next_milestone.max(1);
    while milestone.saturating_mul(2) <= cluster.activity_count {
        milestone = milestone.saturating_mul(2);
    }
    let item_ids = ranked_representatives(cluster, params.representatives, vectors)?
        .into_iter()
        .map(|representative| representative.item_id)
        .collect();
    let concepts = cluster
        .concepts
        .top(params.concepts as usize)
        .into_iter()
        .map(|concept| concept.term)
        .collect();
    cluster.naming = Some(NamingSnapshot {
        milestone,
        item_ids,
        concepts,
    });
    cluster.next_milestone = milestone.saturating_mul(2);
    Ok(())
}
