//! The scheduler process: Ballista's scheduler with our functions, codec, settings and placement.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::UpdateTaskStatusParams;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tonic::Request;
use wayfare_functions::artefacts::{Artefacts, FunctionDefaults};
use wayfare_functions::registry::register_functions;
use wayfare_tables::AllowedPrefixes;

use crate::bottleneck::{Announcements, ExecutorKind, WaitingTasks};
use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::health;
use crate::listen::Listen;
use crate::options::{MESSAGE_BYTES, session_config};
use crate::placement::Placement;
use crate::stores::AllowedStores;
use crate::task_log::TaskLog;
use crate::tls::{Protocol, Tls};
use crate::tls_front::TlsFront;
use crate::watchdog::Watchdog;

/// How often work that waits is offered to executors, whatever happens or does not.
const OFFER_EVERY: Duration = Duration::from_secs(1);
/// How often jobs are looked at that may be stuck, or wait for executors.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A task is tried so often before its job fails.
const TASK_ATTEMPTS: usize = 4;

/// How a scheduler runs.
#[derive(Debug)]
pub struct SchedulerOptions {
    /// gRPC, and `/healthz` and `/readyz`; port 0 for any.
    pub bind: SocketAddr,
    /// Under which executors and drivers reach it, if not `bind`.
    pub advertise_host: Option<String>,
    pub insecure: bool,
    /// Encrypts and admits members only; plain without.
    pub tls: Option<Tls>,
    /// `/healthz` and `/readyz` also here, never encrypted; only beside gRPC where there is no port.
    pub health_port: Option<u16>,
    /// URLs whose files plans may name; all where there is none.
    pub allowed: AllowedPrefixes,
    /// Executors ask for tasks, instead of being given them.
    pub pull: bool,
    /// An executor that was silent for so long is taken to be gone.
    pub executor_timeout: Duration,
    /// Work for models waits so long for an executor with an accelerator before any executor gets it.
    pub accelerator_wait: Duration,
    /// A job to none of whose tasks anything happens for so long is ended, and its driver submits it again.
    pub patience: Duration,
    /// Where to record which executor got which task, as lines of JSON.
    pub task_log: Option<PathBuf>,
}

/// Schedules until SIGTERM or Ctrl-C. `ready` gets the address that it listens on, `waits` now and then which kind of
/// executor tasks wait for.
pub async fn run_scheduler(
    options: SchedulerOptions,
    ready: impl FnOnce(SocketAddr) + Send,
    waits: impl Fn(ExecutorKind, WaitingTasks) + Send + Sync + 'static,
) -> Result<(), ClusterError> {
    let listen = Listen {
        address: options.bind,
        for_others: options.insecure || options.tls.is_some(),
    };
    let address = listen.check()?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ClusterError::Listen { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| ClusterError::Listen { address, source })?;
    let log = TaskLog::open(options.task_log.as_deref())?;
    let placement = Arc::new(Placement::new(log, options.accelerator_wait));
    let config = scheduler_config(&options, address, &placement);
    let ended = |error: ballista_core::error::BallistaError| ClusterError::Ended {
        kind: "the scheduler",
        message: error.to_string(),
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(ended)?;
    placement.watch(cluster.clone());
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster.clone(), Arc::new(config));
    let scheduler = scheduler.await.map_err(ended)?;
    let _health_endpoint = match options.health_port {
        Some(port) => {
            let asked = scheduler.clone();
            let listen = Listen {
                address: SocketAddr::new(address.ip(), port),
                ..listen
            };
            Some(health::serve(listen, move || asked.is_ready()).await?)
        }
        None => None,
    };
    let (listener, _front) = match &options.tls {
        Some(tls) => {
            let (inside, front) = behind_front(listener, tls).await?;
            (inside, Some(front))
        }
        None => (listener, None),
    };
    let offering = SpawnedTask::spawn(offer(scheduler.clone(), cluster));
    let pull = options.pull;
    // Of executors that ask, the policy sees one at a time, and what that one may not take need not wait.
    let waits = move |kind, waiting| {
        if !pull {
            waits(kind, waiting);
        }
    };
    let watching = SpawnedTask::spawn(watch(scheduler.clone(), placement, options.patience, waits));
    ready(address);
    let stopped = crate::executor::stop_signal();
    let result = tokio::select! {
        result = start_grpc_service_with_listener(listener, scheduler) => result.map_err(ended),
        () = stopped => Ok(()),
    };
    drop((offering, watching));
    result
}

