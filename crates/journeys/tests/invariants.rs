//! Properties that hold for any history: how it is cut into increments is invisible, and bounds are kept.

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use wayfare_journeys::{Params, Segmenter, UserState};
use world::{DAY, Event, Tables, World};

const DIMENSION: usize = 19;

/// Items around a few directions that are not far apart, so that clusters open, join, merge and retire.
fn worlds() -> impl Strategy<Value = World> {
    let item = (
        0_usize..5,
        prop::collection::vec(-1.0_f32..1.0, DIMENSION),
        prop::collection::vec(0_usize..12, 0..4),
    );
    (0.1_f32..0.9, prop::collection::vec(item, 24)).prop_map(|(spread, items)| {
        let mut world = World::default();
        for (number, (direction, noise, terms)) in items.into_iter().enumerate() {
            let mut vector: Vec<f32> = noise.iter().map(|value| value * spread).collect();
            vector[direction] += 1.0;
            let terms: Vec<String> = terms
                .iter()
                .map(|term| format!("term {}", term + 3 * direction))
                .collect();
            let concepts: Vec<(&str, f32)> = terms.iter().map(|term| (term.as_str(), 0.5)).collect();
            world.add(&format!("item {number:02}"), &vector, &concepts);
        }
        world
    })
}

fn histories() -> impl Strategy<Value = Vec<Event>> {
    let step = (
        0_usize..24,
        prop_oneof![Just(0), 1_i64..DAY, DAY..20 * DAY],
        0.5_f32..3.0,
    );
    prop::collection::vec(step, 1..120).prop_map(|steps| {
        let mut now = 1_600_000_000_000_000;
        let mut seen = BTreeSet::new();
        let mut events = Vec::new();
        for (item, gap, weight) in steps {
            now += gap;
            if seen.insert((now, item)) {
                events.push(Event {
                    item_id: format!("item {item:02}"),
                    occurred_at_us: now,
                    weight,
                });
            }
        }
        events.sort_by(|a, b| (a.occurred_at_us, &a.item_id).cmp(&(b.occurred_at_us, &b.item_id)));
        events
    })
}

fn parameters() -> impl Strategy<Value = Params> {
    (
        0.2_f32..0.8,
        0.3_f32..0.95,
        0.0_f32..0.6,
        1_u32..9,
        1_u32..6,
        0_u32..3,
        0.0_f32..10.0,
    )
        .prop_map(
            |(
                join_threshold,
                merge_threshold,
                concept_share,
                max_live_clusters,
                min_activities,
                min_active_days,
                min_span_days,
            )| {
                Params {
                    join_threshold,
                    merge_threshold,
                    concept_share,
                    half_life_days: 20.0,
                    max_live_clusters,
                    min_activities,
                    min_active_days,
                    min_span_days,
                    representatives: 4,
                    ..Params::default()
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn increments_leave_what_one_backfill_leaves(
        world in worlds(), events in histories(), params in parameters(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)
    ) {
        params.validate().unwrap();
        let backfill = world.segment(&params, UserState::default(), &events);
        let mut expected = Tables::default();
        expected.apply(&backfill);

        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).chain([0, events.len()]).collect();
        cuts.sort_unstable();
        let mut tables = Tables::default();
        let mut bytes = UserState::default().encode();
        for pair in cuts.windows(2) {
            let state = UserState::decode(&bytes).unwrap();
            let segmented = world.segment(&params, state, &events[pair[0]..pair[1]]);
            tables.apply(&segmented);
            bytes = segmented.state.encode();
        }
        prop_assert_eq!(&bytes, &backfill.state.encode());
        prop_assert_eq!(tables, expected);
    }

    #[test]
    fn tables_agree_with_each_other_and_bounds_hold(world in worlds(), events in histories(), params in parameters()) {
        let mut state = UserState::default();
        let mut tables = Tables::default();
        let mut ever_kept = BTreeSet::new();
        for event in &events {
            let segmented = world.segment(&params, state, std::slice::from_ref(event));
            prop_assert!(segmented.state.live_clusters() <= params.max_live_clusters as usize);
            tables.apply(&segmented);
            // Kept for ever: a journey goes only by becoming another.
            ever_kept.extend(segmented.journeys.iter().map(|journey| journey.journey_id));
            for alias in &segmented.aliases {
                ever_kept.remove(&alias.old);
            }
            prop_assert!(tables.journeys.keys().eq(ever_kept.iter()));
            state = segmented.state;
        }
        let mut assigned = BTreeSet::new();
        for assignment in &tables.assignments {
            prop_assert!(assigned.insert((assignment.occurred_at_us, &assignment.item_id)), "assigned once");
        }
        for journey in tables.journeys.values() {
            let rows: Vec<_> = tables.assignments.iter().filter(|row| row.journey_id == journey.journey_id).collect();
            prop_assert_eq!(rows.len() as u64, journey.activity_count);
            prop_assert_eq!(rows[0].occurred_at_us, journey.started_at_us);
            prop_assert_eq!(rows[rows.len() - 1].occurred_at_us, journey.last_active_at_us);
            let days: BTreeSet<i64> = rows.iter().map(|row| row.occurred_at_us.div_euclid(DAY)).collect();
            prop_assert_eq!(days.len(), journey.active_days as usize);
            prop_assert!(journey.activity_count >= u64::from(params.min_activities));
            prop_assert!(journey.naming.milestone <= journey.activity_count);
            prop_assert!(!journey.naming.item_ids.is_empty());
            prop_assert!(journey.representatives.is_sorted_by(|a, b| a.similarity >= b.similarity));
        }
        prop_assert!(tables.assignments.iter().all(|row| tables.journeys.contains_key(&row.journey_id)));
    }

    #[test]
    fn damaged_states_are_errors_or_states_but_never_panics(
        world in worlds(), events in histories(), position in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let params = Params { min_activities: 1, ..Params::default() };
        let mut bytes = world.segment(&params, UserState::default(), &events).state.encode();
        prop_assert!(UserState::decode(&bytes[..position.index(bytes.len())]).is_err(), "truncated");
        let mut longer = bytes.clone();
        longer.push(byte);
        prop_assert!(UserState::decode(&longer).is_err(), "longer than the state");
        let changed = position.index(bytes.len());
        bytes[changed] = byte;
        if let Ok(state) = UserState::decode(&bytes) {
            let mut segmenter = Segmenter::resume(&params, "user", state);
            let activity = wayfare_journeys::Activity {
                item_id: "later",
                occurred_at_us: i64::MAX,
                weight: 1.0,
                features: wayfare_journeys::Features { vector: &[1.0], concepts: &[] },
            };
            let _outcome = segmenter.push(activity, &mut |_, _| false);
        }
    }

    #[test]
    fn decoding_random_bytes_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _outcome = UserState::decode(&bytes);
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        let _outcome = UserState::decode(&bytes);
    }
}
