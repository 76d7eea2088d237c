//! Which activities become journeys, and what is published of them.

use wayfare_journeys::{AliasReason, JourneyId, Params, UserState};

use crate::interests::{event, every_other_day, interests, params};
use crate::tables::Tables;
use crate::world::{DAY, Event, World};

const MINUTE: i64 = 60_000_000;

#[test]
fn interleaved_interests_come_apart() {
    let events = every_other_day(&["ukulele", "sourdough"], 40);
    let segmented = interests().segment(&params(), UserState::default(), &events);

    assert_eq!(segmented.journeys.len(), 2);
    assert_eq!(segmented.assignments.len(), 40);
    for journey in &segmented.journeys {
        let interest = journey.concepts[0].term.clone();
        let rows: Vec<_> = segmented
            .assignments
            .iter()
            .filter(|row| row.journey_id == journey.journey_id)
            .collect();
        assert_eq!(rows.len(), 20);
        assert!(
            rows.iter().all(|row| row.item_id.starts_with(&interest)),
            "{interest}: {rows:?}"
        );
        assert_eq!(journey.activity_count, 20);
        assert_eq!(journey.active_days, 20);
        assert_eq!(journey.representatives.len(), 10);
        assert!(
            journey
                .representatives
                .iter()
                .all(|item| item.occurrences == 2 && item.similarity > 0.9)
        );
        let length: f32 = journey.vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
        assert_eq!(journey.naming.milestone, 20, "5, doubled twice");
        assert_eq!(journey.naming.concepts, [interest.as_str(), "beginner"]);
    }
}

#[test]
fn noise_is_left_out_even_where_it_happens_in_a_session_of_an_interest() {
    let mut events = every_other_day(&["ukulele"], 12);
    for (number, time) in [0, 2, 4, 10, 14, 20].into_iter().enumerate() {
        events.push(event(&format!("noise-{number}"), time * DAY + 5 * MINUTE));
    }
    events.push(event("noise-9", 9 * DAY));
    events.sort_by_key(|event| event.occurred_at_us);
    let segmented = interests().segment(&params(), UserState::default(), &events);

    assert_eq!(segmented.journeys.len(), 1);
    assert_eq!(segmented.assignments.len(), 12);
    assert!(
        segmented
            .assignments
            .iter()
            .all(|row| row.item_id.starts_with("ukulele"))
    );
    assert_eq!(segmented.journeys[0].activity_count, 12);
    assert_eq!(
        segmented.state.open_activities(),
        19,
        "noise may still become one"
    );
}

fn burst(activities: i64) -> Vec<Event> {
    (0..activities)
        .map(|number| event(&format!("ukulele-{}", number % 10), number * 10 * MINUTE))
        .collect()
}

#[test]
fn a_burst_of_one_day_is_given_out_when_the_user_comes_back_to_it() {
    let world = interests();
    for max_open_activities in [64, 8] {
        let params = Params {
            max_open_activities,
            ..params()
        };
        let mut tables = Tables::default();
        let first = world.segment(&params, UserState::default(), &burst(18));
        tables.apply(&first);
        assert_eq!(
            (
                tables.journeys.len(),
                tables.assignments.len(),
                tables.aliases.len()
            ),
            (0, 0, 0),
            "one day only"
        );
        let settled = usize::from(max_open_activities == 8);
        assert_eq!(first.state.settled_journeys(), settled);

        let later = [event("ukulele-0", 7 * DAY), event("ukulele-1", 15 * DAY)];
        let second = world.segment(&params, first.state, &later);
        tables.apply(&second);
        tables.check();
        assert!(second.before.kept.is_empty());
        assert_eq!(tables.journeys.len(), 1);
        assert_eq!(
            tables.assignments.len(),
            20,
            "the burst is given out with what made it a journey"
        );
        let id = JourneyId::of_birth("user", 0, "ukulele-0");
        assert_eq!(tables.journeys[&id].naming.milestone, 20);
    }
}

