//! How often labels occur, alone and together: all that any score needs to know.

use std::collections::BTreeMap;

use super::LabelPair;

/// How often each label and each pair of labels occurs.
#[derive(Debug)]
pub(super) struct Contingency<L> {
    pub(super) gold: BTreeMap<L, u64>,
    pub(super) predicted: BTreeMap<L, u64>,
    pub(super) both: BTreeMap<(L, L), u64>,
}

impl<L: Copy + Ord> Contingency<L> {
    pub(super) fn of(items: &[LabelPair<L>]) -> Self {
        let mut counts = Self {
            gold: BTreeMap::new(),
            predicted: BTreeMap::new(),
            both: BTreeMap::new(),
        };
        for item in items {
            if let Some(gold) = item.gold {
                *counts.gold.entry(gold).or_default() += 1;
            }
            if let Some(predicted) = item.predicted {
                *counts.predicted.entry(predicted).or_default() += 1;
            }
            if let (Some(gold), Some(predicted)) = (item.gold, item.predicted) {
                *counts.both.entry((gold, predicted)).or_default() += 1;
            }
        }
        counts
    }
}

/// Two partitions of the same activities: the sizes of the parts, and of what parts share.
#[derive(Debug)]
pub(super) struct Partitions {
    /// Activities.
    pub(super) total: u64,
    pub(super) gold: Vec<u64>,
    pub(super) predicted: Vec<u64>,
    /// What a gold and a predicted part, each by its number, share; pairs that share nothing are absent.
    pub(super) both: Vec<(usize, usize, u64)>,
}

impl Partitions {
    /// Of the activities with a gold journey; each that was left out is a part by itself.
    pub(super) fn of<L: Copy + Ord>(items: &[LabelPair<L>]) -> Self {
        let mut gold_numbers: BTreeMap<L, usize> = BTreeMap::new();
        let mut predicted_numbers: BTreeMap<L, usize> = BTreeMap::new();
        let mut partitions = Self {
            total: 0,
            gold: Vec::new(),
            predicted: Vec::new(),
            both: Vec::new(),
        };
        let mut both: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for item in items {
            let Some(label) = item.gold else {
                continue;
            };
            let gold = *gold_numbers.entry(label).or_insert(partitions.gold.len());
            grow(&mut partitions.gold, gold);
            let next = partitions.predicted.len();
            let predicted = item
                .predicted
                .map_or(next, |label| *predicted_numbers.entry(label).or_insert(next));
            grow(&mut partitions.predicted, predicted);
            *both.entry((gold, predicted)).or_default() += 1;
            partitions.total += 1;
        }
        partitions.both = both
            .into_iter()
            .map(|((gold, predicted), shared)| (gold, predicted, shared))
            .collect();
        partitions
    }

    /// Whether the two are the same partition.
    pub(super) fn agree(&self) -> bool {
        self.both.len() == self.gold.len() && self.both.len() == self.predicted.len()
    }
}

/// Counts one more in the part with this number, which is at most one beyond the last.
fn grow(parts: &mut Vec<u64>, number: usize) {
    if number == parts.len() {
        parts.push(0);
    }
    parts[number] += 1;
}
