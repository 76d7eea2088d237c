//! Journeys that meet after they were settled.

use wayfare_journeys::{Alias, AliasReason, JourneyId, Params, Segmented, UserState};

use crate::interests::{event, params};
use crate::tables::Tables;
use crate::world::{DAY, Event, World};

/// Two interests that are nothing alike, and then a third that lies between them.
fn converging() -> (World, Vec<Event>) {
    let mut world = World::default();
    world.add("left", &[1.0, 0.0], &[]);
    world.add("right", &[0.0, 1.0], &[]);
    world.add("middle", &[1.0, 1.0], &[]);
    let apart = ["left", "right"].into_iter().cycle().take(20);
    let between = ["middle"].into_iter().cycle().take(30);
    let events = (0..)
        .zip(apart.chain(between))
        .map(|(day, name)| event(name, day * DAY))
        .collect();
    (world, events)
}

/// Linkage by the mean affinity alone: the two are one as soon as a third or so of either is in the middle.
fn by_mean_affinity(min_activities: u32) -> Params {
    Params {
        link_threshold: 0.25,
        cohesion_weight: 0.0,
        session_bonus: 0.0,
        gap_penalty: 0.0,
        max_open_activities: 8,
        min_activities,
        min_active_days: 0,
        min_span_days: 0.0,
        ..params()
    }
}

fn merged(segmented: &Segmented) -> Vec<Alias> {
    let aliases = segmented.aliases.iter().copied();
    aliases
        .filter(|alias| alias.reason == AliasReason::Merged)
        .collect()
}

#[test]
fn a_merge_leaves_an_alias_and_relabels() {
    let (world, events) = converging();
    let params = by_mean_affinity(4);
    let left = JourneyId::of_birth("user", 0, "left");
    let right = JourneyId::of_birth("user", DAY, "right");

    let mut tables = Tables::default();
    let before = world.segment(&params, UserState::default(), &events[..20]);
    tables.apply(&before);
    assert!(tables.journeys.keys().all(|id| [left, right].contains(id)));
    assert_eq!(tables.journeys.len(), 2, "apart at first");
    assert_eq!(before.aliases, []);

    let after = world.segment(&params, before.state, &events[20..]);
    tables.apply(&after);
    tables.check();
    let aliases = merged(&after);
    assert_eq!(aliases.len(), 1);
    assert_eq!((aliases[0].old, aliases[0].new), (right, left));
    assert!(aliases[0].since_us > 20 * DAY && aliases[0].since_us < 50 * DAY);
    assert_eq!(tables.journeys.len(), 1);
    assert_eq!(tables.journeys[&left].activity_count, 50);
    assert_eq!(tables.journeys[&left].active_days, 50);
    assert_eq!(
        tables.of(left).len(),
        50,
        "what was given out before is relabelled"
    );

    let last = world.segment(&params, after.state, &[event("left", 60 * DAY)]);
    assert!(merged(&last).is_empty(), "given out once");
    tables.apply(&last);
    tables.check();
    assert_eq!(merged_ids(&tables), [(right, left)], "and carried from then on");

    let mut whole = Tables::default();
    let all: Vec<Event> = events.into_iter().chain([event("left", 60 * DAY)]).collect();
    whole.apply(&world.segment(&params, UserState::default(), &all));
    assert_eq!(tables, whole);
}

fn merged_ids(tables: &Tables) -> Vec<(JourneyId, JourneyId)> {
    let aliases = tables.aliases.iter();
    aliases
        .filter(|alias| alias.reason == AliasReason::Merged)
        .map(|alias| (alias.old, alias.new))
        .collect()
}

#[test]
fn a_transient_that_is_merged_leaves_no_alias() {
    let (world, events) = converging();
    let params = by_mean_affinity(21);
    let before = world.segment(&params, UserState::default(), &events[..20]);
    assert_eq!(before.state.settled_journeys(), 2);
    assert!(before.journeys.is_empty());

    let mut tables = Tables::default();
    let segmented = world.segment(&params, UserState::default(), &events);
    tables.apply(&segmented);
    tables.check();
    assert_eq!(segmented.state.settled_journeys(), 1);
    assert!(merged(&segmented).is_empty());
    assert_eq!(tables.of(JourneyId::of_birth("user", 0, "left")).len(), 50);
}

#[test]
fn a_merged_journey_is_named_by_the_milestone_that_the_two_have_passed() {
    let (world, events) = converging();
    for activities in 21..50 {
        let segmented = world.segment(&by_mean_affinity(4), UserState::default(), &events[..activities]);
        for journey in &segmented.journeys {
            let milestone = journey.naming.milestone;
            let count = journey.activity_count;
            assert!(milestone <= count && count < 2 * milestone, "{journey:?}");
            assert!(!journey.naming.item_ids.is_empty(), "{journey:?}");
        }
    }
}

/// Settles two passing interests, then two others while what lies between the first two makes them one.
#[test]
fn a_journey_that_is_merged_and_retired_at_once_is_named() {
    let mut world = World::default();
    world.add("left", &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    world.add("right", &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    world.add("middle", &[1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    world.add("third", &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    world.add("fourth", &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], &[]);
    for (number, dimension) in (4..).enumerate().take(6) {
        let mut vector = [0.0; 10];
        vector[dimension] = 1.0;
        world.add(&format!("noise-{number}"), &vector, &[]);
    }
    let noise = |numbers: std::ops::Range<usize>| numbers.map(|number| format!("noise-{number}"));
    let four = |name: &str| std::iter::repeat_n(name.to_owned(), 4);
    let names = four("left")
        .chain(four("right"))
        .chain(noise(0..1))
        .chain(four("third"))
        .chain(four("fourth"))
        .chain(noise(1..2))
        .chain(four("middle"))
        .chain(noise(2..6));
    let events: Vec<Event> = (0..)
        .zip(names)
        .map(|(day, name)| event(&name, day * DAY))
        .collect();
    let left = JourneyId::of_birth("user", 0, "left");
    // Of the two, one has passed the first milestone before, or only both together do.
    for (min_activities, milestone) in [(4, 8), (5, 5)] {
        let params = Params {
            max_open_activities: 16,
            max_live_journeys: 2,
            min_active_days: 6,
            ..by_mean_affinity(min_activities)
        };
        let segmented = world.segment(&params, UserState::default(), &events);
        let after = world.segment(&params, segmented.state.clone(), &[]);
        assert_eq!(after.before.retired, [left]);
        let mut journeys = segmented.journeys.iter();
        let retired = journeys.find(|journey| journey.journey_id == left).unwrap();
        assert_eq!((retired.activity_count, retired.naming.milestone), (8, milestone));
        assert_eq!(retired.naming.item_ids, ["left", "right"]);
    }
}
