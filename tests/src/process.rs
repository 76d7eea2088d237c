//! A process of the program that runs beside the test: what it says while it runs, and its end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

const POLL_EVERY: Duration = Duration::from_millis(20);

/// The process; killed with the value.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    talk: Arc<Mutex<Vec<String>>>,
    results: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The exit code; none after a signal.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The last line of standard output, as JSON.
    #[track_caller]
    pub fn result(&self) -> Value {
        let line = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Process {
    /// Starts the command; `name` is for messages.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let talk = Arc::new(Mutex::new(Vec::new()));
        let results = Arc::new(Mutex::new(String::new()));
        let stderr = child.stderr.take().expect("standard error is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        let readers = vec![
            read_lines(stderr, {
                let talk = Arc::clone(&talk);
                move |line| lock(&talk).push(line)
            }),
            read_lines(stdout, {
                let results = Arc::clone(&results);
                move |line| lock(&results).extend([line.as_str(), "\n"])
            }),
        ];
        Self {
            name: name.to_owned(),
            child,
            talk,
            results,
            readers,
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error that is JSON.
    pub fn events(&self) -> Vec<Value> {
        let talk = lock(&self.talk);
        talk.iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// What it has said on standard error.
    pub fn said(&self) -> String {
        lock(&self.talk).join("\n")
    }

    /// What it has written to standard output so far.
    pub fn written(&self) -> String {
        lock(&self.results).clone()
    }

    /// Waits for an event on standard error that `is_it`.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, limit: Duration, is_it: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let ended = self.status();
            if let Some(event) = self.events().into_iter().find(|event| is_it(event)) {
                return event;
            }
            assert!(
                ended.is_none(),
                "{} ended before {what}: {ended:?}\n{}",
                self.name,
                self.said()
            );
            assert!(
                began.elapsed() < limit,
                "{}: {what} did not come within {limit:?}\n{}",
                self.name,
                self.said()
            );
            std::thread::sleep(POLL_EVERY);
        }
    }

    /// Waits for the event that a stage began.
    #[track_caller]
    pub fn wait_for_stage(&mut self, stage: &str, limit: Duration) {
        self.wait_for(&format!("stage `{stage}`"), limit, |event| {
            event["event"] == "stage_started" && event["stage"] == stage
        });
    }

    /// None while it runs.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("a child can be asked for its status")
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for")
    }

    /// Sends a signal by its name, for example `TERM`.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name} {id}");
    }

    /// Waits for its end, which must come within `limit`.
    #[track_caller]
    pub fn finish(mut self, limit: Duration) -> Ended {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.status() {
                break status;
            }
            assert!(
                began.elapsed() < limit,
                "{} did not end within {limit:?}\n{}",
                self.name,
                self.said()
            );
            std::thread::sleep(POLL_EVERY);
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader ends with its stream");
        }
        Ended {
            status,
            stdout: self.written(),
            stderr: self.said(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits until `condition` holds, which must be within `limit`.
#[track_caller]
pub fn until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(POLL_EVERY);
    }
}

fn read_lines(
    stream: impl Read + Send + 'static,
    mut take: impl FnMut(String) + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            // A stream that breaks off has ended.
            let Ok(line) = line else { return };
            take(String::from_utf8_lossy(&line).into_owned());
        }
    })
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
