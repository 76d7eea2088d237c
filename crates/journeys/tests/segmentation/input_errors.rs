//! Input that cannot be used is an error that names it.

use wayfare_journeys::{Activity, Items, Params, SegmentError, Segmenter, UserState};

use crate::interests::{every_other_day, interests, params};
use crate::world::World;

/// "m" lies along the first of two dimensions, "n" is as given, and others are not there.
struct TwoItems {
    vector: Vec<f32>,
    concept_weight: f32,
}

impl Items for TwoItems {
    fn locate(&self, item_id: &str) -> Option<usize> {
        ["m", "n"].iter().position(|&known| known == item_id)
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.clear();
        into.extend(if place == 0 { &[1.0, 0.0] } else { &self.vector[..] });
    }

    fn concepts(&self, place: usize) -> Vec<(&str, f32)> {
        if place == 0 {
            Vec::new()
        } else {
            vec![("chess", self.concept_weight)]
        }
    }
}

fn activity(item_id: &str, occurred_at_us: i64, weight: f32) -> Activity<'_> {
    Activity {
        item_id,
        occurred_at_us,
        weight,
    }
}

/// Pushes "m" at 10 us and then this.
fn push(second: Activity<'_>, vector: &[f32]) -> Result<(), SegmentError> {
    let items = TwoItems {
        vector: vector.to_vec(),
        concept_weight: 1.0,
    };
    let mut segmenter = Segmenter::start(&params(), "user");
    segmenter.push(activity("m", 10, 1.0), &items)?;
    segmenter.push(second, &items)
}

#[test]
fn what_is_not_after_the_watermark_is_named() {
    for (item_id, occurred_at_us) in [("n", 9), ("m", 10), ("a", 10)] {
        let error = push(activity(item_id, occurred_at_us, 1.0), &[0.0, 1.0]).unwrap_err();
        assert!(
            matches!(error, SegmentError::OutOfOrder { watermark_us: 10, .. }),
            "{error}"
        );
        let text = format!("{item_id:?} at {occurred_at_us} us");
        assert!(error.to_string().contains(&text), "{error}");
    }
    assert_eq!(push(activity("n", 10, 1.0), &[0.0, 1.0]), Ok(()));

    let world = interests();
    let events = every_other_day(&["ukulele"], 3);
    let state = world.segment(&params(), UserState::default(), &events).state;
    let mut segmenter = Segmenter::resume(&params(), "user", state, &world).unwrap();
    let late = segmenter.push(activity("ukulele-0", 0, 1.0), &world);
    assert!(matches!(late, Err(SegmentError::OutOfOrder { .. })), "{late:?}");
}

#[test]
fn vectors_that_cannot_be_compared_are_named() {
    let with = |vector: &[f32]| push(activity("n", 10, 1.0), vector).unwrap_err();
    assert!(matches!(
        with(&[1.0]),
        SegmentError::DimensionMismatch {
            expected: 2,
            found: 1,
            ..
        }
    ));
    assert!(matches!(
        with(&[0.0, f32::NAN]),
        SegmentError::NonFinite { position: 1, .. }
    ));
    assert!(matches!(
        with(&[f32::INFINITY, 0.0]),
        SegmentError::NonFinite { position: 0, .. }
    ));
    for vector in [[0.0, 0.0], [0.0, 0.8], [1.0, 1.0]] {
        let error = with(&vector);
        assert!(matches!(error, SegmentError::NotUnitLength { .. }), "{error}");
        assert!(error.to_string().contains("\"n\""), "{error}");
    }
    assert_eq!(push(activity("n", 10, 1.0), &[0.0, 0.97]), Ok(()), "quantised");
}

#[test]
fn weights_out_of_range_are_named() {
    for weight in [0.0, -1.0, 1e-7, 2e6, f32::NAN, f32::INFINITY] {
        let error = push(activity("n", 10, weight), &[0.0, 1.0]).unwrap_err();
        assert!(matches!(error, SegmentError::WeightOutOfRange { .. }), "{error}");

        let items = TwoItems {
            vector: vec![0.0, 1.0],
            concept_weight: weight,
        };
        let params = Params {
            min_activities: 1,
            min_active_days: 0,
            min_span_days: 0.0,
            keep_threshold: -2.0,
            ..params()
        };
        let mut segmenter = Segmenter::start(&params, "user");
        segmenter.push(activity("n", 10, 1.0), &items).unwrap();
        segmenter.push(activity("n", 11, 1.0), &items).unwrap();
        let error = segmenter.finish(&items).unwrap_err();
        assert!(
            matches!(error, SegmentError::ConceptWeightOutOfRange { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("\"chess\""), "{error}");
    }
}

#[test]
fn items_that_are_not_in_the_store_are_named() {
    let unknown = |item_id: &str| SegmentError::UnknownItem {
        item_id: item_id.to_owned(),
    };
    assert_eq!(push(activity("z", 10, 1.0), &[0.0, 1.0]), Err(unknown("z")));

    let world = interests();
    let small = Params {
        max_open_activities: 8,
        ..params()
    };
    let events = every_other_day(&["ukulele"], 3);
    let open = world.segment(&small, UserState::default(), &events).state;
    let error = Segmenter::resume(&small, "user", open, &World::default()).unwrap_err();
    assert_eq!(error, unknown("ukulele-0"));

    // Of what is settled only representatives are looked up, and only when the journey is described.
    let events = every_other_day(&["ukulele"], 10);
    let settled = world.segment(&small, UserState::default(), &events).state;
    let mut partial = World::default();
    for number in [0, 1, 2, 5, 6, 7, 8, 9] {
        let mut vector = [0.0; 25];
        vector[0] = 1.0;
        vector[5 + number] = 0.4;
        partial.add(&format!("ukulele-{number}"), &vector, &[]);
    }
    let segmenter = Segmenter::resume(&small, "user", settled, &partial).unwrap();
    let error = segmenter.finish(&partial).unwrap_err();
    assert!(
        [unknown("ukulele-3"), unknown("ukulele-4")].contains(&error),
        "{error}"
    );
}
