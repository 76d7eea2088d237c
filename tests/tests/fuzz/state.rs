//! The segmenter's stored states.

use wayfare_journeys::{Activity, Items, Params, Segmenter, UserState};

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const DAY_US: i64 = 86_400_000_000;
const VECTORS: [[f32; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

fn params() -> Params {
    Params {
        min_activities: 2,
        min_active_days: 0,
        min_span_days: 0.0,
        max_open_activities: 16,
        max_live_journeys: 4,
        ..Params::default()
    }
}

/// Items with numbers in their ids.
struct Numbered;

impl Items for Numbered {
    fn locate(&self, item_id: &str) -> Option<usize> {
        item_id.strip_prefix("item-")?.parse().ok()
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.clear();
        into.extend(VECTORS[place % VECTORS.len()]);
    }

    fn concepts(&self, place: usize) -> Vec<(&str, f32)> {
        let concepts = [("baking", 1.0), ("bread", 0.5)];
        concepts[..=place % 2].to_vec()
    }
}

/// Pushes activities on items one after the other, a day apart; an error ends it.
fn go_on(mut segmenter: Segmenter, items: std::ops::Range<usize>) -> Option<UserState> {
    for number in items {
        let item_id = format!("item-{number}");
        let activity = Activity {
            item_id: &item_id,
            occurred_at_us: i64::try_from(number).ok()? * DAY_US,
            weight: 1.0,
        };
        segmenter.push(activity, &Numbered).ok()?;
    }
    segmenter.finish(&Numbered).ok().map(|segmented| segmented.state)
}

/// A state that is accepted is written as it was read, and can be gone on from.
fn check(bytes: &[u8]) {
    let Ok(state) = UserState::decode(bytes) else {
        return;
    };
    let written = state.encode();
    let again = UserState::decode(&written).expect("what was read and written is readable");
    assert_eq!(again.encode(), written);
    if let Ok(segmenter) = Segmenter::resume(&params(), "user", state, &Numbered) {
        go_on(segmenter, 1_000..1_010);
    }
}

#[test]
fn any_bytes() {
    fuzz!(usual: 20_000, longest: 256, |input: &[u8]| {
        check(input);
        check(&[&[2], input].concat());
    });
}

#[test]
fn changed_states() {
    let states: Vec<Vec<u8>> = [1, 3, 12, 40]
        .into_iter()
        .map(|count| {
            go_on(Segmenter::start(&params(), "user"), 0..count)
                .expect("a sound history")
                .encode()
        })
        .collect();
    for state in &states {
        check(state);
    }
    fuzz!(usual: 20_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        let (choice, script) = input.split_first().unwrap_or((&0, &[]));
        check(&mutated(&states[usize::from(*choice) % states.len()], script, &[b"item-1", b"\xff\xff\xff\xff\x0f"]));
    });
}
