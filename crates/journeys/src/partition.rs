//! Divides what is known of a user into clusters: affinities, linkage, reassignment. Derives only.

use crate::affinity::Affinities;
use crate::linkage::{Unit, link};
use crate::open_activities::OpenActivities;
use crate::params::Params;
use crate::reassignment::reassign;
use crate::settled_journey::SettledJourney;

/// What belongs together.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Positions of settled journeys, ascending.
    pub(crate) settled: Vec<usize>,
    /// Positions of open activities, ascending.
    pub(crate) open: Vec<usize>,
}

/// Whether settled journeys may become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettledJourneys {
    StayApart,
    MayMerge,
}

/// The clusters, in the order of their first units. Activities in none of them are noise.
pub(crate) fn partition(
    settled: &[SettledJourney],
    open: &OpenActivities,
    params: &Params,
    among_settled: SettledJourneys,
) -> Vec<Group> {
    let affinities = Affinities::of(settled, open, params);
    let pinned = among_settled == SettledJourneys::StayApart;
    let of_settled = settled.iter().map(|journey| {
        let weight = journey.summary.activity_count as f32;
        Unit {
            weight,
            within: affinities.within(journey.summary.within(), weight * (weight - 1.0) / 2.0),
            pinned,
        }
    });
    let of_open = (0..open.len()).map(|_| Unit {
        weight: 1.0,
        within: 0.0,
        pinned: false,
    });
    let units: Vec<Unit> = of_settled.chain(of_open).collect();
    let linked = link(affinities.clone(), units.clone(), params);
    let labels = reassign(&affinities, &linked, &units, settled.len(), params);

    let clusters = labels.iter().flatten().max().map_or(0, |last| last + 1);
    let mut groups: Vec<Group> = (0..clusters).map(|_| Group::default()).collect();
    for (unit, label) in labels.into_iter().enumerate() {
        let Some(cluster) = label else { continue };
        match unit.checked_sub(settled.len()) {
            Some(position) => groups[cluster].open.push(position),
            None => groups[cluster].settled.push(unit),
        }
    }
    groups
}
