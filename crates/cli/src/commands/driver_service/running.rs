//! The runs that this process drives: each on a thread of its own, with an engine of its own.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::watch;
use wayfare_pipeline::driver::{self, RunRequest};
use wayfare_pipeline::engine::Engine;
use wayfare_pipeline::observer::Observer;
use wayfare_pipeline::report::{Outcome, RunReport};

use super::message::{RunStatus, Standing};
use crate::commands::report;
use crate::failure::Failure;
use crate::progress::RunLines;

/// More drivers at once would wait for each other's work on the cluster.
const MOST_AT_ONCE: usize = 16;
/// Runs that ended and are still answered for.
const REMEMBERED: usize = 256;
/// How long runs may take to come to a safe point when this process is to end.
const GRACE: Duration = Duration::from_secs(20);

/// The runs, by the order in which they were started.
#[derive(Debug, Default)]
pub(in crate::commands) struct Runs(Mutex<BTreeMap<u64, Started>>);

/// A run that was started here.
#[derive(Debug, Clone)]
pub(super) struct Started {
    cancelled: Arc<AtomicBool>,
    status: watch::Receiver<RunStatus>,
}

impl Started {
    fn has_ended(&self) -> bool {
        self.status.borrow().standing != Standing::Running
    }

    /// How the run stands once it is known which run it is, or why it did not come to that.
    pub(super) async fn settled(&mut self) -> RunStatus {
        let known = |status: &RunStatus| status.run_id.is_some() || status.standing != Standing::Running;
        self.when(known).await
    }

    async fn when(&mut self, is_so: impl FnMut(&RunStatus) -> bool) -> RunStatus {
        let found = self.status.wait_for(is_so).await.map(|status| status.clone());
        found.unwrap_or_else(|_| RunStatus::failed(None, &Failure::bug("a driver ended without a word")))
    }
}

impl Runs {
    /// Starts to drive a run. An engine that was told to stop does not go on, so that each run has its own.
    pub(super) fn start(
        &self,
        request: RunRequest,
        engine: impl Engine + 'static,
    ) -> Result<Started, Failure> {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.values().filter(|run| !run.has_ended()).count() >= MOST_AT_ONCE {
            let error = anyhow::Error::msg(format!("{MOST_AT_ONCE} runs are being driven here already"));
            return Err(Failure::passing(
                error,
                "submit it again when one of them has ended",
            ));
        }
        while runs.len() >= REMEMBERED {
            let Some(oldest) = runs
                .iter()
                .find(|(_, run)| run.has_ended())
                .map(|(number, _)| *number)
            else {
                break;
            };
            runs.remove(&oldest);
        }
        let (tell, status) = watch::channel(RunStatus::running(None));
        let started = Started {
            cancelled: Arc::default(),
            status,
        };
        let runtime = Handle::current();
        let cancelled = Arc::clone(&started.cancelled);
        // Statements are planned on this thread, which recurses deeply.
        thread::Builder::new()
            .name("driver".to_owned())
            .stack_size(crate::STACK_BYTES)
            .spawn(move || {
                let driving = Box::pin(drive(&request, &engine, &cancelled, &tell));
                let result = runtime.block_on(AssertUnwindSafe(driving).catch_unwind());
                let result = result.unwrap_or_else(|_| Err(Failure::bug("a thread panicked")));
                conclude(&tell, result, cancelled.load(Ordering::Relaxed));
            })
            .map_err(|error| Failure::from(error).context("cannot start a thread"))?;
        let number = runs.last_key_value().map_or(0, |(number, _)| number + 1);
        runs.insert(number, started.clone());
        Ok(started)
    }

    /// How the run stands, if it was driven here.
    pub(super) fn status(&self, run_id: &str) -> Option<RunStatus> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statuses = runs.values().rev().map(|run| run.status.borrow().clone());
        statuses.find(|status| status.run_id.as_deref() == Some(run_id))
    }

    /// Asks all runs to stop at their next safe point.
    pub(super) fn ask_all_to_stop(&self) -> Vec<Started> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way: Vec<Started> = runs.values().filter(|run| !run.has_ended()).cloned().collect();
        for run in &under_way {
            run.cancelled.store(true, Ordering::Relaxed);
        }
        under_way
    }

    /// Asks all runs to stop and waits for them, within reason: a run survives the end of its driver at any moment.
    pub(in crate::commands) async fn stop_all(&self) {
        let mut under_way = self.ask_all_to_stop();
        let ends = under_way
            .iter_mut()
            .map(|run| run.when(|status| status.standing != Standing::Running));
        tokio::time::timeout(GRACE, futures::future::join_all(ends))
            .await
            .ok();
    }
}

async fn drive(
    request: &RunRequest,
    engine: &dyn Engine,
    cancelled: &Arc<AtomicBool>,
    tell: &watch::Sender<RunStatus>,
) -> Result<RunReport, Failure> {
    let known = tell.clone();
    let observer: Arc<dyn Observer> = Arc::new(RunLines::new(move |run_id: &str| {
        known.send_modify(|status| status.run_id = Some(run_id.to_owned()));
    }));
    let report = driver::run(request, engine, observer, Arc::clone(cancelled)).await?;
    if report.outcome == Outcome::Done {
        report::after_run(engine, &report).await;
    }
    Ok(report)
}

fn conclude(tell: &watch::Sender<RunStatus>, result: Result<RunReport, Failure>, was_cancelled: bool) {
    let run_id = tell.borrow().run_id.clone();
    let status = match result {
        Ok(report) => RunStatus::ended(&report),
        Err(failure) if was_cancelled => RunStatus::failed(run_id, &failure.cancelled()),
        Err(failure) => RunStatus::failed(run_id, &failure),
    };
    // Kept also where nobody has asked yet.
    tell.send_replace(status);
}
