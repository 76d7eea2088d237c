//! Writes whose answer is lost or that never happened: the storage is asked before an error is believed.

use std::sync::Arc;

use chrono::Utc;
use wayfare_tables::{
    Claim, CommitOutcome, ErrorClass, JOURNEY_ACTIVITIES as TABLE, SnapshotWrite, TableChange, TableRoot,
    TablesError, commit, load_table, write_manifest, write_snapshot,
};

use crate::faulty_store::{Fault, FaultKind, FaultyStore};
use crate::manifests::manifest;
use crate::snapshots::record;
use crate::support::{Place, transaction};

const LOST: [FaultKind; 2] = [FaultKind::AnswerLost, FaultKind::RetriedAfterLostAnswer];

fn faulty(
    place: &Place,
    path: &'static str,
    kind: FaultKind,
    failing_reads: u32,
) -> (TableRoot, Arc<FaultyStore>) {
    let store = FaultyStore::new(Fault {
        path,
        kind,
        failing_reads,
    });
    let root = TableRoot::with_storage(Arc::<FaultyStore>::clone(&store), place.root.url().clone()).unwrap();
    (root, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_one_commit() {
    for kind in LOST {
        for (version, log_entry) in [(0, "00000.json"), (1, "00001.json")] {
            let place = Place::new();
            for sequence in 1..=version {
                commit(
                    &place.root,
                    &TABLE,
                    &TableChange::default(),
                    &transaction("before", sequence),
                    "",
                )
                .await
                .unwrap();
            }
            let (root, store) = faulty(&place, log_entry, kind, 0);
            let outcome = commit(&root, &TABLE, &TableChange::default(), &transaction("run", 1), "")
                .await
                .unwrap();
            assert_eq!(store.struck(), 1);
            assert_eq!(outcome.version(), u64::try_from(version).unwrap(), "{kind:?}");
            assert_eq!(
                place.commits(&TABLE).len(),
                usize::try_from(version).unwrap() + 1,
                "{kind:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_did_not_happen_is_a_transient_error() {
    let place = Place::new();
    let (root, store) = faulty(&place, "_delta_log", FaultKind::Refused, 0);
    let (change, transaction) = (TableChange::default(), transaction("run", 1));
    let error = commit(&root, &TABLE, &change, &transaction, "")
        .await
        .unwrap_err();
    assert_eq!(store.struck(), 1);
    assert!(matches!(error, TablesError::Delta { .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
    assert_eq!(load_table(&root, &TABLE, None).await.unwrap().version, None);
    let again = commit(&root, &TABLE, &change, &transaction, "").await.unwrap();
    assert_eq!(again, CommitOutcome::Committed { version: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_cannot_be_read_back_is_unknown_and_repeated_safely() {
    let place = Place::new();
    let (root, store) = faulty(&place, "_delta_log", FaultKind::AnswerLost, 1);
    let (change, transaction) = (TableChange::default(), transaction("run", 1));
    let error = commit(&root, &TABLE, &change, &transaction, "")
        .await
        .unwrap_err();
    assert_eq!(store.struck(), 1);
    assert!(matches!(error, TablesError::CommitUnknown { .. }), "{error}");
    assert_eq!(error.class(), ErrorClass::Transient);
    let again = commit(&root, &TABLE, &change, &transaction, "").await.unwrap();
    assert_eq!(again, CommitOutcome::AlreadyCommitted { version: 0 });
}

#[tokio::test]
async fn a_record_whose_answer_is_lost_was_written() {
    for kind in LOST {
        let place = Place::new();
        let (root, store) = faulty(&place, "_wayfare/snapshots", kind, 0);
        let written = write_snapshot(&root, &record(1, "run")).await.unwrap();
        assert_eq!(store.struck(), 1);
        assert!(
            matches!(written, SnapshotWrite::Written | SnapshotWrite::AlreadyThere),
            "{kind:?}: {written:?}"
        );

        let (root, store) = faulty(&place, "_wayfare/runs", kind, 0);
        assert_eq!(
            write_manifest(&root, &manifest("one")).await.unwrap(),
            manifest("one")
        );
        assert_eq!(store.struck(), 1);

        let (root, store) = faulty(&place, "_wayfare/claims", kind, 0);
        let claim = Claim::take(&root, "daily", "run", Utc::now()).await.unwrap();
        assert_eq!((store.struck(), claim.epoch()), (1, 1));
    }
}

#[tokio::test]
async fn a_record_that_was_not_written_is_an_error_and_absent() {
    let place = Place::new();
    let (root, store) = faulty(&place, "_wayfare/snapshots", FaultKind::Refused, 0);
    let error = write_snapshot(&root, &record(1, "run")).await.unwrap_err();
    assert_eq!(store.struck(), 1);
    assert_eq!(error.class(), ErrorClass::Transient);
    assert!(
        error
            .to_string()
            .contains("_wayfare/snapshots/00000000000000000001.json"),
        "{error}"
    );
    assert_eq!(
        write_snapshot(&root, &record(1, "run")).await.unwrap(),
        SnapshotWrite::Written
    );
}
