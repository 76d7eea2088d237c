//! Snapshot records, run records, outcomes, manifests and claims.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wayfare_tables::{
    ArtefactRef, Claim, DataFile, ErrorClass, Manifest, OutcomeKind, RunOutcome, RunRecord, Slice,
    SnapshotRecord, TableRoot, TablesError, latest_snapshot, list_manifests, read_manifest, read_run,
    write_outcome, write_run,
};

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const WORDS: [&[u8]; 12] = [
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\"\"",
    b"{}",
    b"[]",
    b"\\u0000",
    b"\\ud800",
    b"{\"a\":",
    b"[[[[[[[[",
];

fn snapshot() -> SnapshotRecord {
    let slice = Slice {
        input_fingerprint: "in".to_owned(),
        content_digest: "7-0-0".to_owned(),
        rows: 7,
        run_id: "run".to_owned(),
        configuration_hash: "configuration".to_owned(),
    };
    SnapshotRecord {
        sequence: 1,
        run_id: "run".to_owned(),
        created_at_ms: 1,
        tables: BTreeMap::from([("journeys".to_owned(), 3)]),
        bucket_count: 16,
        encoder: "encoder@1".to_owned(),
        item_pack: Some(ArtefactRef {
            uri: "file:///pack".to_owned(),
            hash: "00".to_owned(),
        }),
        settings: "{\"params\":{}}".to_owned(),
        slices: BTreeMap::from([("2026-01-02".to_owned(), slice)]),
    }
}

fn run() -> RunRecord {
    RunRecord {
        run_id: "run".to_owned(),
        job: "daily".to_owned(),
        logical_dates: vec!["2026-01-02".to_owned()],
        base_snapshot: Some(3),
        configuration_hash: "configuration".to_owned(),
        input_fingerprint: "in".to_owned(),
        bucket_count: 16,
        group_count: 4,
        plan: serde_json::json!({ "encoder": { "path": "p", "sha256": "0" } }),
        program_version: "0".to_owned(),
        started_at_ms: 1,
    }
}

fn outcome(kind: OutcomeKind) -> RunOutcome {
    RunOutcome {
        run_id: "run".to_owned(),
        outcome: kind,
        finished_at_ms: 3,
        snapshot: Some(1),
        counts: BTreeMap::from([("users".to_owned(), 2)]),
        error: None,
        exit_code: None,
    }
}

fn manifest() -> Manifest {
    let file = DataFile {
        path: "bucket=0/a.parquet".to_owned(),
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
        attempt: "a".to_owned(),
        files: BTreeMap::from([("journeys".to_owned(), vec![file])]),
        counts: BTreeMap::from([("users".to_owned(), 2)]),
        digest: None,
        started_at_ms: 1,
        finished_at_ms: 2,
    }
}

fn json(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record has a JSON form")
}

/// The first of an input says whether the rest is a record or changes a sound one.
fn record(sound: &[u8], input: &[u8]) -> Vec<u8> {
    match input.split_first() {
        Some((choice, bytes)) if choice % 4 == 0 => bytes.to_vec(),
        Some((_, script)) => mutated(sound, script, &WORDS),
        None => Vec::new(),
    }
}

/// What is refused is refused for what it is; what is accepted can be written and is then the same.
#[track_caller]
fn check<T: Serialize>(read: Result<T, TablesError>, again: impl Fn(&[u8]) -> Result<T, serde_json::Error>) {
    match read {
        Ok(record) => {
            let written = json(&record);
            let again = again(&written).expect("what was read and written is readable");
            assert_eq!(json(&again), written);
        }
        Err(error) => {
            assert!(
                matches!(error.class(), ErrorClass::Corrupt | ErrorClass::NotFound),
                "{error}"
            );
        }
    }
}

fn place(folder: &Path, file: &str) -> std::path::PathBuf {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder is made");
    path
}

