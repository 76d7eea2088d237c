//! A cluster of real processes on this machine: a scheduler and executors that a test starts, kills and starts again.
//!
//! One cluster at a time in a test binary: deadlines mean something only while no other one takes the processor.

mod executor;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use self::executor::Starting;
pub use self::executor::{Executor, Kind, Work};
use crate::listening::free_port;
use crate::process::{Process, until};
use crate::program::command;
use crate::task_log::{self, BoundTask};

/// For a process to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// Between two signs of life of an executor.
const HEARTBEAT_SECONDS: &str = "1";
/// Several heartbeats. After so long without a sign of life an executor counts as lost.
const EXECUTOR_TIMEOUT_SECONDS: &str = "6";
/// For an executor with an accelerator that a test starts again, or starts after the others.
const ACCELERATOR_WAIT_SECONDS: &str = "4";

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The right to have a cluster.
#[derive(Debug)]
pub struct Turn {
    _turn: MutexGuard<'static, ()>,
}

impl Turn {
    /// Waits until no other test of this binary has a cluster.
    pub fn take() -> Self {
        // A test that failed has no cluster any more.
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: turn }
    }
}

/// What the processes of a cluster are given.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// For the environment of every process.
    pub environment: Vec<(String, String)>,
    /// URL prefixes that executors may read and write below; all without any.
    pub allowed: Vec<String>,
    /// Flags of every process, for example of its certificates.
    pub arguments: Vec<String>,
    /// Flags of the scheduler only.
    pub scheduler_arguments: Vec<String>,
}

/// The processes; all are killed with the value.
#[derive(Debug)]
pub struct Cluster {
    surroundings: Surroundings,
    address: SocketAddr,
    scheduler: Process,
    executors: Vec<Executor>,
    started: usize,
    folder: TempDir,
    _turn: Turn,
}

impl Cluster {
    /// A scheduler that is ready, without executors.
    pub fn start(surroundings: Surroundings) -> Self {
        let turn = Turn::take();
        let folder = tempfile::Builder::new()
            .prefix("wayfare-cluster-")
            .tempdir()
            .expect("a temporary folder");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let scheduler = start_scheduler(&surroundings, address, folder.path().join("tasks.jsonl"));
        Self {
            surroundings,
            address,
            scheduler,
            executors: Vec::new(),
            started: 0,
            folder,
            _turn: turn,
        }
    }

    /// A cluster with so many executors without and with an accelerator, all ready.
    pub fn of(surroundings: Surroundings, plain: usize, accelerators: usize) -> Self {
        let mut cluster = Self::start(surroundings);
        let plain = std::iter::repeat_n(Kind::Plain, plain);
        let accelerators = std::iter::repeat_n(Kind::Accelerator, accelerators);
        cluster.add_all(plain.chain(accelerators).map(Work::of));
        cluster
    }

    /// Starts an executor and waits until it is ready.
    pub fn add(&mut self, work: Work) -> &mut Executor {
        self.add_all([work]);
        self.executors.last_mut().expect("one was just added")
    }

    /// Starts executors beside each other and waits until all are ready.
    pub fn add_all(&mut self, works: impl IntoIterator<Item = Work>) {
        let starting: Vec<Starting> = works.into_iter().map(|work| self.launch(work)).collect();
        self.executors.extend(starting.into_iter().map(Starting::ready));
    }

    fn launch(&mut self, work: Work) -> Starting {
        let folder = self.folder.path().join(format!("executor-{}", self.started));
        self.started += 1;
        let scheduler = work.scheduler.unwrap_or(self.address);
        Starting::launch(&self.surroundings, scheduler, &folder, work)
    }

    /// For `--cluster`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The scheduler.
    pub fn scheduler(&self) -> &Process {
        &self.scheduler
    }

    /// The executors that were not killed, in the order in which they were started.
    pub fn executors(&self) -> &[Executor] {
        &self.executors
    }

    /// Kills the executor whose process has this number.
    #[track_caller]
    pub fn kill_executor(&mut self, process: u32) {
        let place = self
            .executors
            .iter()
            .position(|executor| executor.process.id() == process)
            .unwrap_or_else(|| panic!("process {process} is no executor of this cluster"));
        self.executors.remove(place).process.kill();
    }

    /// Kills all executors.
    pub fn kill_executors(&mut self) {
        for mut executor in self.executors.drain(..) {
            executor.process.kill();
        }
    }

    /// Kills the scheduler and starts another one at the same address.
    pub fn restart_scheduler(&mut self) {
        self.scheduler.kill();
        self.scheduler = start_scheduler(&self.surroundings, self.address, self.task_log());
    }

    /// The tasks that were given to executors so far.
    pub fn tasks(&self) -> Vec<BoundTask> {
        task_log::read(&self.task_log())
    }

    /// What every process has said, for messages.
    pub fn said(&self) -> String {
        let mut text = format!("scheduler:\n{}\n", self.scheduler.said());
        for executor in &self.executors {
            text.extend([&executor.id, ":\n", &executor.process.said(), "\n"]);
        }
        text
    }

    fn task_log(&self) -> PathBuf {
        self.folder.path().join("tasks.jsonl")
    }
}

fn start_scheduler(surroundings: &Surroundings, address: SocketAddr, task_log: PathBuf) -> Process {
    let mut command = command(&[
        "scheduler",
        "--executor-timeout-seconds",
        EXECUTOR_TIMEOUT_SECONDS,
        "--accelerator-wait-seconds",
        ACCELERATOR_WAIT_SECONDS,
    ]);
    command.args(["--bind", &address.to_string()]);
    let health = SocketAddr::new(address.ip(), free_port());
    command.args(["--health-port", &health.port().to_string()]);
    command.arg("--task-log").arg(task_log);
    command.args(&surroundings.scheduler_arguments);
    give(&mut command, surroundings);
    let mut scheduler = Process::start("the scheduler", &mut command);
    until("the scheduler answers", READY_WITHIN, || {
        let ended = scheduler.status();
        assert!(
            ended.is_none(),
            "the scheduler ended: {ended:?}\n{}",
            scheduler.said()
        );
        is_ready(health)
    });
    scheduler
}

fn give(command: &mut Command, surroundings: &Surroundings) {
    // A test that is killed takes its processes with it: they end with their standard input.
    command.arg("--with-parent").stdin(Stdio::piped());
    command.args(&surroundings.arguments);
    let variables = surroundings.environment.iter();
    command.envs(variables.map(|(name, value)| (name, value)));
    for prefix in &surroundings.allowed {
        command.args(["--allow", prefix]);
    }
}

/// Whether `GET /healthz` is answered with 200: the scheduler is ready only once it has executors.
pub fn is_ready(address: SocketAddr) -> bool {
    status_line(address).is_ok_and(|line| line.starts_with("HTTP/1.1 200"))
}

fn status_line(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWERED_WITHIN)?;
    stream.set_read_timeout(Some(ANSWERED_WITHIN))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}
