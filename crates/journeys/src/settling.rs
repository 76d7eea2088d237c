//! Settles a user's older activities when too many are open, so that a user of any length takes bounded memory.
//!
//! It happens at counts of activities, never at the end of an increment, and so at the same activities however the log is
//! cut. The older half of the open activities goes into the settled parts of the journeys that they belong to at that
//! moment, or is noise for good.

use crate::activity::Items;
use crate::description::describe;
use crate::error::SegmentError;
use crate::journey::{Alias, AliasReason, Assignment, Journey};
use crate::journey_id::JourneyId;
use crate::naming_snapshot::snapshot;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::partition::{Group, SettledJourneys, partition};
use crate::settled_journey::{Member, SettledJourney};
use crate::similarity::{cosine, norm};
use crate::state::Settled;
use crate::summary::Summary;

/// What became final.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) aliases: Vec<Alias>,
    /// Journeys that the user has not come back to for longest, where there were too many.
    pub(crate) retired: Vec<Journey>,
}

/// What stays the same over one user's settlings.
pub(crate) struct Settling<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) items: &'a dyn Items,
}

impl Settling<'_> {
    /// Settles the older half of the open activities.
    pub(crate) fn settle(
        &self,
        settled: &mut Settled,
        open: &mut OpenActivities,
        outcome: &mut Outcome,
    ) -> Result<(), SegmentError> {
        let older = open.len() - open.len() / 2;
        let groups = partition(&settled.journeys, open, self.params, SettledJourneys::MayMerge);
        let mut journeys: Vec<Option<SettledJourney>> = settled.journeys.drain(..).map(Some).collect();
        let last = open.activity(older - 1);
        let now = (last.occurred_at_us, last.item_id.clone());
        for group in groups {
            let journey = self.merged(&group, &mut journeys, now.0, outcome);
            if let Some(journey) = self.grown(journey, &group, older, open)? {
                settled.journeys.push(journey);
            }
        }
        settled.until = Some(now);
        open.remove_first(older);
        settled.journeys.sort_by(|a, b| a.birth().cmp(&b.birth()));
        for journey in &mut settled.journeys {
            keep_if_due(journey, self.params, outcome);
        }
        self.retire(settled, outcome)
    }

    /// The settled journeys of a group as one: the oldest, whose identity goes on.
    fn merged(
        &self,
        group: &Group,
        journeys: &mut [Option<SettledJourney>],
        now_us: i64,
        outcome: &mut Outcome,
    ) -> Option<SettledJourney> {
        let mut of_group = group
            .settled
            .iter()
            .filter_map(|&position| journeys[position].take());
        let mut oldest = of_group.next()?;
        for mut absorbed in of_group {
            if absorbed.kept {
                outcome.aliases.push(Alias {
                    old: absorbed.journey_id,
                    new: oldest.journey_id,
                    since_us: now_us,
                    reason: AliasReason::Merged,
                });
            }
            oldest.summary.absorb(absorbed.summary);
            oldest.kept |= absorbed.kept;
            oldest.waiting.append(&mut absorbed.waiting);
        }
        Some(oldest)
    }

    /// The journey with the group's older activities; none where there is nothing to settle.
    fn grown(
        &self,
        journey: Option<SettledJourney>,
        group: &Group,
        older: usize,
        open: &OpenActivities,
    ) -> Result<Option<SettledJourney>, SegmentError> {
        let count = group.open.partition_point(|&position| position < older);
        let positions = &group.open[..count];
        let Some(&first) = positions.first() else {
            let Some(mut journey) = journey else {
                return Ok(None);
            };
            // What was merged may have passed a milestone together.
            let settled = Some((&journey.summary, journey.naming.as_ref()));
            journey.naming = snapshot(settled, open, &[], self.params, self.items)?;
            return Ok(Some(journey));
        };
        let before = journey.as_ref().map(|journey| &journey.summary);
        let summary = Summary::of(before, open, positions, self.items)?;
        let settled = journey
            .as_ref()
            .map(|journey| (&journey.summary, journey.naming.as_ref()));
        let naming = snapshot(settled, open, positions, self.params, self.items)?;
        let length = norm(&summary.sum);
        let members = positions.iter().map(|&position| {
            let activity = open.activity(position);
            Member {
                item_id: activity.item_id.clone(),
                occurred_at_us: activity.occurred_at_us,
                similarity: cosine(&summary.sum, length, open.vector(position), 1.0),
            }
        });
        let birth = open.activity(first);
        let (journey_id, kept, mut waiting) = match journey {
            Some(journey) => (journey.journey_id, journey.kept, journey.waiting),
            None => {
                let id = JourneyId::of_birth(self.user_id, birth.occurred_at_us, &birth.item_id);
                (id, false, Vec::new())
            }
        };
        waiting.extend(members);
        Ok(Some(SettledJourney {
            journey_id,
            summary,
            naming,
            kept,
            waiting,
        }))
    }

    /// Retires journeys beyond the limit; what never became one is forgotten.
    fn retire(&self, settled: &mut Settled, outcome: &mut Outcome) -> Result<(), SegmentError> {
        while settled.journeys.len() > self.params.max_live_journeys as usize || too_many_wait(settled) {
            let stale =
                |journey: &SettledJourney| (journey.summary.last_active_at_us, journey.summary.born_at_us);
            let over_waiting = settled.journeys.len() <= self.params.max_live_journeys as usize;
            let candidates = settled.journeys.iter().enumerate();
            let candidates = candidates.filter(|(_, journey)| !over_waiting || !journey.waiting.is_empty());
            let Some((position, _)) = candidates.min_by_key(|(_, journey)| stale(journey)) else {
                return Ok(());
            };
            let journey = settled.journeys.remove(position);
            if journey.kept {
                let (id, naming) = (journey.journey_id, journey.naming);
                let described = describe(id, &journey.summary, naming, self.params, self.items)?;
                outcome.retired.push(described);
                settled.retired.push(id);
            }
        }
        Ok(())
    }
}

/// Activities that wait for their journeys to be kept take memory; a burst that lasts for so many is a passing one.
const MOST_WAITING: usize = 1024;

fn too_many_wait(settled: &Settled) -> bool {
    let waiting = settled.journeys.iter().map(|journey| journey.waiting.len());
    waiting.sum::<usize>() > MOST_WAITING
}

fn keep_if_due(journey: &mut SettledJourney, params: &Params, outcome: &mut Outcome) {
    journey.kept = journey.kept || journey.summary.qualifies(params);
    if !journey.kept {
        return;
    }
    let journey_id = journey.journey_id;
    let members = std::mem::take(&mut journey.waiting);
    outcome
        .assignments
        .extend(members.into_iter().map(|member| Assignment {
            journey_id,
            item_id: member.item_id,
            occurred_at_us: member.occurred_at_us,
            similarity: member.similarity,
        }));
}
