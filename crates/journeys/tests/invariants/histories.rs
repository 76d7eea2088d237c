//! Arbitrary catalogues, histories and parameters, such that settling, merging and retiring happen often.

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;
use wayfare_journeys::Params;

use crate::world::{DAY, Event, World};

/// Not a multiple of the lanes in which products are summed.
const DIMENSION: usize = 19;
const ITEMS: usize = 28;
const MINUTE: i64 = 60_000_000;

#[derive(Clone)]
pub(crate) struct Catalogue(Vec<(Vec<f32>, Vec<(String, f32)>)>);

/// An item a line, where a failure is reported.
impl fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, item) in self.0.iter().enumerate() {
            write!(formatter, "\n{}: {item:?}", item_id(number))?;
        }
        Ok(())
    }
}

impl Catalogue {
    /// Items around three directions; of the odd ones some lie between two of them. Each seventh is like nothing.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let item = (
            0_usize..3,
            (0_usize..3, 0.0_f32..1.2),
            prop::collection::vec(-1.0_f32..1.0, DIMENSION),
            prop::collection::vec((0_usize..12, 0.1_f32..2.0), 0..4),
        );
        (0.05_f32..0.6, prop::collection::vec(item, ITEMS)).prop_map(|(spread, items)| {
            let items = items.into_iter().enumerate();
            Self(
                items
                    .map(|(number, (direction, (other, share_of_other), noise, terms))| {
                        let is_noise = number % 7 == 6;
                        let share = if is_noise { 1.0 } else { spread };
                        let mut vector: Vec<f32> = noise.iter().map(|value| value * share).collect();
                        vector[if is_noise { 3 + number / 7 } else { direction }] += 1.0;
                        vector[other] += if number % 2 == 0 || is_noise {
                            0.0
                        } else {
                            share_of_other
                        };
                        let terms = terms
                            .into_iter()
                            .map(|(term, weight)| (format!("term {}", term + 3 * direction), weight));
                        (vector, terms.collect())
                    })
                    .collect(),
            )
        })
    }

    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        for (number, (vector, concepts)) in self.0.iter().enumerate() {
            add(&mut world, &item_id(number), vector, concepts.iter());
        }
        world
    }

    /// The same items the other way round, with others between them, and with their concepts the other way round.
    pub(crate) fn rearranged_world(&self) -> World {
        let mut world = World::default();
        for (number, (vector, concepts)) in self.0.iter().enumerate().rev() {
            add(&mut world, &format!("unused {number}"), vector, concepts.iter());
            add(&mut world, &item_id(number), vector, concepts.iter().rev());
        }
        world
    }
}

fn item_id(number: usize) -> String {
    format!("item {number:02}")
}

fn add<'a>(
    world: &mut World,
    item_id: &str,
    vector: &[f32],
    concepts: impl Iterator<Item = &'a (String, f32)>,
) {
    let concepts: Vec<(&str, f32)> = concepts.map(|(term, weight)| (term.as_str(), *weight)).collect();
    world.add(item_id, vector, &concepts);
}

/// Sessions of a few activities, at the same moment, minutes or hours apart, and hours or weeks between sessions. The
/// first half is on even items only, so that what lies between interests comes when they are settled.
pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    let gap = prop_oneof![Just(0), 1_i64..30 * MINUTE, MINUTE..6 * 60 * MINUTE];
    let step = (0..ITEMS, gap, 0.5_f32..3.0);
    let pause = prop_oneof![3 => MINUTE..2 * DAY, 1 => DAY..40 * DAY];
    let session = (pause, prop::collection::vec(step, 1..9));
    prop::collection::vec(session, 1..50).prop_map(|sessions| {
        let mut now = 1_600_000_000_000_000;
        let mut seen = BTreeSet::new();
        let mut events = Vec::new();
        let half = sessions.len() / 2;
        for (session, (pause, steps)) in sessions.into_iter().enumerate() {
            now += pause;
            for (item, gap, weight) in steps {
                let item = if session < half { item - item % 2 } else { item };
                now += gap;
                if seen.insert((now, item)) {
                    events.push(Event {
                        item_id: item_id(item),
                        occurred_at_us: now,
                        weight,
                    });
                }
            }
        }
        events.sort_by(|a, b| (a.occurred_at_us, &a.item_id).cmp(&(b.occurred_at_us, &b.item_id)));
        events
    })
}

pub(crate) fn parameters() -> impl Strategy<Value = Params> {
    let cohesion_weight = prop_oneof![Just(0.0_f32), 0.0_f32..1.3];
    let linkage = (-0.6_f32..0.5, cohesion_weight, 0.0_f32..20.0, 0.05_f32..1.0);
    let nearness = (
        0.0_f32..0.4,
        1.0_f32..200.0,
        0.0_f32..0.3,
        1.0_f32..60.0,
        0.0_f32..=1.0,
    );
    let rounds = (
        0.0_f32..=1.0,
        -0.2_f32..0.5,
        -0.2_f32..0.6,
        0_u32..4,
        0.0_f32..0.6,
    );
    let bounds = (8_u32..40, 1_u32..7);
    let journeys = (1_u32..8, 0_u32..4, 0.0_f32..15.0);
    (linkage, nearness, rounds, bounds, journeys).prop_map(|(linkage, nearness, rounds, bounds, journeys)| {
        Params {
            link_threshold: linkage.0,
            cohesion_weight: linkage.1,
            cohesion_prior: linkage.2,
            cohesion_limit: linkage.3,
            background_share: nearness.4,
            background_limit: 0.3,
            session_bonus: nearness.0,
            session_minutes: nearness.1,
            gap_penalty: nearness.2,
            gap_days: nearness.3,
            nearest_share: rounds.0,
            keep_threshold: rounds.1,
            join_threshold: rounds.2,
            rounds: rounds.3,
            cohesion_share: rounds.4,
            max_open_activities: bounds.0,
            max_live_journeys: bounds.1,
            min_activities: journeys.0,
            min_active_days: journeys.1,
            min_span_days: journeys.2,
            representatives: 4,
            concepts: 5,
        }
    })
}
