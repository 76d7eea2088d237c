//! One group of a user's activities: its running sums, and how an activity compares with it and joins it.

use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::candidates::Candidates;
use crate::concepts::{ClusterConcepts, ItemConcepts};
use crate::journey_id::JourneyId;
use crate::naming_snapshot::NamingSnapshot;
use crate::params::Params;
use crate::similarity::{MICROSECONDS_PER_DAY, combine, cosine, days_between, decay_between, narrow, norm};

/// An activity that waits for its cluster to be kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) item_id: String,
    pub(crate) occurred_at_us: i64,
    pub(crate) similarity: f32,
}

/// An activity that was checked, with what is derived from its features once.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    pub(crate) activity: Activity<'a>,
    pub(crate) vector_length: f32,
    pub(crate) concepts: ItemConcepts<'a>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) journey_id: JourneyId,
    pub(crate) born_at_us: i64,
    pub(crate) birth_item_id: String,
    pub(crate) last_active_at_us: i64,
    /// Weighted sum of the activities' vectors.
    pub(crate) sum: Vec<f32>,
    /// Length of `sum`; derived.
    #[serde(skip)]
    pub(crate) norm: f32,
    pub(crate) concepts: ClusterConcepts,
    pub(crate) activity_count: u64,
    /// Decayed sum of weights, as of `last_active_at_us`.
    pub(crate) strength: f64,
    /// UTC days with activity, ascending and distinct, so that a merge counts shared days once.
    pub(crate) days: Vec<i64>,
    pub(crate) candidates: Candidates,
    pub(crate) naming: Option<NamingSnapshot>,
    pub(crate) next_milestone: u64,
    /// Once true it stays true: counts, days and span only grow.
    pub(crate) kept: bool,
    /// Activities not yet given out as assignments; empty between activities once the cluster is kept.
    pub(crate) members: Vec<Member>,
}

impl Cluster {
    pub(crate) fn born(user_id: &str, incoming: &Incoming<'_>, params: &Params) -> Self {
        let activity = &incoming.activity;
        let mut cluster = Self {
            journey_id: JourneyId::of_birth(user_id, activity.occurred_at_us, activity.item_id),
            born_at_us: activity.occurred_at_us,
            birth_item_id: activity.item_id.to_owned(),
            last_active_at_us: activity.occurred_at_us,
            sum: vec![0.0; activity.features.vector.len()],
            norm: 0.0,
            concepts: ClusterConcepts::default(),
            activity_count: 0,
            strength: 0.0,
            days: Vec::new(),
            candidates: Candidates::default(),
            naming: None,
            next_milestone: params.min_activities.into(),
            kept: false,
            members: Vec::new(),
        };
        cluster.join(incoming, 1.0, params);
        cluster
    }

    /// Adds the activity, which is the latest of the user.
    pub(crate) fn join(&mut self, incoming: &Incoming<'_>, similarity: f32, params: &Params) {
        let activity = &incoming.activity;
        let now = activity.occurred_at_us;
        for (total, value) in self.sum.iter_mut().zip(activity.features.vector) {
            *total += activity.weight * value;
        }
        self.norm = norm(&self.sum);
        self.concepts.add(&incoming.concepts, activity.weight);
        self.activity_count = self.activity_count.saturating_add(1);
        self.strength = self.strength_at(now, params) + f64::from(activity.weight);
        self.last_active_at_us = now;
        let day = now.div_euclid(MICROSECONDS_PER_DAY);
        if self.days.last() != Some(&day) {
            self.days.push(day);
        }
        self.candidates.offer(activity.item_id, similarity);
        self.members.push(Member {
            item_id: activity.item_id.to_owned(),
            occurred_at_us: now,
            similarity,
        });
    }

    /// Combined similarity of the activity with this cluster, lowered for dormancy; none where it cannot reach
    /// `floor`.
    pub(crate) fn similarity_to(&self, incoming: &Incoming<'_>, params: &Params, floor: f32) -> Option<f32> {
        let activity = &incoming.activity;
        let recency = self.recency(activity.occurred_at_us, params);
        let vector_cosine = cosine(
            &self.sum,
            self.norm,
            activity.features.vector,
            incoming.vector_length,
        );
        let similarity = if incoming.concepts.is_empty() || self.concepts.is_empty() {
            vector_cosine * recency
        } else if combine(vector_cosine, 1.0, params.concept_share) * recency < floor {
            return None;
        } else {
            let concept_cosine = self.concepts.cosine_with_item(&incoming.concepts);
            combine(vector_cosine, concept_cosine, params.concept_share) * recency
        };
        (similarity >= floor).then_some(similarity)
    }

    pub(crate) fn strength_at(&self, now_us: i64, params: &Params) -> f64 {
        self.strength * decay_between(self.last_active_at_us, now_us, params.half_life_days)
    }

    pub(crate) fn qualifies(&self, params: &Params) -> bool {
        self.activity_count >= u64::from(params.min_activities)
            && self.active_days() >= params.min_active_days
            && days_between(self.born_at_us, self.last_active_at_us) >= f64::from(params.min_span_days)
    }

    pub(crate) fn active_days(&self) -> u32 {
        u32::try_from(self.days.len()).unwrap_or(u32::MAX)
    }

    /// The direction of the sum; zeros where its parts cancel out.
    pub(crate) fn centroid(&self) -> Vec<f32> {
        let scale = if self.norm > 0.0 { self.norm } else { 1.0 };
        self.sum.iter().map(|value| value / scale).collect()
    }

    /// Derives again what is not stored, and checks what is. The error says what is wrong.
    pub(crate) fn restore(&mut self) -> Result<(), &'static str> {
        if self.sum.iter().any(|value| !value.is_finite()) || !self.strength.is_finite() {
            return Err("a sum is not finite");
        }
        if self.born_at_us > self.last_active_at_us {
            return Err("a cluster ends before it starts");
        }
        if self.days.is_empty() || !self.days.is_sorted_by(|a, b| a < b) {
            return Err("active days out of order");
        }
        if self.kept && !self.members.is_empty() {
            return Err("a kept cluster holds back activities");
        }
        self.candidates.check()?;
        self.concepts.restore()?;
        self.norm = norm(&self.sum);
        Ok(())
    }

    fn recency(&self, now_us: i64, params: &Params) -> f32 {
        let faded = 1.0 - decay_between(self.last_active_at_us, now_us, params.half_life_days);
        narrow(1.0 - f64::from(params.recency_penalty) * faded)
    }
}
