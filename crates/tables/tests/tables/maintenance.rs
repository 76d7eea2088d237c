//! Checkpoints keep the meaning of the log; vacuum removes what nobody refers to and nothing else.

use std::time::Duration;

use wayfare_tables::{
    CommitOutcome, JOURNEY_ACTIVITIES as TABLE, TableChange, TablesError, checkpoint, clean_log, commit,
    load_table, vacuum,
};

use crate::support::{Place, adding, transaction};

/// Version 0 holds `a`, version 1 holds `b`, version 2 holds `c`.
async fn three_versions(place: &Place) {
    let files = ["a", "b", "c"].map(|name| place.activities_file(name, 0, &["u1"]));
    commit(
        &place.root,
        &TABLE,
        &adding(&[&files[0]]),
        &transaction("run", 1),
        "",
    )
    .await
    .unwrap();
    for number in 1..3 {
        let change = TableChange {
            add: vec![files[number].clone()],
            remove: vec![files[number - 1].clone()],
            data_change: true,
        };
        let sequence = i64::try_from(number).unwrap() + 1;
        commit(&place.root, &TABLE, &change, &transaction("run", sequence), "")
            .await
            .unwrap();
    }
}

fn exists(place: &Place, name: &str) -> bool {
    place
        .path(TABLE.directory)
        .join(format!("bucket=0/{name}.parquet"))
        .is_file()
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_removes_only_old_files_that_no_version_in_use_has() {
    let place = Place::new();
    three_versions(&place).await;
    place.activities_file("lost-attempt", 0, &["u1"]);
    place.write(&format!("{}/_notes/keep.txt", TABLE.directory), "not ours");

    let removed = vacuum(&place.root, &TABLE, Duration::from_hours(1), &[])
        .await
        .unwrap();
    assert!(
        removed.is_empty(),
        "files younger than the retention stay: {removed:?}"
    );

    let removed = vacuum(&place.root, &TABLE, Duration::ZERO, &[1]).await.unwrap();
    assert_eq!(removed, ["bucket=0/a.parquet", "bucket=0/lost-attempt.parquet"]);
    assert!(!exists(&place, "a") && exists(&place, "b") && exists(&place, "c"));
    assert!(place.path(TABLE.directory).join("_notes/keep.txt").is_file());
    assert_eq!(
        load_table(&place.root, &TABLE, None).await.unwrap().version,
        Some(2)
    );
    assert!(
        vacuum(&place.root, &TABLE, Duration::ZERO, &[1])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_deletes_nothing_when_a_version_in_use_cannot_be_read() {
    let place = Place::new();
    three_versions(&place).await;
    let error = vacuum(&place.root, &TABLE, Duration::ZERO, &[1, 9])
        .await
        .unwrap_err();
    assert!(
        matches!(error, TablesError::VersionNotFound { version: 9, .. }),
        "{error}"
    );
    assert!(exists(&place, "a") && exists(&place, "b"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_keeps_files_and_transactions() {
    let place = Place::new();
    assert_eq!(checkpoint(&place.root, &TABLE).await.unwrap(), None);
    three_versions(&place).await;
    let before = load_table(&place.root, &TABLE, None).await.unwrap();
    assert_eq!(checkpoint(&place.root, &TABLE).await.unwrap(), Some(2));

    assert_eq!(
        clean_log(&place.root, &TABLE, Duration::from_hours(1), &[])
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        clean_log(&place.root, &TABLE, Duration::ZERO, &[1])
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        place.commits(&TABLE).len(),
        3,
        "version 1 is in use and no checkpoint lies below it"
    );
    assert_eq!(
        clean_log(&place.root, &TABLE, Duration::ZERO, &[2])
            .await
            .unwrap(),
        2
    );
    assert_eq!(place.commits(&TABLE), ["00000000000000000002.json"]);

    assert_eq!(load_table(&place.root, &TABLE, None).await.unwrap(), before);
    for sequence in 1..=3 {
        let again = commit(
            &place.root,
            &TABLE,
            &TableChange::default(),
            &transaction("run", sequence),
            "",
        )
        .await
        .unwrap();
        assert_eq!(again, CommitOutcome::AlreadyCommitted { version: 2 });
    }
    let next = commit(
        &place.root,
        &TABLE,
        &TableChange::default(),
        &transaction("run", 4),
        "",
    )
    .await
    .unwrap();
    assert_eq!(next, CommitOutcome::Committed { version: 3 });
}