#[test]
fn snapshot_records() {
    let folder = TempDir::new().expect("a temporary folder");
    let root = TableRoot::parse(&folder.path().display().to_string()).expect("a place for tables");
    let file = place(folder.path(), "_wayfare/snapshots/00000000000000000001.json");
    let (sound, runtime) = (json(&snapshot()), Runtime::new().expect("a runtime starts"));
    fuzz!(usual: 3_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        std::fs::write(&file, record(&sound, input)).expect("the record is written");
        let read = runtime.block_on(latest_snapshot(&root));
        check(read, |bytes| serde_json::from_slice(bytes));
    });
}

#[test]
fn run_records_and_outcomes() {
    let folder = TempDir::new().expect("a temporary folder");
    let root = TableRoot::parse(&folder.path().display().to_string()).expect("a place for tables");
    let run_file = place(folder.path(), "_wayfare/runs/run/run.json");
    let outcome_file = place(folder.path(), "_wayfare/runs/run/outcome.json");
    let (sound_run, sound_outcome) = (json(&run()), json(&outcome(OutcomeKind::Failed)));
    let runtime = Runtime::new().expect("a runtime starts");
    fuzz!(usual: 3_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        std::fs::write(&run_file, record(&sound_run, input)).expect("the record is written");
        std::fs::write(&outcome_file, &sound_outcome).expect("the outcome is written");
        check(runtime.block_on(read_run(&root, "run")).map(|run| run.record), |bytes| serde_json::from_slice(bytes));
        check(runtime.block_on(write_run(&root, &run())), |bytes| serde_json::from_slice(bytes));
        std::fs::write(&run_file, &sound_run).expect("the record is written");
        std::fs::write(&outcome_file, record(&sound_outcome, input)).expect("the outcome is written");
        check(runtime.block_on(read_run(&root, "run")).map(|run| run.outcome), |bytes| serde_json::from_slice(bytes));
        let written = runtime.block_on(write_outcome(&root, &outcome(OutcomeKind::Succeeded)));
        check(written, |bytes| serde_json::from_slice(bytes));
    });
}

#[test]
fn manifests() {
    let folder = TempDir::new().expect("a temporary folder");
    let root = TableRoot::parse(&folder.path().display().to_string()).expect("a place for tables");
    let file = place(folder.path(), "_wayfare/runs/run/segment/group-00007.json");
    let (sound, runtime) = (json(&manifest()), Runtime::new().expect("a runtime starts"));
    fuzz!(usual: 3_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        std::fs::write(&file, record(&sound, input)).expect("the manifest is written");
        let read = runtime.block_on(read_manifest(&root, "run", "segment", 7));
        check(read, |bytes| serde_json::from_slice(bytes));
        let listed = runtime.block_on(list_manifests(&root, "run", "segment"));
        check(listed, |bytes| serde_json::from_slice(bytes));
    });
}

#[test]
fn claims() {
    let folder = TempDir::new().expect("a temporary folder");
    let root = TableRoot::parse(&folder.path().display().to_string()).expect("a place for tables");
    let runtime = Runtime::new().expect("a runtime starts");
    let now = || {
        std::fs::metadata(folder.path())
            .and_then(|folder| folder.modified())
            .expect("a time")
            .into()
    };
    let claim = runtime
        .block_on(Claim::take(&root, "job", "run", now()))
        .expect("nobody has the job");
    drop(claim);
    let file = place(folder.path(), "_wayfare/claims/job/00000000000000000001.json");
    let sound = std::fs::read(&file).expect("the claim is readable");
    fuzz!(usual: 2_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        for entry in std::fs::read_dir(folder.path().join("_wayfare/claims/job")).expect("a folder of claims") {
            std::fs::remove_file(entry.expect("its entries are readable").path()).expect("a claim goes");
        }
        std::fs::write(&file, record(&sound, input)).expect("the claim is written");
        match runtime.block_on(Claim::take(&root, "job", "another-run", now())) {
            Ok(claim) => assert_eq!(claim.epoch(), 2),
            Err(TablesError::ClaimHeld { path, .. } | TablesError::CorruptRecord { path, .. }) => {
                assert!(path.contains("_wayfare/claims/job/"), "{path}");
            }
            Err(error) => panic!("{error}"),
        }
    });
}
