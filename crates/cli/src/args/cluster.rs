//! The arguments of the processes of a cluster, and of those who give work to one.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{JobArgs, SelectionArgs};

/// Who a process is to the others of a cluster, and whom it trusts.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TlsArgs {
    /// Encrypt what goes between the processes of the cluster, and show them this certificate, and those that lead to its
    /// authority, as PEM; also WAYFARE_TLS_CERTIFICATE
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "tls_ca"])]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The key of --tls-certificate, as PEM; also WAYFARE_TLS_KEY
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Talk to those only whose certificates come from this authority, as PEM; also WAYFARE_TLS_CA
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_ca: Option<PathBuf>,
}

/// Who may reach a process of a cluster, and what it may reach.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReachArgs {
    /// Name or address by which the other processes reach this one; without it, the address of --bind
    #[arg(long, value_name = "HOST")]
    pub(crate) advertise_host: Option<String>,
    /// Listen on an address that is not loopback, although nothing encrypts or authenticates what arrives there
    #[arg(long)]
    pub(crate) insecure: bool,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// Refuse places that do not begin with this, for example `s3://bucket/wayfare/`; may be repeated. Without it,
    /// nothing is refused
    #[arg(long = "allow", value_name = "URL_PREFIX")]
    pub(crate) allow: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SchedulerArgs {
    /// Address to listen on: for executors, drivers, `/healthz` and `/readyz`
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    pub(crate) bind: SocketAddr,
    /// Another port of the same address for `/healthz` and `/readyz`, which is not encrypted
    #[arg(long, value_name = "PORT")]
    pub(crate) health_port: Option<u16>,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// Let executors ask for tasks, instead of connecting to them; all of them must be given --pull, too
    #[arg(long)]
    pub(crate) pull: bool,
    /// Seconds without a sign of life after which an executor is given up and its tasks go to others
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) executor_timeout_seconds: u64,
    /// Seconds that tasks which compute models wait for an executor with an accelerator before any executor gets them
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(crate) accelerator_wait_seconds: u64,
    /// Seconds after which a job is ended and submitted again if nothing happened to any of its tasks; more than the longest
    /// task takes
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) stuck_after_seconds: u64,
    /// Append a JSON line to this file for each task that is given to an executor
    #[arg(long, value_name = "FILE")]
    pub(crate) task_log: Option<PathBuf>,
    /// Also take whole runs, from `wayfare submit`, at this address, and drive them in this process
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) driver_bind: Option<SocketAddr>,
    /// End when standard input does: whoever started this process has gone
    #[arg(long, hide = true)]
    pub(crate) with_parent: bool,
}

/// What computes models in an executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AcceleratorKind {
    /// A CUDA device
    Cuda,
    /// The processor, in the place of a device
    CpuEmulated,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExecutorArgs {
    /// Where the scheduler listens
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: String,
    /// Address to serve shuffled rows on; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: SocketAddr,
    /// Port of the same address to take tasks on; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) grpc_port: u16,
    /// Port of the same address for `/healthz` and `/readyz`
    #[arg(long, value_name = "PORT")]
    pub(crate) health_port: Option<u16>,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    /// Ask for tasks, so that the scheduler need not reach this executor; the scheduler must be given --pull, too
    #[arg(long)]
    pub(crate) pull: bool,
    /// Seconds between two signs of life; several must fit into the scheduler's --executor-timeout-seconds. After five that
    /// did not arrive, the executor ends
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) heartbeat_seconds: u64,
    /// Take the tasks that compute models, and no others while there are other executors
    #[arg(long, value_enum)]
    pub(crate) accelerator: Option<AcceleratorKind>,
    /// Tasks at a time; 0 for one per core
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) cores: usize,
    /// Folder for shuffled rows and for what does not fit into memory; without it, a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) work_dir: Option<PathBuf>,
    /// Folder for what is fetched once and kept, such as item packs; without it, a temporary one
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Mebibytes that all tasks together may hold before they spill to disk; without it, no limit
    #[arg(long, value_name = "MEBIBYTES")]
    pub(crate) memory_limit_mb: Option<u64>,
    /// End when standard input does: whoever started this process has gone
    #[arg(long, hide = true)]
    pub(crate) with_parent: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Run a scheduler and executors on this machine until Ctrl-C; says in one JSON line when they are ready
    Up(ClusterUpArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClusterUpArgs {
    /// Executors that compute everything but models
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    pub(crate) executors: usize,
    /// Executors that compute models, on the processor
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) accelerators: usize,
    /// Tasks that each executor computes at a time; 0 for one per core
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub(crate) cores: usize,
    /// Loopback address of the scheduler; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: SocketAddr,
    /// Also take whole runs, from `wayfare submit`, at this address
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) driver_bind: Option<SocketAddr>,
    /// Mebibytes that each executor may hold before it spills to disk; without it, no limit
    #[arg(long, value_name = "MEBIBYTES")]
    pub(crate) memory_limit_mb: Option<u64>,
    /// Refuse places that do not begin with this; may be repeated. Without it, nothing is refused
    #[arg(long = "allow", value_name = "URL_PREFIX")]
    pub(crate) allow: Vec<String>,
}

/// Where statements are computed.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EngineArgs {
    /// Compute on the cluster whose scheduler listens there instead of in this process; also WAYFARE_CLUSTER
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) cluster: Option<String>,
    /// On a cluster: fail where there is no executor with an accelerator, instead of computing models on other executors
    #[arg(long)]
    pub(crate) require_accelerator: bool,
    /// On a cluster: seconds to wait, in all, between submitting a statement again and again that fails by something that
    /// passes, before the run fails [default: 51]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) resubmit_seconds: Option<u64>,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Where the cluster takes runs: what its scheduler was given as --driver-bind
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) cluster: String,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// Fail where there is no executor with an accelerator, instead of computing models on other executors
    #[arg(long)]
    pub(crate) require_accelerator: bool,
}
