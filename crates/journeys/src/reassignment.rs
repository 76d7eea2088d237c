//! Rounds in which every open activity goes to the cluster that it fits best, or to none.
//!
//! How well an activity fits is a mixture of its mean affinity to all of the cluster and to the few it is nearest to, less a
//! share of the cluster's cohesion: where all items resemble each other a little, that little does not make a member.
//! What linkage has put on the wrong side of a boundary changes over, and what no cluster fits is noise. Settled
//! journeys stay what they are; clusters that become too small dissolve.

use crate::affinity::Affinities;
use crate::fit::{Fit, fits};
use crate::linkage::Unit;
use crate::params::Params;

/// The cluster of each unit; none for noise.
pub(crate) type Labels = Vec<Option<usize>>;

/// What linkage gave, without clusters that are too small, improved round by round. The first `settled` units keep their
/// clusters; Labels count from 0 in the order of the clusters' first units.
pub(crate) fn reassign(
    affinities: &Affinities,
    linked: &[usize],
    units: &[Unit],
    settled: usize,
    params: &Params,
) -> Labels {
    let linked = linked.iter().copied().map(Some).collect();
    let mut labels = without_small(linked, units, settled, params);
    for _ in 0..params.rounds {
        let improved = round(affinities, &labels, units, settled, params);
        let improved = without_small(improved, units, settled, params);
        if improved == labels {
            break;
        }
        labels = improved;
    }
    labels
}

fn round(
    affinities: &Affinities,
    labels: &Labels,
    units: &[Unit],
    settled: usize,
    params: &Params,
) -> Labels {
    let members = members(labels);
    let weights: Vec<f32> = units.iter().map(|unit| unit.weight).collect();
    let fits: Vec<Vec<Fit>> = members
        .iter()
        .map(|members| fits(affinities, members, &weights))
        .collect();
    let cohesions: Vec<f32> = members
        .iter()
        .zip(&fits)
        .map(|(members, fits)| cohesion(members, units, |unit| fits[unit].sum))
        .collect();
    let mut next = labels.clone();
    for unit in settled..units.len() {
        let mut best: Option<(usize, f32)> = None;
        for (cluster, fits) in fits.iter().enumerate() {
            if let Some(fit) = fits[unit].value(params.nearest_share)
                && let value = fit - params.cohesion_share * cohesions[cluster]
                && best.is_none_or(|(_, highest)| value > highest)
            {
                best = Some((cluster, value));
            }
        }
        next[unit] = best.and_then(|(cluster, value)| {
            let stays = labels[unit] == Some(cluster);
            let threshold = if stays {
                params.keep_threshold
            } else {
                params.join_threshold
            };
            (value >= threshold).then_some(cluster)
        });
    }
    next
}

/// The units of each cluster, ascending.
fn members(labels: &Labels) -> Vec<Vec<usize>> {
    let clusters = labels.iter().flatten().max().map_or(0, |last| last + 1);
    let mut members = vec![Vec::new(); clusters];
    for (unit, label) in labels.iter().enumerate() {
        if let Some(cluster) = *label {
            members[cluster].push(unit);
        }
    }
    members
}

/// The mean affinity of the pairs of a cluster's activities; `to_others` is what a member's affinities to the others add
/// up to.
fn cohesion(members: &[usize], units: &[Unit], to_others: impl Fn(usize) -> f32) -> f32 {
    let (mut sum, mut weight) = (0.0_f32, 0.0_f32);
    for &unit in members {
        let own = units[unit].weight;
        // Each pair of units is met from both sides.
        sum += units[unit].within + own * to_others(unit) / 2.0;
        weight += own;
    }
    let pairs = weight * (weight - 1.0) / 2.0;
    if pairs > 0.0 { sum / pairs } else { 0.0 }
}

/// The clusters that are large enough or hold a settled journey, numbered anew.
fn without_small(labels: Labels, units: &[Unit], settled: usize, params: &Params) -> Labels {
    let bound = labels
        .len()
        .max(labels.iter().flatten().max().map_or(0, |last| last + 1));
    let mut sizes = vec![0.0_f32; bound];
    for (unit, label) in labels.iter().enumerate() {
        if let Some(cluster) = *label {
            sizes[cluster] += if unit < settled {
                f32::INFINITY
            } else {
                units[unit].weight
            };
        }
    }
    let mut numbers: Vec<Option<usize>> = vec![None; bound];
    let mut count = 0;
    labels
        .into_iter()
        .map(|label| {
            let cluster = label?;
            if sizes[cluster] < params.smallest_cluster() {
                return None;
            }
            Some(*numbers[cluster].get_or_insert_with(|| {
                count += 1;
                count - 1
            }))
        })
        .collect()
}
