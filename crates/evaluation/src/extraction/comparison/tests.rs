//! Methods side by side on users whose scores can be worked out by hand.

use serde_json::{Value, json};

use super::{Compared, ComparisonOptions, compare};
use crate::error::EvaluationError;
use crate::extraction::dataset::{Catalogue, Items, UserHistory, Visit};
use crate::extraction::method::Method;
use crate::extraction::report::{SampleOrder, sample_users, text, write_labels};
use crate::extraction::scores::Metric;
use crate::extraction::wayfare::Wayfare;

/// Labels every activity by its item's parity, or leaves out so many of each user's last.
#[derive(Debug)]
struct ByParity {
    name: &'static str,
    left_out: usize,
}

impl Method for ByParity {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "left_out": self.left_out })
    }

    fn assign(&self, _: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let kept = user.activities.len() - self.left_out;
        let label = |(position, visit): (usize, &Visit)| {
            (position < kept).then_some(if visit.item.is_multiple_of(2) { 4 } else { 9 })
        };
        user.activities.iter().enumerate().map(label).collect()
    }
}

/// Gives one label, however many activities there are.
#[derive(Debug)]
struct Broken;

impl Method for Broken {
    fn name(&self) -> String {
        "broken".to_owned()
    }

    fn parameters(&self) -> Value {
        Value::Null
    }

    fn assign(&self, _: &Catalogue, _: &UserHistory) -> Vec<Option<u32>> {
        vec![None]
    }
}

/// Even items point one way and odd ones another.
fn catalogue() -> Catalogue {
    let numbers = 0..40;
    let items = Items {
        ids: numbers.clone().map(|number| format!("i{number:02}")).collect(),
        titles: numbers
            .clone()
            .map(|number| format!("title {number}\r\u{1b}"))
            .collect(),
        texts: vec![None; 40],
    };
    let vectors = numbers
        .flat_map(|number| if number % 2 == 0 { [0.6, 0.8] } else { [0.8, -0.6] })
        .collect();
    Catalogue::new(items, 2, vectors, vec![Vec::new(); 40]).unwrap()
}

/// Twelve activities each, the last two of them noise; half of the users have one journey, half two.
fn users() -> Vec<UserHistory> {
    let user = |number: usize| UserHistory {
        user_id: format!("u{number:02}"),
        activities: (0..12)
            .map(|position| Visit {
                item: number + position,
                occurred_at_us: i64::try_from(position).unwrap() * 1_000_000,
            })
            .collect(),
        gold: (0..12)
            .map(|position| match position {
                10.. => None,
                _ if number.is_multiple_of(2) => Some(0),
                even_or_odd => Some(u32::from(even_or_odd % 2 == 0)),
            })
            .collect(),
        gold_titles: vec!["one, with\ncomma".to_owned(), "other".to_owned()],
        bursts: vec![false; 12],
    };
    (0..20).map(user).collect()
}

fn methods() -> Vec<Box<dyn Method>> {
    let by_parity = |name, left_out| -> Box<dyn Method> { Box::new(ByParity { name, left_out }) };
    vec![by_parity("all", 0), by_parity("but-two", 2)]
}

fn compared(reference: &str, min_activities: usize) -> Result<Compared, EvaluationError> {
    let options = ComparisonOptions::new(reference, min_activities);
    compare(&catalogue(), &users(), &methods(), &options)
}

#[test]
fn differences_are_paired_and_the_reference_has_none() {
    let compared = compared("all", 4).unwrap();
    let [all, but_two] = compared.comparison.methods.as_slice() else {
        panic!("two methods were compared");
    };
    assert!(all.metrics.iter().all(|result| result.difference.is_none()));
    let of = |metric| but_two.metric(metric).unwrap();
    let noise = of(Metric::NoiseRejected).difference.unwrap();
    assert_eq!(
        (noise.low, noise.mean, noise.high, noise.count),
        (1.0, 1.0, 1.0, 20)
    );
    let f1 = of(Metric::BcubedF1);
    assert!(f1.mean.unwrap().margin() > 0.05, "users differ: {:?}", f1.mean);
    assert!(
        f1.difference.unwrap().margin() < 0.05,
        "differences do not: {f1:?}"
    );
    assert!(f1.difference.unwrap().low > 0.0);
    assert_eq!(of(Metric::BurstsRejected).mean, None);
    assert!((compared.comparison.noise_share - 1.0 / 6.0).abs() < 1e-12);
}

