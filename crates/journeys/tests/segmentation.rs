//! What a user's history becomes, case by case.

#[path = "support/world.rs"]
mod world;

use wayfare_journeys::{Activity, Features, JourneyId, Params, SegmentError, Segmenter, UserState};
use world::{DAY, Event, Tables, World};

fn event(item_id: &str, occurred_at_us: i64) -> Event {
    Event {
        item_id: item_id.to_owned(),
        occurred_at_us,
        weight: 1.0,
    }
}

/// Ten items each around three directions at right angles.
fn three_interests() -> World {
    let mut world = World::default();
    for (interest, name) in ["ukulele", "sourdough", "hydroponics"].into_iter().enumerate() {
        for number in 0..10 {
            let mut vector = [0.0; 16];
            vector[interest] = 1.0;
            vector[3 + number] = 0.4;
            world.add(
                &format!("{name}-{number}"),
                &vector,
                &[(name, 1.0), ("beginner", 0.2)],
            );
        }
    }
    world
}

fn every_other_day(names: &[&str], activities: usize) -> Vec<Event> {
    let times = (0_i64..).map(|number| number * 2 * DAY);
    (0..activities)
        .zip(times)
        .map(|(number, time)| {
            let name = names[number % names.len()];
            event(&format!("{name}-{}", (number / names.len()) % 10), time)
        })
        .collect()
}

