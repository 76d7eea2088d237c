//! What is published of a state: the final pass. Derives only: nothing here changes the state.

use crate::activity::Items;
use crate::description::describe;
use crate::error::SegmentError;
use crate::journey::{Alias, AliasReason, Assignment, Journey};
use crate::journey_id::JourneyId;
use crate::naming_snapshot::snapshot;
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::partition::{Group, SettledJourneys, partition};
use crate::settled_journey::SettledJourney;
use crate::similarity::{cosine, norm};
use crate::summary::Summary;

/// Activities that, beside the first, a journey may have begun with as seen by earlier runs: when an earlier one joins or
/// leaves, the journey's id changes, and the ids that these give are led to the new one.
const OTHER_STARTS: usize = 3;

/// The journeys of a state, with the assignments that may still change.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    pub(crate) journeys: Vec<Journey>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) aliases: Vec<Alias>,
}

pub(crate) fn publish(
    user_id: &str,
    settled: &[SettledJourney],
    open: &OpenActivities,
    params: &Params,
    items: &dyn Items,
) -> Result<Publication, SegmentError> {
    let mut publication = Publication::default();
    for group in partition(settled, open, params, SettledJourneys::StayApart) {
        let journey = group.settled.first().map(|&position| &settled[position]);
        add(&mut publication, user_id, journey, &group, open, params, items)?;
    }
    Ok(publication)
}

fn add(
    publication: &mut Publication,
    user_id: &str,
    settled: Option<&SettledJourney>,
    group: &Group,
    open: &OpenActivities,
    params: &Params,
    items: &dyn Items,
) -> Result<(), SegmentError> {
    let before = settled.map(|journey| &journey.summary);
    let summary = Summary::of(before, open, &group.open, items)?;
    if !settled.is_some_and(|journey| journey.kept) && !summary.qualifies(params) {
        return Ok(());
    }
    let id_of_start = |position: &usize| {
        let activity = open.activity(*position);
        JourneyId::of_birth(user_id, activity.occurred_at_us, &activity.item_id)
    };
    let journey_id = match settled {
        Some(journey) => journey.journey_id,
        None => JourneyId::of_birth(user_id, summary.born_at_us, &summary.birth_item_id),
    };
    if settled.is_none() {
        let others = group.open.iter().skip(1).take(OTHER_STARTS);
        publication.aliases.extend(others.map(|position| Alias {
            old: id_of_start(position),
            new: journey_id,
            since_us: open.activity(*position).occurred_at_us,
            reason: AliasReason::OtherStart,
        }));
    }
    let length = norm(&summary.sum);
    let of_open = group.open.iter().map(|&position| {
        let activity = open.activity(position);
        Assignment {
            journey_id,
            item_id: activity.item_id.clone(),
            occurred_at_us: activity.occurred_at_us,
            similarity: cosine(&summary.sum, length, open.vector(position), 1.0),
        }
    });
    let waiting = settled.map_or(&[][..], |journey| &journey.waiting);
    publication
        .assignments
        .extend(waiting.iter().map(|member| Assignment {
            journey_id,
            item_id: member.item_id.clone(),
            occurred_at_us: member.occurred_at_us,
            similarity: member.similarity,
        }));
    publication.assignments.extend(of_open);
    let settled = settled.map(|journey| (&journey.summary, journey.naming.as_ref()));
    let naming = snapshot(settled, open, &group.open, params, items)?;
    let journey = describe(journey_id, &summary, naming, params, items)?;
    publication.journeys.push(journey);
    Ok(())
}
