//! Tuning finds what is known to be best, the same every time, and says what it cannot tune.

use wayfare_evaluation::EvaluationError;
use wayfare_evaluation::extraction::baselines::NAMES;
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};
use wayfare_evaluation::extraction::scores::{Metric, mean, score};
use wayfare_evaluation::extraction::tuning::{Objective, Tuned, tune};

use super::planted::{Planted, visit};

/// Within a group the cosine is .5, and of a cluster with an activity that is not of its group from .3 up to about .37,
/// as loners come early: only thresholds between are right. In Ward's tree groups close at 1, loners at 1.18 with each
/// other and at about 1.3 with groups.
fn planted() -> (Catalogue, Vec<UserHistory>) {
    let planted = Planted::new(5, 8, 6, 0.5, 0.3);
    let users = vec![
        planted.user(&[(0, 8), (1, 6)], &[0, 1]),
        planted.user(&[(2, 7), (3, 8), (4, 5)], &[2, 3, 4]),
        planted.user(&[(1, 8)], &[5]),
        planted.user(&[(4, 8), (0, 5)], &[1, 3]),
    ];
    (planted.catalogue, users)
}

fn tuned(name: &str) -> Tuned {
    let (catalogue, users) = planted();
    tune(name, &catalogue, &users, Objective::default()).unwrap()
}

fn value(tuned: &Tuned, name: &str) -> f64 {
    let values = &tuned.chosen.values;
    values.iter().find(|(axis, _)| *axis == name).unwrap().1
}

#[track_caller]
fn perfect(tuned: &Tuned) {
    let chosen = &tuned.chosen;
    assert!(
        chosen.bcubed_f1 > 1.0 - 1e-9 && chosen.coverage > 1.0 - 1e-9,
        "{chosen:?}"
    );
    assert_eq!(chosen.noise_rejected, Some(1.0));
    assert!(tuned.floor_kept);
}

#[test]
fn the_only_right_thresholds_are_found() {
    let icpc = tuned("icpc");
    perfect(&icpc);
    let threshold = value(&icpc, "join_threshold");
    assert!((0.34..=0.5).contains(&threshold), "{threshold}");
    assert_eq!(icpc.method.parameters()["join_threshold"], threshold);
    for name in ["ward", "ward-reject"] {
        let ward = tuned(name);
        perfect(&ward);
        let cut = value(&ward, "cut_distance");
        assert_eq!(ward.method.parameters()["cut_distance"], cut);
    }
    let cut = value(&tuned("ward"), "cut_distance");
    assert!((0.99..=1.31).contains(&cut), "{cut}");
}

#[test]
fn every_method_can_be_tuned_and_does_not_get_worse() {
    for name in NAMES.into_iter().chain(["wayfare"]) {
        let once = tuned(name);
        let before = &once.trials[0];
        let least = before.bcubed_f1 - Objective::default().most_f1_given_up;
        assert!(
            once.chosen.bcubed_f1 >= least,
            "{name}: {:?} after {before:?}",
            once.chosen
        );
        assert!(once.trials.contains(&once.chosen), "{name}");
        assert_eq!(once.method.name(), name);
        assert_eq!(once.method.parameters()["min_activities"], 4, "{name}");
        let again = tuned(name);
        assert_eq!(once.trials, again.trials, "{name}");
        assert_eq!(once.method.parameters(), again.method.parameters(), "{name}");
    }
}

#[test]
fn what_is_chosen_scores_the_same_when_it_is_run_again() {
    let (catalogue, users) = planted();
    for name in NAMES {
        let tuned = tuned(name);
        let scores: Vec<_> = users
            .iter()
            .map(|user| score(tuned.method.as_ref(), &catalogue, user).unwrap())
            .collect();
        for (metric, expected) in [
            (Metric::BcubedF1, tuned.chosen.bcubed_f1),
            (Metric::Coverage, tuned.chosen.coverage),
        ] {
            let found = mean(&scores, metric).unwrap();
            assert!(
                (found - expected).abs() < 1e-12,
                "{name} {metric:?}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn the_activities_that_a_journey_needs_are_given() {
    let (catalogue, users) = planted();
    let objective = Objective {
        min_activities: 7,
        coverage_floor: 0.0,
        ..Objective::default()
    };
    let tuned = tune("icpc", &catalogue, &users, objective).unwrap();
    assert_eq!(tuned.method.parameters()["min_activities"], 7);
    for user in &users {
        let labels = tuned.method.assign(&catalogue, user);
        for label in labels.iter().flatten() {
            assert!(labels.iter().flatten().filter(|other| *other == label).count() >= 7);
        }
    }
}

#[test]
fn unknown_methods_and_unknown_journeys_are_refused() {
    let (catalogue, users) = planted();
    let error = tune("k-medoids", &catalogue, &users, Objective::default()).unwrap_err();
    assert!(error.to_string().contains("`k-medoids`"), "{error}");
    assert!(
        NAMES.iter().all(|name| error.to_string().contains(name)),
        "{error}"
    );
    let mut unknown = UserHistory::default();
    visit(&mut unknown, 0, None);
    for users in [vec![], vec![unknown]] {
        let error = tune("icpc", &catalogue, &users, Objective::default()).unwrap_err();
        assert!(matches!(error, EvaluationError::NoUsers), "{error}");
    }
}
