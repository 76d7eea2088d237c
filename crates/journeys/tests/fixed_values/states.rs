//! States and results whose bits are the same on every machine.

use std::fmt::Write;

use wayfare_journeys::{Params, Segmented, StateError, UserState};
use xxhash_rust::xxh3::xxh3_64;

use crate::interests::{INTERESTS, event, every_other_day, interests, params};
use crate::world::Event;

#[test]
fn foreign_states_are_errors_that_say_so() {
    assert!(matches!(UserState::decode(&[]), Err(StateError::Empty)));
    assert!(matches!(
        UserState::decode(&[1, 0, 0]),
        Err(StateError::Version {
            found: 1,
            expected: 2
        })
    ));
    assert!(matches!(UserState::decode(&[2]), Err(StateError::Decode { .. })));
    assert!(matches!(
        UserState::decode(&[2, 0, 0, 0, 0, 0]),
        Err(StateError::TrailingBytes { bytes: 1 })
    ));
    assert_eq!(UserState::decode(&[2, 0, 0, 0, 0]).unwrap(), UserState::default());
}

#[test]
fn a_small_state_is_written_as_it_always_was() {
    let events = [event("chess-0", 0), event("chess-1", 64)];
    let state = interests()
        .segment(&params(), UserState::default(), &events)
        .state;
    let expected = [
        &[2, 0, 0, 0][..],
        // Two open activities: item, time in zigzag, weight.
        &[2, 7],
        b"chess-0",
        &[0, 0, 0, 0x80, 0x3f, 7],
        b"chess-1",
        &[0x80, 1, 0, 0, 0x80, 0x3f],
    ]
    .concat();
    assert_eq!(state.encode(), expected);
}

#[test]
fn inconsistent_states_are_damaged() {
    let small = Params {
        max_open_activities: 8,
        ..params()
    };
    let events = every_other_day(&["chess"], 10);
    let bytes = interests()
        .segment(&small, UserState::default(), &events)
        .state
        .encode();
    let occurrences = |of: &[u8]| -> Vec<usize> {
        (0..bytes.len())
            .filter(|&place| bytes[place..].starts_with(of))
            .collect()
    };
    let damaged = |place: usize, to: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[place..place + to.len()].copy_from_slice(to);
        UserState::decode(&bytes).unwrap_err().to_string()
    };
    let five = occurrences(&5.0_f32.to_le_bytes());
    assert_eq!(five.len(), 2, "the sums of the weights and of their squares");
    let sum = damaged(five[1], &f32::NAN.to_le_bytes());
    assert!(sum.contains("a sum is not finite"), "{sum}");
    let weight = damaged(five[0], &0.0_f32.to_le_bytes());
    assert!(
        weight.contains("a settled journey without activities"),
        "{weight}"
    );
    let open = damaged(
        *occurrences(&1.0_f32.to_le_bytes()).last().unwrap(),
        &f32::NAN.to_le_bytes(),
    );
    assert!(open.contains("the weight of an open activity"), "{open}");
}

#[test]
fn the_state_of_a_common_user_is_small() {
    let events = every_other_day(&INTERESTS, 44);
    let state = interests()
        .segment(&params(), UserState::default(), &events)
        .state;
    assert_eq!(state.open_activities(), 44);
    let bytes = state.encode().len();
    println!("{bytes} bytes for 44 activities");
    assert!(bytes < 2_000, "{bytes} bytes");
}

/// 600 activities with weights, bursts, noise, equal times and pauses, by a generator of whole numbers.
fn varied_history() -> Vec<Event> {
    let mut random = 1_u64;
    let mut draw = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut now = 1_600_000_000_000_000;
    let mut events: Vec<Event> = Vec::new();
    let mut interest = 0;
    for _ in 0..600 {
        if draw(4) == 0 {
            interest = draw(6);
            now += i64::try_from(draw(3 * 86_400)).unwrap() * 1_000_000;
        }
        now += i64::try_from(draw(3) * draw(7_200)).unwrap() * 1_000_000;
        let name = usize::try_from(interest)
            .ok()
            .and_then(|interest| INTERESTS.get(interest));
        let mut event = event(&format!("{}-{}", name.unwrap_or(&"noise"), draw(10)), now);
        event.weight = f32::from(u8::try_from(1 + draw(8)).unwrap()) / 4.0;
        events.push(event);
    }
    events.sort_by(|a, b| (a.occurred_at_us, &a.item_id).cmp(&(b.occurred_at_us, &b.item_id)));
    events.dedup_by(|a, b| (a.occurred_at_us, &a.item_id) == (b.occurred_at_us, &b.item_id));
    events
}

/// Everything that is published, numbers as their bits.
fn written(segmented: &Segmented) -> String {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
    let mut text = String::new();
    for journey in &segmented.journeys {
        let of_items = journey.representatives.iter().map(|item| item.similarity);
        let of_terms = journey.concepts.iter().map(|concept| concept.weight);
        let numbers: Vec<f32> = journey
            .vector
            .iter()
            .copied()
            .chain(of_items)
            .chain(of_terms)
            .collect();
        writeln!(
            text,
            "{} {} {} {} {} {:?} {:?}",
            journey.journey_id,
            journey.started_at_us,
            journey.last_active_at_us,
            journey.activity_count,
            journey.active_days,
            bits(&numbers),
            journey.naming,
        )
        .unwrap();
    }
    for row in &segmented.assignments {
        let similarity = row.similarity.to_bits();
        writeln!(
            text,
            "{} {} {} {similarity}",
            row.journey_id, row.item_id, row.occurred_at_us
        )
        .unwrap();
    }
    for alias in &segmented.aliases {
        writeln!(
            text,
            "{} {} {} {:?}",
            alias.old, alias.new, alias.since_us, alias.reason
        )
        .unwrap();
    }
    text
}

#[test]
fn a_varied_history_has_the_same_bits_on_every_machine() {
    let params = Params {
        max_open_activities: 40,
        max_live_journeys: 4,
        ..params()
    };
    let events = varied_history();
    let segmented = interests().segment(&params, UserState::default(), &events);
    let found = (
        events.len(),
        segmented.journeys.len(),
        segmented.assignments.len(),
        segmented.state.settled_journeys(),
        xxh3_64(&segmented.state.encode()),
        xxh3_64(written(&segmented).as_bytes()),
    );
    assert_eq!(
        found,
        (
            578,
            14,
            415,
            4,
            16_990_712_958_260_034_832,
            9_922_367_057_888_092_053
        )
    );
}
