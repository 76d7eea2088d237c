//! Sparse concept weights of an item and of a cluster.
//!
//! Entries are kept in the order of (hash of the term, term): a look-up compares integers, and sums run in an
//! order that does not depend on how the entries came in.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::journey::Concept;
use crate::similarity::narrow;

/// Terms a cluster may hold before it is pruned.
const CONCEPTS_BEFORE_PRUNING: usize = 128;
/// Terms a cluster holds after it was pruned, and so the most that can describe a journey.
pub const CONCEPTS_AFTER_PRUNING: usize = 64;

/// An item's concepts, scaled to unit length so that an item with many terms does not outweigh others.
#[derive(Debug)]
pub(crate) struct ItemConcepts<'a> {
    entries: Vec<(u64, &'a str, f64)>,
}

impl<'a> ItemConcepts<'a> {
    pub(crate) fn new(concepts: &[(&'a str, f32)]) -> Self {
        let mut entries: Vec<(u64, &str, f64)> = concepts
            .iter()
            .map(|&(term, weight)| (xxh3_64(term.as_bytes()), term, f64::from(weight)))
            .collect();
        entries.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        entries.dedup_by(|later, earlier| {
            let same = (later.0, later.1) == (earlier.0, earlier.1);
            if same {
                earlier.2 += later.2;
            }
            same
        });
        let length = entries
            .iter()
            .fold(0.0, |sum, (_, _, weight)| sum + weight * weight)
            .sqrt();
        for entry in &mut entries {
            entry.2 /= length;
        }
        Self { entries }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Derived from the term; see [`ClusterConcepts::restore`].
    #[serde(skip)]
    hash: u64,
    term: String,
    weight: f32,
}

impl Entry {
    fn order(&self, hash: u64, term: &str) -> Ordering {
        self.hash.cmp(&hash).then_with(|| self.term.as_str().cmp(term))
    }
}

/// A cluster's concepts: the weighted sum over its activities, bounded by pruning.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClusterConcepts {
    entries: Vec<Entry>,
    #[serde(skip)]
    norm: f64,
}

impl ClusterConcepts {
    pub(crate) fn add(&mut self, item: &ItemConcepts<'_>, weight: f32) {
        for &(hash, term, share) in &item.entries {
            self.add_term(hash, term, narrow(f64::from(weight) * share));
        }
        self.settle();
    }

    pub(crate) fn absorb(&mut self, other: &Self) {
        for entry in &other.entries {
            self.add_term(entry.hash, &entry.term, entry.weight);
        }
        self.settle();
    }

    /// The heaviest terms, heaviest first (ties by term), with their weights in the unit-length concept vector.
    pub(crate) fn top(&self, limit: usize) -> Vec<Concept> {
        let mut ranked: Vec<&Entry> = self.entries.iter().collect();
        ranked.sort_by(|a, b| heavier_first(a, b));
        ranked
            .into_iter()
            .take(limit)
            .map(|entry| Concept {
                term: entry.term.clone(),
                weight: ratio(entry.weight.into(), self.norm),
            })
            .collect()
    }

    /// Derives again what is not stored, and checks what is. The error says what is wrong.
    pub(crate) fn restore(&mut self) -> Result<(), &'static str> {
        for entry in &mut self.entries {
            entry.hash = xxh3_64(entry.term.as_bytes());
        }
        if !self.entries.is_sorted_by(|a, b| a.order(b.hash, &b.term).is_lt()) {
            return Err("concepts out of order");
        }
        if self
            .entries
            .iter()
            .any(|entry| !(entry.weight.is_finite() && entry.weight >= 0.0))
        {
            return Err("a concept weight is not a number from 0 up");
        }
        self.norm = self.length();
        Ok(())
    }

    fn find(&self, hash: u64, term: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.order(hash, term))
    }

    fn add_term(&mut self, hash: u64, term: &str, weight: f32) {
        match self.find(hash, term) {
            Ok(position) => self.entries[position].weight += weight,
            Err(position) => self.entries.insert(
                position,
                Entry {
                    hash,
                    term: term.to_owned(),
                    weight,
                },
            ),
        }
    }

    fn settle(&mut self) {
        if self.entries.len() > CONCEPTS_BEFORE_PRUNING {
            self.entries.sort_by(heavier_first);
            self.entries.truncate(CONCEPTS_AFTER_PRUNING);
            self.entries.sort_by(|a, b| a.order(b.hash, &b.term));
        }
        self.norm = self.length();
    }

    fn length(&self) -> f64 {
        self.entries
            .iter()
            .fold(0.0, |sum, entry| {
                sum + f64::from(entry.weight) * f64::from(entry.weight)
            })
            .sqrt()
    }
}

fn heavier_first(a: &Entry, b: &Entry) -> Ordering {
    b.weight.total_cmp(&a.weight).then_with(|| a.term.cmp(&b.term))
}

fn ratio(sum: f64, length: f64) -> f32 {
    if length > 0.0 {
        narrow(sum / length).clamp(0.0, 1.0)
    } else {
        0.0
    }
}
