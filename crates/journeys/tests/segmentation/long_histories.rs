//! Users of any length: what is settled stays, memory is bounded, and old journeys are retired.

use std::collections::BTreeSet;

use wayfare_journeys::{JourneyId, Params, UserState};

use crate::interests::{INTERESTS, event, interests, params};
use crate::tables::Tables;
use crate::world::{DAY, Event};

const HOUR: i64 = DAY / 24;

/// Three activities on each interest in turn, with noise between them, five hours apart.
fn long_history(activities: i64) -> Vec<Event> {
    (0..activities)
        .map(|number| {
            let [turn, item] = [number / 3 % 5, number * 7 % 10];
            let name = match usize::try_from(turn) {
                Ok(interest) if number % 50 != 49 => INTERESTS[interest],
                _ => "noise",
            };
            event(&format!("{name}-{item}"), number * 5 * HOUR)
        })
        .collect()
}

#[test]
fn a_long_user_keeps_its_journeys_while_they_grow() {
    let world = interests();
    let params = Params {
        max_open_activities: 64,
        ..params()
    };
    let events = long_history(2_000);
    let births = [0, 3, 6, 9, 12].map(|number| {
        let birth = &events[number];
        JourneyId::of_birth("user", birth.occurred_at_us, &birth.item_id)
    });
    let mut tables = Tables::default();
    let mut state = UserState::default();
    for increment in events.chunks(100) {
        let before = tables.assignments.len();
        let segmented = world.segment(&params, state, increment);
        assert!(segmented.state.open_activities() <= 64);
        assert_eq!(segmented.state.settled_journeys(), 5);
        if !segmented.before.kept.is_empty() {
            assert_eq!(segmented.before.kept.len(), 5);
            let given_out = segmented.assignments.len();
            assert!(given_out <= 164, "what is settled is given out once");
        }
        tables.apply(&segmented);
        tables.check();
        let ids: BTreeSet<JourneyId> = tables.journeys.keys().copied().collect();
        assert_eq!(ids, BTreeSet::from(births));
        assert_eq!(
            tables.assignments.len(),
            before + 98,
            "two of a hundred are noise"
        );
        state = segmented.state;
    }
    assert!(tables.aliases.is_empty());
    for (id, interest) in births.into_iter().zip(INTERESTS) {
        let rows = tables.of(id);
        assert_eq!(rows.len() as u64, tables.journeys[&id].activity_count);
        assert!(rows.len() > 380, "{interest}: {}", rows.len());
        assert!(
            rows.iter().all(|row| row.item_id.starts_with(interest)),
            "{interest}"
        );
    }
    let bytes = state.encode().len();
    assert!(bytes < 12_000, "{bytes} bytes");
}

/// Ten activities on each of these interests, one after the other, one a day and a hundred days between interests.
fn one_after_the_other(names: &[&str]) -> Vec<Event> {
    let starts = (0_i64..).map(|number| number * 100 * DAY);
    let interests = names.iter().zip(starts);
    interests
        .flat_map(|(name, start)| {
            (0..10).map(move |number| event(&format!("{name}-{number}"), start + number * DAY))
        })
        .collect()
}

#[test]
fn the_journey_left_for_longest_is_retired_and_stays_as_it_stood() {
    let world = interests();
    let params = Params {
        max_live_journeys: 2,
        max_open_activities: 8,
        min_active_days: 2,
        min_span_days: 2.0,
        ..params()
    };
    let events = one_after_the_other(&["ukulele", "sourdough", "hydroponics", "ukulele"]);
    let retired = JourneyId::of_birth("user", 0, "ukulele-0");
    let again = JourneyId::of_birth("user", 300 * DAY, "ukulele-0");

    let mut tables = Tables::default();
    let third = world.segment(&params, UserState::default(), &events[..30]);
    tables.apply(&third);
    assert_eq!(third.state.settled_journeys(), 2);
    assert_eq!(tables.journeys.len(), 3);
    let stood = tables.journeys[&retired].clone();
    assert_eq!((stood.activity_count, stood.naming.milestone), (10, 10));

    let back = world.segment(&params, third.state, &events[30..]);
    assert_eq!(back.before.retired, [retired]);
    assert!(
        back.journeys.iter().all(|journey| journey.journey_id != retired),
        "published once, when it was retired"
    );
    tables.apply(&back);
    tables.check();
    assert_eq!(tables.journeys[&retired], stood);
    assert_eq!(tables.of(retired).len(), 10);
    assert_eq!(tables.of(again).len(), 10, "a new journey");
    assert_eq!(tables.journeys.len(), 4);

    let mut whole = Tables::default();
    whole.apply(&world.segment(&params, UserState::default(), &events));
    assert_eq!(tables, whole);
}

#[test]
fn a_burst_that_nobody_comes_back_to_is_forgotten() {
    let world = interests();
    let params = Params {
        max_live_journeys: 1,
        max_open_activities: 8,
        ..params()
    };
    let mut events: Vec<Event> = (0..12)
        .map(|number| event(&format!("ukulele-{}", number % 10), number * HOUR))
        .collect();
    let later = (0..20).map(|number| event(&format!("chess-{}", number % 10), (100 + number) * DAY));
    events.extend(later);
    let segmented = world.segment(&params, UserState::default(), &events);
    assert_eq!(segmented.state.settled_journeys(), 1);
    assert_eq!(segmented.journeys.len(), 1);
    assert_eq!(segmented.journeys[0].concepts[0].term, "chess");
    let after = world.segment(&params, segmented.state, &[]);
    assert!(after.before.retired.is_empty(), "it never was a journey");
}
