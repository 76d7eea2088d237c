//! The baselines' labels and Ward's tree are those that were computed elsewhere, see `../data/make_baseline_values.py`.

use serde_json::Value;
use wayfare_evaluation::extraction::baselines::{
    Icpc, IcpcMerge, IcpcTerms, MergeInto, Ward, WardReject, ward_steps,
};
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};
use wayfare_evaluation::extraction::method::Method;

use super::partition_of;
use super::planted::visit;

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("../data/baseline_values.json")).unwrap()
}

fn world(case: &Value) -> (Catalogue, UserHistory) {
    let vectors: Vec<Vec<f32>> = serde_json::from_value(case["vectors"].clone()).unwrap();
    let mut user = UserHistory::default();
    for item in 0..vectors.len() {
        visit(&mut user, item, None);
    }
    let catalogue = Catalogue {
        dimension: vectors[0].len(),
        concepts: serde_json::from_value(case["concepts"].clone()).unwrap(),
        item_ids: (0..vectors.len()).map(|item| format!("i{item:03}")).collect(),
        titles: vec![String::new(); vectors.len()],
        vectors: vectors.concat(),
    };
    (catalogue, user)
}

fn labels(value: &Value) -> Vec<Option<usize>> {
    let numbers: Vec<i64> = serde_json::from_value(value.clone()).unwrap();
    numbers
        .into_iter()
        .map(|number| usize::try_from(number).ok())
        .collect()
}

fn method(name: &str, parameters: &Value) -> Box<dyn Method> {
    let number = |key: &str| parameters[key].as_f64().unwrap();
    let min_activities = 4;
    match name {
        "icpc" => Box::new(Icpc {
            join_threshold: number("join_threshold"),
            min_activities,
        }),
        "icpc-terms" => Box::new(IcpcTerms {
            join_threshold: number("join_threshold"),
            min_activities,
        }),
        "icpc-merge" => Box::new(IcpcMerge {
            join_threshold: number("join_threshold"),
            merge_threshold: number("merge_threshold"),
            merge_into: match parameters["merge_into"].as_str().unwrap() {
                "any" => MergeInto::Any,
                _ => MergeInto::Later,
            },
            min_activities,
        }),
        "ward" => Box::new(Ward {
            cut_distance: number("cut_distance"),
            min_activities,
        }),
        _ => Box::new(WardReject {
            cut_distance: number("cut_distance"),
            reject_below: number("reject_below"),
            reassign_from: number("reassign_from"),
            min_activities,
        }),
    }
}

#[test]
fn labels_are_those_of_an_implementation_in_numpy() {
    for case in cases() {
        let (catalogue, user) = world(&case);
        for expected in case["methods"].as_array().unwrap() {
            let method = method(expected["method"].as_str().unwrap(), &expected["parameters"]);
            let found = partition_of(method.as_ref(), &catalogue, &user);
            assert_eq!(
                found,
                labels(&expected["labels"]),
                "{method:?} on {} vectors",
                catalogue.len()
            );
        }
    }
}

#[test]
fn wards_tree_is_that_of_scipy() {
    for case in cases() {
        let (catalogue, user) = world(&case);
        let vectors: Vec<&[f32]> = (0..catalogue.len()).map(|item| catalogue.vector(item)).collect();
        let heights: Vec<f64> = serde_json::from_value(case["ward_heights"].clone()).unwrap();
        let steps = ward_steps(&vectors);
        assert_eq!(steps.len(), heights.len());
        for (step, height) in steps.iter().zip(&heights) {
            assert!(
                (step.distance - height).abs() < 1e-4,
                "{step:?} instead of {height}"
            );
        }
        for expected in case["ward_partitions"].as_array().unwrap() {
            let ward = Ward {
                cut_distance: expected["cut"].as_f64().unwrap(),
                min_activities: 1,
            };
            assert_eq!(
                partition_of(&ward, &catalogue, &user),
                labels(&expected["labels"]),
                "{ward:?}"
            );
        }
    }
}
