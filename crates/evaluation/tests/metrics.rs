//! Scores against cases computed by hand.

use wayfare_evaluation::metrics::{Labels, bcubed, coverage, journey_f1, noise_rejected};

/// `"a1 a2 .1 b."`: gold and predicted label of each activity; a dot for none.
fn items(text: &str) -> Vec<Labels<'_>> {
    text.split_whitespace()
        .map(|pair| {
            let (gold, predicted) = pair.split_at(1);
            Labels {
                gold: (gold != ".").then_some(gold),
                predicted: (predicted != ".").then_some(predicted),
            }
        })
        .collect()
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

#[test]
fn bcubed_by_hand() {
    let cases = [
        ("a1 a1 b2 b2", 1.0, 1.0),
        ("a1 a1 b1 b1", 0.5, 1.0),
        ("a1 a2 b3 b4", 1.0, 0.5),
        // Precisions 2/3, 2/3, 1/3, 1; recalls 1, 1, 1/2, 1/2.
        ("a1 a1 b1 b2", 2.0 / 3.0, 0.75),
        // The noise makes both precisions 2/3 and is not an activity of its own.
        ("a1 a1 .1", 2.0 / 3.0, 1.0),
        // One of three left out: recalls 2/3, 2/3, 1/3.
        ("a1 a1 a.", 1.0, 5.0 / 9.0),
        // Two left out do not make a cluster.
        ("a. a.", 1.0, 0.5),
    ];
    for (text, precision, recall) in cases {
        let score = bcubed(&items(text)).unwrap();
        near(score.precision, precision);
        near(score.recall, recall);
        near(score.f1, 2.0 * precision * recall / (precision + recall));
    }
    assert_eq!(bcubed(&items(".1 ..")), None);
}

#[test]
fn journey_f1_by_hand() {
    let cases = [
        ("a1 a1 b2 b2", 1.0, 1.0),
        // Jaccard 2/4 with both: one for one.
        ("a1 a1 b1 b1", 1.0, 0.5),
        // Jaccard 3/4 and 1/2.
        ("a1 a1 a1 b1 b2", 1.0, 1.0),
        ("a1 a1 .1 .1 .1", 0.0, 0.0),
        ("a1 a1 a. b. b.", 1.0, 0.5),
        ("a1 a2 a3", 0.0, 0.0),
        (".1 .1", 0.0, 0.0),
        ("a. a.", 0.0, 0.0),
    ];
    for (text, precision, recall) in cases {
        let score = journey_f1(&items(text)).unwrap();
        assert_eq!((score.precision, score.recall), (precision, recall), "{text}");
    }
    assert_eq!(journey_f1(&items(".. ..")), None);
}

#[test]
fn rejection_and_coverage_by_hand() {
    let mixed = items("a1 a. a. a1 .. .. .1");
    near(noise_rejected(&mixed).unwrap(), 2.0 / 3.0);
    near(coverage(&mixed).unwrap(), 0.5);
    assert_eq!(noise_rejected(&items("a1")), None);
    assert_eq!(coverage(&items(".1")), None);
}
