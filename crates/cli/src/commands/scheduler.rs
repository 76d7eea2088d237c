//! `wayfare scheduler`.

use std::net::SocketAddr;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;
use serde_json::json;
use tokio::sync::oneshot;
use wayfare_cluster::{ExecutorKind, SchedulerOptions, WaitingTasks, run_scheduler};
use wayfare_tables::AllowedPrefixes;

use super::driver_service::DriverService;
use crate::args::cluster::SchedulerArgs;
use crate::failure::Failure;
use crate::{event_line, parent, tls};

/// Gives out the work of a cluster until the process is told to stop.
pub(super) async fn scheduler(args: SchedulerArgs) -> Result<(), Failure> {
    if args.with_parent {
        parent::end_with_it()?;
    }
    let reach = args.reach;
    let tls = tls::read(&reach.tls)?;
    let advertised = reach.advertise_host.clone();
    let driver = match args.driver_bind {
        None => None,
        Some(address) => {
            Some(DriverService::bind(address, reach.insecure, tls.clone(), allowed(&reach.allow)?).await?)
        }
    };
    let options = SchedulerOptions {
        bind: args.bind,
        advertise_host: reach.advertise_host,
        insecure: reach.insecure,
        tls,
        health_port: args.health_port,
        allowed: allowed(&reach.allow)?,
        pull: args.pull,
        executor_timeout: Duration::from_secs(args.executor_timeout_seconds),
        accelerator_wait: Duration::from_secs(args.accelerator_wait_seconds),
        patience: Duration::from_secs(args.stuck_after_seconds),
        task_log: args.task_log,
    };
    let driver_address = driver.as_ref().map(|driver| driver.address().to_string());
    let (tell, told) = oneshot::channel();
    let ready = move |address: SocketAddr| {
        event_line::say(json!({
            "event": "scheduler_ready",
            "address": address.to_string(),
            "driver": driver_address,
        }));
        // Nobody waits for it where no runs are taken.
        tell.send(address).ok();
    };
    let scheduler = Box::pin(run_scheduler(options, ready, say_bottleneck));
    let Some(driver) = driver else {
        return Ok(scheduler.await?);
    };
    let runs = driver.runs();
    let serving = SpawnedTask::spawn(async move {
        // The sender is gone if the scheduler ended before it was ready, which it reports itself.
        let Ok(scheduler) = told.await else { return Ok(()) };
        driver.serve(scheduler, advertised).await
    });
    let ended = scheduler.await;
    runs.stop_all().await;
    // It is aborted if it serves still; what made it end by itself is told.
    if let Some(served) = futures::FutureExt::now_or_never(serving.join()) {
        served.map_err(|error| Failure::failed_with(error).context("taking runs ended"))??;
    }
    Ok(ended?)
}

/// So that people see what to have more of.
fn say_bottleneck(kind: ExecutorKind, waiting: WaitingTasks) {
    event_line::say(json!({
        "event": "tasks_wait",
        "bottleneck": match kind {
            ExecutorKind::Accelerator => "accelerator",
            ExecutorKind::Plain => "plain",
        },
        "waiting_for_accelerator": waiting.accelerator,
        "waiting_for_plain": waiting.plain,
    }));
}

/// What `--allow` says.
pub(super) fn allowed(prefixes: &[String]) -> Result<AllowedPrefixes, Failure> {
    AllowedPrefixes::parse(prefixes).map_err(Failure::tables("`--allow` cannot be used".to_owned()))
}
