//! Average linkage whose threshold rises with the cohesion of what is linked.
//!
//! Two clusters are linked while the mean affinity between them, less the mean of their own cohesions, is above a
//! threshold: a tight cluster takes in only what is nearly as close to it as its members are to each other, so that
//! neighbouring interests stay apart, and a loose one may grow. The cohesion of a cluster of few is held back towards
//! nought by a number of pairs that are assumed beforehand, and that of a tight one does not count beyond a limit, so that a
//! long journey does not break up.

use crate::affinity::Affinities;
use crate::params::Params;

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

struct Linkage<'p> {
    params: &'p Params,
    affinities: Affinities,
    units: Vec<Unit>,
    cohesion: Vec<f32>,
    /// Clusters that are left, by their lowest unit, ascending.
    alive: Vec<usize>,
    /// The best partner of each, with the score. Where it is out of date, the score is one that none is above.
    nearest: Vec<(usize, f32)>,
    out_of_date: Vec<bool>,
    cluster_of: Vec<usize>,
}

const NOBODY: (usize, f32) = (usize::MAX, f32::NEG_INFINITY);

impl<'p> Linkage<'p> {
    fn new(affinities: Affinities, units: Vec<Unit>, params: &'p Params) -> Self {
        let count = units.len();
        let mut linkage = Self {
            params,
            affinities,
            cohesion: units.iter().map(|unit| cohesion(unit, params)).collect(),
            units,
            alive: (0..count).collect(),
            nearest: vec![NOBODY; count],
            out_of_date: vec![false; count],
            cluster_of: (0..count).collect(),
        };
        for unit in 0..count {
            linkage.nearest[unit] = linkage.search(unit);
        }
        linkage
    }

    fn run(mut self) -> Vec<usize> {
        loop {
            let mut best = (0, NOBODY);
            for &cluster in &self.alive {
                if self.nearest[cluster].1 > best.1.1 {
                    best = (cluster, self.nearest[cluster]);
                }
            }
            let (cluster, (partner, score)) = best;
            if score < self.params.link_threshold || partner == usize::MAX {
                return self.cluster_of;
            }
            if self.out_of_date[cluster] {
                self.nearest[cluster] = self.search(cluster);
                self.out_of_date[cluster] = false;
            } else {
                self.merge(cluster.min(partner), cluster.max(partner));
            }
        }
    }

    fn score(&self, left: usize, right: usize) -> f32 {
        let cohesion = (self.cohesion[left] + self.cohesion[right]) / 2.0;
        self.affinities.between(left, right) - self.params.cohesion_weight * cohesion
    }

    fn may_join(&self, left: usize, right: usize) -> bool {
        left != right && !(self.units[left].pinned && self.units[right].pinned)
    }

    fn search(&self, cluster: usize) -> (usize, f32) {
        let mut best = NOBODY;
        for &other in &self.alive {
            if self.may_join(cluster, other) {
                let score = self.score(cluster, other);
                if score > best.1 {
                    best = (other, score);
                }
            }
        }
        best
    }

    fn merge(&mut self, into: usize, from: usize) {
        let (kept, gone) = (self.units[into], self.units[from]);
        let between = self.affinities.between(into, from);
        let weight = kept.weight + gone.weight;
        self.units[into] = Unit {
            weight,
            within: kept.within + gone.within + kept.weight * gone.weight * between,
            pinned: kept.pinned || gone.pinned,
        };
        self.cohesion[into] = cohesion(&self.units[into], self.params);
        self.alive.retain(|&cluster| cluster != from);
        for position in 0..self.alive.len() {
            let other = self.alive[position];
            if other != into {
                let mean = (kept.weight * self.affinities.between(into, other)
                    + gone.weight * self.affinities.between(from, other))
                    / weight;
                self.affinities.set(into, other, mean);
            }
        }
        for cluster in &mut self.cluster_of {
            if *cluster == from {
                *cluster = into;
            }
        }
        for position in 0..self.alive.len() {
            let cluster = self.alive[position];
            if cluster == into {
                self.nearest[cluster] = self.search(cluster);
                self.out_of_date[cluster] = false;
            } else {
                self.meet(cluster, into, from);
            }
        }
    }

    /// What the merger of `into` and `from` means for another cluster. Its scores with the others are what they were, so
    /// that they need not be looked through before it is the best of all.
    fn meet(&mut self, cluster: usize, into: usize, from: usize) {
        let (partner, best) = self.nearest[cluster];
        if self.may_join(cluster, into) {
            let score = self.score(cluster, into);
            let as_good = score.total_cmp(&best).is_eq() && (self.out_of_date[cluster] || into <= partner);
            if score > best || as_good {
                self.nearest[cluster] = (into, score);
                self.out_of_date[cluster] = false;
                return;
            }
        }
        if partner == into || partner == from {
            self.out_of_date[cluster] = true;
        }
    }
}

fn cohesion(unit: &Unit, params: &Params) -> f32 {
    let pairs = unit.weight * (unit.weight - 1.0) / 2.0 + params.cohesion_prior;
    if pairs > 0.0 {
        (unit.within / pairs).min(params.cohesion_limit)
    } else {
        0.0
    }
}
