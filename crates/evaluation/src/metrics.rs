//! How well found journeys agree with planted or titled ones, for one user. Means over users are the caller's.
//!
//! Here are the scores that know of noise and of activities that were left out; [`agreement`] compares partitions.

pub mod agreement;
mod contingency;
mod expected_information;

use std::collections::BTreeMap;

use self::contingency::Contingency;

/// Two clusters match where at least half of their union is shared.
const MATCHING_JACCARD: f64 = 0.5;

/// The two labels of one activity; what labels are does not matter, only which are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelPair<L> {
    /// The journey that the activity belongs to; none for noise.
    pub gold: Option<L>,
    /// The journey that it was assigned to; none where it was left out.
    pub predicted: Option<L>,
}

/// Labels that are texts.
pub type Labels<'a> = LabelPair<&'a str>;

/// Precision, recall and their harmonic mean, each in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl Score {
    fn of(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 {
                2.0 * precision * recall / sum
            } else {
                0.0
            },
        }
    }
}

/// BCubed over the activities that have a gold journey; none where there are none.
///
/// An activity that was left out is a cluster by itself. Noise counts in the size of the cluster that took it in,
/// and so lowers precision.
pub fn bcubed<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<Score> {
    let counts = Contingency::of(items);
    let total = counts.gold.values().sum::<u64>() as f64;
    if total == 0.0 {
        return None;
    }
    let (mut precision, mut recall) = (0.0, 0.0);
    // All activities with the same pair of labels have the same precision and recall.
    for (&(gold, predicted), &shared) in &counts.both {
        let shared = shared as f64;
        precision += shared * shared / counts.predicted[&predicted] as f64;
        recall += shared * shared / counts.gold[&gold] as f64;
    }
    for item in items.iter().filter(|item| item.predicted.is_none()) {
        if let Some(gold) = item.gold {
            precision += 1.0;
            recall += 1.0 / counts.gold[&gold] as f64;
        }
    }
    Some(Score::of(precision / total, recall / total))
}

/// Journeys found: a predicted one counts for the gold one with which it shares at least half of their union, one for
/// one. Noise counts in the union. None where there are neither gold nor predicted journeys.
pub fn journey_f1<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<Score> {
    let counts = Contingency::of(items);
    if counts.gold.is_empty() && counts.predicted.is_empty() {
        return None;
    }
    let mut matched: BTreeMap<L, L> = BTreeMap::new();
    // At one half or more, a cluster matches several others only by consisting of two of them exactly, which then
    // match nothing else: taking pairs in any order finds as many as the best assignment.
    for (&(gold, predicted), &shared) in &counts.both {
        let union = counts.gold[&gold] + counts.predicted[&predicted] - shared;
        let jaccard = shared as f64 / union as f64;
        let free = !matched.contains_key(&gold) && matched.values().all(|&taken| taken != predicted);
        if jaccard >= MATCHING_JACCARD && free {
            matched.insert(gold, predicted);
        }
    }
    let share = |whole: usize| {
        if whole == 0 {
            0.0
        } else {
            matched.len() as f64 / whole as f64
        }
    };
    Some(Score::of(share(counts.predicted.len()), share(counts.gold.len())))
}

/// By how many the number of journeys found differs from the number of gold journeys.
pub fn journeys_error<L: Copy + Ord>(items: &[LabelPair<L>]) -> u64 {
    let counts = Contingency::of(items);
    counts.gold.len().abs_diff(counts.predicted.len()) as u64
}

/// Share of the noise that was left out; none where there is no noise.
pub fn noise_rejected<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<f64> {
    share_of(items, |item| item.gold.is_none(), |item| item.predicted.is_none())
}

/// Share of the activities with a gold journey that were assigned to some journey; none where there are none.
pub fn coverage<L: Copy + Ord>(items: &[LabelPair<L>]) -> Option<f64> {
    share_of(items, |item| item.gold.is_some(), |item| item.predicted.is_some())
}

fn share_of<L>(
    items: &[LabelPair<L>],
    of: impl Fn(&LabelPair<L>) -> bool,
    that: impl Fn(&LabelPair<L>) -> bool,
) -> Option<f64> {
    let whole = items.iter().filter(|item| of(item)).count();
    let part = items.iter().filter(|item| of(item) && that(item)).count();
    (whole > 0).then(|| part as f64 / whole as f64)
}
