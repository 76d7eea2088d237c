//! Rates before the first run: the same runs on a sample of the users, into a folder that is removed again.
//!
//! Done at two sizes, so that what a run takes at any size is told from what each activity adds. The language model is
//! not part of it: it names a few of the sample's journeys apart, and is timed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use arrow::array::AsArray;
use wayfare_functions::list_arguments::texts_at;
use wayfare_inference::{Namer, NamingInput, TokenCounts};

use super::estimate::{Measured, ModelNaming, Pair, Rates, usable_rows};
use crate::analyst;
use crate::driver::{self, RunRequest};
use crate::error::PipelineError;
use crate::observer::Silent;
use crate::report::{RunPlan, RunReport};
use crate::run::Run;
use crate::settings::JobSettings;
use crate::stages::load;

/// Activities of the larger sample, about; its texts have to be embedded, which takes most of the time.
const SAMPLE_ACTIVITIES: u64 = 8_000;
/// The same where all texts together are few.
const SAMPLE_ACTIVITIES_OF_FEW_TEXTS: u64 = 60_000;
const FEW_TEXTS: u64 = 4_000;
/// Activities, about, over which `load` is timed.
const LOADED_ACTIVITIES: u64 = 500_000;
/// The smaller sample has about this fraction of the users.
const SMALLER: u64 = 4;
/// Journeys that the language model names to be timed, after one that is not.
const NAMES: usize = 8;

/// Rates from a rehearsal of the requests; none if no activity is in the sample.
pub(super) async fn rates(
    requests: &[RunRequest],
    run: &Run<'_>,
    plans: &[RunPlan],
) -> Result<Option<Rates>, PipelineError> {
    let rows: u64 = plans.iter().map(usable_rows).sum();
    let texts: u64 = plans.iter().map(|plan| plan.texts_to_embed).sum();
    let sample = if texts <= FEW_TEXTS {
        SAMPLE_ACTIVITIES_OF_FEW_TEXTS
    } else {
        SAMPLE_ACTIVITIES
    };
    let parts = rows.div_ceil(sample).max(1);
    let folder = tempfile::Builder::new()
        .prefix("wayfare-plan-")
        .tempdir()
        .map_err(|error| PipelineError::Bug {
            message: format!("no temporary folder for the rehearsal: {error}"),
        })?;
    let tables = |name: &str| folder.path().join(name).display().to_string();
    let small = rehearse(requests, run, parts * SMALLER, &tables("small")).await?;
    let large = rehearse(requests, run, parts, &tables("large")).await?;
    let activities: u64 = large.iter().map(|measured| measured.logged).sum();
    if activities == 0 {
        return Ok(None);
    }
    let parts_loaded = rows.div_ceil(LOADED_ACTIVITIES).max(1);
    let load = time_load(requests, run, parts_loaded, &tables("load")).await?;
    let model = match &run.model_namer {
        Some(namer) => time_names(run, namer, &tables("large")).await?,
        None => ModelNaming::default(),
    };
    let basis = match parts {
        1 => format!("a rehearsal on all {activities} activities, just now"),
        _ => format!("a rehearsal on one user in {parts} ({activities} activities), just now"),
    };
    let runs = small.into_iter().zip(large).zip(load);
    Ok(Some(Rates {
        runs: runs
            .map(|((small, large), load)| Pair { small, large, load })
            .collect(),
        model,
        basis,
        activities_before: 0,
        journeys_before: 0,
    }))
}

/// The same request over one user in `parts`.
fn of_sample(request: &RunRequest, parts: u64, tables: &str) -> RunRequest {
    RunRequest {
        settings: sample_settings(&request.settings, parts, tables),
        dates: request.dates.clone(),
    }
}

/// Runs all requests over one user in `parts`.
async fn rehearse(
    requests: &[RunRequest],
    run: &Run<'_>,
    parts: u64,
    tables: &str,
) -> Result<Vec<Measured>, PipelineError> {
    let mut measured = Vec::new();
    for request in requests {
        let request = of_sample(request, parts, tables);
        let never = Arc::new(AtomicBool::new(false));
        let report = Box::pin(driver::run(&request, run.engine, Arc::new(Silent), never)).await;
        measured.push(match report {
            Ok(report) => measure(&report),
            Err(error) if is_empty_sample(&error) => Measured::default(),
            Err(error) => return Err(error),
        });
    }
    Ok(measured)
}

