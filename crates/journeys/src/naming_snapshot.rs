//! What a journey is named by: its first activities, up to a milestone of its own history.
//!
//! Milestones are counts of activities (m, 2m, 4m, …), so when a journey is due for a new name never depends on
//! how often the job ran.

use serde::{Deserialize, Serialize};

use crate::activity::Items;
use crate::description::ranked_representatives;
use crate::error::SegmentError;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::summary::Summary;

/// Describes a journey as it was at the last milestone that it has passed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamingSnapshot {
    /// The count of activities that was passed: `min_activities`, doubled some number of times.
    pub milestone: u64,
    /// Most similar to the centroid of that moment first.
    pub item_ids: Vec<String>,
    /// Heaviest first.
    pub concepts: Vec<String>,
}

/// The snapshot of what is settled, if anything is, with the open activities at `positions` after it. None before the
/// first milestone.
pub(crate) fn snapshot(
    settled: Option<(&Summary, Option<&NamingSnapshot>)>,
    open: &OpenActivities,
    positions: &[usize],
    params: &Params,
    items: &dyn Items,
) -> Result<Option<NamingSnapshot>, SegmentError> {
    let before = settled.map_or(0, |(summary, _)| summary.activity_count);
    let Some(milestone) = last_milestone(before.saturating_add(positions.len() as u64), params) else {
        return Ok(None);
    };
    if let Some((_, Some(naming))) = settled
        && naming.milestone >= milestone
    {
        return Ok(Some(naming.clone()));
    }
    let missing = usize::try_from(milestone.saturating_sub(before)).unwrap_or(usize::MAX);
    let first = &positions[..missing.min(positions.len())];
    let summary = Summary::of(settled.map(|(summary, _)| summary), open, first, items)?;
    let representatives = ranked_representatives(&summary, params.representatives, items)?;
    let concepts = summary.concepts.top(params.concepts as usize);
    Ok(Some(NamingSnapshot {
        milestone,
        item_ids: representatives.into_iter().map(|item| item.item_id).collect(),
        concepts: concepts.into_iter().map(|concept| concept.term).collect(),
    }))
}

fn last_milestone(count: u64, params: &Params) -> Option<u64> {
    let mut milestone = u64::from(params.min_activities);
    if milestone == 0 || count < milestone {
        return None;
    }
    while milestone <= count / 2 {
        milestone *= 2;
    }
    Some(milestone)
}
