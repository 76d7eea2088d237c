//! One process of a cluster: started, listened to, and ended.

use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;
use crate::{output, process_signal};

/// How long a process may take to hand back what it is at.
const GRACE: Duration = Duration::from_secs(20);
/// Lines of its talk that are repeated when it ends unexpectedly.
const LAST_LINES: usize = 12;

/// What a process lets know of itself.
#[derive(Debug)]
pub(super) enum News {
    /// It said that it is ready.
    Ready { name: String, event: Value },
    /// It ended without having been asked to.
    Ended {
        name: String,
        how: String,
        code: Option<u8>,
        said: Vec<String>,
    },
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Member {
    stop: oneshot::Sender<()>,
    minder: SpawnedTask<()>,
}

impl Member {
    /// Starts this program again with other arguments.
    pub(super) fn start(
        name: &str,
        arguments: &[String],
        tell: mpsc::UnboundedSender<News>,
    ) -> Result<Self, Failure> {
        let failed = |error| Failure::from(error).context(format!("cannot start {name}"));
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        // Held open as long as this process lives, see `parent`.
        let lifeline = child.stdin.take();
        let talk = child.stderr.take();
        let (stop, asked) = oneshot::channel();
        let name = name.to_owned();
        let minder = SpawnedTask::spawn(async move {
            let listener = SpawnedTask::spawn(listen(talk, name.clone(), tell.clone()));
            tokio::select! {
                status = child.wait() => {
                    let said = listener.join().await.unwrap_or_default();
                    let (how, code) = describe(status);
                    // The receiver is gone once everything is being ended.
                    tell.send(News::Ended { name, how, code, said }).ok();
                }
                _ = asked => end(&mut child, lifeline, &name).await,
            }
        });
        Ok(Self { stop, minder })
    }

    /// Asks the process to end, and kills it if it does not.
    pub(super) async fn stop(self) {
        // One that has ended already does not listen.
        self.stop.send(()).ok();
        if let Err(error) = self.minder.join().await {
            output::talk(&format!("warning: a process was not seen to its end: {error}"));
        }
    }
}

async fn end(child: &mut Child, lifeline: Option<ChildStdin>, name: &str) {
    let asked = child.id().is_some_and(process_signal::terminate);
    if !asked {
        // What has lost its parent ends, too.
        drop(lifeline);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        output::talk(&format!("warning: {name} does not end, killing it"));
        if let Err(error) = child.kill().await {
            output::talk(&format!("warning: {name} cannot be killed: {error}"));
        }
    }
}

/// Passes on what a process says; gives its last lines.
async fn listen(talk: Option<ChildStderr>, name: String, tell: mpsc::UnboundedSender<News>) -> Vec<String> {
    let mut last = VecDeque::with_capacity(LAST_LINES);
    let Some(talk) = talk else { return Vec::new() };
    let mut lines = BufReader::new(talk).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match event_of(&line) {
            Some(mut event) => {
                event["process"] = json!(name);
                output::talk(&event.to_string());
                if event["event"]
                    .as_str()
                    .is_some_and(|event| event.ends_with("_ready"))
                {
                    let name = name.clone();
                    tell.send(News::Ready { name, event }).ok();
                }
            }
            None => output::talk(&format!("{name}: {line}")),
        }
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
    last.into()
}

/// A line that is an event.
fn event_of(line: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(line).ok()?;
    value.get("event")?.as_str()?;
    Some(value)
}

fn describe(status: std::io::Result<ExitStatus>) -> (String, Option<u8>) {
    match status {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            (status.to_string(), code)
        }
        Err(error) => (format!("it cannot be waited for: {error}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_that_name_an_event_are_events() {
        assert!(event_of(r#"{"event":"executor_ready","executor":"plain-1"}"#).is_some());
        for line in ["error: no", "7", r#"{"executor":"plain-1"}"#, r#"{"event":7}"#] {
            assert!(event_of(line).is_none(), "{line}");
        }
    }
}
