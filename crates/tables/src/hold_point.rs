//! Named places where a test can make a process wait, so that what happens to it meanwhile hits it exactly there.
//!
//! Compiled in always, like [`crash_point`](crate::crash_point()): without the variable, a call is one read of a
//! [`OnceLock`].

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Environment variable: `NAME:DIRECTORY`, the directory as an absolute path. A process that reaches the point creates `DIRECTORY/reached-PROCESS` and goes
/// on once `DIRECTORY/go` exists.
pub const HOLD_VARIABLE: &str = "WAYFARE_HOLD_AT";

const LOOK_EVERY: Duration = Duration::from_millis(20);

struct Target {
    name: String,
    directory: PathBuf,
}

static TARGET: OnceLock<Option<Target>> = OnceLock::new();

/// Waits here while a test says so.
///
/// Names are `what:moment`, for example `segment:row`.
pub fn hold_point(name: &str) {
    let target = TARGET.get_or_init(target_from_environment);
    let Some(target) = target.as_ref().filter(|target| target.name == name) else {
        return;
    };
    let go = target.directory.join("go");
    if go.exists() {
        return;
    }
    let reached = target.directory.join(format!("reached-{}", std::process::id()));
    if let Err(error) = fs::write(&reached, name) {
        tracing::warn!(%error, file = %reached.display(), "a hold point could not say that it was reached");
    }
    let wait = || {
        while !go.exists() {
            sleep(LOOK_EVERY);
        }
    };
    // Only this task is to wait, not those that share its thread.
    match Handle::try_current() {
        Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => block_in_place(wait),
        _ => wait(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a fault injected from outside is not a setting: no job file or flag may hold a process"
)]
fn target_from_environment() -> Option<Target> {
    let text = std::env::var(HOLD_VARIABLE).ok()?;
    // The name may hold colons, too.
    let end = text.find(":/")?;
    Some(Target {
        name: text[..end].to_owned(),
        directory: text[end + 1..].into(),
    })
}
