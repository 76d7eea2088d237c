//! The executor process: Ballista's executor with our functions, codec, stores and classes of errors.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::ConfigProducer;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::health::ExecutorHealth;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionContext;
use tokio::net::TcpListener;
use tokio::signal;
use uuid::Uuid;
use wayfare_functions::artefacts::{Artefacts, FunctionDefaults};
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::NamerReference;
use wayfare_functions::registry::register_functions;
use wayfare_inference::{Encoder, InferenceError, Namer, Salience};
use wayfare_tables::AllowedPrefixes;

use crate::codec::PlanCodec;
use crate::endpoint::Endpoint;
use crate::error::ClusterError;
use crate::health;
use crate::listen::Listen;
use crate::options::{MESSAGE_BYTES, session_config};
use crate::placement::{ACCELERATOR_PREFIX, PLAIN_PREFIX};
use crate::retry_class::ClassifyingEngine;
use crate::stores::AllowedStores;
use crate::tls::{Protocol, Tls};
use crate::tls_front::{TlsFront, inner_host};

/// How long a starting executor looks for its scheduler.
const CONNECT_WITHIN: Duration = Duration::from_mins(2);
/// Shuffle files of jobs that ended without anybody cleaning up.
const CLEAN_EVERY: Duration = Duration::from_mins(5);
const KEEP_SHUFFLES: Duration = Duration::from_hours(24);
/// What an executor may spill to its work directory.
const SPILL_BYTES: u64 = 1 << 40;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What an executor computes models on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    Cuda,
    /// The processor, in the place of an accelerator: for clusters without any, and for tests.
    CpuEmulated,
}

/// How an executor runs.
#[derive(Debug)]
pub struct ExecutorOptions {
    /// `HOST:PORT`.
    pub scheduler: String,
    /// Where it hands out results; port 0 for any.
    pub bind: SocketAddr,
    /// Where it takes tasks; 0 for any.
    pub grpc_port: u16,
    /// `/healthz` and `/readyz`; none where there is no port.
    pub health_port: Option<u16>,
    /// Under which others reach it, if not the address it listens on.
    pub advertise_host: Option<String>,
    pub insecure: bool,
    /// Encrypts and admits members only; plain without.
    pub tls: Option<Tls>,
    /// It asks the scheduler for tasks, instead of being given them.
    pub pull: bool,
    /// How often it tells the scheduler that it lives. After five tries in a row that failed, it ends.
    pub heartbeat_every: Duration,
    pub accelerator: Option<Accelerator>,
    /// Tasks at once; 0 for one per core.
    pub cores: usize,
    /// Shuffle files and spills; a temporary folder where none is named.
    pub work_dir: Option<PathBuf>,
    /// Item packs; below the work folder where none is named.
    pub cache_dir: Option<PathBuf>,
    /// For the operators of all tasks together; models and mapped packs are beside it.
    pub memory_limit_bytes: Option<u64>,
    /// URLs whose files plans may name; all where there is none.
    pub allowed: AllowedPrefixes,
}

/// Who an executor is, once it is ready.
#[derive(Debug, Clone)]
pub struct ExecutorIdentity {
    pub id: String,
    pub flight: SocketAddr,
    pub grpc: SocketAddr,
}

