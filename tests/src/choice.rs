//! Which of the long tests run, and what is said for people who do not ask for more.

use std::io::Write;

const VARIABLE: &str = "WAYFARE_FAULTS";

/// Whether tests are asked for that take long.
#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the program, a choice of tests"
)]
pub fn all_are_asked_for() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|value| value == "all")
}

/// Says that a test was not run, and how it would be.
pub fn say_skipped(test: &str) {
    say(&format!(
        "{test} skipped: {VARIABLE}=all (cargo xtask test --faults) runs it"
    ));
}

/// A line on standard error, past the test harness, which keeps what tests that pass print.
pub fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}
