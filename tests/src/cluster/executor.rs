//! One executor of a cluster.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{HEARTBEAT_SECONDS, READY_WITHIN, Surroundings, give};
use crate::hold_point::HoldPoint;
use crate::listening::free_port;
use crate::process::Process;
use crate::program::{binary, command};

/// Options of `unshare` that let a process mount what only it sees.
const OWN_MOUNTS: [&str; 3] = ["--user", "--map-root-user", "--mount"];

/// What an executor computes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// An accelerator that is emulated by the processor.
    Accelerator,
}

/// How an executor is started, where it differs from others.
#[derive(Debug)]
pub struct Work {
    pub kind: Kind,
    /// For its environment, over that of the cluster.
    pub environment: Vec<(String, String)>,
    /// Where it finds the scheduler, if not at its own address.
    pub scheduler: Option<SocketAddr>,
    /// Where it listens, if not on loopback.
    pub listens_at: Option<IpAddr>,
    /// What the program is started by, before its name; nothing without.
    pub entrance: Vec<String>,
    /// Where others are told to find it.
    pub advertised: Option<IpAddr>,
    /// On which ports it is, Flight and gRPC; any without.
    pub ports: Option<(u16, u16)>,
    /// Bytes that its work folder holds; what the disk holds without.
    pub work_bytes: Option<u64>,
    /// Mebibytes that its tasks may hold before they spill; no limit without.
    pub memory_limit_mib: Option<u64>,
}

impl Work {
    /// An executor like any of its kind.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            environment: Vec::new(),
            scheduler: None,
            listens_at: None,
            entrance: Vec::new(),
            advertised: None,
            ports: None,
            work_bytes: None,
            memory_limit_mib: None,
        }
    }

    /// The same, with tasks that may hold so much memory.
    #[must_use]
    pub fn limited_to_mib(mut self, mebibytes: u64) -> Self {
        self.memory_limit_mib = Some(mebibytes);
        self
    }

    /// The same, waiting at a point.
    #[must_use]
    pub fn held_at(mut self, point: &HoldPoint) -> Self {
        self.environment.push(point.variable());
        self
    }
}

/// A process that is ready for tasks.
#[derive(Debug)]
pub struct Executor {
    /// As the scheduler knows it.
    pub id: String,
    pub kind: Kind,
    pub process: Process,
}

/// A process that is not ready yet.
#[derive(Debug)]
pub(super) struct Starting {
    kind: Kind,
    process: Process,
}

impl Starting {
    pub(super) fn launch(
        surroundings: &Surroundings,
        scheduler: SocketAddr,
        folder: &Path,
        work: Work,
    ) -> Self {
        let temporary = folder.join("tmp");
        let work_folder = folder.join("work");
        for folder in [&temporary, &work_folder] {
            std::fs::create_dir_all(folder).expect("a folder for the executor");
        }
        let mut command = match (work.work_bytes, work.entrance.split_first()) {
            (Some(bytes), _) => small_disk(&work_folder, bytes),
            (None, Some((first, rest))) => entered(first, rest),
            (None, None) => command(&[]),
        };
        let (flight, grpc) = work.ports.unwrap_or_else(|| (free_port(), free_port()));
        let host = work.listens_at.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let bind = SocketAddr::new(host, flight).to_string();
        command.args([
            "executor",
            "--cores",
            "1",
            "--heartbeat-seconds",
            HEARTBEAT_SECONDS,
        ]);
        command.args(["--scheduler", &scheduler.to_string()]);
        command.args(["--bind", &bind, "--grpc-port", &grpc.to_string()]);
        command.arg("--work-dir").arg(&work_folder);
        if work.kind == Kind::Accelerator {
            command.args(["--accelerator", "cpu-emulated"]);
        }
        if work.listens_at.is_some() {
            command.arg("--insecure");
        }
        if let Some(address) = work.advertised {
            command.args(["--advertise-host", &address.to_string()]);
        }
        if let Some(mebibytes) = work.memory_limit_mib {
            command.args(["--memory-limit-mb", &mebibytes.to_string()]);
        }
        // So that no executor finds what another one has fetched.
        command.env("TMPDIR", &temporary);
        give(&mut command, surroundings);
        command.envs(work.environment);
        let name = format!("executor in {}", folder.display());
        Self {
            kind: work.kind,
            process: Process::start(&name, &mut command),
        }
    }

    pub(super) fn ready(mut self) -> Executor {
        let ready = self.process.wait_for("it is ready", READY_WITHIN, |event| {
            event["event"] == "executor_ready"
        });
        let id = ready["executor"].as_str().unwrap_or_default().to_owned();
        let prefix = match self.kind {
            Kind::Plain => "plain-",
            Kind::Accelerator => "accelerator-",
        };
        assert!(id.starts_with(prefix), "{ready}");
        Executor {
            id,
            kind: self.kind,
            process: self.process,
        }
    }
}

impl Executor {
    /// The models that it has loaded.
    pub fn models_loaded(&self) -> Vec<Value> {
        let events = self.process.events().into_iter();
        events.filter(|event| event["event"] == "model_loaded").collect()
    }
}

/// The program, for which `folder` holds so many bytes: a file system of its own, which goes with the process; where
/// the system does not give one, no file may grow at all.
fn small_disk(folder: &Path, bytes: u64) -> Command {
    let mount = format!("mount -t tmpfs -o size={bytes} tmpfs '{}'", folder.display());
    let mut small = if mounts(&mount) {
        let mut command = Command::new("unshare");
        command.args(OWN_MOUNTS).args(["sh", "-c"]);
        command.arg(format!("{mount} && exec \"$@\""));
        command
    } else {
        let mut command = Command::new("sh");
        // Writing then fails, instead of ending the process.
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\""]);
        command
    };
    small.arg("sh").arg(binary());
    with_usual_environment(small)
}

/// The program, started by another one that becomes it.
fn entered(first: &str, rest: &[String]) -> Command {
    let mut command = Command::new(first);
    command.args(rest).arg(binary());
    with_usual_environment(command)
}

fn with_usual_environment(mut other: Command) -> Command {
    let like_any_other = command(&[]);
    let variables = like_any_other.get_envs();
    other
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))));
    other
}

fn mounts(mount: &str) -> bool {
    let tried = Command::new("unshare")
        .args(OWN_MOUNTS)
        .args(["sh", "-c", mount])
        .output();
    tried.is_ok_and(|output| output.status.success())
}