#[test]
fn interleaved_interests_come_apart() {
    let events = every_other_day(&["ukulele", "sourdough"], 40);
    let segmented = three_interests().segment(&Params::default(), UserState::default(), &events);

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
fn transients_are_not_published_but_wait_in_the_state() {
    let world = three_interests();
    let params = Params::default();
    let burst: Vec<Event> = (0..8)
        .map(|number| event(&format!("ukulele-{number}"), number * DAY / 10))
        .collect();
    let first = world.segment(&params, UserState::default(), &burst);
    assert_eq!(
        (first.journeys.len(), first.assignments.len()),
        (0, 0),
        "one day only"
    );

    let later = [event("ukulele-0", 7 * DAY), event("ukulele-1", 15 * DAY)];
    let second = world.segment(&params, first.state, &later);
    assert_eq!(second.journeys.len(), 1);
    assert_eq!(
        second.assignments.len(),
        10,
        "the burst is given out with what made it a journey"
    );
    assert_eq!(second.assignments[0].similarity.to_bits(), 1.0_f32.to_bits());
    assert_eq!(second.journeys[0].naming.milestone, 10);
}

#[test]
fn the_naming_snapshot_is_that_of_the_milestone() {
    let world = three_interests();
    let params = Params {
        min_active_days: 0,
        min_span_days: 0.0,
        ..Params::default()
    };
    let milestones: Vec<(u64, usize)> = [4, 5, 9, 10, 19, 20]
        .into_iter()
        .map(|activities| {
            let events = every_other_day(&["ukulele"], activities);
            let segmented = world.segment(&params, UserState::default(), &events);
            segmented.journeys.first().map_or((0, 0), |journey| {
                (journey.naming.milestone, journey.naming.item_ids.len())
            })
        })
        .collect();
    assert_eq!(milestones, [(0, 0), (5, 5), (5, 5), (10, 10), (10, 10), (20, 10)]);
}

/// Two interests whose items start apart and then meet between them.
fn converging() -> (World, Vec<Event>) {
    let mut world = World::default();
    world.add("left", &[1.0, 0.0], &[]);
    world.add("right", &[0.0, 1.0], &[]);
    world.add("rightwards", &[0.75, 1.0], &[]);
    world.add("leftwards", &[1.0, 0.75], &[]);
    let apart = ["left", "right"].into_iter().cycle().take(6);
    let inward = ["rightwards", "leftwards"].into_iter().cycle().take(10);
    let events = (0..)
        .zip(apart.chain(inward))
        .map(|(day, name)| event(name, day * DAY))
        .collect();
    (world, events)
}

#[test]
fn a_merge_gives_an_alias_and_relabels() {
    let (world, events) = converging();
    let params = Params {
        min_activities: 2,
        min_active_days: 2,
        min_span_days: 2.0,
        merge_threshold: 0.65,
        ..Params::default()
    };
    let left = JourneyId::of_birth("user", 0, "left");
    let right = JourneyId::of_birth("user", DAY, "right");

    let before = world.segment(&params, UserState::default(), &events[..6]);
    assert_eq!(before.journeys.len(), 2, "apart at first");
    assert!(before.aliases.is_empty());

    let backfill = world.segment(&params, UserState::default(), &events);
    assert_eq!(backfill.aliases.len(), 1);
    assert_eq!((backfill.aliases[0].old, backfill.aliases[0].new), (right, left));
    assert_eq!(backfill.journeys.len(), 1);
    assert_eq!(backfill.journeys[0].journey_id, left);
    assert_eq!(backfill.journeys[0].activity_count, 16);
    assert_eq!(backfill.journeys[0].active_days, 16);
    assert_eq!(backfill.assignments.len(), 16);
    assert!(backfill.assignments.iter().all(|row| row.journey_id == left));

    let after = world.segment(&params, before.state.clone(), &events[6..]);
    assert_eq!(after.aliases, backfill.aliases);
    let (mut increments, mut whole) = (Tables::default(), Tables::default());
    increments.apply(&before);
    increments.apply(&after);
    whole.apply(&backfill);
    assert_eq!(increments, whole);
}

#[test]
fn a_transient_that_is_merged_leaves_no_alias() {
    let (world, events) = converging();
    let params = Params {
        min_activities: 14,
        min_active_days: 0,
        min_span_days: 0.0,
        merge_threshold: 0.65,
        ..Params::default()
    };
    let segmented = world.segment(&params, UserState::default(), &events);
    assert_eq!(segmented.journeys.len(), 1);
    assert_eq!(segmented.assignments.len(), 16);
    assert!(segmented.aliases.is_empty());
}

#[test]
fn the_weakest_cluster_is_retired_and_published_as_it_stood() {
    let world = three_interests();
    let params = Params {
        max_live_clusters: 2,
        min_activities: 3,
        min_active_days: 0,
        min_span_days: 0.0,
        ..Params::default()
    };
    let mut events: Vec<Event> = (0..3)
        .map(|number| event(&format!("ukulele-{number}"), number * DAY))
        .collect();
    events.extend((0..3).map(|number| event(&format!("sourdough-{number}"), (400 + number) * DAY)));
    events.extend((0..3).map(|number| event(&format!("hydroponics-{number}"), (500 + number) * DAY)));
    let segmented = world.segment(&params, UserState::default(), &events);

    assert_eq!(segmented.state.live_clusters(), 2);
    let mut concepts: Vec<(&str, u64)> = segmented
        .journeys
        .iter()
        .map(|journey| (journey.concepts[0].term.as_str(), journey.activity_count))
        .collect();
    concepts.sort_unstable();
    assert_eq!(concepts, [("hydroponics", 3), ("sourdough", 3), ("ukulele", 3)]);

    let back = world.segment(&params, segmented.state, &[event("ukulele-9", 600 * DAY)]);
    let ukulele = JourneyId::of_birth("user", 0, "ukulele-0");
    assert!(
        back.journeys.iter().all(|journey| journey.journey_id != ukulele),
        "published once, when it was retired"
    );
}

#[test]
fn the_cluster_just_updated_is_never_retired() {
    let params = Params {
        max_live_clusters: 1,
        ..Params::default()
    };
    let events: Vec<Event> = (0..5)
        .map(|number| event(&format!("ukulele-{number}"), number))
        .collect();
    let world = three_interests();
    let strong = world.segment(&params, UserState::default(), &events);
    let segmented = world.segment(&params, strong.state, &[event("sourdough-0", DAY)]);
    assert!(segmented.state.item_ids().into_iter().eq(["sourdough-0"]));
}

#[test]
fn a_dormant_cluster_is_slightly_harder_to_join() {
    let mut world = World::default();
    world.add("first", &[1.0, 0.0], &[]);
    world.add("alike", &[0.47, 0.88], &[]);
    let clusters = |days: i64| {
        let events = [event("first", 0), event("alike", days * DAY)];
        world
            .segment(&Params::default(), UserState::default(), &events)
            .state
            .live_clusters()
    };
    assert_eq!(clusters(1), 1);
    assert_eq!(clusters(900), 2);
}

#[test]
fn shared_concepts_bring_an_item_in_and_missing_ones_do_not_keep_it_out() {
    let clusters = |concepts: &[(&str, f32)]| {
        let mut world = World::default();
        world.add("first", &[1.0, 0.0], &[("chess", 1.0)]);
        world.add("alike", &[0.5, 0.866], concepts);
        world
            .segment(
                &Params::default(),
                UserState::default(),
                &[event("first", 0), event("alike", 1)],
            )
            .state
            .live_clusters()
    };
    assert_eq!(clusters(&[("chess", 3.0)]), 1);
    assert_eq!(clusters(&[]), 1, "0.5 by vector alone");
    assert_eq!(clusters(&[("opera", 3.0)]), 2, "0.75 * 0.5");
}

#[test]
fn the_order_of_an_items_concepts_is_invisible() {
    let terms: Vec<(String, f32)> = (1..40_u8)
        .map(|number| (format!("term {number}"), 1.0 / f32::from(number)))
        .collect();
    let state = |reversed: bool| {
        let mut concepts: Vec<(&str, f32)> = terms
            .iter()
            .map(|(term, weight)| (term.as_str(), *weight))
            .collect();
        if reversed {
            concepts.reverse();
        }
        let mut world = World::default();
        world.add("item", &[1.0], &concepts);
        world
            .segment(
                &Params::default(),
                UserState::default(),
                &[event("item", 0), event("item", 1)],
            )
            .state
            .encode()
    };
    assert_eq!(state(false), state(true));
}

#[test]
fn activities_that_cannot_be_used_are_errors_that_name_them() {
    let push = |item_id: &str, occurred_at_us: i64, weight: f32, vector: &[f32], concepts: &[(&str, f32)]| {
        let mut segmenter = Segmenter::start(&Params::default(), "user");
        let mut none = |_: &str, _: &mut Vec<f32>| false;
        let first = Features {
            vector: &[1.0, 0.0],
            concepts: &[],
        };
        segmenter
            .push(
                Activity {
                    item_id: "m",
                    occurred_at_us: 10,
                    weight: 1.0,
                    features: first,
                },
                &mut none,
            )
            .unwrap();
        let features = Features { vector, concepts };
        segmenter
            .push(
                Activity {
                    item_id,
                    occurred_at_us,
                    weight,
                    features,
                },
                &mut none,
            )
            .unwrap_err()
    };
    let unit = [0.0, 1.0];
    for (item_id, occurred_at_us) in [("z", 9), ("m", 10), ("a", 10)] {
        let error = push(item_id, occurred_at_us, 1.0, &unit, &[]);
        assert!(
            matches!(error, SegmentError::OutOfOrder { watermark_us: 10, .. }),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains(&format!("{item_id:?} at {occurred_at_us} us")),
            "{error}"
        );
    }
    assert!(matches!(
        push("n", 10, 1.0, &[1.0], &[]),
        SegmentError::DimensionMismatch {
            expected: 2,
            found: 1,
            ..
        }
    ));
    assert!(matches!(
        push("n", 10, 1.0, &[0.0, f32::NAN], &[]),
        SegmentError::NonFinite { position: 1, .. }
    ));
    assert!(matches!(
        push("n", 10, 1.0, &[f32::INFINITY, 0.0], &[]),
        SegmentError::NonFinite { position: 0, .. }
    ));
    assert!(matches!(
        push("n", 10, 1.0, &[0.0, 0.0], &[]),
        SegmentError::NotUnitLength { .. }
    ));
    for weight in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        assert!(matches!(
            push("n", 10, weight, &unit, &[]),
            SegmentError::WeightOutOfRange { .. }
        ));
        let error = push("n", 10, 1.0, &unit, &[("chess", weight)]);
        assert!(
            matches!(error, SegmentError::ConceptWeightOutOfRange { .. }),
            "{error}"
        );
    }
}