/// What was to take all connections takes encrypted ones, for a listener that only this machine reaches.
async fn behind_front(outside: TcpListener, tls: &Tls) -> Result<(TcpListener, TlsFront), ClusterError> {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let inside = async {
        let listener = TcpListener::bind(any_port).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let (listener, address) = inside.await.map_err(|source| ClusterError::Listen {
        address: any_port,
        source,
    })?;
    Ok((listener, TlsFront::serve(outside, address, tls, Protocol::Grpc)))
}

fn scheduler_config(
    options: &SchedulerOptions,
    address: SocketAddr,
    placement: &Arc<Placement>,
) -> SchedulerConfig {
    let stores = AllowedStores::new(options.allowed.clone());
    let policy: Arc<Placement> = Arc::clone(placement);
    SchedulerConfig {
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        external_host: options
            .advertise_host
            .clone()
            .unwrap_or_else(|| address.ip().to_string()),
        override_create_grpc_client_endpoint: options.tls.as_ref().map(Tls::calls),
        scheduling_policy: if options.pull {
            TaskSchedulingPolicy::PullStaged
        } else {
            TaskSchedulingPolicy::PushStaged
        },
        task_distribution: TaskDistributionPolicy::Custom(policy),
        override_config_producer: Some(Arc::new(session_config)),
        override_session_builder: Some(Arc::new(move |config| session_state(config, &stores))),
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        grpc_client_max_message_size: MESSAGE_BYTES,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        executor_timeout_seconds: options.executor_timeout.as_secs().max(1),
        expire_dead_executor_interval_seconds: 2,
        no_executors_grace_period_seconds: options.executor_timeout.as_secs().max(1) * 3,
        executor_termination_grace_period: 600,
        task_max_failures: TASK_ATTEMPTS,
        stage_max_failures: TASK_ATTEMPTS,
        ..SchedulerConfig::default()
    }
}

/// Functions travel by name: the scheduler knows them all, and calls none.
fn session_state(config: SessionConfig, stores: &AllowedStores) -> datafusion::common::Result<SessionState> {
    let runtime = RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(stores.clone()))
        .build_arc()?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .build();
    let context = SessionContext::new_with_state(state);
    let artefacts = Arc::new(Artefacts::new(Arc::new(crate::executor::NoModels)));
    register_functions(&context, &artefacts, &FunctionDefaults::default());
    Ok(context.state())
}

/// Ballista looks for tasks to give out only when something happens; work that waits for an accelerator may be all there
/// is. A status report without any status makes it look.
async fn offer(scheduler: SchedulerServer<LogicalPlanNode, PhysicalPlanNode>, cluster: BallistaCluster) {
    let mut ticks = tokio::time::interval(OFFER_EVERY);
    loop {
        ticks.tick().await;
        let registered = cluster.cluster_state().registered_executor_metadata().await;
        let Some(executor) = registered.into_iter().next() else {
            continue;
        };
        let report = UpdateTaskStatusParams {
            executor_id: executor.id,
            task_status: vec![],
        };
        if let Err(error) = SchedulerGrpc::update_task_status(&scheduler, Request::new(report)).await {
            tracing::warn!(%error, "waiting tasks could not be offered");
        }
    }
}

async fn watch(
    scheduler: SchedulerServer<LogicalPlanNode, PhysicalPlanNode>,
    placement: Arc<Placement>,
    patience: Duration,
    waits: impl Fn(ExecutorKind, WaitingTasks) + Send + Sync,
) {
    let mut announcements = Announcements::default();
    let watchdog = Watchdog::new(patience);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if let Some((kind, waiting)) = announcements.due(placement.waiting(), Instant::now()) {
            waits(kind, waiting);
        }
        for job in watchdog.look(&placement.running_jobs()).await {
            tracing::error!(%job, seconds = patience.as_secs(), "a job did not get on and is ended");
            if let Err(error) = scheduler.cancel_job(job).await {
                tracing::warn!(%error, "a job that is stuck could not be ended");
            }
        }
    }
}
