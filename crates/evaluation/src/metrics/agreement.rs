//! Agreement of two partitions by counting pairs and by information, as scikit-learn defines it.
//!
//! All of these are over the activities that have a gold journey, and an activity that was left out is a part by
//! itself, as in BCubed: leaving out is a mistake like splitting off. Noise does not count here; how much of it was
//! taken in is what [`bcubed`](super::bcubed) and [`noise_rejected`](super::noise_rejected) tell. Each is none where
//! no activity has a gold journey.

use super::LabelPair;
use super::contingency::Partitions;
use super::expected_information::expected_information;

/// Homogeneity, completeness and their harmonic mean, each in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VMeasure {
    /// 1 where no found journey mixes gold journeys.
    pub homogeneity: f64,
    /// 1 where no gold journey is scattered.
    pub completeness: f64,
    pub v: f64,
}

/// The adjusted Rand index (Hubert and Arabie 1985): 1 for equal partitions, 0 in the mean over random ones.
pub fn adjusted_rand<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<f64> {
    let partitions = Partitions::of(items);
    if partitions.total == 0 {
        return None;
    }
    if partitions.agree() {
        return Some(1.0);
    }
    let pairs = |size: u64| size as f64 * (size as f64 - 1.0) / 2.0;
    let together = |sizes: &[u64]| sizes.iter().map(|&size| pairs(size)).sum::<f64>();
    let shared: f64 = partitions.both.iter().map(|&(_, _, shared)| pairs(shared)).sum();
    let (gold, predicted) = (together(&partitions.gold), together(&partitions.predicted));
    let expected = gold * predicted / pairs(partitions.total);
    // Where two partitions differ, one of them has a pair that the other has not, so this is above 0.
    let range = f64::midpoint(gold, predicted) - expected;
    Some((shared - expected) / range)
}

/// Adjusted mutual information (Vinh, Epps and Bailey 2010), with the arithmetic mean of the two entropies: 1 for
/// equal partitions, 0 in the mean over random ones. Takes time in the product of the numbers of parts.
pub fn adjusted_mutual_information<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<f64> {
    let partitions = Partitions::of(items);
    if partitions.total == 0 {
        return None;
    }
    if partitions.agree() {
        return Some(1.0);
    }
    if partitions.gold.len() == 1 || partitions.predicted.len() == 1 {
        return Some(0.0);
    }
    let expected = expected_information(&partitions);
    let entropies = f64::midpoint(
        entropy(&partitions.gold, partitions.total),
        entropy(&partitions.predicted, partitions.total),
    );
    Some(away_from_zero(mutual_information(&partitions) - expected) / away_from_zero(entropies - expected))
}

/// V-measure (Rosenberg and Hirschberg 2007) with equal weight on both halves.
pub fn v_measure<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<VMeasure> {
    let partitions = Partitions::of(items);
    if partitions.total == 0 {
        return None;
    }
    let information = mutual_information(&partitions);
    let share = |parts: &[u64]| {
        let entropy = entropy(parts, partitions.total);
        if entropy == 0.0 {
            1.0
        } else {
            information / entropy
        }
    };
    let (homogeneity, completeness) = (share(&partitions.gold), share(&partitions.predicted));
    let sum = homogeneity + completeness;
    let v = if sum == 0.0 {
        0.0
    } else {
        2.0 * homogeneity * completeness / sum
    };
    Some(VMeasure {
        homogeneity,
        completeness,
        v,
    })
}

/// In nats.
fn entropy(parts: &[u64], total: u64) -> f64 {
    let total = total as f64;
    let sum: f64 = parts
        .iter()
        .map(|&part| part as f64 / total * (part as f64 / total).ln())
        .sum();
    (-sum).max(0.0)
}

/// In nats.
fn mutual_information(partitions: &Partitions) -> f64 {
    if partitions.gold.len() == 1 || partitions.predicted.len() == 1 {
        return 0.0;
    }
    let total = partitions.total as f64;
    let information: f64 = partitions
        .both
        .iter()
        .map(|&(gold, predicted, shared)| {
            let (shared, outer) = (
                shared as f64,
                partitions.gold[gold] as f64 * partitions.predicted[predicted] as f64,
            );
            shared / total * (shared * total / outer).ln()
        })
        .sum();
    information.max(0.0)
}

/// The value, or with its sign the smallest that a quotient can stand.
fn away_from_zero(value: f64) -> f64 {
    if value < 0.0 {
        value.min(-f64::EPSILON)
    } else {
        value.max(f64::EPSILON)
    }
}
