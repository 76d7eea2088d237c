//! Scores against values that others computed: scikit-learn's, and BCubed and journey F1 from their definitions.
//!
//! `tests/data/make_metric_values.py` made the values and names its versions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::Deserialize;
use wayfare_evaluation::metrics::agreement::{adjusted_mutual_information, adjusted_rand, v_measure};
use wayfare_evaluation::metrics::{LabelPair, bcubed, coverage, journey_f1, journeys_error, noise_rejected};

const VALUES: &str = include_str!("data/metric_values.json");
/// Sums are taken in another order.
const TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
struct Case {
    name: String,
    gold: Vec<Option<u32>>,
    predicted: Vec<Option<u32>>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    adjusted_rand: f64,
    adjusted_mutual_information: f64,
    homogeneity: f64,
    completeness: f64,
    v_measure: f64,
    bcubed_precision: f64,
    bcubed_recall: f64,
    bcubed_f1: f64,
    journey_f1: f64,
    journeys_error: u64,
    noise_rejected: Option<f64>,
    coverage: f64,
}

fn cases() -> Vec<(Case, Vec<LabelPair<u32>>)> {
    let cases: Vec<Case> = serde_json::from_str(VALUES).unwrap();
    cases
        .into_iter()
        .map(|case| {
            let pairs = case.gold.iter().zip(&case.predicted);
            let items = pairs
                .map(|(&gold, &predicted)| LabelPair { gold, predicted })
                .collect();
            (case, items)
        })
        .collect()
}

#[track_caller]
fn near(name: &str, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < TOLERANCE,
        "{name}: {found} instead of {expected}"
    );
}

#[test]
fn partitions_agree_as_scikit_learn_says() {
    let cases = cases();
    assert_eq!(cases.len(), 50);
    for (case, items) in &cases {
        let (name, expected) = (&case.name, &case.expected);
        near(name, adjusted_rand(items).unwrap(), expected.adjusted_rand);
        let information = adjusted_mutual_information(items).unwrap();
        near(name, information, expected.adjusted_mutual_information);
        let measure = v_measure(items).unwrap();
        near(name, measure.homogeneity, expected.homogeneity);
        near(name, measure.completeness, expected.completeness);
        near(name, measure.v, expected.v_measure);
    }
}

#[test]
fn scores_that_know_of_noise_are_as_defined() {
    for (case, items) in &cases() {
        let (name, expected) = (&case.name, &case.expected);
        let score = bcubed(items).unwrap();
        near(name, score.precision, expected.bcubed_precision);
        near(name, score.recall, expected.bcubed_recall);
        near(name, score.f1, expected.bcubed_f1);
        near(name, journey_f1(items).unwrap().f1, expected.journey_f1);
        assert_eq!(journeys_error(items), expected.journeys_error, "{name}");
        assert_eq!(
            noise_rejected(items).is_some(),
            expected.noise_rejected.is_some(),
            "{name}"
        );
        near(
            name,
            noise_rejected(items).unwrap_or_default(),
            expected.noise_rejected.unwrap_or_default(),
        );
        near(name, coverage(items).unwrap(), expected.coverage);
    }
}

#[test]
fn names_of_labels_do_not_matter() {
    for (case, items) in &cases() {
        let renamed: Vec<LabelPair<u32>> = items
            .iter()
            .map(|item| LabelPair {
                gold: item.gold.map(|label| 1_000 - label),
                predicted: item.predicted.map(|label| label ^ 5),
            })
            .collect();
        let name = &case.name;
        near(
            name,
            adjusted_rand(&renamed).unwrap(),
            case.expected.adjusted_rand,
        );
        let information = adjusted_mutual_information(&renamed).unwrap();
        near(name, information, case.expected.adjusted_mutual_information);
        near(name, bcubed(&renamed).unwrap().f1, case.expected.bcubed_f1);
    }
}

#[test]
fn nothing_to_agree_about_has_no_score() {
    let noise = [LabelPair {
        gold: None,
        predicted: Some(1),
    }];
    assert_eq!(adjusted_rand(&noise), None);
    assert_eq!(adjusted_mutual_information(&noise), None);
    assert_eq!(v_measure(&noise), None);
    assert_eq!(journeys_error(&noise), 1);
}
