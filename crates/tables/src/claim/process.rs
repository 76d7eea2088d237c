//! Who this process is, so that another on the same machine can tell whether it still lives.

use std::fs::read_to_string;

use serde::{Deserialize, Serialize};

/// Identity of a process. The start time tells it from a later process with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    pub host: String,
    /// Boot and process-number namespace; process numbers mean nothing outside it. Empty where it is not known.
    pub scope: String,
    pub process: u32,
    /// Clock ticks since boot; 0 where it is not known.
    pub started: u64,
}

impl ProcessIdentity {
    /// This process.
    pub fn current() -> Self {
        let process = std::process::id();
        Self {
            host: read_trimmed("/proc/sys/kernel/hostname"),
            scope: current_scope(),
            process,
            started: start_time(process).unwrap_or(0),
        }
    }

    /// Whether it is certain that the process has ended. Never certain about another machine.
    pub fn has_ended(&self) -> bool {
        !self.scope.is_empty()
            && self.scope == current_scope()
            && start_time(self.process) != Some(self.started)
    }
}

fn current_scope() -> String {
    let boot = read_trimmed("/proc/sys/kernel/random/boot_id");
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    match namespace {
        Ok(namespace) if !boot.is_empty() => format!("{boot}/{}", namespace.display()),
        _ => String::new(),
    }
}

/// `None` if there is no such process, or it has ended and only its entry is left.
fn start_time(process: u32) -> Option<u64> {
    let status = read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold spaces and parentheses; the fields start after the last one.
    let fields: Vec<&str> = status.rsplit_once(')')?.1.split_whitespace().collect();
    if matches!(fields.first(), Some(&("Z" | "X"))) {
        return None;
    }
    // Field 22 of the line; the state is field 3.
    fields.get(19)?.parse().ok()
}

fn read_trimmed(path: &str) -> String {
    read_to_string(path)
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}
