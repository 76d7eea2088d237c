//! One owner of a job at a time.
//!
//! Claims are numbered by epoch under `_wayfare/claims/JOB/`; taking one means creating the next number, so of two that
//! try at once exactly one succeeds. An owner that was paused and comes back finds a later epoch and must stop:
//! [`Claim::verify`] before every commit.
//!
//! A claim alone cannot keep two owners from publishing: between `verify` and the write after it, a process may be paused
//! until another has the job, and on another machine nobody can tell a paused process from a dead one. What holds:
//!
//! * **A snapshot is published once.** Its record has the number after that of the snapshot that the run began from, and is
//!   created only where none is. Of all runs that began from one snapshot, and of all attempts at one run, one creates it;
//!   the others learn who did. It names table versions, which never change, so that a commit that comes late is not seen.
//! * **A commit of a run happens once per table**, by the run's application transaction, whichever of its drivers makes it.
//!   Both want the same files: manifests are created once, and the first counts for all attempts.
//! * **Who lost the job does not commit over who has it**: each commit carries the [`Fence`] of its owner, which is checked
//!   in the same atomic step. The one thing that a late owner can still do is commit to a table to which the new owner has
//!   not committed yet; the new owner's commit then brings the table from there to its own target, or, if it had looked
//!   before, meets a conflict and looks again.

mod process;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::process::ProcessIdentity;
use crate::delta::Fence;
use crate::error::TablesError;
use crate::json_object::{self, Created};
use crate::location::TableRoot;

const DIRECTORY: &str = "_wayfare/claims";
const KIND: &str = "claim";
/// An owner that was silent for so long is taken to be gone. Call [`Claim::heartbeat`] much more often.
pub const STALE_AFTER: Duration = Duration::from_mins(10);
/// Between looking and taking, the state may change; it settles in one or two rounds.
const MAXIMUM_ATTEMPTS: u32 = 5;
/// Epochs kept behind the newest, for people who look into what happened.
const KEPT_EPOCHS: u64 = 5;

/// Ownership of a job, held until [`Claim::release`] or until someone takes it over.
#[derive(Debug)]
pub struct Claim {
    root: TableRoot,
    record: ClaimRecord,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ClaimRecord {
    job: String,
    run_id: String,
    epoch: u64,
    /// Tells our own record from an equal one of another.
    token: String,
    owner: ProcessIdentity,
    taken_at_ms: i64,
}

/// Empty: what it says is when it was last written, by the clock of the storage.
#[derive(Serialize)]
struct Heartbeat {}

/// The newest epoch of a job, as found.
struct Newest {
    epoch: u64,
    released: bool,
    last_sign: DateTime<Utc>,
}

impl Claim {
    /// Takes the job for `run_id`: if nobody has it, if its owner released it, ended (as far as this machine can tell) or
    /// was silent for [`STALE_AFTER`] before `now`.
    ///
    /// # Errors
    /// [`TablesError::ClaimHeld`] if someone else has it.
    pub async fn take(
        root: &TableRoot,
        job: &str,
        run_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, TablesError> {
        json_object::segment("job", job)?;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let newest = newest(root, job).await?;
            let epoch = match &newest {
                None => 1,
                Some(newest) => {
                    if let Some(record) = holder_of(root, job, newest, now).await? {
                        return Err(held(&record));
                    }
                    newest.epoch + 1
                }
            };
            let record = ClaimRecord {
                job: job.to_owned(),
                run_id: run_id.to_owned(),
                epoch,
                token: Uuid::new_v4().to_string(),
                owner: ProcessIdentity::current(),
                taken_at_ms: now.timestamp_millis(),
            };
            match json_object::create(root, &path_of(job, epoch, "json"), KIND, &record).await? {
                Created::First => return Self::taken(root, record).await,
                Created::Exists(stored) if stored.token == record.token => {
                    return Self::taken(root, record).await;
                }
                Created::Exists(stored) if attempts == MAXIMUM_ATTEMPTS => {
                    return Err(held(&stored));
                }
                Created::Exists(_) => {}
            }
        }
    }

    async fn taken(root: &TableRoot, record: ClaimRecord) -> Result<Self, TablesError> {
        remove_old_epochs(root, &record).await?;
        Ok(Self {
            root: root.clone(),
            record,
        })
    }

    /// Grows with every owner of the job.
    pub fn epoch(&self) -> u64 {
        self.record.epoch
    }

    /// The run that the job was taken for.
    pub fn run_id(&self) -> &str {
        &self.record.run_id
    }

    /// Says that the owner is alive, and checks that it still is the owner.
    ///
    /// # Errors
    /// [`TablesError::ClaimLost`] if the job was taken over.
    pub async fn heartbeat(&self) -> Result<(), TablesError> {
        self.verify().await?;
        let path = path_of(&self.record.job, self.record.epoch, "heartbeat");
        json_object::replace(&self.root, &path, KIND, &Heartbeat {}).await
    }

