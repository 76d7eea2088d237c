//! What the owner of a job does beside the work: it says that it is alive, and hears when the run is to stop.
//!
//! Both go on while the work waits for something, and the work goes on while a slow store lets both wait.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wayfare_tables::{Claim, TableRoot, TablesError, read_cancel};

use crate::observer::{Event, Observer};

/// How often the owner of a job says that it is alive.
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);
/// How often the owner looks for a request to stop.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The run that is watched over.
pub(super) struct Watch<'a> {
    pub(super) claim: &'a Claim,
    pub(super) root: TableRoot,
    /// Set when somebody asks for it.
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) observer: Arc<dyn Observer>,
}

/// Does `work`, and what there is to do beside it for as long as it takes.
pub(super) async fn while_alive<T>(watch: &Watch<'_>, work: impl Future<Output = T>) -> T {
    tokio::select! {
        result = work => result,
        never = heartbeats(watch.claim) => match never {},
        never = listen(watch) => match never {},
    }
}

async fn heartbeats(claim: &Claim) -> Infallible {
    let mut ticks = tokio::time::interval(HEARTBEAT_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = claim.heartbeat().await {
            // The commits check the claim themselves; this only tells early.
            tracing::warn!(%error, "heartbeat failed");
        }
    }
}

async fn listen(watch: &Watch<'_>) -> Infallible {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        match is_asked_to_stop(watch).await {
            Ok(false) => {}
            Ok(true) => {
                if !watch.cancelled.swap(true, Ordering::Relaxed) {
                    let text = "somebody cancelled the run: stopping at the next safe point".to_owned();
                    watch.observer.observe(&Event::Note { text });
                }
                return std::future::pending().await;
            }
            Err(error) => tracing::warn!(%error, "cannot look for a request to stop"),
        }
    }
}

async fn is_asked_to_stop(watch: &Watch<'_>) -> Result<bool, TablesError> {
    let (run_id, epoch) = (watch.claim.run_id(), watch.claim.epoch());
    Ok(read_cancel(&watch.root, run_id, epoch).await?.is_some())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use wayfare_tables::{CancelRequest, request_cancel};

    use super::*;
    use crate::clock;
    use crate::observer::Silent;

    const DEADLINE: Duration = Duration::from_secs(30);

    fn watch<'a>(root: &TableRoot, claim: &'a Claim) -> Watch<'a> {
        Watch {
            claim,
            root: root.clone(),
            cancelled: Arc::default(),
            observer: Arc::new(Silent),
        }
    }

    async fn cancel(root: &TableRoot, epoch: u64) {
        let request = CancelRequest {
            run_id: "run".to_owned(),
            epoch,
            requested_at_ms: 0,
            host: "elsewhere".to_owned(),
        };
        request_cancel(root, &request).await.unwrap();
    }

    #[tokio::test]
    async fn a_request_stops_the_owner_that_it_is_meant_for_and_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let root = TableRoot::parse(&folder.path().display().to_string()).unwrap();
        let first = Claim::take(&root, "job", "run", clock::now()).await.unwrap();
        let first_watch = watch(&root, &first);
        assert!(!is_asked_to_stop(&first_watch).await.unwrap());
        cancel(&root, first.epoch()).await;
        let began = Instant::now();
        while_alive(&first_watch, async {
            while !first_watch.cancelled.load(Ordering::Relaxed) && began.elapsed() < DEADLINE {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(first_watch.cancelled.load(Ordering::Relaxed));

        first.release().await.unwrap();
        let second = Claim::take(&root, "job", "run", clock::now()).await.unwrap();
        let second_watch = watch(&root, &second);
        assert!(!is_asked_to_stop(&second_watch).await.unwrap());
        cancel(&root, second.epoch()).await;
        assert!(is_asked_to_stop(&second_watch).await.unwrap());
    }
}
