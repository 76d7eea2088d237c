//! How much a target is tried.

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SECONDS_VARIABLE: &str = "WAYFARE_FUZZ_SECONDS";

/// What is tried. A panic in it ends the test, so that it does not matter what it leaves behind.
pub(crate) struct Check<F>(AssertUnwindSafe<F>);

impl<F: Fn(&[u8])> Check<F> {
    pub(crate) fn of(check: F) -> Self {
        Self(AssertUnwindSafe(check))
    }

    pub(crate) fn try_on(&self, input: &[u8]) {
        (self.0)(input);
    }
}

/// Inputs and time of a target, and how many inputs there were.
pub(crate) struct Effort {
    pub(crate) iterations: usize,
    pub(crate) time: Duration,
    is_long: bool,
    started: Instant,
    executions: AtomicU64,
}

impl Effort {
    /// The usual number of inputs, or the time that the environment asks for.
    #[expect(
        clippy::disallowed_methods,
        reason = "not a setting of the program, a switch of its tests"
    )]
    pub(crate) fn asked_for(usual: usize) -> Self {
        let seconds = std::env::var(SECONDS_VARIABLE).ok().map(|text| {
            text.parse::<u64>()
                .unwrap_or_else(|error| panic!("{SECONDS_VARIABLE} is not a number of seconds: {error}"))
        });
        Self {
            iterations: seconds.map_or(usual, |_| usize::MAX),
            time: seconds.map_or(Duration::MAX, Duration::from_secs),
            is_long: seconds.is_some(),
            started: Instant::now(),
            executions: AtomicU64::new(0),
        }
    }

    pub(crate) fn count(&self) {
        self.executions.fetch_add(1, Ordering::Relaxed);
    }

    /// Says how many inputs there were, for those who asked for a time.
    pub(crate) fn tell(&self, target: &str) {
        if self.is_long {
            let (executions, seconds) = (
                self.executions.load(Ordering::Relaxed),
                self.started.elapsed().as_secs(),
            );
            writeln!(
                std::io::stderr(),
                "{target}: {executions} executions in {seconds} s"
            )
            .expect("standard error is open");
        }
    }
}
