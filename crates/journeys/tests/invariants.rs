//! Properties that hold for any history: how it is cut into increments is invisible, and bounds are kept.

#[path = "invariants/histories.rs"]
mod histories;
#[path = "support/tables.rs"]
mod tables;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;

use histories::{Catalogue, events, parameters};
use proptest::prelude::*;
use tables::Tables;
use wayfare_journeys::{Activity, AliasReason, Segmenter, UserState};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn increments_leave_what_one_backfill_leaves(
        catalogue in Catalogue::any(), events in events(), params in parameters(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)
    ) {
        params.validate().unwrap();
        let world = catalogue.world();
        let backfill = world.segment(&params, UserState::default(), &events);
        let mut expected = Tables::default();
        expected.apply(&backfill);

        let cuts = cuts.iter().map(|cut| cut.index(events.len()));
        let mut cuts: Vec<usize> = cuts.chain([0, events.len()]).collect();
        cuts.sort_unstable();
        let mut tables = Tables::default();
        let mut bytes = UserState::default().encode();
        for pair in cuts.windows(2) {
            let state = UserState::decode(&bytes).unwrap();
            prop_assert_eq!(&state.encode(), &bytes);
            let segmented = world.segment(&params, state, &events[pair[0]..pair[1]]);
            tables.apply(&segmented);
            bytes = segmented.state.encode();
        }
        prop_assert_eq!(&bytes, &backfill.state.encode());
        prop_assert_eq!(tables, expected);
    }

    #[test]
    fn tables_agree_with_each_other_and_bounds_hold(
        catalogue in Catalogue::any(), events in events(), params in parameters(), size in 1_usize..9
    ) {
        let world = catalogue.world();
        let mut state = UserState::default();
        let mut tables = Tables::default();
        for increment in events.chunks(size) {
            let segmented = world.segment(&params, state, increment);
            tables.apply(&segmented);
            tables.check();
            prop_assert!(segmented.state.open_activities() <= params.max_open_activities as usize);
            prop_assert!(segmented.state.settled_journeys() <= params.max_live_journeys as usize);
            let merged: BTreeSet<_> = tables
                .aliases
                .iter()
                .filter(|alias| alias.reason == AliasReason::Merged)
                .map(|alias| alias.old)
                .collect();
            for id in segmented.before.kept.iter().chain(&segmented.before.retired) {
                prop_assert!(
                    tables.journeys.contains_key(id) != merged.contains(id),
                    "a journey goes only by becoming another"
                );
            }
            for journey in tables.journeys.values() {
                prop_assert!(journey.activity_count >= u64::from(params.min_activities));
                prop_assert!(journey.active_days >= params.min_active_days);
                prop_assert!(journey.naming.milestone >= u64::from(params.min_activities), "named: {:?}", journey);
                prop_assert!(journey.naming.milestone <= journey.activity_count);
                prop_assert!(journey.activity_count < 2 * journey.naming.milestone, "the last one passed: {:?}", journey);
                prop_assert!(!journey.naming.item_ids.is_empty());
                prop_assert!(journey.representatives.is_sorted_by(|a, b| a.similarity >= b.similarity));
                prop_assert!(journey.representatives.len() <= params.representatives as usize);
            }
            state = segmented.state;
        }
    }

    #[test]
    fn the_order_of_the_store_and_what_is_not_used_are_invisible(
        catalogue in Catalogue::any(), events in events(), params in parameters()
    ) {
        let mut given = catalogue.world().segment(&params, UserState::default(), &events);
        let mut other = catalogue.rearranged_world().segment(&params, UserState::default(), &events);
        prop_assert_eq!(given.state.encode(), other.state.encode());
        given.state = UserState::default();
        other.state = UserState::default();
        prop_assert_eq!(given, other);
    }

    #[test]
    fn damaged_states_are_errors_or_states_but_never_panics(
        catalogue in Catalogue::any(), events in events(), params in parameters(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        let world = catalogue.world();
        let mut bytes = world.segment(&params, UserState::default(), &events).state.encode();
        let (position, byte) = changes[0];
        prop_assert!(UserState::decode(&bytes[..position.index(bytes.len())]).is_err(), "truncated");
        let mut longer = bytes.clone();
        longer.push(byte);
        prop_assert!(UserState::decode(&longer).is_err(), "longer than the state");
        for (position, byte) in changes {
            let changed = position.index(bytes.len());
            bytes[changed] = byte;
        }
        if let Ok(state) = UserState::decode(&bytes)
            && let Ok(mut segmenter) = Segmenter::resume(&params, "user", state, &world)
        {
            for event in &events {
                let activity = Activity {
                    item_id: &event.item_id,
                    occurred_at_us: event.occurred_at_us.saturating_add(i64::MAX / 2),
                    weight: event.weight,
                };
                if segmenter.push(activity, &world).is_err() {
                    return Ok(());
                }
            }
            let _outcome = segmenter.finish(&world);
        }
    }

    #[test]
    fn decoding_random_bytes_never_panics(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _outcome = UserState::decode(&bytes);
        if let Some(version) = bytes.first_mut() {
            *version = 2;
        }
        let _outcome = UserState::decode(&bytes);
    }
}
