//! Processes that die at a crash point, and what a repeated run makes of what they left.
//!
//! The dying process is this test program, started again for [`child`] alone.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use wayfare_tables::crash_point::CRASH_VARIABLE;
use wayfare_tables::{
    CommitOutcome, JOURNEY_ACTIVITIES as TABLE, TableRoot, commit, latest_snapshot, list_manifests,
    load_table, write_manifest, write_snapshot,
};

use crate::manifests::manifest;
use crate::snapshots::record;
use crate::support::{Place, adding, transaction};

const ROOT_VARIABLE: &str = "WAYFARE_TEST_ROOT";

/// What the dying process does; as a test of its own it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(root) = std::env::var(ROOT_VARIABLE) else {
        return;
    };
    let root = TableRoot::parse(&root).unwrap();
    write_manifest(&root, &manifest("attempt-1")).await.unwrap();
    for sequence in 1..=2 {
        let change = wayfare_tables::TableChange::default();
        commit(&root, &TABLE, &change, &transaction("run", sequence), "")
            .await
            .unwrap();
    }
    write_snapshot(&root, &record(1, "run")).await.unwrap();
}

fn run_child(place: &Place, crash_at: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::child", "--test-threads=1"])
        .env(ROOT_VARIABLE, place.path(""))
        .env(CRASH_VARIABLE, crash_at)
        .output()
        .unwrap()
        .status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_anywhere_is_simply_run_again() {
    let points = [
        "manifest:segment:before",
        "manifest:segment:after",
        "commit:journey_activities:before",
        "commit:journey_activities:after",
        "commit:journey_activities:before:2",
        "commit:journey_activities:after:2",
        "snapshot:before",
        "snapshot:after",
    ];
    for point in points {
        let place = Place::new();
        let died = run_child(&place, point);
        assert_eq!(died.signal(), Some(9), "{point}: {died:?}");
        let repeated = run_child(&place, "nowhere");
        assert!(repeated.success(), "{point}: {repeated:?}");
        assert_eq!(place.commits(&TABLE).len(), 2, "{point}");
        assert_eq!(
            list_manifests(&place.root, "run", "segment").await.unwrap().len(),
            1,
            "{point}"
        );
        assert_eq!(
            latest_snapshot(&place.root).await.unwrap(),
            Some(record(1, "run")),
            "{point}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_before_the_death_is_found_by_the_repetition() {
    let place = Place::new();
    assert_eq!(
        run_child(&place, "commit:journey_activities:after").signal(),
        Some(9)
    );
    let file = place.activities_file("late", 0, &["u1"]);
    let again = commit(&place.root, &TABLE, &adding(&[&file]), &transaction("run", 1), "")
        .await
        .unwrap();
    assert_eq!(again, CommitOutcome::AlreadyCommitted { version: 0 });
    assert!(
        load_table(&place.root, &TABLE, None)
            .await
            .unwrap()
            .files
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_point_before_the_commit_leaves_no_commit() {
    let place = Place::new();
    assert_eq!(
        run_child(&place, "commit:journey_activities:before").signal(),
        Some(9)
    );
    assert_eq!(load_table(&place.root, &TABLE, None).await.unwrap().version, None);
}