#[test]
fn journeys_below_the_minimum_are_not_found() {
    let coverage = |min_activities| {
        let compared = compared("all", min_activities).unwrap();
        let result = compared.comparison.methods[1].metric(Metric::Coverage).copied();
        result.unwrap().mean.unwrap().mean
    };
    assert!((coverage(5) - 1.0).abs() < 1e-12);
    assert!(coverage(6).abs() < 1e-12);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let message = compared("none", 4).unwrap_err().to_string();
    assert!(
        message.contains("`none`") && message.contains("all, but-two"),
        "{message}"
    );
    let options = ComparisonOptions::new("broken", 4);
    let broken: Vec<Box<dyn Method>> = vec![Box::new(Broken)];
    let message = compare(&catalogue(), &users(), &broken, &options)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "method `broken` gave 1 labels for the 12 activities of user `u00`"
    );
    assert!(matches!(
        compare(&catalogue(), &[], &methods(), &options),
        Err(EvaluationError::NoUsers)
    ));
}

#[test]
fn the_segmenter_finds_what_is_plain() {
    let ours: Vec<Box<dyn Method>> = vec![
        Box::new(Wayfare::default()),
        Box::new(ByParity {
            name: "parity",
            left_out: 0,
        }),
    ];
    let options = ComparisonOptions::new("parity", 4);
    let compared = compare(&catalogue(), &users(), &ours, &options).unwrap();
    for (ours, parity) in compared.found[0].iter().zip(&compared.found[1]) {
        for metric in Metric::ALL {
            let (ours, parity) = (ours.scores.get(metric), parity.scores.get(metric));
            assert_eq!(ours.is_some(), parity.is_some(), "{metric:?}");
            let difference = ours.unwrap_or_default() - parity.unwrap_or_default();
            assert!(difference.abs() < 1e-12, "{metric:?} {difference}");
        }
    }
}

#[test]
fn reports_tell_of_methods_users_and_journeys() {
    let compared = compared("all", 4).unwrap();
    let table = text(&compared.comparison);
    for part in [
        "20 users, 240 activities (17% noise), 40 items",
        "difference to all",
        "+1.000 ±.000*",
        "but-two: {\"left_out\":2}",
    ] {
        assert!(table.contains(part), "`{part}` is not in:\n{table}");
    }
    assert!(!table.contains("bursts"), "nobody has bursts:\n{table}");

    let sample = |order| sample_users(&catalogue(), &users(), &compared, 1, 1, order);
    let worst = sample(SampleOrder::WorstFirst);
    let first = sample(SampleOrder::ById);
    assert!(
        first.starts_with("u00: 12 activities, 2 journeys, 2 found"),
        "{first}"
    );
    assert!(
        first.contains("  left out, 2 activities: 2 noise\n    title 10    [noise]"),
        "{first}"
    );
    assert!(worst.starts_with("u00: ") && !worst.contains('\u{1b}'), "{worst}");

    let mut csv = Vec::new();
    write_labels(&mut csv, &catalogue(), &users(), &compared).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert!(
        csv.starts_with(
            "user_id,item_id,occurred_at,gold,all,but-two\n\
             u00,i00,1970-01-01T00:00:00Z,\"one, with\ncomma\",4,4\n"
        ),
        "{csv}"
    );
    assert!(csv.contains("\nu19,i30,1970-01-01T00:00:11Z,,4,\n"), "{csv}");
}
