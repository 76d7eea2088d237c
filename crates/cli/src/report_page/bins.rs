//! Histograms: which bins show a distribution well, and how many values fall into each.
//!
//! Values are whole numbers (counts, or seconds). Bins are of one width where the values are of one magnitude; where
//! they are not, they widen to the right in round steps.

use wayfare_pipeline::run_page::Frequency;

use super::format::{DAY, HOUR, MINUTE};

/// More bars than this cannot be labelled on a telephone.
const MOST_BINS: usize = 12;
const MOST_SINGLE_BINS: u64 = 15;
/// The share of values that must be of one magnitude for the rest to be put together.
const NEARLY_ALL: f64 = 0.98;
/// Up to here the largest value is of the same magnitude as the typical one.
const SAME_MAGNITUDE: u64 = 5;

/// What is binned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Count,
    /// Seconds.
    Duration,
}

/// Values from `from` up to, not including, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bin {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) count: u64,
    /// Holds the few values that are far larger than all others.
    pub(super) is_rest: bool,
}

/// The bins of a distribution, none empty at either end.
pub(super) fn bins(values: &[Frequency], quantity: Quantity) -> Vec<Bin> {
    let (Some(smallest), Some(largest)) = (
        values.iter().map(|frequency| frequency.value).min(),
        values.iter().map(|frequency| frequency.value).max(),
    ) else {
        return Vec::new();
    };
    let same_magnitude = quantile(values, 0.5).max(1).saturating_mul(SAME_MAGNITUDE);
    let nearly_all = quantile(values, NEARLY_ALL);
    let mut edges = if largest <= same_magnitude {
        equal_edges(smallest, largest, MOST_BINS, quantity)
    } else if nearly_all <= same_magnitude {
        equal_edges(smallest, nearly_all, MOST_BINS - 1, quantity)
    } else {
        widening_edges(smallest, largest, quantity)
    };
    let rest = edges.last().copied().filter(|edge| *edge <= largest);
    edges.extend(rest.map(|_| largest.saturating_add(1)));
    let pairs = edges.windows(2);
    let filled = pairs.filter_map(|pair| {
        let &[from, to] = pair else { return None };
        let inside = values
            .iter()
            .filter(|frequency| (from..to).contains(&frequency.value));
        let count = inside.map(|frequency| frequency.count).sum();
        Some(Bin {
            from,
            to,
            count,
            is_rest: rest == Some(from),
        })
    });
    let mut filled: Vec<Bin> = filled.collect();
    let first = filled.iter().position(|bin| bin.count > 0).unwrap_or(0);
    filled.drain(..first);
    while filled.last().is_some_and(|bin| bin.count == 0) {
        filled.pop();
    }
    // The first bin begins where the values do: fewer than the least are not possible, only not there.
    if let Some(first) = filled.first_mut().filter(|_| quantity == Quantity::Count) {
        first.from = first.from.max(smallest);
    }
    filled
}

/// The value that a share of all values does not exceed; 0 if there are none.
pub(super) fn quantile(values: &[Frequency], share: f64) -> u64 {
    let total: u64 = values.iter().map(|frequency| frequency.count).sum();
    let mut sorted: Vec<&Frequency> = values.iter().collect();
    sorted.sort_by_key(|frequency| frequency.value);
    let mut seen = 0;
    for frequency in &sorted {
        seen += frequency.count;
        if seen as f64 >= share * total as f64 {
            return frequency.value;
        }
    }
    0
}

fn equal_edges(smallest: u64, largest: u64, most_bins: usize, quantity: Quantity) -> Vec<u64> {
    // One bar for each number is plainest, also where there are a few more.
    if quantity == Quantity::Count
        && largest - smallest < MOST_SINGLE_BINS
        && precision(largest, quantity) == 1
    {
        return (smallest..=largest + 1).collect();
    }
    let widths: &[u64] = match quantity {
        Quantity::Count => &[1, 2, 5, 10, 20, 50],
        Quantity::Duration => &[
            MINUTE,
            2 * MINUTE,
            5 * MINUTE,
            10 * MINUTE,
            15 * MINUTE,
            30 * MINUTE,
            HOUR,
            2 * HOUR,
            3 * HOUR,
            6 * HOUR,
            12 * HOUR,
            DAY,
            2 * DAY,
            5 * DAY,
            7 * DAY,
            14 * DAY,
            28 * DAY,
            56 * DAY,
            91 * DAY,
        ],
    };
    let bins_of = |width: u64| largest / width - smallest / width + 1;
    let width = widths
        .iter()
        .copied()
        .find(|width| *width >= precision(largest, quantity) && bins_of(*width) <= most_bins as u64)
        .unwrap_or_else(|| round_up(largest / (most_bins as u64 - 1) + 1, quantity));
    (smallest / width..=largest / width + 1)
        .map(|step| step.saturating_mul(width))
        .collect()
}

