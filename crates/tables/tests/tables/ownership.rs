//! Two owners of one job: who came later commits, and who came before learns so; requests to stop reach one of them.

use chrono::{Duration, Utc};
use wayfare_tables::claim::STALE_AFTER;
use wayfare_tables::{
    CancelRequest, Claim, CommitOutcome, Fence, JOURNEY_ACTIVITIES as TABLE, TablesError, Transaction,
    commit_as, load_table, owner_of, read_cancel, request_cancel,
};

use crate::support::{Place, adding, paths, transaction};

fn owner(job: &str, epoch: u64) -> Fence {
    Fence {
        job: job.to_owned(),
        run_id: format!("run-{epoch}"),
        epoch,
    }
}

async fn add(
    place: &Place,
    owner: &Fence,
    transaction: &Transaction,
    file: &str,
) -> Result<CommitOutcome, TablesError> {
    let file = place.activities_file(file, 0, &["u1"]);
    commit_as(owner, &place.root, &TABLE, &adding(&[&file]), transaction, "test").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_job_does_not_commit_over_who_has_it() {
    let place = Place::new();
    let (first, second) = (owner("daily", 1), owner("daily", 2));
    let (one, two) = (transaction("run-1", 1), transaction("run-2", 1));
    // A late owner may still commit where the new one has not committed yet.
    add(&place, &first, &one, "a").await.unwrap();
    add(&place, &second, &two, "b").await.unwrap();
    let late = add(&place, &first, &transaction("run-1b", 1), "c").await;
    assert!(
        matches!(&late, Err(TablesError::ClaimLost { job, run_id, epoch: 2 }) if job == "daily" && run_id == "run-1"),
        "{late:?}"
    );
    // What it has committed before, it has committed.
    let again = add(&place, &first, &one, "a").await.unwrap();
    assert_eq!(again, CommitOutcome::AlreadyCommitted { version: 0 });
    let files = load_table(&place.root, &TABLE, None).await.unwrap().files;
    assert_eq!(paths(&files), ["bucket=0/a.parquet", "bucket=0/b.parquet"]);
    assert_eq!(place.commits(&TABLE).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_of_other_jobs_are_not_in_the_way() {
    let place = Place::new();
    add(&place, &owner("daily", 7), &transaction("run-7", 1), "a")
        .await
        .unwrap();
    let other = add(&place, &owner("weekly", 1), &transaction("run-1", 1), "b").await;
    assert_eq!(other.unwrap(), CommitOutcome::Committed { version: 1 });
    // The same owner commits as often as it has something to commit.
    let same = add(&place, &owner("daily", 7), &transaction("run-7", 2), "c").await;
    assert_eq!(same.unwrap(), CommitOutcome::Committed { version: 2 });
}

#[tokio::test]
async fn the_owner_is_known_until_it_releases_the_job_or_falls_silent() {
    let place = Place::new();
    let now = Utc::now();
    assert_eq!(owner_of(&place.root, "daily", now).await.unwrap(), None);
    let claim = Claim::take(&place.root, "daily", "run-1", now).await.unwrap();
    let owner = owner_of(&place.root, "daily", now).await.unwrap().unwrap();
    assert_eq!(
        (owner.run_id.as_str(), owner.epoch, owner.taken_at_ms),
        (claim.run_id(), claim.epoch(), now.timestamp_millis())
    );
    assert_eq!(owner.process.process, std::process::id());
    assert_eq!(claim.fence().epoch, owner.epoch);
    let later = Utc::now() + Duration::from_std(STALE_AFTER).unwrap() + Duration::minutes(1);
    assert_eq!(owner_of(&place.root, "daily", later).await.unwrap(), None);
    claim.release().await.unwrap();
    assert_eq!(owner_of(&place.root, "daily", now).await.unwrap(), None);
}

#[tokio::test]
async fn a_request_to_stop_is_for_one_owner_and_the_first_counts() {
    let place = Place::new();
    let request = |epoch, host: &str| CancelRequest {
        run_id: "run".to_owned(),
        epoch,
        requested_at_ms: 5,
        host: host.to_owned(),
    };
    assert_eq!(read_cancel(&place.root, "run", 3).await.unwrap(), None);
    let first = request_cancel(&place.root, &request(3, "a")).await.unwrap();
    assert_eq!(first, request(3, "a"));
    let second = request_cancel(&place.root, &request(3, "b")).await.unwrap();
    assert_eq!(second, first);
    assert_eq!(read_cancel(&place.root, "run", 3).await.unwrap(), Some(first));
    assert_eq!(read_cancel(&place.root, "run", 4).await.unwrap(), None);
    assert_eq!(read_cancel(&place.root, "other", 3).await.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_is_not_for_its_place_is_refused() {
    let place = Place::new();
    let path = format!("_wayfare/runs/run/cancel-{:020}.json", 3);
    place.write(&path, r#"{"run_id":"other","epoch":3,"requested_at_ms":5}"#);
    let error = read_cancel(&place.root, "run", 3).await.unwrap_err();
    assert!(matches!(error, TablesError::CorruptRecord { .. }), "{error}");
}
