//! The ranges of the parameters.

use wayfare_journeys::Params;

use crate::interests::params;

#[test]
fn the_defaults_and_those_of_the_tests_are_in_range() {
    Params::default().validate().unwrap();
    params().validate().unwrap();
}

/// Sets one parameter to a value.
type Set = fn(&mut Params, f32);

#[test]
fn parameters_out_of_range_are_named() {
    let numbers: [(&str, Set, &[f32], &[f32]); 11] = [
        (
            "link_threshold",
            |params, value| params.link_threshold = value,
            &[-2.0, 2.0],
            &[-2.1, 2.1],
        ),
        (
            "cohesion_weight",
            |params, value| params.cohesion_weight = value,
            &[0.0, 2.0],
            &[-0.1, 2.1],
        ),
        (
            "cohesion_prior",
            |params, value| params.cohesion_prior = value,
            &[0.0, 1e6],
            &[-0.1],
        ),
        (
            "session_bonus",
            |params, value| params.session_bonus = value,
            &[0.0, 1.0],
            &[-0.1, 1.1],
        ),
        (
            "session_minutes",
            |params, value| params.session_minutes = value,
            &[0.1, 1e6],
            &[0.0, -1.0],
        ),
        (
            "gap_penalty",
            |params, value| params.gap_penalty = value,
            &[0.0, 1.0],
            &[-0.1, 1.1],
        ),
        (
            "gap_days",
            |params, value| params.gap_days = value,
            &[0.1, 1e6],
            &[0.0, -1.0],
        ),
        (
            "nearest_share",
            |params, value| params.nearest_share = value,
            &[0.0, 1.0],
            &[-0.1, 1.1],
        ),
        (
            "keep_threshold",
            |params, value| params.keep_threshold = value,
            &[-2.0, 2.0],
            &[-2.1, 2.1],
        ),
        (
            "join_threshold",
            |params, value| params.join_threshold = value,
            &[-2.0, 2.0],
            &[-2.1, 2.1],
        ),
        (
            "min_span_days",
            |params, value| params.min_span_days = value,
            &[0.0, 1e6],
            &[-0.1],
        ),
    ];
    for (name, set, good, bad) in numbers {
        for value in good {
            let mut params = params();
            set(&mut params, *value);
            assert_eq!(params.validate(), Ok(()), "{name} = {value}");
        }
        for value in bad.iter().chain(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]) {
            let mut params = params();
            set(&mut params, *value);
            let error = params.validate().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{name} is {}", f64::from(*value))),
                "{error}"
            );
        }
    }
}

/// Sets one parameter to a count.
type SetCount = fn(&mut Params, u32);

#[test]
fn counts_out_of_range_are_named() {
    let counts: [(&str, SetCount, &[u32], &[u32]); 6] = [
        ("rounds", |params, value| params.rounds = value, &[0, 16], &[17]),
        (
            "max_open_activities",
            |params, value| params.max_open_activities = value,
            &[8, 4096],
            &[0, 7, 4097],
        ),
        (
            "max_live_journeys",
            |params, value| params.max_live_journeys = value,
            &[1],
            &[0],
        ),
        (
            "min_activities",
            |params, value| params.min_activities = value,
            &[1],
            &[0],
        ),
        (
            "representatives",
            |params, value| params.representatives = value,
            &[0, 32],
            &[33],
        ),
        (
            "concepts",
            |params, value| params.concepts = value,
            &[0, 64],
            &[65, u32::MAX],
        ),
    ];
    for (name, set, good, bad) in counts {
        for value in good {
            let mut params = params();
            set(&mut params, *value);
            assert_eq!(params.validate(), Ok(()), "{name} = {value}");
        }
        for value in bad {
            let mut params = params();
            set(&mut params, *value);
            let error = params.validate().unwrap_err().to_string();
            assert!(error.contains(&format!("{name} is {value}")), "{error}");
        }
    }
}
