//! What ran, how long it took, and how many tests were in it.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The steps of a command, each with its time; shown at the end also when one of them failed.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration, bool)>,
}

impl Steps {
    /// Runs one step. The error of a step that fails carries its name.
    pub(crate) fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("== {name}");
        let start = Instant::now();
        let result = step();
        self.done.push((name, start.elapsed(), result.is_ok()));
        result.with_context(|| format!("step `{name}` failed"))
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, elapsed, passed) in &self.done {
            let verdict = if *passed { "ok" } else { "FAILED" };
            writeln!(out, "{name:<16} {:>8.1} s  {verdict}", elapsed.as_secs_f64())?;
        }
        Ok(())
    }
}

/// How many tests the test binaries of one `cargo test` say they ran.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestCounts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl TestCounts {
    /// Adds the closing line of a test binary; any other line counts nothing.
    pub(crate) fn observe(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        // "ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s"
        let words: Vec<&str> = counts
            .split([' ', ';', '.'])
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            match (pair[0].parse::<usize>(), pair[1]) {
                (Ok(count), "passed") => self.passed += count,
                (Ok(count), "failed") => self.failed += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for TestCounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "tests: {} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn counts_of_all_test_binaries_add_up() {
        let mut counts = TestCounts::default();
        for line in [
            "running 12 tests\n",
            "test state::keeps_order ... ok\n",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s\n",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s\n",
            "99 passed\n",
        ] {
            counts.observe(line);
        }
        assert_eq!(
            counts,
            TestCounts {
                passed: 13,
                failed: 2
            }
        );
        assert_eq!(counts.to_string(), "tests: 13 passed, 2 failed");
    }

    #[test]
    fn a_failed_step_is_named_and_listed() {
        let mut steps = Steps::default();
        steps.run("first", || Ok(())).unwrap();
        let error = steps
            .run("second", || -> Result<()> { bail!("the reason") })
            .unwrap_err();
        assert_eq!(format!("{error:#}"), "step `second` failed: the reason");
        let listed = steps.to_string();
        assert!(
            listed.contains("first") && listed.contains("ok") && listed.contains("FAILED"),
            "{listed}"
        );
    }
}
