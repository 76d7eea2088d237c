//! Who may change the tables of a job, checked in the same atomic step as the change.
//!
//! [`Claim::verify`](crate::Claim::verify) and a commit are two steps, between which a process may be paused for as long as
//! it takes another to become the owner and to publish. So each commit of an owner carries the epoch of its claim as an
//! application transaction of the job, and a commit is only tried on a version that carries no later epoch. Delta gives a
//! version number to one writer: whoever was looked past between looking and writing has taken the number, and the next
//! look sees its epoch.

use deltalake_core::kernel::{EagerSnapshot, Transaction as DeltaTransaction};

use super::TableLog;
use crate::error::TablesError;

/// The owner of a job, as the logs of its tables know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub job: String,
    pub run_id: String,
    /// Of the owner's claim.
    pub epoch: u64,
}

impl Fence {
    fn app_id(&self) -> String {
        format!("wayfare-owner/{}", self.job)
    }

    /// What a commit of this owner says of it.
    pub(super) fn recorded(&self, now_ms: i64) -> DeltaTransaction {
        let epoch = i64::try_from(self.epoch).unwrap_or(i64::MAX);
        DeltaTransaction::new_with_last_update(self.app_id(), epoch, Some(now_ms))
    }

    /// # Errors
    /// [`TablesError::ClaimLost`] if a later owner has committed to the table.
    pub(super) async fn check(
        &self,
        log: &TableLog<'_>,
        snapshot: &EagerSnapshot,
    ) -> Result<(), TablesError> {
        let recorded = snapshot
            .transaction_version(log.store().as_ref(), self.app_id())
            .await
            .map_err(|error| log.error("read the transactions of", error))?;
        match recorded.map(i64::unsigned_abs) {
            Some(epoch) if epoch > self.epoch => Err(TablesError::ClaimLost {
                job: self.job.clone(),
                run_id: self.run_id.clone(),
                epoch,
            }),
            _ => Ok(()),
        }
    }
}
