//! `wayfare executor`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wayfare_cluster::{Accelerator, ExecutorOptions, run_executor};
use wayfare_functions::models::ModelProvider;

use super::scheduler::allowed;
use crate::args::cluster::{AcceleratorKind, ExecutorArgs};
use crate::failure::Failure;
use crate::models::CandleModels;
use crate::{event_line, parent, tls};

const BYTES_PER_MEBIBYTE: u64 = 1 << 20;

/// Does the work of a cluster until the process is told to stop.
pub(super) async fn executor(args: ExecutorArgs) -> Result<(), Failure> {
    if args.with_parent {
        parent::end_with_it()?;
    }
    let options = ExecutorOptions {
        scheduler: args.scheduler,
        bind: args.bind,
        grpc_port: args.grpc_port,
        health_port: args.health_port,
        advertise_host: args.reach.advertise_host,
        insecure: args.reach.insecure,
        tls: tls::read(&args.reach.tls)?,
        pull: args.pull,
        heartbeat_every: Duration::from_secs(args.heartbeat_seconds),
        accelerator: args.accelerator.map(accelerator).transpose()?,
        cores: args.cores,
        work_dir: args.work_dir,
        cache_dir: args.cache_dir,
        memory_limit_bytes: args
            .memory_limit_mb
            .map(|mebibytes| mebibytes.saturating_mul(BYTES_PER_MEBIBYTE)),
        allowed: allowed(&args.reach.allow)?,
    };
    let models: Arc<dyn ModelProvider> = Arc::new(CandleModels::announcing());
    let running = run_executor(options, models, |identity| {
        event_line::say(json!({
            "event": "executor_ready",
            "executor": identity.id,
            "flight": identity.flight.to_string(),
            "grpc": identity.grpc.to_string(),
        }));
    });
    Ok(Box::pin(running).await?)
}

/// Models are computed by candle's kernels for the processor: what a device is asked for cannot be done without one.
fn accelerator(kind: AcceleratorKind) -> Result<Accelerator, Failure> {
    match kind {
        AcceleratorKind::CpuEmulated => Ok(Accelerator::CpuEmulated),
        AcceleratorKind::Cuda => Err(Failure::configuration(anyhow::Error::msg(
            "this build of wayfare has no kernels for CUDA devices; `--accelerator cpu-emulated` takes the same tasks and \
             computes them on the processor",
        ))),
    }
}
