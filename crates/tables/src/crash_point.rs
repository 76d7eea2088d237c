//! Named places where a test can make the process die, to prove that a repeated run still ends right.
//!
//! Compiled in always, so that what is tested is what is shipped. It decides nothing and delays nothing: without the
//! variable, a call is one read of a [`OnceLock`].

use std::process::{Command, abort, id};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Environment variable: `name`, or `name:n` for the n-th time the point is reached (from 1).
pub const CRASH_VARIABLE: &str = "WAYFARE_CRASH_AT";

struct Target {
    name: String,
    hit: u32,
}

static TARGET: OnceLock<Option<Target>> = OnceLock::new();
static HITS: AtomicU32 = AtomicU32::new(0);

/// Dies here as if killed with SIGKILL (no destructors, no flush) when `WAYFARE_CRASH_AT` names this point.
///
/// Names are `what:subject:moment`, for example `commit:journeys:before`.
pub fn crash_point(name: &str) {
    let target = TARGET.get_or_init(target_from_environment);
    let Some(target) = target else { return };
    if target.name == name && HITS.fetch_add(1, Ordering::Relaxed) + 1 == target.hit {
        die();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a fault injected from outside is not a setting: no job file or flag may kill a process"
)]
fn target_from_environment() -> Option<Target> {
    std::env::var(CRASH_VARIABLE).ok().map(|text| parse(&text))
}

fn parse(text: &str) -> Target {
    if let Some((name, hit)) = text.rsplit_once(':')
        && let Ok(hit) = hit.parse::<u32>()
    {
        return Target {
            name: name.to_owned(),
            hit: hit.max(1),
        };
    }
    Target {
        name: text.to_owned(),
        hit: 1,
    }
}

/// kill(2) needs unsafe code, so the signal comes from a child; where there is no `kill`, abort is the nearest thing.
fn die() -> ! {
    let killed = Command::new("kill").args(["-KILL", &id().to_string()]).status();
    drop(killed);
    abort()
}
