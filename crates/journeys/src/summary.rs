//! What is known of some activities together: sums, counts and candidates, to which more activities can be added.

use serde::{Deserialize, Serialize};

use crate::activity::{Items, check_concepts};
use crate::candidates::Candidates;
use crate::concepts::{ClusterConcepts, ItemConcepts};
use crate::error::SegmentError;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::similarity::{MICROSECONDS_PER_DAY, cosine, days_between, dot, norm};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) born_at_us: i64,
    pub(crate) birth_item_id: String,
    pub(crate) last_active_at_us: i64,
    pub(crate) activity_count: u64,
    /// Sum of the times since the birth, in microseconds.
    ages_us: i128,
    /// Weighted sum of the activities' unit vectors.
    pub(crate) sum: Vec<f32>,
    /// Sums of the weights and of their squares.
    total_weight: f32,
    total_square: f32,
    pub(crate) concepts: ClusterConcepts,
    /// UTC days with activity, ascending and distinct.
    pub(crate) days: Vec<i64>,
    pub(crate) candidates: Candidates,
}

impl Summary {
    /// Of open activities at `positions`, which are in order and not empty, together with those of `before`, which are
    /// all earlier.
    pub(crate) fn of(
        before: Option<&Self>,
        open: &OpenActivities,
        positions: &[usize],
        items: &dyn Items,
    ) -> Result<Self, SegmentError> {
        let mut summary = before.cloned().unwrap_or_else(|| Self::empty(open.dimension()));
        for &position in positions {
            summary.add(open, position, items)?;
        }
        // How near an item is shows only when all are in.
        let length = norm(&summary.sum);
        for &position in positions {
            let similarity = cosine(&summary.sum, length, open.vector(position), 1.0);
            summary
                .candidates
                .offer(&open.activity(position).item_id, similarity);
        }
        Ok(summary)
    }

    fn empty(dimension: usize) -> Self {
        Self {
            born_at_us: 0,
            birth_item_id: String::new(),
            last_active_at_us: 0,
            activity_count: 0,
            ages_us: 0,
            sum: vec![0.0; dimension],
            total_weight: 0.0,
            total_square: 0.0,
            concepts: ClusterConcepts::default(),
            days: Vec::new(),
            candidates: Candidates::default(),
        }
    }

    fn add(&mut self, open: &OpenActivities, position: usize, items: &dyn Items) -> Result<(), SegmentError> {
        let activity = open.activity(position);
        let (at, weight) = (activity.occurred_at_us, activity.weight);
        if self.activity_count == 0 {
            self.born_at_us = at;
            self.birth_item_id.clone_from(&activity.item_id);
        }
        self.last_active_at_us = at;
        self.activity_count = self.activity_count.saturating_add(1);
        self.ages_us += i128::from(at) - i128::from(self.born_at_us);
        for (total, value) in self.sum.iter_mut().zip(open.vector(position)) {
            *total += weight * value;
        }
        self.total_weight += weight;
        self.total_square += weight * weight;
        let day = at.div_euclid(MICROSECONDS_PER_DAY);
        if self.days.last() != Some(&day) {
            self.days.push(day);
        }
        let concepts = items.concepts(activity.place);
        check_concepts(&activity.item_id, &concepts)?;
        self.concepts.add(&ItemConcepts::new(&concepts), weight);
        Ok(())
    }

    /// Adds what was born later.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.last_active_at_us = self.last_active_at_us.max(other.last_active_at_us);
        self.activity_count = self.activity_count.saturating_add(other.activity_count);
        let younger = i128::from(other.born_at_us) - i128::from(self.born_at_us);
        self.ages_us += other.ages_us + younger * i128::from(other.activity_count);
        for (total, value) in self.sum.iter_mut().zip(&other.sum) {
            *total += value;
        }
        self.total_weight += other.total_weight;
        self.total_square += other.total_square;
        self.concepts.absorb(&other.concepts);
        self.days.extend(other.days);
        self.days.sort_unstable();
        self.days.dedup();
        self.candidates.absorb(other.candidates);
    }

    /// The mean of the activities' times.
    pub(crate) fn mean_at_us(&self) -> i64 {
        let mean_age = self.ages_us / i128::from(self.activity_count.max(1));
        self.born_at_us
            .saturating_add(i64::try_from(mean_age).unwrap_or(i64::MAX))
    }

    /// The mean of the activities' vectors, shorter than 1 the less they are alike.
    pub(crate) fn mean(&self) -> Vec<f32> {
        self.scaled(self.total_weight)
    }

    /// The direction of the sum; zeros where its parts cancel out.
    pub(crate) fn centroid(&self) -> Vec<f32> {
        let length = norm(&self.sum);
        self.scaled(if length > 0.0 { length } else { 1.0 })
    }

    fn scaled(&self, divisor: f32) -> Vec<f32> {
        self.sum.iter().map(|value| value / divisor).collect()
    }

    /// Sum over the pairs of activities of the likeness of their vectors.
    pub(crate) fn within(&self) -> f32 {
        let pairs = self.activity_count as f32 * (self.activity_count as f32 - 1.0) / 2.0;
        let weight_of_pairs = self.total_weight * self.total_weight - self.total_square;
        if weight_of_pairs > 0.0 {
            (dot(&self.sum, &self.sum) - self.total_square) / weight_of_pairs * pairs
        } else {
            0.0
        }
    }

    pub(crate) fn active_days(&self) -> u32 {
        u32::try_from(self.days.len()).unwrap_or(u32::MAX)
    }

    /// Whether these activities are a journey and no passing interest.
    pub(crate) fn qualifies(&self, params: &Params) -> bool {
        self.activity_count >= u64::from(params.min_activities)
            && self.active_days() >= params.min_active_days
            && days_between(self.born_at_us, self.last_active_at_us) >= f64::from(params.min_span_days)
    }

    /// Derives again what is not stored, and checks what is. The error says what is wrong.
    pub(crate) fn restore(&mut self) -> Result<(), &'static str> {
        let sums = [self.total_weight, self.total_square];
        if self.sum.iter().chain(&sums).any(|value| !value.is_finite()) {
            return Err("a sum is not finite");
        }
        if self.total_weight <= 0.0 || self.activity_count == 0 {
            return Err("a settled journey without activities");
        }
        if !(self.born_at_us..=self.last_active_at_us).contains(&self.mean_at_us()) {
            return Err("a journey's times lie outside its life");
        }
        if self.days.is_empty() || !self.days.is_sorted_by(|a, b| a < b) {
            return Err("active days out of order");
        }
        self.candidates.check()?;
        self.concepts.restore()
    }
}
