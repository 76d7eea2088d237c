//! Drives one user's activities through the clusters: join or open, merge, snapshot, keep, retire.

use std::collections::BTreeMap;

use crate::activity::{Activity, VectorLookup, check_vector, check_weights};
use crate::cluster::{Cluster, Incoming};
use crate::concepts::ItemConcepts;
use crate::description::describe;
use crate::error::SegmentError;
use crate::journey::{Alias, Assignment, Segmented};
use crate::journey_id::JourneyId;
use crate::params::Params;
use crate::state::UserState;
use crate::{merge, naming_snapshot};

/// Segments one user's activities, pushed in the total order (occurred_at_us, item_id).
#[derive(Debug)]
pub struct Segmenter {
    params: Params,
    user_id: String,
    state: UserState,
    assignments: Vec<Assignment>,
    aliases: Vec<Alias>,
    retired: Vec<Cluster>,
}

impl Segmenter {
    /// Begins with the user's first activity. The parameters are those that [`Params::validate`] accepts.
    pub fn start(params: &Params, user_id: &str) -> Self {
        Self::resume(params, user_id, UserState::default())
    }

    /// Goes on where the state was left, under the same parameters and for the same user.
    pub fn resume(params: &Params, user_id: &str, state: UserState) -> Self {
        Self {
            params: *params,
            user_id: user_id.to_owned(),
            state,
            assignments: Vec::new(),
            aliases: Vec::new(),
            retired: Vec::new(),
        }
    }

    /// Takes in the next activity. After an error the segmenter must not be used further.
    pub fn push(
        &mut self,
        activity: Activity<'_>,
        vectors: &mut VectorLookup<'_>,
    ) -> Result<(), SegmentError> {
        let incoming = self.check(activity)?;
        let now = activity.occurred_at_us;
        let joined = if let Some((position, similarity)) = self.most_similar(&incoming) {
            self.state.clusters[position].join(&incoming, similarity, &self.params);
            position
        } else {
            let cluster = Cluster::born(&self.user_id, &incoming, &self.params);
            self.state.clusters.push(cluster);
            self.state.clusters.len() - 1
        };
        self.state.watermark = Some((now, activity.item_id.to_owned()));
        let current = self.merge(joined, now);
        naming_snapshot::take_if_due(&mut self.state.clusters[current], &self.params, vectors)?;
        self.keep_if_due(current);
        self.retire_beyond_limit(current, now);
        Ok(())
    }

    /// Gives out what is new since `start` or `resume`, and the state to resume from.
    pub fn finish(mut self, vectors: &mut VectorLookup<'_>) -> Result<Segmented, SegmentError> {
        let published = self
            .retired
            .iter()
            .chain(self.state.clusters.iter().filter(|cluster| cluster.kept));
        let mut journeys = published
            .map(|cluster| describe(cluster, &self.params, vectors))
            .collect::<Result<Vec<_>, _>>()?;
        journeys.sort_by_key(|journey| journey.journey_id);
        self.relabel_assignments();
        self.assignments.sort_by(|a, b| {
            (a.journey_id, a.occurred_at_us, &a.item_id).cmp(&(b.journey_id, b.occurred_at_us, &b.item_id))
        });
        Ok(Segmented {
            state: self.state,
            journeys,
            assignments: self.assignments,
            aliases: self.aliases,
        })
    }

    fn check<'a>(&self, activity: Activity<'a>) -> Result<Incoming<'a>, SegmentError> {
        if let Some((watermark_us, watermark_item_id)) = self.state.watermark()
            && (activity.occurred_at_us, activity.item_id) <= (watermark_us, watermark_item_id)
        {
            return Err(SegmentError::OutOfOrder {
                item_id: activity.item_id.to_owned(),
                occurred_at_us: activity.occurred_at_us,
                watermark_item_id: watermark_item_id.to_owned(),
                watermark_us,
            });
        }
        check_weights(&activity)?;
        let vector_length = check_vector(activity.item_id, activity.features.vector, self.state.dimension())?;
        Ok(Incoming {
            activity,
            vector_length,
            concepts: ItemConcepts::new(activity.features.concepts),
        })
    }

    /// The cluster that the activity joins; of equally similar ones the oldest.
    fn most_similar(&self, incoming: &Incoming<'_>) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for (position, cluster) in self.state.clusters.iter().enumerate() {
            let floor = best.map_or(self.params.join_threshold, |(_, similarity)| similarity);
            if let Some(similarity) = cluster.similarity_to(incoming, &self.params, floor)
                && best.is_none_or(|(_, highest)| similarity > highest)
            {
                best = Some((position, similarity));
            }
        }
        best
    }

    /// Merges the cluster at `current` with others until none is similar enough; returns where it is then.
    fn merge(&mut self, mut current: usize, now_us: i64) -> usize {
        while let Some(other) = merge::closest(&self.state.clusters, current, &self.params) {
            let (older, younger) = (current.min(other), current.max(other));
            let absorbed = self.state.clusters.remove(younger);
            let survivor = &mut self.state.clusters[older];
            if absorbed.kept {
                let alias = Alias {
                    old: absorbed.journey_id,
                    new: survivor.journey_id,
                    since_us: now_us,
                };
                self.aliases.push(alias);
            }
            merge::absorb(survivor, absorbed, now_us, &self.params);
            current = older;
        }
        current
    }

    fn keep_if_due(&mut self, current: usize) {
        let cluster = &mut self.state.clusters[current];
        cluster.kept = cluster.kept || cluster.qualifies(&self.params);
        if !cluster.kept {
            return;
        }
        let journey_id = cluster.journey_id;
        self.assignments
            .extend(cluster.members.drain(..).map(|member| Assignment {
                journey_id,
                item_id: member.item_id,
                occurred_at_us: member.occurred_at_us,
                similarity: member.similarity,
            }));
        // A kept cluster holds at most one member at a time from now on.
        cluster.members.shrink_to_fit();
    }

    /// Retires the weakest clusters, of equally weak ones the youngest, but never the one just updated.
    fn retire_beyond_limit(&mut self, current: usize, now_us: i64) {
        let mut current = current;
        while self.state.clusters.len() > self.params.max_live_clusters as usize {
            let strength = |position: usize| self.state.clusters[position].strength_at(now_us, &self.params);
            let others = (0..self.state.clusters.len())
                .rev()
                .filter(|&position| position != current);
            let Some(weakest) = others.min_by(|&a, &b| strength(a).total_cmp(&strength(b))) else {
                return;
            };
            let retired = self.state.clusters.remove(weakest);
            if retired.kept {
                self.retired.push(retired);
            }
            if weakest < current {
                current -= 1;
            }
        }
    }

    fn relabel_assignments(&mut self) {
        // Latest first: what a journey became is known before what was merged into it earlier is looked at.
        let mut became: BTreeMap<JourneyId, JourneyId> = BTreeMap::new();
        for alias in self.aliases.iter().rev() {
            let last = became.get(&alias.new).copied().unwrap_or(alias.new);
            became.insert(alias.old, last);
        }
        for assignment in &mut self.assignments {
            if let Some(&last) = became.get(&assignment.journey_id) {
                assignment.journey_id = last;
            }
        }
    }
}