    /// Checks that nobody took the job over; call it before every commit.
    ///
    /// # Errors
    /// [`TablesError::ClaimLost`] if somebody did.
    pub async fn verify(&self) -> Result<(), TablesError> {
        let newest = newest(&self.root, &self.record.job).await?;
        match newest {
            Some(newest) if newest.epoch > self.record.epoch => Err(TablesError::ClaimLost {
                job: self.record.job.clone(),
                run_id: self.record.run_id.clone(),
                epoch: newest.epoch,
            }),
            _ => Ok(()),
        }
    }

    /// What tells this claim apart in the log of a table, see [`Fence`](crate::delta::Fence).
    pub fn fence(&self) -> Fence {
        Fence {
            job: self.record.job.clone(),
            run_id: self.record.run_id.clone(),
            epoch: self.record.epoch,
        }
    }

    /// Gives the job back. A claim that is merely dropped is taken over once its process has ended.
    pub async fn release(self) -> Result<(), TablesError> {
        let path = path_of(&self.record.job, self.record.epoch, "released");
        json_object::replace(&self.root, &path, KIND, &self.record).await
    }
}

/// Who has a job, as another host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub run_id: String,
    pub epoch: u64,
    pub taken_at_ms: i64,
    pub process: ProcessIdentity,
}

/// Who has the job at `now`; `None` if nobody has, or if the owner ended or has been silent for [`STALE_AFTER`].
pub async fn owner_of(root: &TableRoot, job: &str, now: DateTime<Utc>) -> Result<Option<Owner>, TablesError> {
    json_object::segment("job", job)?;
    let Some(newest) = newest(root, job).await? else {
        return Ok(None);
    };
    let record = holder_of(root, job, &newest, now).await?;
    Ok(record.map(|record| Owner {
        run_id: record.run_id,
        epoch: record.epoch,
        taken_at_ms: record.taken_at_ms,
        process: record.owner,
    }))
}

/// Who has the job now; `None` if it can be taken.
async fn holder_of(
    root: &TableRoot,
    job: &str,
    newest: &Newest,
    now: DateTime<Utc>,
) -> Result<Option<ClaimRecord>, TablesError> {
    if newest.released {
        return Ok(None);
    }
    let silent = now.signed_duration_since(newest.last_sign);
    if silent.to_std().is_ok_and(|silent| silent > STALE_AFTER) {
        return Ok(None);
    }
    let path = path_of(job, newest.epoch, "json");
    let record: Option<ClaimRecord> = json_object::read(root, &path, KIND).await?;
    if let Some(record) = &record {
        let found = (record.job.as_str(), record.epoch);
        json_object::belongs(&path, KIND, found == (job, newest.epoch))?;
    }
    Ok(record.filter(|record| !record.owner.has_ended()))
}

async fn newest(root: &TableRoot, job: &str) -> Result<Option<Newest>, TablesError> {
    let mut newest: Option<Newest> = None;
    for (epoch, suffix, written) in list(root, job).await? {
        let entry = newest.get_or_insert(Newest {
            epoch,
            released: false,
            last_sign: written,
        });
        if epoch > entry.epoch {
            *entry = Newest {
                epoch,
                released: false,
                last_sign: written,
            };
        }
        if epoch == entry.epoch {
            entry.last_sign = entry.last_sign.max(written);
            entry.released |= suffix == "released";
        }
    }
    Ok(newest)
}

/// Epoch, kind and time of each object of the job.
async fn list(root: &TableRoot, job: &str) -> Result<Vec<(u64, String, DateTime<Utc>)>, TablesError> {
    let directory = Path::from(format!("{DIRECTORY}/{job}"));
    let objects: Vec<_> = root
        .store()
        .list(Some(&directory))
        .try_collect()
        .await
        .map_err(|error| json_object::storage("list", &directory, error))?;
    Ok(objects
        .into_iter()
        .filter_map(|object| {
            let (epoch, suffix) = object.location.filename()?.split_once('.')?;
            Some((epoch.parse().ok()?, suffix.to_owned(), object.last_modified))
        })
        .collect())
}

async fn remove_old_epochs(root: &TableRoot, record: &ClaimRecord) -> Result<(), TablesError> {
    for (epoch, suffix, _) in list(root, &record.job).await? {
        if epoch + KEPT_EPOCHS < record.epoch {
            let path = path_of(&record.job, epoch, &suffix);
            match root.store().delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(json_object::storage("delete", &path, error)),
            }
        }
    }
    Ok(())
}

fn held(record: &ClaimRecord) -> TablesError {
    TablesError::ClaimHeld {
        job: record.job.clone(),
        run_id: record.run_id.clone(),
        process: record.owner.process,
        host: record.owner.host.clone(),
        path: path_of(&record.job, record.epoch, "json").to_string(),
    }
}

fn path_of(job: &str, epoch: u64, suffix: &str) -> Path {
    Path::from(format!("{DIRECTORY}/{job}/{epoch:020}.{suffix}"))
}