/// What values of this size were rounded to when they were collected: an edge between would cut at random.
fn precision(value: u64, quantity: Quantity) -> u64 {
    match quantity {
        Quantity::Duration if value < 2 * DAY => MINUTE,
        Quantity::Duration => DAY,
        Quantity::Count if value < 1_000 => 1,
        Quantity::Count if value < 10_000 => 10,
        Quantity::Count if value < 100_000 => 100,
        Quantity::Count => 1_000,
    }
}

/// The next number of at most two digits and zeros, in days for durations.
fn round_up(number: u64, quantity: Quantity) -> u64 {
    let unit = if quantity == Quantity::Duration { DAY } else { 1 };
    let number = number.div_ceil(unit);
    let mut magnitude = 1_u64;
    while number / magnitude >= 100 {
        magnitude = magnitude.saturating_mul(10);
    }
    number
        .div_ceil(magnitude)
        .saturating_mul(magnitude)
        .saturating_mul(unit)
}

fn widening_edges(smallest: u64, largest: u64, quantity: Quantity) -> Vec<u64> {
    let ladders = match quantity {
        Quantity::Count => vec![
            decades(&[10, 15, 20, 30, 50, 70]),
            decades(&[10, 20, 50]),
            decades(&[10]),
        ],
        Quantity::Duration => vec![duration_ladder(), coarse_duration_ladder()],
    };
    let mut edges = Vec::new();
    for ladder in ladders {
        edges = within(&ladder, smallest, largest);
        if edges.len() <= MOST_BINS + 1 {
            break;
        }
    }
    while edges.len() > MOST_BINS + 1 {
        let last = edges.pop();
        edges = edges.into_iter().step_by(2).chain(last).collect();
    }
    edges
}

/// 0, a few numbers below ten, then the steps times 1, 10, 100 and so on.
fn decades(steps: &[u64]) -> Vec<u64> {
    let mut edges = vec![0];
    let first: &[u64] = if steps.len() > 3 {
        &[1, 2, 3, 5, 7]
    } else {
        &[1, 2, 5]
    };
    edges.extend(if steps.len() == 1 { &first[..1] } else { first });
    let mut decade = 1_u64;
    while decade < 1_000_000_000_000 {
        edges.extend(steps.iter().map(|step| step * decade));
        decade *= 10;
    }
    edges
}

fn duration_ladder() -> Vec<u64> {
    let minutes = [0, 1, 2, 5, 10, 20, 30].map(|number| number * MINUTE);
    let hours = [1, 2, 4, 8, 16].map(|number| number * HOUR);
    let days = [
        1, 2, 4, 7, 14, 28, 56, 91, 182, 365, 730, 1_460, 3_650, 7_300, 36_500,
    ];
    let days = days.map(|number| number * DAY);
    [minutes.as_slice(), &hours, &days, &[u64::MAX]].concat()
}

fn coarse_duration_ladder() -> Vec<u64> {
    let short = [0, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR];
    let days = [1, 4, 14, 56, 182, 730, 3_650, 36_500].map(|number| number * DAY);
    [short.as_slice(), &days, &[u64::MAX]].concat()
}

