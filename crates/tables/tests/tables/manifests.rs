//! The ledger: the first manifest of a group counts, a run is described once, a final outcome stays.

use std::collections::BTreeMap;

use futures::future::join_all;
use wayfare_tables::{
    DataFile, ErrorClass, Manifest, OutcomeKind, RunOutcome, RunRecord, TablesError, list_manifests,
    list_runs, read_manifest, read_run, write_manifest, write_outcome, write_run,
};

use crate::support::Place;

pub(crate) fn manifest(attempt: &str) -> Manifest {
    let file = DataFile {
        path: format!("bucket=0/{attempt}.parquet"),
        size: 10,
        rows: 2,
        partition: BTreeMap::from([("bucket".to_owned(), Some("0".to_owned()))]),
        modified_ms: 5,
        deleted: None,
    };
    Manifest {
        run_id: "run".to_owned(),
        stage: "segment".to_owned(),
        group: 7,
        attempt: attempt.to_owned(),
        files: BTreeMap::from([("journeys".to_owned(), vec![file])]),
        counts: BTreeMap::from([("users".to_owned(), 2)]),
        digest: None,
        started_at_ms: 1,
        finished_at_ms: 2,
    }
}

fn run(run_id: &str) -> RunRecord {
    RunRecord {
        run_id: run_id.to_owned(),
        job: "daily".to_owned(),
        logical_dates: vec!["2026-01-02".to_owned()],
        base_snapshot: None,
        configuration_hash: "configuration".to_owned(),
        input_fingerprint: "in".to_owned(),
        bucket_count: 16,
        group_count: 4,
        plan: serde_json::json!({ "a": [1, 2] }),
        program_version: "0".to_owned(),
        started_at_ms: 1,
    }
}

fn outcome(kind: OutcomeKind) -> RunOutcome {
    RunOutcome {
        run_id: "run".to_owned(),
        outcome: kind,
        finished_at_ms: 3,
        snapshot: None,
        counts: BTreeMap::new(),
        error: None,
        exit_code: None,
    }
}

#[tokio::test]
async fn the_first_manifest_of_a_group_counts() {
    let place = Place::new();
    assert_eq!(
        read_manifest(&place.root, "run", "segment", 7).await.unwrap(),
        None
    );
    let first = write_manifest(&place.root, &manifest("one")).await.unwrap();
    assert_eq!(first, manifest("one"));
    let second = write_manifest(&place.root, &manifest("two")).await.unwrap();
    assert_eq!(second, manifest("one"));
    assert_eq!(
        read_manifest(&place.root, "run", "segment", 7).await.unwrap(),
        Some(manifest("one"))
    );
    assert!(place.path("_wayfare/runs/run/segment/group-00007.json").is_file());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_attempts_agree_on_the_winner() {
    let place = Place::new();
    let attempts: Vec<Manifest> = (0..16)
        .map(|number| manifest(&format!("attempt-{number}")))
        .collect();
    let winners = join_all(
        attempts
            .iter()
            .map(|attempt| write_manifest(&place.root, attempt)),
    )
    .await;
    let stored = read_manifest(&place.root, "run", "segment", 7)
        .await
        .unwrap()
        .unwrap();
    for winner in winners {
        assert_eq!(winner.unwrap(), stored);
    }
}

#[tokio::test]
async fn manifests_are_listed_by_group_and_stage() {
    let place = Place::new();
    for group in [12, 3, 100_000] {
        write_manifest(
            &place.root,
            &Manifest {
                group,
                ..manifest("a")
            },
        )
        .await
        .unwrap();
    }
    write_manifest(
        &place.root,
        &Manifest {
            stage: "name".to_owned(),
            ..manifest("a")
        },
    )
    .await
    .unwrap();
    let listed = list_manifests(&place.root, "run", "segment").await.unwrap();
    let groups: Vec<u32> = listed.iter().map(|manifest| manifest.group).collect();
    assert_eq!(groups, [3, 12, 100_000]);
    assert!(
        list_manifests(&place.root, "other", "segment")
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_damaged_manifest_is_an_error_that_names_the_file() {
    let place = Place::new();
    place.write("_wayfare/runs/run/segment/group-00007.json", "");
    for error in [
        read_manifest(&place.root, "run", "segment", 7).await.unwrap_err(),
        list_manifests(&place.root, "run", "segment").await.unwrap_err(),
        write_manifest(&place.root, &manifest("one")).await.unwrap_err(),
    ] {
        assert!(matches!(error, TablesError::CorruptRecord { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("_wayfare/runs/run/segment/group-00007.json"),
            "{error}"
        );
        assert_eq!(error.class(), ErrorClass::Corrupt);
    }
}

#[tokio::test]
async fn names_that_would_leave_the_directory_are_refused() {
    let place = Place::new();
    for run_id in ["", "..", "a/b", "../../outside", "a\\b", "zürich", ".hidden"] {
        let bad = Manifest {
            run_id: run_id.to_owned(),
            ..manifest("a")
        };
        let error = write_manifest(&place.root, &bad).await.unwrap_err();
        assert!(
            matches!(error, TablesError::InvalidName { .. }),
            "{run_id}: {error}"
        );
        assert_eq!(error.class(), ErrorClass::UserInput);
    }
}

#[tokio::test]
async fn a_run_is_described_once() {
    let place = Place::new();
    assert_eq!(write_run(&place.root, &run("run")).await.unwrap(), run("run"));
    let changed = RunRecord {
        input_fingerprint: "other".to_owned(),
        ..run("run")
    };
    assert_eq!(write_run(&place.root, &changed).await.unwrap(), run("run"));
    write_run(&place.root, &run("another")).await.unwrap();
    assert_eq!(list_runs(&place.root).await.unwrap(), ["another", "run"]);
    let error = read_run(&place.root, "nobody").await.unwrap_err();
    assert!(matches!(error, TablesError::RunNotFound { .. }), "{error}");
}

#[tokio::test]
async fn success_replaces_failure_and_nothing_replaces_success() {
    let place = Place::new();
    write_run(&place.root, &run("run")).await.unwrap();
    assert_eq!(read_run(&place.root, "run").await.unwrap().outcome, None);
    for kind in [
        OutcomeKind::Failed,
        OutcomeKind::Cancelled,
        OutcomeKind::Succeeded,
    ] {
        assert_eq!(
            write_outcome(&place.root, &outcome(kind)).await.unwrap().outcome,
            kind
        );
        assert_eq!(
            read_run(&place.root, "run").await.unwrap().outcome,
            Some(outcome(kind))
        );
    }
    let late = write_outcome(&place.root, &outcome(OutcomeKind::Failed))
        .await
        .unwrap();
    assert_eq!(late.outcome, OutcomeKind::Succeeded);
    assert_eq!(
        read_run(&place.root, "run").await.unwrap().outcome,
        Some(outcome(OutcomeKind::Succeeded))
    );
}
