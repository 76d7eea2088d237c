//! How well activities fit a cluster: what all of a user's units compare it with, side by side.

use crate::affinity::Affinities;
use crate::similarity::LANES;
use crate::wide_registers::with_wide_registers;

/// Members that an activity is compared with one by one.
const NEAREST: usize = 3;

/// How an activity compares with one cluster; it is no member to itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit {
    /// Of its affinities to the members' activities.
    pub(crate) sum: f32,
    weight: f32,
    /// Its affinities to the nearest members, highest first.
    nearest: [f32; NEAREST],
    members: usize,
}

impl Fit {
    pub(crate) fn value(&self, nearest_share: f32) -> Option<f32> {
        let known = self.members.min(NEAREST);
        if known == 0 {
            return None;
        }
        let nearest = self.nearest[..known].iter().sum::<f32>() / known as f32;
        Some((1.0 - nearest_share) * (self.sum / self.weight) + nearest_share * nearest)
    }
}

/// How each unit compares with the cluster of these members, which are ascending.
pub(crate) fn fits(affinities: &Affinities, members: &[usize], weights: &[f32]) -> Vec<Fit> {
    let mut fits = Vec::with_capacity(affinities.stride());
    let mut own = members.iter().peekable();
    for first in (0..weights.len()).step_by(LANES) {
        let compared = compare(affinities, first, members, weights);
        for lane in 0..LANES {
            let is_member = own.next_if(|member| **member == first + lane).is_some();
            let [a, b, c] = compared.nearest;
            fits.push(Fit {
                sum: compared.sum[lane],
                weight: compared.weight[lane],
                nearest: [a[lane], b[lane], c[lane]],
                members: members.len() - usize::from(is_member),
            });
        }
    }
    fits.truncate(weights.len());
    fits
}

/// What units that follow each other compare, each in a lane.
#[derive(Debug, Clone, Copy)]
struct Compared {
    sum: [f32; LANES],
    weight: [f32; LANES],
    nearest: [[f32; LANES]; NEAREST],
}

with_wide_registers! {
    fn compare(affinities: &Affinities, first: usize, members: &[usize], weights: &[f32]) -> Compared = plain_compare
}

#[inline]
fn plain_compare(affinities: &Affinities, first: usize, members: &[usize], weights: &[f32]) -> Compared {
    let mut compared = Compared {
        sum: [0.0; LANES],
        weight: [0.0; LANES],
        nearest: [[f32::NEG_INFINITY; LANES]; NEAREST],
    };
    for &member in members {
        let mut with = compared;
        if let Some(affinities) = affinities.row(member)[first..].first_chunk::<LANES>() {
            with.add(affinities, weights[member]);
        }
        // The unit itself does not count.
        if let Some(lane) = member.checked_sub(first).filter(|lane| *lane < LANES) {
            with.sum[lane] = compared.sum[lane];
            with.weight[lane] = compared.weight[lane];
            for (with, without) in with.nearest.iter_mut().zip(compared.nearest) {
                with[lane] = without[lane];
            }
        }
        compared = with;
    }
    compared
}

impl Compared {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn add(&mut self, affinities: &[f32; LANES], weight: f32) {
        let [a, b, c] = &mut self.nearest;
        for lane in 0..LANES {
            let affinity = affinities[lane];
            self.sum[lane] += affinity * weight;
            self.weight[lane] += weight;
            let below_first = lower(a[lane], affinity);
            let below_second = lower(b[lane], below_first);
            a[lane] = higher(a[lane], affinity);
            b[lane] = higher(b[lane], below_first);
            c[lane] = higher(c[lane], below_second);
        }
    }
}

#[inline]
fn higher(left: f32, right: f32) -> f32 {
    if left > right { left } else { right }
}

#[inline]
fn lower(left: f32, right: f32) -> f32 {
    if left > right { right } else { left }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sums_and_nearest_are_those_of_the_other_members(
            units in 1_usize..40, chosen in any::<u64>(), seed in any::<u32>()
        ) {
            let value = |row: usize, column: usize| {
                let pair = (row.min(column) * 64 + row.max(column)) as u32;
                (pair.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 8) as f32 / (1 << 24) as f32 - 0.5
            };
            let affinities = Affinities::from_pairs(units, value);
            let members: Vec<usize> = (0..units).filter(|unit| chosen >> unit & 1 == 1).collect();
            let weights: Vec<f32> = (0..units).map(|unit| (1 + unit % 3) as f32).collect();
            for (unit, fit) in fits(&affinities, &members, &weights).iter().enumerate() {
                let others = members.iter().filter(|member| **member != unit);
                let (mut sum, mut weight, mut all) = (0.0_f32, 0.0_f32, Vec::new());
                for &member in others {
                    sum += value(unit, member) * weights[member];
                    weight += weights[member];
                    all.push(value(unit, member));
                }
                all.sort_by(|a, b| b.total_cmp(a));
                prop_assert_eq!(fit.members, all.len());
                prop_assert_eq!(fit.sum.to_bits(), sum.to_bits());
                prop_assert_eq!(fit.weight.to_bits(), weight.to_bits());
                all.truncate(NEAREST);
                prop_assert_eq!(&fit.nearest[..all.len()], &all[..]);
            }
        }
    }
}
