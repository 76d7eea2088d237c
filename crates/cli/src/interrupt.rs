//! SIGTERM and Ctrl-C: the first asks the run to stop at the next safe point; the second, or too long a wait for that
//! point, ends the process, which a run survives at any moment.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::{exit_code, output};

/// Schedulers kill what has not ended 30 seconds after they asked.
const GRACE: Duration = Duration::from_secs(25);

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Interrupt {
    cancelled: Arc<AtomicBool>,
    _listener: SpawnedTask<()>,
}

impl Interrupt {
    /// Starts to listen; from here on a signal does not end the process by itself.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (terminate, interrupt) = subscribe()?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let listener = SpawnedTask::spawn(listen(terminate, interrupt, Arc::clone(&cancelled)));
        Ok(Self {
            cancelled,
            _listener: listener,
        })
    }

    /// The flag that the run watches.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// A future that is ready when this process is asked to stop; until then, and after, a signal does not end the process by
/// itself.
pub(crate) fn asked_to_stop() -> Result<impl Future<Output = Result<(), Failure>>, Failure> {
    let (mut terminate, mut interrupt) = subscribe()?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        Ok(())
    })
}

fn subscribe() -> Result<(Signal, Signal), Failure> {
    let to = |kind| signal(kind).map_err(|error| Failure::from(error).context("cannot listen for signals"));
    Ok((to(SignalKind::terminate())?, to(SignalKind::interrupt())?))
}

async fn listen(mut terminate: Signal, mut interrupt: Signal, cancelled: Arc<AtomicBool>) {
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    };
    next().await;
    cancelled.store(true, Ordering::Relaxed);
    output::talk(
        "stopping at the next safe point; once more stops at once (what is finished is kept either way)",
    );
    if tokio::time::timeout(GRACE, next()).await.is_err() {
        output::talk("no safe point in time: stopping at once");
    }
    std::process::exit(exit_code::CANCELLED.into());
}
