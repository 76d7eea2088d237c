//! What the commands that take a job have in common: its settings, its dates, its engine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wayfare_cluster::{ClusterEngine, ClusterOptions};
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::built_in_prompt;
use wayfare_pipeline::engine::{EmbeddedEngine, Engine};
use wayfare_pipeline::settings::{JobSettings, LogicalDate, Resolved, resolve};

use crate::args::cluster::EngineArgs;
use crate::args::{JobArgs, SelectionArgs};
use crate::failure::Failure;
use crate::models::CandleModels;
use crate::{clock, environment, output, tls};

/// The settings of a job.
pub(super) fn settings(job: &JobArgs) -> Result<Resolved, Failure> {
    Ok(resolve(&job.job_file, &job.sets, &environment::variables)?)
}

/// The dates of each run, in the order in which to run them.
pub(super) fn runs(
    selection: &SelectionArgs,
    settings: &JobSettings,
) -> Result<Vec<Vec<LogicalDate>>, Failure> {
    let slice = settings.job.slice;
    let dates = match (selection.date, selection.from, selection.to) {
        (Some(date), ..) => vec![slice.canonical(date)],
        (None, Some(from), Some(to)) => slice.dates(from, to),
        _ => vec![slice.newest_complete(clock::today())],
    };
    if dates.is_empty() {
        return Err(Failure::usage("`--to` is before `--from`"));
    }
    Ok(if selection.one_run {
        vec![dates]
    } else {
        dates.into_iter().map(|date| vec![date]).collect()
    })
}

/// The engine in this process, as the job sizes it.
pub(super) fn engine(settings: &JobSettings) -> EmbeddedEngine {
    let models: Arc<dyn ModelProvider> = Arc::new(CandleModels::default());
    EmbeddedEngine::new(models, settings.engine.threads, settings.engine.memory_limit_mb)
}

/// The engine that the caller chose: a cluster, or this process.
pub(super) async fn chosen_engine(
    chosen: &EngineArgs,
    settings: &JobSettings,
) -> Result<Box<dyn Engine>, Failure> {
    let models: Arc<dyn ModelProvider> = if output::talk_is_watched() {
        Arc::new(CandleModels::default())
    } else {
        Arc::new(CandleModels::announcing())
    };
    let engine = &settings.engine;
    let cluster = chosen
        .cluster
        .clone()
        .or_else(|| environment::variable("WAYFARE_CLUSTER"));
    Ok(match cluster {
        Some(address) => {
            let mut options = cluster_options(settings, chosen.require_accelerator);
            if let Some(seconds) = chosen.resubmit_seconds {
                options.resubmit_for = Duration::from_secs(seconds);
            }
            Box::new(ClusterEngine::connect(&address, models, options, tls::read(&chosen.tls)?).await?)
        }
        None => Box::new(EmbeddedEngine::new(
            models,
            engine.threads,
            engine.memory_limit_mb,
        )),
    })
}

/// How a job uses a cluster. What it says of threads is then how many tasks a statement over whole tables is cut into.
pub(super) fn cluster_options(settings: &JobSettings, accelerator_required: bool) -> ClusterOptions {
    let mut options = ClusterOptions {
        accelerator_required,
        ..ClusterOptions::default()
    };
    if settings.engine.threads > 0 {
        options.partitions = settings.engine.threads;
    }
    options
}

/// The job's encoder.
pub(super) fn encoder(settings: &JobSettings) -> ModelReference {
    ModelReference {
        path: settings.encoder.path.clone(),
        sha256: settings.encoder.sha256.clone(),
    }
}

/// The files that names depend on, each with what it is: those that the job names, used or not.
pub(super) fn naming_files(settings: &JobSettings) -> Vec<(&'static str, ModelReference)> {
    let name = &settings.name;
    let given = [
        ("language model", name.model.as_ref(), name.sha256.as_ref()),
        ("adapter", name.adapter.as_ref(), name.adapter_sha256.as_ref()),
        ("prompt", Some(&name.prompt), name.prompt_sha256.as_ref()),
        (
            "blocked topics",
            name.blocked_topics.as_ref(),
            name.blocked_topics_sha256.as_ref(),
        ),
    ];
    let files = given.into_iter().filter_map(|(what, path, sha256)| {
        let (path, sha256) = path.cloned().zip(sha256.cloned())?;
        let is_file = what != "prompt" || built_in_prompt(&path).is_none();
        is_file.then_some((what, ModelReference { path, sha256 }))
    });
    files.collect()
}

/// Finds out before the work begins that a model is not there.
pub(super) fn require_models(settings: &JobSettings) -> Result<(), Failure> {
    let require = |what: &str, path: &str| {
        let exists = Path::new(path.strip_prefix("file://").unwrap_or(path)).exists();
        if exists {
            Ok(())
        } else {
            Err(Failure::input_missing(what, path))
        }
    };
    require("encoder", &settings.encoder.path)?;
    for (what, file) in naming_files(settings) {
        require(what, &file.path)?;
    }
    Ok(())
}