/// Executes tasks until SIGTERM, Ctrl-C or the loss of the scheduler; then finishes its tasks and leaves. `ready` is told
/// when the scheduler has taken its first heartbeat.
pub async fn run_executor(
    options: ExecutorOptions,
    models: Arc<dyn ModelProvider>,
    ready: impl FnOnce(&ExecutorIdentity) + Send,
) -> Result<(), ClusterError> {
    let scheduler = Endpoint::parse(&options.scheduler)?;
    let listen = |address| Listen {
        address,
        for_others: options.insecure || options.tls.is_some(),
    };
    let flight = listen(options.bind).with_port()?;
    let grpc = listen(SocketAddr::new(options.bind.ip(), options.grpc_port)).with_port()?;
    if let Some(tls) = &options.tls {
        meet(&scheduler, tls).await?;
    }
    let mut inside = flight.ip();
    let mut fronts = Vec::new();
    if let Some(tls) = &options.tls {
        (inside, fronts) = serve_fronts([flight, grpc], tls).await?;
    }
    let (work_dir, _temporary) = work_folder(&options)?;
    let cache_dir = options
        .cache_dir
        .clone()
        .unwrap_or_else(|| work_dir.join("cache"));
    let prefix = options.accelerator.map_or(PLAIN_PREFIX, |_| ACCELERATOR_PREFIX);
    let identity = ExecutorIdentity {
        // A name that was used before would be refused while the scheduler still remembers it.
        id: format!("{prefix}{}", Uuid::new_v4().simple()),
        flight,
        grpc,
    };
    let health = ExecutorHealth::new();
    let _health_endpoint = match options.health_port {
        Some(port) => {
            let address = SocketAddr::new(options.bind.ip(), port);
            let health = health.clone();
            Some(health::serve(listen(address), move || health.is_ready()).await?)
        }
        None => None,
    };
    let artefacts = Arc::new(Artefacts::with_cache(models, cache_dir));
    let config = ExecutorProcessConfig {
        executor_id: identity.id.clone(),
        bind_host: match inside {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        },
        external_host: Some(
            options
                .advertise_host
                .clone()
                .unwrap_or_else(|| flight.ip().to_string()),
        ),
        port: flight.port(),
        grpc_port: grpc.port(),
        scheduler_host: scheduler.host,
        scheduler_port: scheduler.port,
        scheduler_connect_timeout_seconds: u16::try_from(CONNECT_WITHIN.as_secs()).unwrap_or(u16::MAX),
        vcores: options.cores,
        task_scheduling_policy: if options.pull {
            TaskSchedulingPolicy::PullStaged
        } else {
            TaskSchedulingPolicy::PushStaged
        },
        work_dir: Some(work_dir.display().to_string()),
        job_data_ttl_seconds: KEEP_SHUFFLES.as_secs(),
        job_data_clean_up_interval_seconds: CLEAN_EVERY.as_secs(),
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        executor_heartbeat_interval_seconds: options.heartbeat_every.as_secs().max(1),
        memory_pool_size: options.memory_limit_bytes,
        override_execution_engine: Some(Arc::new(ClassifyingEngine::new(
            &identity.id,
            options.accelerator.is_some(),
        ))),
        override_function_registry: Some(Arc::new(functions(&artefacts))),
        override_runtime_producer: Some(runtime_producer(&options, work_dir)),
        override_config_producer: Some(config_producer(options.tls.as_ref())),
        override_create_grpc_client_endpoint: options.tls.as_ref().map(Tls::calls),
        override_physical_codec: Some(Arc::new(PlanCodec::default())),
        health: health.clone(),
        ..ExecutorProcessConfig::default()
    };
    let announce = async {
        while !health.is_ready() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        ready(&identity);
        std::future::pending::<()>().await;
    };
    let failed = |error: ballista_core::error::BallistaError| ClusterError::Ended {
        kind: "the executor",
        message: error.to_string(),
    };
    let ended = tokio::select! {
        result = start_executor_process(Arc::new(config)) => result.map_err(failed),
        () = announce => Ok(()),
    };
    drop(fronts);
    ended
}

/// Waits until the scheduler takes encrypted connections: Ballista waits for what it connects to itself, and that is a tunnel.
async fn meet(scheduler: &Endpoint, tls: &Tls) -> Result<(), ClusterError> {
    let address = scheduler.to_string();
    let began = tokio::time::Instant::now();
    loop {
        let Err(source) = tls.connect(&address).await else {
            return Ok(());
        };
        // Certificates do not mend themselves.
        let hopeless = source.kind() == std::io::ErrorKind::InvalidData;
        if hopeless || began.elapsed() > CONNECT_WITHIN {
            return Err(ClusterError::Unreachable {
                address,
                source: Box::new(source),
            });
        }
        tracing::warn!(error = %source, "the scheduler is not there yet");
        tokio::time::sleep(LOOK_EVERY * 10).await;
    }
}

