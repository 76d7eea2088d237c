//! Interests that are easy to tell apart, and the parameters under which the tests look at them.

use wayfare_journeys::Params;

use crate::world::{DAY, Event, World};

pub(crate) const INTERESTS: [&str; 5] = ["ukulele", "sourdough", "hydroponics", "origami", "chess"];

/// Every parameter is given, so that new defaults leave the tests as they are.
pub(crate) fn params() -> Params {
    Params {
        background_share: 0.0,
        background_limit: 0.2,
        link_threshold: -0.06,
        cohesion_weight: 1.0,
        cohesion_prior: 14.0,
        cohesion_limit: 2.0,
        session_bonus: 0.2,
        session_minutes: 60.0,
        gap_penalty: 0.08,
        gap_days: 30.0,
        nearest_share: 0.8,
        cohesion_share: 0.0,
        keep_threshold: 0.22,
        join_threshold: 0.25,
        rounds: 3,
        max_open_activities: 256,
        max_live_journeys: 64,
        min_activities: 5,
        min_active_days: 3,
        min_span_days: 14.0,
        representatives: 10,
        concepts: 8,
    }
}

/// Ten items around each of five directions at right angles, and "noise-0" to "noise-9", which are like nothing.
pub(crate) fn interests() -> World {
    let mut world = World::default();
    for number in 0..10 {
        for (interest, name) in INTERESTS.into_iter().enumerate() {
            let mut vector = [0.0; 25];
            vector[interest] = 1.0;
            vector[5 + number] = 0.4;
            let concepts = [(name, 1.0), ("beginner", 0.2)];
            world.add(&format!("{name}-{number}"), &vector, &concepts);
        }
        let mut vector = [0.0; 25];
        vector[15 + number] = 1.0;
        world.add(&format!("noise-{number}"), &vector, &[("noise", 1.0)]);
    }
    world
}

pub(crate) fn event(item_id: &str, occurred_at_us: i64) -> Event {
    Event {
        item_id: item_id.to_owned(),
        occurred_at_us,
        weight: 1.0,
    }
}

/// Activities on these interests in turn, two days apart.
pub(crate) fn every_other_day(names: &[&str], activities: usize) -> Vec<Event> {
    let times = (0_i64..).map(|number| number * 2 * DAY);
    (0..activities)
        .zip(times)
        .map(|(number, time)| {
            let name = names[number % names.len()];
            event(&format!("{name}-{}", (number / names.len()) % 10), time)
        })
        .collect()
}
