//! When a cluster that is being started can be given work.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::failure::Failure;
use crate::http_call;

/// Everything must be ready so soon after the start.
pub(super) const WITHIN: Duration = Duration::from_secs(120);
const ASK_EVERY: Duration = Duration::from_millis(200);

/// Gives the result of `work`, or the failure that says what is not ready.
pub(super) async fn in_time<T>(
    deadline: Instant,
    what: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| {
        Err(Failure::failed(format!(
            "the cluster is not ready {} s after its start: still waiting for {what}",
            WITHIN.as_secs()
        )))
    })
}

/// Waits until the scheduler says of itself that it is ready.
pub(super) async fn scheduler_answers(address: &str) -> Result<(), Failure> {
    loop {
        // A refused connection is a scheduler that is not ready.
        if http_call::get(address, "/readyz")
            .await
            .is_ok_and(|answer| answer.status == 200)
        {
            return Ok(());
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}
