//! The processes of a cluster as their callers see them: what is refused, when they are ready, and that none is left.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_wayfare");
/// Of what is waited for; it takes seconds.
const DEADLINE: Duration = Duration::from_secs(120);

#[expect(clippy::disallowed_methods, reason = "the search path is not a setting")]
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_clear().stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        // Signals are sent by `kill`.
        command.env("PATH", path);
    }
    command
}

#[track_caller]
fn check(arguments: &[&str], code: i32, in_stderr: &[&str]) {
    let Output { status, stderr, .. } = command(arguments).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{arguments:?}: {stderr}");
    for part in in_stderr {
        assert!(
            stderr.contains(part),
            "{arguments:?}: `{part}` is not in:\n{stderr}"
        );
    }
}

#[test]
fn other_machines_are_kept_out_unless_asked_for() {
    check(
        &["scheduler", "--bind", "0.0.0.0:0"],
        2,
        &["loopback", "--insecure"],
    );
    check(
        &["scheduler", "--bind", "127.0.0.1:0", "--driver-bind", "0.0.0.0:0"],
        2,
        &["loopback", "--insecure"],
    );
    check(
        &["executor", "--scheduler", "127.0.0.1:1", "--bind", "0.0.0.0:0"],
        2,
        &["loopback", "--insecure"],
    );
    check(&["cluster", "up", "--bind", "0.0.0.0:0"], 2, &["loopback"]);
}

#[test]
fn what_cannot_be_is_refused() {
    check(
        &["executor", "--scheduler", "127.0.0.1:1", "--accelerator", "cuda"],
        3,
        &["CUDA", "cpu-emulated"],
    );
    check(&["executor", "--scheduler", "nowhere"], 2, &["HOST:PORT"]);
    check(
        &["cluster", "up", "--executors", "0", "--accelerators", "0"],
        2,
        &["at least one executor"],
    );
    check(
        &[
            "scheduler",
            "--bind",
            "127.0.0.1:0",
            "--allow",
            "ftp://somewhere/",
        ],
        3,
        &["--allow", "ftp"],
    );
}

#[test]
fn runs_of_tables_that_do_not_exist_are_missing_input() {
    for verb in ["watch", "cancel", "resume"] {
        check(&["runs", verb, "no-such-tables", "run"], 4, &["no-such-tables"]);
    }
}

/// A cluster that is killed, with all its processes, when it is dropped.
struct Cluster {
    parent: Child,
    children: Vec<u32>,
    ready: serde_json::Value,
}

impl Cluster {
    fn up(arguments: &[&str]) -> Self {
        let mut parent = command(&[&["cluster", "up"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(parent.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let children = children_of(parent.id());
        let mut cluster = Self {
            parent,
            children,
            ready: serde_json::Value::Null,
        };
        cluster.ready = serde_json::from_str(&line).unwrap();
        cluster
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.parent.kill().ok();
        self.parent.wait().ok();
    }
}

/// The processes that a process started and that live.
fn children_of(parent: u32) -> Vec<u32> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap() {
        let name = entry.unwrap().file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if fields(process).is_some_and(|(state, of)| of == parent && state != "Z") {
            children.push(process);
        }
    }
    children
}

/// State and parent of a process.
fn fields(process: u32) -> Option<(String, u32)> {
    let line = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).ok()?;
    let mut fields = line.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn is_alive(process: u32) -> bool {
    fields(process).is_some_and(|(state, _)| state != "Z" && state != "X")
}

fn signal(process: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &process.to_string()])
        .status()
        .unwrap();
    assert!(status.success(), "kill {signal} {process}: {status}");
}

#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(
            began.elapsed() < DEADLINE,
            "not within {} s: {what}",
            DEADLINE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_cluster_says_when_it_is_ready_and_ends_when_it_is_asked_to() {
    let mut cluster = Cluster::up(&["--executors", "1", "--accelerators", "1"]);
    assert_eq!(cluster.ready["event"], "cluster_ready");
    let executors: Vec<&str> = cluster.ready["executors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    assert_eq!(executors.len(), 2, "{executors:?}");
    for kind in ["plain-", "accelerator-"] {
        assert!(
            executors.iter().any(|id| id.starts_with(kind)),
            "{kind}: {executors:?}"
        );
    }
    let scheduler = cluster.ready["scheduler"].as_str().unwrap();
    std::net::TcpStream::connect(scheduler).unwrap();
    assert_eq!(cluster.children.len(), 3);
    signal(cluster.parent.id(), "-TERM");
    let status = cluster.parent.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(!cluster.children.iter().any(|child| is_alive(*child)));
}

#[test]
fn no_process_outlives_a_cluster_that_is_killed() {
    let mut cluster = Cluster::up(&["--executors", "1", "--accelerators", "0"]);
    assert_eq!(cluster.children.len(), 2);
    signal(cluster.parent.id(), "-KILL");
    cluster.parent.wait().unwrap();
    wait_until("the children end", || {
        !cluster.children.iter().any(|child| is_alive(*child))
    });
}

#[test]
fn an_executor_that_dies_is_started_again_and_a_scheduler_is_not() {
    let mut cluster = Cluster::up(&["--executors", "1", "--accelerators", "0"]);
    let is_scheduler = |process: u32| {
        std::fs::read(Path::new("/proc").join(process.to_string()).join("cmdline"))
            .is_ok_and(|words| words.split(|byte| *byte == 0).any(|word| word == b"scheduler"))
    };
    let (schedulers, executors): (Vec<u32>, Vec<u32>) = cluster
        .children
        .iter()
        .partition(|process| is_scheduler(**process));
    signal(executors[0], "-KILL");
    wait_until("another executor", || {
        let now = children_of(cluster.parent.id());
        now.len() == 2 && !now.contains(&executors[0])
    });
    let children = children_of(cluster.parent.id());
    signal(schedulers[0], "-KILL");
    let status = cluster.parent.wait().unwrap();
    assert_eq!(status.code(), Some(1), "{status}");
    assert!(!children.iter().any(|child| is_alive(*child)));
}
