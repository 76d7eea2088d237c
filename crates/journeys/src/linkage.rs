//! Average linkage whose threshold rises with the cohesion of what is linked.
//!
//! Two clusters are linked while the mean affinity between them, less the mean of their own cohesions, is above a
//! threshold: a tight cluster takes in only what is nearly as close to it as its members are to each other, so that
//! neighbouring interests stay apart, and a loose one may grow. The cohesion of a cluster of few is held back towards
//! nought by a number of pairs that are assumed beforehand, and that of a tight one does not count beyond a limit, so that a
//! long journey does not break up.

use crate::affinity::Affinities;
use crate::params::Params;
use crate::similarity::LANES;
use crate::wide_registers::with_wide_registers;

/// A unit before it is linked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    /// Activities in it.
    pub(crate) weight: f32,
    /// Sum of the affinities of the pairs in it.
    pub(crate) within: f32,
    /// Never linked with another pinned one.
    pub(crate) pinned: bool,
}

/// For each unit the lowest number of a unit in its cluster. Of pairs with equal scores the lowest numbers come first.
pub(crate) fn link(affinities: Affinities, units: Vec<Unit>, params: &Params) -> Vec<usize> {
    Linkage::new(affinities, units, params).run()
}

/// Clusters go by their lowest unit. Lists by cluster are as long as a row of affinities, and hold for what is no cluster,
/// because it was merged or is beyond the last unit, what makes it nobody's partner.
struct Linkage<'p> {
    params: &'p Params,
    affinities: Affinities,
    units: Vec<Unit>,
    cohesion: Vec<f32>,
    /// The same as those see it that are pinned: other pinned ones are no clusters.
    cohesion_to_pinned: Vec<f32>,
    /// Clusters that are left, ascending.
    alive: Vec<usize>,
    /// The best partner of each, with the score. Where it is out of date, the score is one that none is above.
    nearest: Nearest,
    /// What each unit was merged into: itself, or an earlier one.
    merged_into: Vec<usize>,
}

/// By cluster.
struct Nearest {
    partner: Vec<u32>,
    score: Vec<f32>,
    /// 1 where it is.
    out_of_date: Vec<u32>,
}

const NOBODY: u32 = u32::MAX;
/// What is so cohesive is linked with nothing.
const NO_CLUSTER: f32 = f32::INFINITY;

impl<'p> Linkage<'p> {
    fn new(mut affinities: Affinities, units: Vec<Unit>, params: &'p Params) -> Self {
        let (count, length) = (units.len(), affinities.stride());
        let mut of_all = vec![NO_CLUSTER; length];
        let mut to_pinned = of_all.clone();
        for (unit, of) in units.iter().enumerate() {
            of_all[unit] = cohesion(of, params);
            to_pinned[unit] = if of.pinned { NO_CLUSTER } else { of_all[unit] };
            affinities.set(unit, unit, f32::NEG_INFINITY);
        }
        let mut linkage = Self {
            params,
            affinities,
            units,
            cohesion: of_all,
            cohesion_to_pinned: to_pinned,
            alive: (0..count).collect(),
            nearest: Nearest {
                partner: vec![NOBODY; length],
                score: vec![f32::NEG_INFINITY; length],
                out_of_date: vec![0; length],
            },
            merged_into: (0..count).collect(),
        };
        for unit in 0..count {
            linkage.search(unit);
        }
        linkage
    }

    fn run(mut self) -> Vec<usize> {
        while let Some((cluster, score)) = highest(&self.nearest.score)
            && score >= self.params.link_threshold
        {
            if self.nearest.out_of_date[cluster] == 1 {
                self.search(cluster);
            } else {
                let partner = self.nearest.partner[cluster] as usize;
                self.merge(cluster.min(partner), cluster.max(partner));
            }
        }
        let mut cluster_of = self.merged_into;
        for unit in 0..cluster_of.len() {
            cluster_of[unit] = cluster_of[cluster_of[unit]];
        }
        cluster_of
    }

    /// The cohesions of those that the cluster may be linked with.
    fn cohesions_for(&self, cluster: usize) -> &[f32] {
        if self.units[cluster].pinned {
            &self.cohesion_to_pinned
        } else {
            &self.cohesion
        }
    }

    fn search(&mut self, cluster: usize) {
        let found = highest_score(
            self.affinities.row(cluster),
            self.cohesions_for(cluster),
            self.cohesion[cluster],
            self.params.cohesion_weight,
        );
        let (partner, score) = match found {
            Some((partner, score)) => (u32::try_from(partner).unwrap_or(NOBODY), score),
            None => (NOBODY, f32::NEG_INFINITY),
        };
        self.nearest.partner[cluster] = partner;
        self.nearest.score[cluster] = score;
        self.nearest.out_of_date[cluster] = 0;
    }

    fn merge(&mut self, into: usize, from: usize) {
        let (kept, gone) = (self.units[into], self.units[from]);
        let between = self.affinities.row(into)[from];
        self.units[into] = Unit {
            weight: kept.weight + gone.weight,
            within: kept.within + gone.within + kept.weight * gone.weight * between,
            pinned: kept.pinned || gone.pinned,
        };
        self.forget(from);
        self.merged_into[from] = into;
        let pinned = self.units[into].pinned;
        let cohesion = cohesion(&self.units[into], self.params);
        self.cohesion[into] = cohesion;
        self.cohesion_to_pinned[into] = if pinned { NO_CLUSTER } else { cohesion };

        let (row, of_gone) = self.affinities.two_rows(into, from);
        weighted_means(row, of_gone, kept.weight, gone.weight);
        for &other in &self.alive {
            let mean = self.affinities.row(into)[other];
            self.affinities.set(other, into, mean);
        }
        let merger = Merger {
            into: u32::try_from(into).unwrap_or(NOBODY),
            from: u32::try_from(from).unwrap_or(NOBODY),
            cohesion,
            cohesion_weight: self.params.cohesion_weight,
        };
        let cohesions = if pinned {
            &self.cohesion_to_pinned
        } else {
            &self.cohesion
        };
        meet(&mut self.nearest, self.affinities.row(into), cohesions, merger);
        self.search(into);
    }