#[test]
fn each_rule_for_a_journey_holds_by_itself() {
    let world = interests();
    let published = |params: &Params, events: &[Event]| {
        world.segment(params, UserState::default(), events).journeys.len()
    };
    let off = Params {
        min_activities: 4,
        min_active_days: 0,
        min_span_days: 0.0,
        ..params()
    };
    assert_eq!(published(&off, &burst(3)), 0);
    assert_eq!(published(&off, &burst(4)), 1);
    let days = Params {
        min_active_days: 4,
        ..off
    };
    assert_eq!(published(&days, &burst(4)), 0);
    assert_eq!(published(&days, &every_other_day(&["ukulele"], 4)), 1);
    let span = Params {
        min_span_days: 6.5,
        ..off
    };
    assert_eq!(published(&span, &every_other_day(&["ukulele"], 4)), 0, "six days");
    assert_eq!(published(&span, &every_other_day(&["ukulele"], 5)), 1);
}

#[test]
fn weights_pull_the_vector() {
    let direction = |weight: f32| {
        let mut events = every_other_day(&["ukulele"], 10);
        events[3].weight = weight;
        let segmented = interests().segment(&params(), UserState::default(), &events);
        segmented.journeys[0].vector[5 + 3]
    };
    assert!(direction(4.0) > 2.0 * direction(1.0));
}

#[test]
fn an_open_journey_is_known_by_its_other_starts_too() {
    let events = every_other_day(&["ukulele"], 10);
    let segmented = interests().segment(&params(), UserState::default(), &events);
    let id = JourneyId::of_birth("user", 0, "ukulele-0");
    let aliases: Vec<_> = segmented
        .aliases
        .iter()
        .map(|alias| (alias.old, alias.new, alias.since_us, alias.reason))
        .collect();
    let expected: Vec<_> = [1, 2, 3]
        .map(|number| {
            let at = number * 2 * DAY;
            let old = JourneyId::of_birth("user", at, &format!("ukulele-{number}"));
            (old, id, at, AliasReason::OtherStart)
        })
        .to_vec();
    assert_eq!(aliases, expected);
}

#[test]
fn the_order_of_an_items_concepts_is_invisible() {
    let terms: Vec<(String, f32)> = (1..40_u8)
        .map(|number| (format!("term {number}"), 1.0 / f32::from(number)))
        .collect();
    let params = Params {
        min_activities: 1,
        min_active_days: 0,
        min_span_days: 0.0,
        max_open_activities: 8,
        ..params()
    };
    let segmented = |reversed: bool| {
        let mut concepts: Vec<(&str, f32)> = terms
            .iter()
            .map(|(term, weight)| (term.as_str(), *weight))
            .collect();
        if reversed {
            concepts.reverse();
        }
        let mut world = World::default();
        world.add("item", &[1.0], &concepts);
        let events: Vec<Event> = (0..12).map(|time| event("item", time)).collect();
        world.segment(&params, UserState::default(), &events)
    };
    let (forwards, backwards) = (segmented(false), segmented(true));
    assert_eq!(forwards.journeys[0].concepts.len(), 8);
    assert_eq!(forwards.journeys, backwards.journeys);
    assert_eq!(forwards.state.settled_journeys(), 1);
    assert_eq!(forwards.state.encode(), backwards.state.encode());
}

#[test]
fn the_state_names_its_watermark_and_the_items_it_refers_to() {
    let world = interests();
    let events = every_other_day(&["ukulele", "sourdough"], 3);
    let segmented = world.segment(&params(), UserState::default(), &events);
    assert_eq!(segmented.state.watermark(), Some((4 * DAY, "ukulele-1")));
    let items: Vec<&str> = segmented.state.item_ids().into_iter().collect();
    assert_eq!(items, ["sourdough-0", "ukulele-0", "ukulele-1"]);
    assert_eq!(UserState::default().watermark(), None);

    let small = Params {
        max_open_activities: 8,
        ..params()
    };
    let events = every_other_day(&["ukulele"], 10);
    let settled = world.segment(&small, UserState::default(), &events).state;
    assert_eq!((settled.settled_journeys(), settled.open_activities()), (1, 5));
    let items: Vec<&str> = settled.item_ids().into_iter().collect();
    let expected: Vec<String> = (0..10).map(|number| format!("ukulele-{number}")).collect();
    assert_eq!(
        items, expected,
        "representatives of what is settled, and what is open"
    );
}