/// Loads one user in `parts` for each request, and does nothing else with them.
async fn time_load(
    requests: &[RunRequest],
    run: &Run<'_>,
    parts: u64,
    tables: &str,
) -> Result<Vec<Measured>, PipelineError> {
    let mut measured = Vec::new();
    for request in requests {
        let request = of_sample(request, parts, tables);
        let never = Arc::new(AtomicBool::new(false));
        let (root, dates) = (request.root()?, request.canonical_dates());
        let settings = &request.settings;
        let sample = Run::prepare(settings, run.engine, Arc::new(Silent), never, root, dates).await?;
        let began = Instant::now();
        let loaded = load::run(&sample).await?;
        let count = |what: &str| -> u64 {
            let counts = loaded.manifests.iter().map(|manifest| manifest.counts.get(what));
            counts.flatten().sum()
        };
        measured.push(Measured {
            activities: count("rows") - count("rejected"),
            logged: count("activities"),
            seconds: BTreeMap::from([("load".to_owned(), began.elapsed().as_secs_f64())]),
            ..Measured::default()
        });
    }
    Ok(measured)
}

/// A small sample may hold no activity of a date, and without activities there is nothing to embed.
fn is_empty_sample(error: &PipelineError) -> bool {
    matches!(error, PipelineError::Source { source_name, .. } if source_name == "items")
}

fn sample_settings(settings: &JobSettings, parts: u64, tables: &str) -> JobSettings {
    let mut sample = settings.clone();
    tables.clone_into(&mut sample.tables.url);
    let sql = sample.sources.activities.sql.trim_end();
    let sql = sql.trim_end_matches(';');
    sample.sources.activities.sql = format!(
        "SELECT * FROM (\n{sql}\n) WHERE user_id IS NOT NULL AND bucket_of(arrow_cast(user_id, 'Utf8'), {parts}) = 0"
    );
    sample.name.max_model_names = 0;
    sample.load.max_rejected_share = 1.0;
    sample
}

fn measure(report: &RunReport) -> Measured {
    let count = |stage: &str, what: &str| {
        let stage = report.stages.iter().find(|candidate| candidate.stage == stage);
        stage
            .and_then(|stage| stage.counts.get(what))
            .copied()
            .unwrap_or(0)
    };
    let seconds = report
        .stages
        .iter()
        .map(|stage| (stage.stage.clone(), stage.seconds));
    Measured {
        activities: count("load", "rows") - count("load", "rejected"),
        logged: count("load", "activities"),
        texts: count("embed", "texts"),
        new_inputs: count("name", "new_extractive_names"),
        journeys: report.counts.get("journeys").copied().unwrap_or(0),
        seconds: seconds.collect(),
    }
}

/// Lets the model name some of the sample's journeys.
async fn time_names(run: &Run<'_>, namer: &Namer, tables: &str) -> Result<ModelNaming, PipelineError> {
    let session = analyst::session(tables, Arc::clone(run.engine.artefacts().models())).await?;
    let inputs = session
        .sql("SELECT titles, concepts FROM journey_names ORDER BY naming_input")
        .await?
        .limit(0, Some(NAMES + 1))?
        .collect()
        .await?;
    let inputs: Vec<NamingInput> = inputs
        .iter()
        .flat_map(|batch| {
            let (titles, concepts) = (batch.column(0).as_list(), batch.column(1).as_list());
            (0..batch.num_rows()).map(move |row| NamingInput {
                titles: texts_at(titles, row),
                concepts: texts_at(concepts, row),
            })
        })
        .collect();
    let (Some((first, rest)), namer) = (inputs.split_first(), namer.clone()) else {
        return Ok(ModelNaming::default());
    };
    let timed = if rest.is_empty() {
        inputs.clone()
    } else {
        rest.to_vec()
    };
    let (first, count) = (first.clone(), timed.len() as f64);
    let work = move || {
        // The first one also computes what all prompts share.
        namer.name(&[first])?;
        let began = Instant::now();
        let names = namer.name(&timed)?;
        Ok::<_, wayfare_inference::InferenceError>((began.elapsed().as_secs_f64(), names))
    };
    let (seconds, names) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| PipelineError::Bug {
            message: format!("naming a sample: {error}"),
        })?
        .map_err(|error| PipelineError::Configuration {
            path: run
                .namer_reference
                .as_ref()
                .and_then(|namer| Some(namer.model.as_ref()?.model.path.clone()))
                .unwrap_or_default()
                .into(),
            message: format!("the language model cannot name a journey: {error}"),
        })?;
    let tokens = |of: fn(&TokenCounts) -> u64| names.iter().map(|name| of(&name.tokens)).sum::<u64>() as f64;
    Ok(ModelNaming {
        seconds_per_name: seconds / count,
        tokens_read_per_name: tokens(|tokens| tokens.read) / count,
        tokens_written_per_name: tokens(|tokens| tokens.written) / count,
    })
}