    fn forget(&mut self, cluster: usize) {
        if let Ok(position) = self.alive.binary_search(&cluster) {
            self.alive.remove(position);
        }
        self.cohesion[cluster] = NO_CLUSTER;
        self.cohesion_to_pinned[cluster] = NO_CLUSTER;
        self.nearest.score[cluster] = f32::NEG_INFINITY;
    }
}

/// What the others have to know of two clusters that became one.
#[derive(Debug, Clone, Copy)]
struct Merger {
    into: u32,
    from: u32,
    cohesion: f32,
    cohesion_weight: f32,
}

with_wide_registers! {
    /// What the merger means for the other clusters. Their scores with each other are what they were, so that they need not
    /// be looked through before one of them is the best of all.
    fn meet(nearest: &mut Nearest, affinities: &[f32], cohesions: &[f32], merger: Merger) = plain_meet
}

with_wide_registers! {
    /// The best of the scores of a cluster with all others, and the first that has it.
    fn highest_score(affinities: &[f32], cohesions: &[f32], cohesion: f32, cohesion_weight: f32) -> Option<(usize, f32)>
        = plain_highest_score
}

with_wide_registers! {
    /// The first of the highest values, and the value; none where all are infinitely low.
    fn highest(values: &[f32]) -> Option<(usize, f32)> = plain_highest
}

with_wide_registers! {
    fn weighted_means(left: &mut [f32], right: &[f32], left_weight: f32, right_weight: f32) = plain_weighted_means
}

#[inline]
fn plain_meet(nearest: &mut Nearest, affinities: &[f32], cohesions: &[f32], merger: Merger) {
    let Merger { into, from, .. } = merger;
    let lists = nearest
        .partner
        .iter_mut()
        .zip(&mut nearest.score)
        .zip(&mut nearest.out_of_date);
    for (((partner, best), out_of_date), (affinity, cohesion)) in lists.zip(affinities.iter().zip(cohesions))
    {
        let score = score(*affinity, *cohesion, merger.cohesion, merger.cohesion_weight);
        let as_good = score.to_bits() == best.to_bits();
        let better = (score > *best) | (as_good & ((*out_of_date == 1) | (into <= *partner)));
        let lost = u32::from((*partner == into) | (*partner == from)) | *out_of_date;
        *partner = if better { into } else { *partner };
        *best = if better { score } else { *best };
        *out_of_date = if better { 0 } else { lost };
    }
}

#[inline]
fn plain_highest_score(
    affinities: &[f32],
    cohesions: &[f32],
    cohesion: f32,
    cohesion_weight: f32,
) -> Option<(usize, f32)> {
    let (affinities, cohesions) = (
        affinities.as_chunks::<LANES>().0,
        cohesions.as_chunks::<LANES>().0,
    );
    let blocks = affinities.iter().zip(cohesions).map(|(affinities, cohesions)| {
        let mut scores = [0.0_f32; LANES];
        for lane in 0..LANES {
            scores[lane] = score(affinities[lane], cohesions[lane], cohesion, cohesion_weight);
        }
        scores
    });
    first_highest(blocks)
}

#[inline]
fn plain_highest(values: &[f32]) -> Option<(usize, f32)> {
    first_highest(values.as_chunks::<LANES>().0.iter().copied())
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn first_highest(blocks: impl Iterator<Item = [f32; LANES]>) -> Option<(usize, f32)> {
    let mut highest = [f32::NEG_INFINITY; LANES];
    let mut of_block = [0_u32; LANES];
    for (block, values) in (0_u32..).zip(blocks) {
        for lane in 0..LANES {
            let higher = values[lane] > highest[lane];
            highest[lane] = if higher { values[lane] } else { highest[lane] };
            of_block[lane] = if higher { block } else { of_block[lane] };
        }
    }
    let mut best: Option<(usize, f32)> = None;
    for lane in 0..LANES {
        let (position, value) = (of_block[lane] as usize * LANES + lane, highest[lane]);
        let (first, top) = best.unwrap_or((usize::MAX, f32::NEG_INFINITY));
        if value > top || (best.is_some() && value >= top && position < first) {
            best = Some((position, value));
        }
    }
    best
}

#[inline]
fn plain_weighted_means(left: &mut [f32], right: &[f32], left_weight: f32, right_weight: f32) {
    let weight = left_weight + right_weight;
    for (left, right) in left.iter_mut().zip(right) {
        *left = (left_weight * *left + right_weight * right) / weight;
    }
}

#[inline]
fn score(affinity: f32, one_cohesion: f32, other_cohesion: f32, cohesion_weight: f32) -> f32 {
    affinity - cohesion_weight * ((one_cohesion + other_cohesion) / 2.0)
}

fn cohesion(unit: &Unit, params: &Params) -> f32 {
    let pairs = unit.weight * (unit.weight - 1.0) / 2.0 + params.cohesion_prior;
    if pairs > 0.0 {
        (unit.within / pairs).min(params.cohesion_limit)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
