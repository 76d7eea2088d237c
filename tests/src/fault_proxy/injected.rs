//! One fault of a proxy: which requests, what happens to them, how long, and how often it has happened.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::header::IF_NONE_MATCH;
use hyper::{Method, Request};
use tokio::sync::watch;

use crate::process::until;

/// Which requests; every condition must hold.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    method: Option<Method>,
    /// Texts that the path has in it.
    path: Vec<&'static str>,
    creating: bool,
}

impl Requests {
    /// Every request.
    pub fn all() -> Self {
        Self::default()
    }

    /// Writes of one commit to the Delta log of a table; of every table without a name.
    pub fn commits(table: Option<&'static str>) -> Self {
        Self {
            method: Some(Method::PUT),
            path: table.into_iter().chain(["/_delta_log/"]).collect(),
            creating: true,
        }
    }

    /// Writes that must not replace anything: commits, manifests, claims, records.
    pub fn creating() -> Self {
        Self {
            method: Some(Method::PUT),
            path: Vec::new(),
            creating: true,
        }
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503, and the store hears nothing of it.
    Unavailable,
    /// The store does it, but its client sees the connection reset instead of the answer. Not for requests that fail.
    ResetAfterSuccess,
    /// The store hears of it only after [`Injected::stop`].
    HoldRequest,
    /// The store does it, the client hears of it only after [`Injected::stop`].
    HoldAnswer,
    /// A wait before each answer, and a limit to what flows per second in either direction.
    Slow { delay: Duration, bytes_per_second: u32 },
}

/// How long it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Until [`Injected::stop`].
    Forever,
    Times(u64),
    /// From the first request to which it happens.
    For(Duration),
}

/// A fault in a proxy.
#[derive(Debug)]
pub struct Injected {
    requests: Requests,
    fault: Fault,
    extent: Extent,
    fired: Mutex<Fired>,
    stopped: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Fired {
    times: u64,
    since: Option<Instant>,
}

impl Injected {
    pub(super) fn new(requests: Requests, fault: Fault, extent: Extent) -> Self {
        Self {
            requests,
            fault,
            extent,
            fired: Mutex::default(),
            stopped: watch::Sender::new(false),
        }
    }

    /// How often it has happened.
    pub fn fired(&self) -> u64 {
        self.lock().times
    }

    /// When it first happened.
    pub fn since(&self) -> Option<Instant> {
        self.lock().since
    }

    /// Waits until it has happened.
    #[track_caller]
    pub fn wait(&self, limit: Duration) {
        until("the fault fires", limit, || self.fired() > 0);
    }

    /// Ends it; what it holds goes on.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(super) fn kind(&self) -> &Fault {
        &self.fault
    }

    pub(super) fn is_about<B>(&self, request: &Request<B>) -> bool {
        let Requests {
            method,
            path,
            creating,
        } = &self.requests;
        let requested = request.uri().path();
        method.as_ref().is_none_or(|method| method == request.method())
            && path.iter().all(|part| requested.contains(part))
            && (!creating || request.headers().contains_key(IF_NONE_MATCH))
    }

    /// Whether it happens now; counts it if so.
    pub(super) fn fires(&self) -> bool {
        let mut fired = self.lock();
        let over = match self.extent {
            Extent::Forever => false,
            Extent::Times(times) => fired.times >= times,
            Extent::For(duration) => fired.since.is_some_and(|since| since.elapsed() > duration),
        };
        if over || self.is_stopped() {
            return false;
        }
        fired.times += 1;
        fired.since.get_or_insert_with(Instant::now);
        true
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    pub(super) async fn stopped(&self) {
        // The sender lives as long as `self`.
        drop(self.stopped.subscribe().wait_for(|stopped| *stopped).await);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Fired> {
        self.fired.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long so many bytes take.
pub(super) fn duration_of(bytes: usize, bytes_per_second: u32) -> Duration {
    Duration::from_secs_f64(bytes as f64 / f64::from(bytes_per_second.max(1)))
}
