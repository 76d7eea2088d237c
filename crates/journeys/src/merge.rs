//! Clusters that have grown together become one: which to merge, and what the merged cluster holds.

use crate::cluster::Cluster;
use crate::params::Params;
use crate::similarity::{combine, cosine, norm};

/// The cluster most similar to the one at `current`, where the similarity reaches the merge threshold; of equally
/// similar ones the oldest. Clusters lie in the order of their births.
pub(crate) fn closest(clusters: &[Cluster], current: usize, params: &Params) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (position, other) in clusters.iter().enumerate() {
        if position == current {
            continue;
        }
        let floor = best.map_or(params.merge_threshold, |(_, similarity)| similarity);
        if let Some(similarity) = similarity(&clusters[current], other, params, floor)
            && best.is_none_or(|(_, highest)| similarity > highest)
        {
            best = Some((position, similarity));
        }
    }
    best.map(|(position, _)| position)
}

fn similarity(left: &Cluster, right: &Cluster, params: &Params, floor: f32) -> Option<f32> {
    let vector_cosine = cosine(&left.sum, left.norm, &right.sum, right.norm);
    let similarity = if left.concepts.is_empty() || right.concepts.is_empty() {
        vector_cosine
    } else if combine(vector_cosine, 1.0, params.concept_share) < floor {
        return None;
    } else {
        combine(
            vector_cosine,
            left.concepts.cosine(&right.concepts),
            params.concept_share,
        )
    };
    (similarity >= floor).then_some(similarity)
}

/// Adds the younger cluster to the older one, whose identity and naming milestones go on.
pub(crate) fn absorb(survivor: &mut Cluster, absorbed: Cluster, now_us: i64, params: &Params) {
    survivor.strength = survivor.strength_at(now_us, params) + absorbed.strength_at(now_us, params);
    survivor.last_active_at_us = survivor.last_active_at_us.max(absorbed.last_active_at_us);
    for (total, value) in survivor.sum.iter_mut().zip(&absorbed.sum) {
        *total += value;
    }
    survivor.norm = norm(&survivor.sum);
    survivor.concepts.absorb(&absorbed.concepts);
    survivor.activity_count = survivor.activity_count.saturating_add(absorbed.activity_count);
    survivor.days.extend(absorbed.days);
    survivor.days.sort_unstable();
    survivor.days.dedup();
    survivor.candidates.absorb(absorbed.candidates);
    survivor.kept |= absorbed.kept;
    survivor.members.extend(absorbed.members);
}
