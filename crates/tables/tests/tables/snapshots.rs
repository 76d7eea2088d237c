//! Snapshot records: created once per number, read by number order, tolerant of newer writers and not of damage.

use std::collections::BTreeMap;

use futures::future::join_all;
use wayfare_tables::{
    ErrorClass, Slice, SnapshotRecord, SnapshotWrite, latest_snapshot, list_snapshots, write_snapshot,
};

use crate::support::Place;

pub(crate) fn record(sequence: u64, run_id: &str) -> SnapshotRecord {
    let slice = Slice {
        input_fingerprint: "in".to_owned(),
        content_digest: "content".to_owned(),
        rows: 7,
        run_id: run_id.to_owned(),
        configuration_hash: "configuration".to_owned(),
    };
    SnapshotRecord {
        sequence,
        run_id: run_id.to_owned(),
        created_at_ms: 1,
        tables: BTreeMap::from([("journeys".to_owned(), sequence)]),
        bucket_count: 16,
        encoder: "encoder-1".to_owned(),
        item_pack: None,
        settings: "{}".to_owned(),
        slices: BTreeMap::from([("2026-01-02".to_owned(), slice)]),
    }
}

#[tokio::test]
async fn the_newest_record_is_the_one_with_the_highest_number() {
    let place = Place::new();
    assert_eq!(latest_snapshot(&place.root).await.unwrap(), None);
    for sequence in [1, 2, 10, 9] {
        let written = write_snapshot(&place.root, &record(sequence, "run"))
            .await
            .unwrap();
        assert_eq!(written, SnapshotWrite::Written);
    }
    assert_eq!(
        latest_snapshot(&place.root).await.unwrap(),
        Some(record(10, "run"))
    );
    assert_eq!(list_snapshots(&place.root).await.unwrap(), [1, 2, 9, 10]);
    assert!(
        place
            .path("_wayfare/snapshots/00000000000000000010.json")
            .is_file()
    );
}

#[tokio::test]
async fn a_number_belongs_to_the_run_that_created_it() {
    let place = Place::new();
    write_snapshot(&place.root, &record(1, "mine")).await.unwrap();
    let mut later = record(1, "mine");
    later.created_at_ms = 99;
    assert_eq!(
        write_snapshot(&place.root, &later).await.unwrap(),
        SnapshotWrite::AlreadyThere
    );
    let other = write_snapshot(&place.root, &record(1, "other")).await.unwrap();
    assert_eq!(
        other,
        SnapshotWrite::Lost {
            to_run: "mine".to_owned()
        }
    );
    assert_eq!(
        latest_snapshot(&place.root).await.unwrap(),
        Some(record(1, "mine"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_runs_one_wins_and_the_others_learn_to_whom() {
    let place = Place::new();
    let records: Vec<SnapshotRecord> = (0..16)
        .map(|number| record(1, &format!("run-{number}")))
        .collect();
    let results = join_all(records.iter().map(|record| write_snapshot(&place.root, record))).await;
    let winner = latest_snapshot(&place.root).await.unwrap().unwrap().run_id;
    for (record, result) in records.iter().zip(results) {
        let expected = if record.run_id == winner {
            SnapshotWrite::Written
        } else {
            SnapshotWrite::Lost {
                to_run: winner.clone(),
            }
        };
        assert_eq!(result.unwrap(), expected);
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let place = Place::new();
    let mut json = serde_json::to_value(record(1, "run")).unwrap();
    json["from_the_future"] = serde_json::json!({ "a": 1 });
    place.write("_wayfare/snapshots/00000000000000000001.json", &json.to_string());
    assert_eq!(
        latest_snapshot(&place.root).await.unwrap(),
        Some(record(1, "run"))
    );
}

#[tokio::test]
async fn a_damaged_record_is_an_error_that_names_the_file() {
    let place = Place::new();
    write_snapshot(&place.root, &record(1, "run")).await.unwrap();
    place.write(
        "_wayfare/snapshots/00000000000000000002.json",
        "{\"sequence\": 2,",
    );
    let error = latest_snapshot(&place.root).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("_wayfare/snapshots/00000000000000000002.json"),
        "{error}"
    );
    assert_eq!(error.class(), ErrorClass::Corrupt);
}
