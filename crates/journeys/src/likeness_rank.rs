//! Finds the likeness at a rank among many, without sorting or copying them.

use crate::wide_registers::with_wide_registers;

/// So few are worth being looked at one by one.
const FEW: usize = 256;
/// Halvings after which no two numbers of 32 bits between 0 and 1 are apart.
const MOST_HALVINGS: usize = 40;

/// Likenesses, in rows.
#[derive(Debug)]
pub(crate) struct PairsBelow<'a> {
    rows: Vec<&'a [f32]>,
}

impl<'a> PairsBelow<'a> {
    pub(crate) fn new(rows: Vec<&'a [f32]>) -> Self {
        Self { rows }
    }

    /// The likeness that `place` others come before in ascending order, held within 0 and `limit`.
    pub(crate) fn at(&self, place: usize, limit: f32) -> f32 {
        let mut before = self.below(0.0);
        if before > place {
            return 0.0;
        }
        let mut until = self.below(limit);
        if until <= place {
            return limit;
        }
        // `before` are below `low`, `until` below `high`, and the one that is sought lies in between.
        let (mut low, mut high) = (0.0_f32, limit);
        for _ in 0..MOST_HALVINGS {
            let middle = low.midpoint(high);
            if until - before <= FEW || middle <= low || middle >= high {
                break;
            }
            let below = self.below(middle);
            if below > place {
                (high, until) = (middle, below);
            } else {
                (low, before) = (middle, below);
            }
        }
        let within = self.rows.iter().flat_map(|row| row.iter());
        let mut within: Vec<f32> = within
            .copied()
            .filter(|value| (low..high).contains(value))
            .collect();
        let (_, &mut value, _) = within.select_nth_unstable_by(place - before, f32::total_cmp);
        value.clamp(0.0, limit)
    }

    fn below(&self, bound: f32) -> usize {
        self.rows.iter().map(|row| count_below(row, bound) as usize).sum()
    }
}

with_wide_registers! {
    fn count_below(values: &[f32], bound: f32) -> u32 = plain_count_below
}

#[inline]
fn plain_count_below(values: &[f32], bound: f32) -> u32 {
    values.iter().map(|value| u32::from(*value < bound)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_rank_is_that_of_sorted_values(
            values in prop::collection::vec(prop_oneof![-1.0_f32..1.0, Just(0.1_f32), Just(0.0), Just(-0.0)], 1..900),
            place in any::<prop::sample::Index>(), limit in 0.0_f32..0.9, width in 1_usize..40,
        ) {
            let place = place.index(values.len());
            let given = PairsBelow::new(values.chunks(width).collect()).at(place, limit);
            let mut sorted = values;
            sorted.sort_by(f32::total_cmp);
            let expected = sorted[place].clamp(0.0, limit);
            prop_assert!(given.total_cmp(&expected).is_eq() || given.abs() + expected.abs() == 0.0, "{given} {expected}");
        }

        #[test]
        fn equal_values_end_the_search(count in 1_usize..2_000, value in 0.0_f32..0.5) {
            let values = vec![value; count];
            let given = PairsBelow::new(vec![&values]).at(count / 2, 0.5);
            prop_assert_eq!(given.to_bits(), value.to_bits());
        }
    }
}
