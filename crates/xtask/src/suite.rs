//! The checks of the project, in the order that finds cheap faults first.

use std::process::Command;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::tally::{Steps, TestCounts};
use crate::{assets, process, readers, tidy};

/// Which faults are brought upon clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Faults {
    /// One of each kind.
    Quick,
    All,
}

/// Everything that CI runs. `arguments` go to `cargo test`, for example a filter.
pub(crate) fn test(checkout: &Checkout, faults: Faults, arguments: &[String]) -> Result<()> {
    let mut steps = Steps::default();
    let mut counts = TestCounts::default();
    let result = test_steps(checkout, faults, arguments, &mut steps, &mut counts);
    println!("\n{steps}{counts}");
    result
}

// Clippy is not among the steps: it compiles every dependency a second time, in its own way. `cargo xtask lint` runs it.
fn test_steps(
    checkout: &Checkout,
    faults: Faults,
    arguments: &[String],
    steps: &mut Steps,
    counts: &mut TestCounts,
) -> Result<()> {
    steps.run("tidy", || tidy::run(&checkout.root))?;
    steps.run("format", || {
        process::run(&mut checkout.cargo(&["fmt", "--all", "--check"])?)
    })?;
    let mut tests = steps.run("set-up", || {
        test_command(checkout, &["--workspace", "--no-fail-fast"])
    })?;
    tests.args(arguments);
    if faults == Faults::All {
        tests.env("WAYFARE_FAULTS", "all");
    }
    steps.run("build and test", || {
        process::run_observed(&mut tests, |line| counts.observe(line))
    })?;
    if counts.passed == 0 {
        bail!("no test ran: no test's name contains the filter");
    }
    Ok(())
}

/// Whether the tests of expected files compare with the files or rewrite them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goldens {
    Compare,
    Accept,
}

/// Runs the tests that hold results against files of the repository; accepted changes are reviewed with `git diff`.
pub(crate) fn goldens(checkout: &Checkout, mode: Goldens) -> Result<()> {
    let mut tests = test_command(checkout, &["--workspace", "--test", "it"])?;
    if mode == Goldens::Accept {
        tests.env("WAYFARE_ACCEPT", "1");
    }
    process::run(&mut tests)
}

/// Clippy on every target, with warnings denied.
pub(crate) fn lint(checkout: &Checkout) -> Result<()> {
    process::run(&mut checkout.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)
}

/// `cargo test` with the environment that the tests rely on, set up.
fn test_command(checkout: &Checkout, scope: &[&str]) -> Result<Command> {
    let assets = assets::set_up(checkout)?;
    let readers = readers::set_up(checkout)?;
    let mut command = checkout.cargo(&["test"])?;
    command
        .args(scope)
        .env("WAYFARE_ASSETS", assets)
        .env("WAYFARE_PYTHON", readers.python)
        .env("WAYFARE_MDBOOK", readers.mdbook);
    Ok(command)
}