/// The edges from the last at or below `smallest` to the first above `largest`.
fn within(ladder: &[u64], smallest: u64, largest: u64) -> Vec<u64> {
    let first = ladder.iter().rposition(|edge| *edge <= smallest).unwrap_or(0);
    let last = ladder
        .iter()
        .position(|edge| *edge > largest)
        .unwrap_or(ladder.len().saturating_sub(1));
    ladder.get(first..=last).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequencies(values: &[(u64, u64)]) -> Vec<Frequency> {
        values
            .iter()
            .map(|&(value, count)| Frequency { value, count })
            .collect()
    }

    fn edges(values: &[(u64, u64)], quantity: Quantity) -> Vec<u64> {
        let bins = bins(&frequencies(values), quantity);
        for pair in bins.windows(2) {
            assert_eq!(pair[0].to, pair[1].from, "{bins:?}");
        }
        let total: u64 = values.iter().map(|(_, count)| count).sum();
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), total, "{bins:?}");
        assert!(
            bins.len() <= MOST_BINS || bins.iter().all(|bin| bin.to - bin.from == 1),
            "{bins:?}"
        );
        bins.first()
            .map(|bin| bin.from)
            .into_iter()
            .chain(bins.iter().map(|bin| bin.to))
            .collect()
    }

    #[test]
    fn small_counts_have_a_bin_each() {
        assert_eq!(edges(&[(1, 5), (2, 9), (4, 1)], Quantity::Count), [1, 2, 3, 4, 5]);
        assert_eq!(edges(&[(7, 3)], Quantity::Count), [7, 8]);
        let thirteen: Vec<(u64, u64)> = (1..=13).map(|value| (value, 1)).collect();
        assert_eq!(edges(&thirteen, Quantity::Count).len(), 14);
        assert_eq!(edges(&[], Quantity::Count), [0; 0]);
    }

    #[test]
    fn counts_of_one_magnitude_have_bins_of_one_width() {
        let values: Vec<(u64, u64)> = (21..=80).map(|value| (value, 1)).collect();
        assert_eq!(edges(&values, Quantity::Count), [21, 30, 40, 50, 60, 70, 80, 90]);
        // These were collected in steps of ten.
        let values = [(1_000, 7), (1_010, 9), (1_040, 3)];
        assert_eq!(
            edges(&values, Quantity::Count),
            [1_000, 1_010, 1_020, 1_030, 1_040, 1_050]
        );
    }

    #[test]
    fn counts_of_many_magnitudes_have_widening_bins() {
        let values = [(5, 100), (6, 80), (9, 40), (12, 30), (40, 50), (310, 20)];
        assert_eq!(
            edges(&values, Quantity::Count),
            [5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500]
        );
        let far = [(1, 1_000), (3, 100), (12, 10), (4_800, 20), (90_000, 20)];
        assert_eq!(edges(&far, Quantity::Count).last(), Some(&100_000));
    }

    #[test]
    fn a_few_outliers_are_put_together_and_do_not_flatten_the_rest() {
        let values = [
            (1, 100),
            (7, 100),
            (12, 100),
            (20, 100),
            (33, 50),
            (60, 2),
            (700, 1),
        ];
        assert_eq!(
            edges(&values, Quantity::Count),
            [1, 5, 10, 15, 20, 25, 30, 35, 701]
        );
        let bins = bins(&frequencies(&values), Quantity::Count);
        assert_eq!(bins.iter().filter(|bin| bin.is_rest).count(), 1);
        assert_eq!(bins.last().map(|bin| (bin.count, bin.is_rest)), Some((3, true)));
    }

    #[test]
    fn spans_from_minutes_to_months_have_round_edges() {
        let minutes = [(60, 5), (1_800, 40), (2_400, 30), (5_400, 20)];
        assert_eq!(
            edges(&minutes, Quantity::Duration)[..3],
            [0, 600, 1_200].map(|edge: u64| edge)
        );
        let months: Vec<(u64, u64)> = (28..150).map(|day| (day * DAY, 1)).collect();
        assert_eq!(
            edges(&months, Quantity::Duration)[..3],
            [28 * DAY, 42 * DAY, 56 * DAY]
        );
        let sittings = [(0, 10), (120, 60), (1_200, 300), (40 * DAY, 20), (200 * DAY, 3)];
        let edges = edges(&sittings, Quantity::Duration);
        assert_eq!(edges.first(), Some(&0));
        assert_eq!(edges.last(), Some(&(730 * DAY)));
    }

    #[test]
    fn values_beyond_every_ladder_are_still_counted() {
        edges(&[(1, 10), (2, 10), (u64::MAX / 2, 1)], Quantity::Duration);
        edges(&[(1_000_000, 10), (4_000_000, 10)], Quantity::Count);
        edges(
            &[(300 * DAY, 10), (40_000 * DAY, 1), (12_000 * DAY, 20)],
            Quantity::Duration,
        );
    }

    #[test]
    fn quantiles_count_values_as_often_as_they_occur() {
        let values = frequencies(&[(5, 1), (1, 8), (9, 1)]);
        assert_eq!(
            [0.0, 0.5, 0.9, 1.0].map(|share| quantile(&values, share)),
            [1, 1, 5, 9]
        );
        assert_eq!(quantile(&[], 0.5), 0);
    }
}
