//! Turns the sums of a journey into what is published of it.

use crate::activity::{Items, to_unit};
use crate::error::SegmentError;
use crate::journey::{Journey, Representative};
use crate::journey_id::JourneyId;
use crate::naming_snapshot::NamingSnapshot;
use crate::params::Params;
use crate::similarity::{cosine, norm};
use crate::summary::Summary;

pub(crate) fn describe(
    journey_id: JourneyId,
    summary: &Summary,
    naming: Option<NamingSnapshot>,
    params: &Params,
    items: &dyn Items,
) -> Result<Journey, SegmentError> {
    Ok(Journey {
        journey_id,
        started_at_us: summary.born_at_us,
        last_active_at_us: summary.last_active_at_us,
        activity_count: summary.activity_count,
        active_days: summary.active_days(),
        vector: summary.centroid(),
        representatives: ranked_representatives(summary, params.representatives, items)?,
        concepts: summary.concepts.top(params.concepts as usize),
        naming: naming.unwrap_or_default(),
    })
}

/// The candidates most similar to the centroid, ties by item id.
pub(crate) fn ranked_representatives(
    summary: &Summary,
    limit: u32,
    items: &dyn Items,
) -> Result<Vec<Representative>, SegmentError> {
    let length = norm(&summary.sum);
    let mut vector = Vec::with_capacity(summary.sum.len());
    let mut ranked = Vec::new();
    for candidate in summary.candidates.iter() {
        let Some(place) = items.locate(&candidate.item_id) else {
            return Err(SegmentError::UnknownItem {
                item_id: candidate.item_id.clone(),
            });
        };
        items.vector(place, &mut vector);
        to_unit(&candidate.item_id, &mut vector, Some(summary.sum.len()))?;
        ranked.push(Representative {
            item_id: candidate.item_id.clone(),
            similarity: cosine(&summary.sum, length, &vector, 1.0),
            occurrences: candidate.occurrences,
        });
    }
    ranked.sort_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then_with(|| a.item_id.cmp(&b.item_id))
    });
    ranked.truncate(limit as usize);
    Ok(ranked)
}
