//! Values that must never change, because stored tables hold them, and the exact arithmetic behind them.

use wayfare_journeys::{JourneyId, Params, StateError, UserState, decay, dot};

#[test]
fn decay_is_exact_at_whole_half_lives_and_linear_between() {
    let cases = [
        (-1.0, 1.0),
        (0.0, 1.0),
        (0.5, 0.75),
        (1.0, 0.5),
        (1.5, 0.375),
        (2.0, 0.25),
        (10.0, 0.000_976_562_5),
        (1022.0, f64::MIN_POSITIVE),
        (1023.0, 0.0),
        (f64::INFINITY, 0.0),
    ];
    for (half_lives, expected) in cases {
        assert_eq!(
            decay(half_lives).to_bits(),
            f64::to_bits(expected),
            "decay({half_lives})"
        );
    }
}

#[test]
fn dot_sums_in_lanes_and_covers_the_rest() {
    for length in [0_u8, 1, 7, 8, 9, 16, 23] {
        let left: Vec<f32> = (0..length).map(f32::from).collect();
        let right = vec![2.0; left.len()];
        let expected: f32 = (0..length).fold(0.0, |sum, value| sum + 2.0 * f32::from(value));
        assert_eq!(
            dot(&left, &right).to_bits(),
            expected.to_bits(),
            "length {length}"
        );
    }
    // One lane cancels before small values of the others are added; a running sum would lose them.
    let mut left = vec![1.0; 16];
    left[0] = 1e9;
    left[8] = -1e9;
    assert_eq!(dot(&left, &[1.0; 16]).to_bits(), 14.0_f32.to_bits());
}

#[test]
fn journey_ids_are_golden_and_written_in_hexadecimal() {
    let id = JourneyId::of_birth("user-1", 1_700_000_000_000_000, "item-1");
    assert_eq!(id.to_string(), "272fb0d106aa93ef");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(JourneyId::from_u64(0xab).to_string(), "00000000000000ab");
    assert_ne!(
        JourneyId::of_birth("ab", 0, "c"),
        JourneyId::of_birth("a", 0, "bc")
    );
    for text in [
        "",
        "ab",
        "00000000000000AB",
        "+0000000000000ab",
        "00000000000000abc",
    ] {
        assert!(text.parse::<JourneyId>().is_err(), "{text:?}");
    }
}

#[test]
fn foreign_states_are_errors_that_say_so() {
    assert!(matches!(UserState::decode(&[]), Err(StateError::Empty)));
    assert!(matches!(
        UserState::decode(&[99, 0, 0]),
        Err(StateError::Version {
            found: 99,
            expected: 1
        })
    ));
    assert!(matches!(UserState::decode(&[1]), Err(StateError::Decode { .. })));
    assert!(matches!(
        UserState::decode(&[1, 0, 0, 0]),
        Err(StateError::TrailingBytes { bytes: 1 })
    ));
    assert_eq!(UserState::decode(&[1, 0, 0]).unwrap(), UserState::default());
}

#[test]
fn parameters_out_of_range_are_named() {
    Params::default().validate().unwrap();
    let bad = [
        (
            "join_threshold",
            Params {
                join_threshold: 1.5,
                ..Params::default()
            },
        ),
        (
            "merge_threshold",
            Params {
                merge_threshold: f32::NAN,
                ..Params::default()
            },
        ),
        (
            "concept_share",
            Params {
                concept_share: -0.1,
                ..Params::default()
            },
        ),
        (
            "half_life_days",
            Params {
                half_life_days: 0.0,
                ..Params::default()
            },
        ),
        (
            "recency_penalty",
            Params {
                recency_penalty: 2.0,
                ..Params::default()
            },
        ),
        (
            "max_live_clusters",
            Params {
                max_live_clusters: 0,
                ..Params::default()
            },
        ),
        (
            "min_activities",
            Params {
                min_activities: 0,
                ..Params::default()
            },
        ),
        (
            "min_span_days",
            Params {
                min_span_days: f32::INFINITY,
                ..Params::default()
            },
        ),
        (
            "representatives",
            Params {
                representatives: 33,
                ..Params::default()
            },
        ),
        (
            "concepts",
            Params {
                concepts: 65,
                ..Params::default()
            },
        ),
    ];
    for (name, params) in bad {
        let error = params.validate().unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}