#[test]
fn a_vector_that_cannot_be_looked_up_is_an_error_that_names_the_item() {
    let params = Params {
        min_activities: 2,
        ..Params::default()
    };
    let mut segmenter = Segmenter::start(&params, "user");
    let features = Features {
        vector: &[1.0],
        concepts: &[],
    };
    let mut none = |_: &str, _: &mut Vec<f32>| false;
    segmenter
        .push(
            Activity {
                item_id: "a",
                occurred_at_us: 0,
                weight: 1.0,
                features,
            },
            &mut none,
        )
        .unwrap();
    let error = segmenter.push(
        Activity {
            item_id: "a",
            occurred_at_us: 1,
            weight: 1.0,
            features,
        },
        &mut none,
    );
    assert_eq!(
        error,
        Err(SegmentError::MissingVector {
            item_id: "a".to_owned()
        })
    );
}

#[test]
fn the_state_names_its_watermark_and_the_items_it_refers_to() {
    let world = three_interests();
    let segmented = world.segment(
        &Params::default(),
        UserState::default(),
        &every_other_day(&["ukulele", "sourdough"], 3),
    );
    assert_eq!(segmented.state.watermark(), Some((4 * DAY, "ukulele-1")));
    let items: Vec<&str> = segmented.state.item_ids().into_iter().collect();
    assert_eq!(items, ["sourdough-0", "ukulele-0", "ukulele-1"]);
    assert_eq!(UserState::default().watermark(), None);
}
