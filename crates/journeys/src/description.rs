//! Turns a kept cluster into the journey that is published. Derives only: nothing here changes the state.

use crate::activity::{VectorLookup, check_vector};
use crate::cluster::Cluster;
use crate::error::SegmentError;
use crate::journey::{Journey, Representative};
use crate::params::Params;
use crate::similarity::cosine;

pub(crate) fn describe(
    cluster: &Cluster,
    params: &Params,
    vectors: &mut VectorLookup<'_>,
) -> Result<Journey, SegmentError> {
    Ok(Journey {
        journey_id: cluster.journey_id,
        started_at_us: cluster.born_at_us,
        last_active_at_us: cluster.last_active_at_us,
        activity_count: cluster.activity_count,
        active_days: cluster.active_days(),
        vector: cluster.centroid(),
        representatives: ranked_representatives(cluster, params.representatives, vectors)?,
        concepts: cluster.concepts.top(params.concepts as usize),
        naming: cluster.naming.clone().unwrap_or_default(),
    })
}

/// The candidates most similar to the cluster's centroid, ties by item id.
pub(crate) fn ranked_representatives(
    cluster: &Cluster,
    limit: u32,
    vectors: &mut VectorLookup<'_>,
) -> Result<Vec<Representative>, SegmentError> {
    let mut vector = Vec::with_capacity(cluster.sum.len());
    let mut ranked = Vec::new();
    for candidate in cluster.candidates.iter() {
        if !vectors(&candidate.item_id, &mut vector) {
            return Err(SegmentError::MissingVector {
                item_id: candidate.item_id.clone(),
            });
        }
        let length = check_vector(&candidate.item_id, &vector, Some(cluster.sum.len()))?;
        ranked.push(Representative {
            item_id: candidate.item_id.clone(),
            similarity: cosine(&cluster.sum, cluster.norm, &vector, length),
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
