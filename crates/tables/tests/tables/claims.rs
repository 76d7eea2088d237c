//! A job has one owner; who died or fell silent loses it; who lost it learns so.

use std::process::Command;

use chrono::{Duration, Utc};
use futures::future::join_all;
use wayfare_tables::claim::STALE_AFTER;
use wayfare_tables::{Claim, ErrorClass, TablesError};

use crate::support::Place;

#[tokio::test]
async fn a_held_job_is_refused_and_a_released_one_is_not() {
    let place = Place::new();
    let first = Claim::take(&place.root, "daily", "run-1", Utc::now())
        .await
        .unwrap();
    let error = Claim::take(&place.root, "daily", "run-2", Utc::now())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, TablesError::ClaimHeld { run_id, .. } if run_id == "run-1"),
        "{error}"
    );
    assert_eq!(error.class(), ErrorClass::Transient);
    Claim::take(&place.root, "other", "run-2", Utc::now())
        .await
        .unwrap();
    first.heartbeat().await.unwrap();
    first.release().await.unwrap();
    let second = Claim::take(&place.root, "daily", "run-2", Utc::now())
        .await
        .unwrap();
    assert_eq!(second.epoch(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_simultaneous_takers_one_wins() {
    for round in 0..20 {
        let place = Place::new();
        let names: Vec<String> = (0..8).map(|number| format!("run-{number}")).collect();
        let now = Utc::now();
        let results = join_all(
            names
                .iter()
                .map(|name| Claim::take(&place.root, "daily", name, now)),
        )
        .await;
        let winners = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(winners, 1, "round {round}");
        for error in results.into_iter().filter_map(Result::err) {
            assert!(matches!(error, TablesError::ClaimHeld { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_silent_owner_loses_the_job_and_learns_so() {
    let place = Place::new();
    let silent = Claim::take(&place.root, "daily", "run-1", Utc::now())
        .await
        .unwrap();
    let soon = Utc::now() + Duration::from_std(STALE_AFTER).unwrap() - Duration::minutes(1);
    let later = soon + Duration::minutes(2);
    Claim::take(&place.root, "daily", "run-2", soon)
        .await
        .unwrap_err();
    silent.verify().await.unwrap();
    let second = Claim::take(&place.root, "daily", "run-2", later).await.unwrap();
    for error in [
        silent.verify().await.unwrap_err(),
        silent.heartbeat().await.unwrap_err(),
    ] {
        assert!(
            matches!(error, TablesError::ClaimLost { epoch: 2, .. }),
            "{error}"
        );
    }
    second.verify().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_job_of_an_ended_process_is_free_at_once() {
    let place = Place::new();
    Claim::take(&place.root, "daily", "run-1", Utc::now())
        .await
        .unwrap();
    let path = "_wayfare/claims/daily/00000000000000000001.json";
    let text = std::fs::read_to_string(place.path(path)).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut ended = Command::new("true").spawn().unwrap();
    record["owner"]["process"] = ended.id().into();
    ended.wait().unwrap();

    let mut elsewhere = record.clone();
    elsewhere["owner"]["scope"] = "another boot".into();
    place.write(path, &elsewhere.to_string());
    Claim::take(&place.root, "daily", "run-2", Utc::now())
        .await
        .unwrap_err();

    place.write(path, &record.to_string());
    let second = Claim::take(&place.root, "daily", "run-2", Utc::now())
        .await
        .unwrap();
    assert_eq!(second.epoch(), 2);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reused_process_number_is_not_the_owner() {
    let place = Place::new();
    Claim::take(&place.root, "daily", "run-1", Utc::now())
        .await
        .unwrap();
    let path = "_wayfare/claims/daily/00000000000000000001.json";
    let text = std::fs::read_to_string(place.path(path)).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
    record["owner"]["started"] = 1.into();
    place.write(path, &record.to_string());
    Claim::take(&place.root, "daily", "run-2", Utc::now())
        .await
        .unwrap();
}

#[tokio::test]
async fn old_epochs_do_not_pile_up() {
    let place = Place::new();
    for number in 1..=20 {
        let claim = Claim::take(&place.root, "daily", "run", Utc::now())
            .await
            .unwrap();
        assert_eq!(claim.epoch(), number);
        claim.release().await.unwrap();
    }
    let left = std::fs::read_dir(place.path("_wayfare/claims/daily"))
        .unwrap()
        .count();
    assert!(left <= 14, "{left} files");
}

#[tokio::test]
async fn a_damaged_claim_is_an_error_that_names_the_file() {
    let place = Place::new();
    place.write("_wayfare/claims/daily/00000000000000000003.json", "no");
    let error = Claim::take(&place.root, "daily", "run", Utc::now())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("_wayfare/claims/daily/00000000000000000003.json"),
        "{error}"
    );
}
