//! SIGTERM to processes that this program started, and to itself.

use std::process::{Command, Stdio};

/// Asks a process to end; says whether it could be asked.
///
/// kill(2) needs unsafe code, so the signal comes from a child. Where there is no `kill`, callers have a rougher way.
pub(crate) fn terminate(process: u32) -> bool {
    Command::new("kill")
        .args(["-TERM", &process.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
