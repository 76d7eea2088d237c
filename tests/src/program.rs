//! The program `wayfare` as its callers start it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The binary that cargo built beside this test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it lies");
    let found = test
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("wayfare"))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!(
            "no binary `wayfare` beside {}: `cargo build --workspace` makes it",
            test.display()
        )
    })
}

/// A call with an environment that holds only what the tests say.
#[expect(clippy::disallowed_methods, reason = "the search path is not a setting")]
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        // A crash point dies by the hand of `kill`.
        command.env("PATH", path);
    }
    command
}

/// Waits for the end of a call.
pub fn finish(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// Panics with everything that the program said unless it ended well.
#[track_caller]
pub fn assert_success(output: &Output, what: &str) {
    assert!(
        output.status.success(),
        "{what}: {}\n{}",
        output.status,
        said(output)
    );
}

/// What the program wrote to either stream.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