/// Takes encrypted connections at both addresses, and gives the loopback address at which Ballista has to listen, at the same
/// ports, for what they bring.
async fn serve_fronts(outside: [SocketAddr; 2], tls: &Tls) -> Result<(IpAddr, Vec<TlsFront>), ClusterError> {
    let mut listeners = Vec::new();
    for address in outside {
        let failed = |source| ClusterError::Listen { address, source };
        listeners.push((TcpListener::bind(address).await.map_err(failed)?, address));
    }
    let ports: Vec<u16> = listeners.iter().map(|(_, address)| address.port()).collect();
    let inside = inner_host(&ports, outside[0])?;
    let front = |(listener, address): (TcpListener, SocketAddr)| {
        let inner = SocketAddr::new(inside, address.port());
        TlsFront::serve(listener, inner, tls, Protocol::Grpc)
    };
    Ok((inside, listeners.into_iter().map(front).collect()))
}

/// What every task's session begins with; shuffled rows are fetched as it says.
fn config_producer(tls: Option<&Tls>) -> ConfigProducer {
    let streams = tls.map(Tls::streams);
    Arc::new(move || match &streams {
        Some(streams) => {
            session_config().with_ballista_override_create_grpc_client_endpoint(Arc::clone(streams))
        }
        None => session_config(),
    })
}

fn work_folder(options: &ExecutorOptions) -> Result<(PathBuf, Option<tempfile::TempDir>), ClusterError> {
    let unusable = |path: PathBuf| move |source| ClusterError::Folder { path, source };
    match &options.work_dir {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(unusable(folder.clone()))?;
            Ok((folder.clone(), None))
        }
        None => {
            let folder = tempfile::Builder::new().prefix("wayfare-executor-").tempdir();
            let folder = folder.map_err(unusable(std::env::temp_dir()))?;
            Ok((folder.path().to_owned(), Some(folder)))
        }
    }
}

fn runtime_producer(options: &ExecutorOptions, work_dir: PathBuf) -> ballista_core::RuntimeProducer {
    let stores = Arc::new(AllowedStores::new(options.allowed.clone()));
    Arc::new(move |_| {
        RuntimeEnvBuilder::new()
            .with_object_store_registry(Arc::clone(&stores) as _)
            .with_disk_manager_builder(
                DiskManagerBuilder::default().with_max_temp_directory_size(SPILL_BYTES),
            )
            .with_temp_file_path(&work_dir)
            .build_arc()
    })
}

fn functions(artefacts: &Arc<Artefacts>) -> BallistaFunctionRegistry {
    let state = SessionStateBuilder::new()
        .with_config(session_config())
        .with_default_features()
        .build();
    let context = SessionContext::new_with_state(state);
    register_functions(&context, artefacts, &FunctionDefaults::default());
    BallistaFunctionRegistry::from(&context.state())
}

/// Waits until somebody asks this process to end.
pub(crate) async fn stop_signal() {
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        () = interrupted => (),
        () = terminated => (),
    }
}

/// For processes that plan calls of models and make none.
#[derive(Debug)]
pub(crate) struct NoModels;

impl NoModels {
    fn refuse<T>(reference: &str) -> Result<T, InferenceError> {
        Err(InferenceError::Model {
            model: reference.to_owned(),
            operation: "anything: this process only plans",
            source: "no models here".into(),
        })
    }
}

impl ModelProvider for NoModels {
    fn encoder(&self, reference: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError> {
        Self::refuse(&reference.path)
    }

    fn namer(&self, reference: &NamerReference) -> Result<Arc<Namer>, InferenceError> {
        Self::refuse(&reference.to_string())
    }

    fn salience(&self, encoder: &ModelReference) -> Result<Arc<dyn Salience>, InferenceError> {
        Self::refuse(&encoder.path)
    }
}
