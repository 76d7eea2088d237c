//! The search finds optima that are known, and breaks ties as it says.

use super::*;

const X: Axis = Axis {
    name: "x",
    candidates: &[0.0, 0.25, 0.5, 0.75, 1.0],
    resolution: 0.01,
};
const Y: Axis = Axis {
    name: "y",
    candidates: &[0.0, 20.0, 40.0],
    resolution: 1.0,
};
/// Coverage falls as x grows: .95 is reached up to x = .5.
fn hill(top: [f64; 2]) -> impl FnMut(&[f64]) -> Result<Trial, EvaluationError> {
    move |values| {
        let (dx, dy) = (values[0] - top[0], (values[1] - top[1]) / 40.0);
        Ok(Trial {
            values: vec![("x", values[0]), ("y", values[1])],
            bcubed_f1: 1.0 - dx * dx - dy * dy,
            noise_rejected: Some(0.5),
            coverage: 1.0 - 0.1 * values[0],
        })
    }
}

fn near(values: &[(&str, f64)], expected: [f64; 2]) {
    for ((name, value), expected) in values.iter().zip(expected) {
        let unit = if *name == "x" { 0.011 } else { 1.1 };
        assert!(
            (value - expected).abs() < unit,
            "{name} is {value}, not {expected}"
        );
    }
}

#[test]
fn finds_the_top_between_the_candidates() {
    let found = search(&[X, Y], &[0.0, 0.0], &Objective::default(), hill([0.33, 13.0])).unwrap();
    near(&found.chosen.values, [0.33, 13.0]);
}

#[test]
fn coordinates_in_turn_find_it_too() {
    // Too many points for a grid: the rest of the axes changes nothing.
    let idle = Axis { name: "idle", ..X };
    let axes = [X, Y, idle, idle, idle];
    let found = search(
        &axes,
        &[1.0, 40.0, 0.5, 0.5, 0.5],
        &Objective::default(),
        hill([0.33, 13.0]),
    )
    .unwrap();
    near(&found.chosen.values, [0.33, 13.0]);
    assert!(found.trials.len() < GRID_LIMIT);
}

#[test]
fn stays_at_the_floor_while_that_is_affordable() {
    let objective = Objective::default();
    // The top at .55 leaves coverage .945; at .5 it costs .0025.
    let near_floor = search(&[X, Y], &[0.0, 0.0], &objective, hill([0.55, 13.0])).unwrap();
    near(&near_floor.chosen.values, [0.5, 13.0]);
    // The top at .8: at .5 it costs .09, too much.
    let far = search(&[X, Y], &[0.0, 0.0], &objective, hill([0.8, 13.0])).unwrap();
    near(&far.chosen.values, [0.8, 13.0]);
    let without_floor = Objective {
        coverage_floor: 0.0,
        ..objective
    };
    let free = search(&[X, Y], &[0.0, 0.0], &without_floor, hill([0.55, 13.0])).unwrap();
    near(&free.chosen.values, [0.55, 13.0]);
}

#[test]
fn ties_go_to_the_noise_rejected() {
    let trial = |noise, values: &[f64]| {
        Ok(Trial {
            values: vec![("x", values[0])],
            bcubed_f1: 0.8,
            noise_rejected: Some(noise),
            coverage: 1.0,
        })
    };
    let found = search(&[X], &[0.0], &Objective::default(), |values| {
        trial(values[0] / 2.0, values)
    })
    .unwrap();
    assert_eq!(found.chosen.values, [("x", 1.0)]);
}

#[test]
fn evaluates_nothing_twice() {
    let mut seen = std::collections::BTreeSet::new();
    let mut hill = hill([0.33, 13.0]);
    let found = search(&[X, Y], &[0.5, 20.0], &Objective::default(), |values| {
        let key: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        assert!(seen.insert(key), "{values:?} again");
        hill(values)
    })
    .unwrap();
    assert!(found.trials.len() >= 15, "at least the grid");
}

#[test]
fn what_fails_ends_the_search() {
    let failure = search(&[X], &[0.0], &Objective::default(), |_| {
        Err(EvaluationError::Option {
            name: "x",
            value: "0".to_owned(),
            expected: "another",
        })
    });
    assert!(failure.is_err());
}
