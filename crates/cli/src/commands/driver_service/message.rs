//! What `wayfare submit` and the service say to each other, as JSON.

use serde::{Deserialize, Serialize};
use wayfare_pipeline::report::{Outcome, RunReport};

use crate::exit_code;
use crate::failure::Failure;

/// A run to drive.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::commands) struct Submission {
    /// The job's settings as [`to_recorded`](wayfare_pipeline::settings::JobSettings::to_recorded) gives them: resolved
    /// where the run was submitted.
    pub(in crate::commands) settings: String,
    /// Logical dates, all for one run.
    pub(in crate::commands) dates: Vec<String>,
    #[serde(default)]
    pub(in crate::commands) require_accelerator: bool,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum Standing {
    Running,
    Done,
    Noop,
    Failed,
    Cancelled,
}

/// What the service knows of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct RunStatus {
    /// None for what failed before it was known which run it is.
    pub(in crate::commands) run_id: Option<String>,
    pub(in crate::commands) standing: Standing,
    /// Of the process that `wayfare run` would have been; none while it runs.
    pub(in crate::commands) exit_code: Option<u8>,
    /// Why it failed, outermost first.
    #[serde(default)]
    pub(in crate::commands) messages: Vec<String>,
    #[serde(default)]
    pub(in crate::commands) hint: Option<String>,
    /// The snapshot that readers see with it.
    #[serde(default)]
    pub(in crate::commands) snapshot: Option<u64>,
}

impl RunStatus {
    pub(super) fn running(run_id: Option<String>) -> Self {
        Self {
            run_id,
            standing: Standing::Running,
            exit_code: None,
            messages: Vec::new(),
            hint: None,
            snapshot: None,
        }
    }

    pub(super) fn ended(report: &RunReport) -> Self {
        let standing = match report.outcome {
            Outcome::Done => Standing::Done,
            Outcome::Noop => Standing::Noop,
        };
        Self {
            standing,
            exit_code: Some(0),
            snapshot: Some(report.snapshot),
            ..Self::running(Some(report.run_id.clone()))
        }
    }

    pub(super) fn failed(run_id: Option<String>, failure: &Failure) -> Self {
        let standing = match failure.exit_code() {
            exit_code::CANCELLED => Standing::Cancelled,
            _ => Standing::Failed,
        };
        Self {
            standing,
            exit_code: Some(failure.exit_code()),
            messages: failure.messages(),
            hint: failure.hint().map(ToOwned::to_owned),
            ..Self::running(run_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_arrives_as_it_was() {
        let failure = Failure::failed("no such bucket")
            .context("cannot read `a`")
            .context("run `x`")
            .cancelled();
        let status = RunStatus::failed(Some("x".to_owned()), &failure);
        assert_eq!(status.standing, Standing::Cancelled);
        let text = serde_json::to_string(&status).unwrap();
        let read: RunStatus = serde_json::from_str(&text).unwrap();
        assert_eq!(read, status);
        let told = Failure::told(&read.messages, read.exit_code.unwrap(), read.hint);
        assert_eq!(told.messages(), failure.messages());
        assert_eq!(told.messages().len(), 3);
        assert_eq!(told.exit_code(), failure.exit_code());
        assert_eq!(told.hint(), failure.hint());
    }
}
