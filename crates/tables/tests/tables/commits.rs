//! A transaction is committed once, whoever repeats it and however often.

use futures::future::join_all;
use wayfare_tables::{
    CommitOutcome, ErrorClass, JOURNEY_ACTIVITIES as TABLE, JOURNEYS, TableChange, TablesError, commit,
    load_table,
};

use crate::support::{Place, adding, paths, transaction};

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_does_not_exist_has_no_version_and_no_files() {
    let place = Place::new();
    let snapshot = load_table(&place.root, &TABLE, None).await.unwrap();
    assert_eq!(snapshot.version, None);
    assert!(snapshot.files.is_empty());
    assert!(
        !place.path(TABLE.directory).exists(),
        "reading must not create anything"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_back_as_they_were_committed() {
    let place = Place::new();
    let first = place.activities_file("a", 3, &["u1", "u2"]);
    let second = place.activities_file("b c%20d", 11, &["u3"]);
    let outcome = commit(
        &place.root,
        &TABLE,
        &adding(&[&second, &first]),
        &transaction("run", 1),
        "load",
    )
    .await
    .unwrap();
    assert_eq!(outcome, CommitOutcome::Committed { version: 0 });
    let snapshot = load_table(&place.root, &TABLE, None).await.unwrap();
    assert_eq!(snapshot.files, vec![second, first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_transaction_changes_nothing() {
    let place = Place::new();
    let first = place.activities_file("a", 0, &["u1"]);
    let second = place.activities_file("b", 0, &["u1"]);
    let (one, two) = (transaction("run", 1), transaction("run", 2));
    commit(&place.root, &TABLE, &adding(&[&first]), &one, "first")
        .await
        .unwrap();
    commit(&place.root, &TABLE, &adding(&[&second]), &two, "second")
        .await
        .unwrap();
    for (transaction, version) in [(&one, 0), (&two, 1)] {
        let again = commit(&place.root, &TABLE, &adding(&[&first]), transaction, "again")
            .await
            .unwrap();
        assert_eq!(again, CommitOutcome::AlreadyCommitted { version });
    }
    assert_eq!(place.commits(&TABLE).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_do_not_hide_each_other() {
    let place = Place::new();
    let first = place.activities_file("a", 0, &["u1"]);
    let second = place.activities_file("b", 0, &["u1"]);
    commit(
        &place.root,
        &TABLE,
        &adding(&[&first]),
        &transaction("one", 7),
        "",
    )
    .await
    .unwrap();
    let other = commit(
        &place.root,
        &TABLE,
        &adding(&[&second]),
        &transaction("two", 1),
        "",
    )
    .await
    .unwrap();
    assert_eq!(other, CommitOutcome::Committed { version: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racers_with_one_transaction_commit_once() {
    let place = Place::new();
    let file = place.activities_file("a", 0, &["u1"]);
    for sequence in 1..=2 {
        let file = if sequence == 1 {
            file.clone()
        } else {
            place.activities_file("b", 0, &["u2"])
        };
        let change = adding(&[&file]);
        let transaction = transaction("run", sequence);
        let racers = (0..6).map(|_| commit(&place.root, &TABLE, &change, &transaction, "race"));
        let outcomes: Vec<CommitOutcome> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
        let version = u64::try_from(sequence).unwrap() - 1;
        let winners = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, CommitOutcome::Committed { .. }))
            .count();
        assert_eq!(winners, 1, "{outcomes:?}");
        assert!(
            outcomes.iter().all(|outcome| outcome.version() == version),
            "{outcomes:?}"
        );
    }
    assert_eq!(place.commits(&TABLE).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racers_with_different_transactions_all_commit() {
    let place = Place::new();
    let files: Vec<_> = (0..6)
        .map(|number| place.activities_file(&format!("f{number}"), number, &["u1"]))
        .collect();
    let racers = files.iter().enumerate().map(|(number, file)| {
        let place = &place;
        async move {
            let transaction = transaction(&format!("run-{number}"), 1);
            commit(&place.root, &TABLE, &adding(&[file]), &transaction, "race")
                .await
                .unwrap()
        }
    });
    let mut versions: Vec<u64> = join_all(racers)
        .await
        .into_iter()
        .map(CommitOutcome::version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, vec![0, 1, 2, 3, 4, 5]);
    assert_eq!(
        load_table(&place.root, &TABLE, None).await.unwrap().files.len(),
        6
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_replaces_files_and_older_versions_keep_them() {
    let place = Place::new();
    let old = place.activities_file("old", 1, &["u1"]);
    let kept = place.activities_file("kept", 2, &["u2"]);
    let new = place.activities_file("new", 1, &["u1", "u3"]);
    commit(
        &place.root,
        &TABLE,
        &adding(&[&old, &kept]),
        &transaction("run", 1),
        "",
    )
    .await
    .unwrap();
    let replace = TableChange {
        add: vec![new.clone()],
        remove: vec![old.clone()],
        data_change: true,
    };
    commit(&place.root, &TABLE, &replace, &transaction("run", 2), "")
        .await
        .unwrap();

    let newest = load_table(&place.root, &TABLE, None).await.unwrap();
    assert_eq!(newest.version, Some(1));
    assert_eq!(newest.files, vec![new, kept.clone()]);
    let before = load_table(&place.root, &TABLE, Some(0)).await.unwrap();
    assert_eq!(before.files, vec![old.clone(), kept]);

    let gone = TableChange {
        add: vec![],
        remove: vec![old],
        data_change: true,
    };
    let error = commit(&place.root, &TABLE, &gone, &transaction("run", 3), "")
        .await
        .unwrap_err();
    assert!(
        matches!(&error, TablesError::Conflict { version: 1, path, .. } if path == "bucket=1/old.parquet"),
        "{error}"
    );
    assert_eq!(place.commits(&TABLE).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_version_is_named() {
    let place = Place::new();
    let error = load_table(&place.root, &TABLE, Some(4)).await.unwrap_err();
    assert!(
        matches!(
            error,
            TablesError::VersionNotFound {
                version: 4,
                newest: None,
                ..
            }
        ),
        "{error}"
    );
    commit(
        &place.root,
        &TABLE,
        &TableChange::default(),
        &transaction("run", 1),
        "",
    )
    .await
    .unwrap();
    let error = load_table(&place.root, &TABLE, Some(4)).await.unwrap_err();
    assert!(
        matches!(
            error,
            TablesError::VersionNotFound {
                version: 4,
                newest: Some(0),
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.class(), ErrorClass::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_contradict_themselves_are_refused() {
    let place = Place::new();
    let file = place.activities_file("a", 0, &["u1"]);
    let mut unpartitioned = file.clone();
    unpartitioned.partition.clear();
    let mut absolute = file.clone();
    absolute.path = "/a.parquet".to_owned();
    let bad = [
        adding(&[&file, &file]),
        adding(&[&unpartitioned]),
        adding(&[&absolute]),
        TableChange {
            add: vec![],
            remove: vec![file.clone()],
            data_change: true,
        },
    ];
    for change in bad {
        let error = commit(&place.root, &TABLE, &change, &transaction("run", 1), "")
            .await
            .unwrap_err();
        assert!(
            matches!(error, TablesError::InvalidChange { .. }),
            "{change:?}: {error}"
        );
        assert_eq!(error.class(), ErrorClass::Bug);
    }
    commit(&place.root, &TABLE, &adding(&[&file]), &transaction("run", 1), "")
        .await
        .unwrap();
    let error = commit(&place.root, &TABLE, &adding(&[&file]), &transaction("run", 2), "")
        .await
        .unwrap_err();
    assert!(matches!(error, TablesError::InvalidChange { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_columns_is_refused() {
    let place = Place::new();
    commit(
        &place.root,
        &JOURNEYS,
        &TableChange::default(),
        &transaction("run", 1),
        "",
    )
    .await
    .unwrap();
    std::fs::rename(place.path(JOURNEYS.directory), place.path(TABLE.directory)).unwrap();
    let error = load_table(&place.root, &TABLE, None).await.unwrap_err();
    assert!(matches!(error, TablesError::SchemaDiffers { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_row_counts_and_no_other_statistics() {
    let place = Place::new();
    let file = place.activities_file("a", 0, &["someone-private"]);
    commit(
        &place.root,
        &TABLE,
        &adding(&[&file]),
        &transaction("run", 1),
        "load",
    )
    .await
    .unwrap();
    let log = std::fs::read_to_string(
        place
            .path(TABLE.directory)
            .join("_delta_log/00000000000000000000.json"),
    )
    .unwrap();
    assert!(log.contains(r#""stats":"{\"numRecords\":1}""#), "{log}");
    assert!(
        log.contains(r#""minReaderVersion":1,"minWriterVersion":2"#),
        "{log}"
    );
    assert!(!log.contains("someone-private"));
    assert_eq!(
        paths(&load_table(&place.root, &TABLE, None).await.unwrap().files),
        ["bucket=0/a.parquet"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_log_is_an_error_that_names_the_table() {
    let place = Place::new();
    place.write(
        &format!("{}/_delta_log/00000000000000000000.json", TABLE.directory),
        "{\"add\": tru",
    );
    let error = load_table(&place.root, &TABLE, None).await.unwrap_err();
    assert!(error.to_string().contains("journey_activities"), "{error}");
    assert_eq!(error.class(), ErrorClass::Corrupt);
}

#[tokio::test]
async fn a_runtime_with_one_thread_is_enough() {
    let place = Place::new();
    let file = place.activities_file("a", 0, &["u1"]);
    commit(&place.root, &TABLE, &adding(&[&file]), &transaction("run", 1), "")
        .await
        .unwrap();
    assert_eq!(
        load_table(&place.root, &TABLE, None).await.unwrap().files,
        vec![file]
    );
}
