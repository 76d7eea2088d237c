//! Values that must never change, because stored tables hold them, and the exact arithmetic behind them.

#[path = "support/interests.rs"]
mod interests;
#[path = "fixed_values/parameters.rs"]
mod parameters;
#[path = "fixed_values/states.rs"]
mod states;
#[path = "support/world.rs"]
mod world;

use wayfare_journeys::{JourneyId, dot};

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
