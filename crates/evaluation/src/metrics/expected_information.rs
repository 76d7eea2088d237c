//! The mutual information that two random partitions with parts of given sizes have in the mean.

use std::collections::BTreeMap;

use super::contingency::Partitions;

/// In nats: the mean over all ways of drawing both partitions with the parts' sizes as they are.
///
/// What two parts share is then hypergeometric; the sum over its values and all pairs of sizes is exact.
pub(super) fn expected_information(partitions: &Partitions) -> f64 {
    let logs = LogFactorials::up_to(partitions.total);
    let (gold, predicted) = (sizes(&partitions.gold), sizes(&partitions.predicted));
    let mut expected = 0.0;
    for (&gold_size, &gold_parts) in &gold {
        for (&predicted_size, &predicted_parts) in &predicted {
            let pairs = (gold_parts * predicted_parts) as f64;
            expected += pairs * shared_information(gold_size, predicted_size, partitions.total, &logs);
        }
    }
    expected
}

/// How many parts there are of each size: many journeys are equally long, and most that are left out are single.
fn sizes(parts: &[u64]) -> BTreeMap<u64, u64> {
    let mut sizes = BTreeMap::new();
    for &part in parts {
        *sizes.entry(part).or_default() += 1;
    }
    sizes
}

/// What one pair of parts of these sizes contributes.
fn shared_information(gold: u64, predicted: u64, total: u64, logs: &LogFactorials) -> f64 {
    let least = (gold + predicted).saturating_sub(total).max(1);
    let most = gold.min(predicted);
    let outer = gold as f64 * predicted as f64;
    // The part of the hypergeometric probability that does not depend on what is shared.
    let constant = logs.of(gold) + logs.of(predicted) + logs.of(total - gold) + logs.of(total - predicted)
        - logs.of(total);
    (least..=most)
        .map(|shared| {
            let probability = constant
                - logs.of(shared)
                - logs.of(gold - shared)
                - logs.of(predicted - shared)
                - logs.of(total + shared - gold - predicted);
            let (shared, total) = (shared as f64, total as f64);
            shared / total * (total * shared / outer).ln() * probability.exp()
        })
        .sum()
}

/// Logarithms of factorials.
struct LogFactorials(Vec<f64>);

impl LogFactorials {
    fn up_to(most: u64) -> Self {
        let mut sum = 0.0;
        let logs = (1..=most).map(|number| {
            sum += (number as f64).ln();
            sum
        });
        Self(std::iter::once(0.0).chain(logs).collect())
    }

    fn of(&self, number: u64) -> f64 {
        usize::try_from(number)
            .ok()
            .and_then(|number| self.0.get(number))
            .copied()
            .unwrap_or(f64::INFINITY)
    }
}
