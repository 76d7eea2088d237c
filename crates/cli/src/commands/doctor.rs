//! `wayfare doctor`: is this machine, and is this job, ready?
//!
//! Looks at everything before it fails, so that one call shows all that is wrong.

mod machine;
mod storage;

use std::sync::Arc;
use std::time::Instant;

use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::NamerReference;
use wayfare_inference::{Encoder, InferenceError};
use wayfare_pipeline::settings::JobSettings;
use wayfare_pipeline::sources;

use super::job;
use crate::args::{DoctorArgs, JobArgs};
use crate::failure::Failure;
use crate::models::CandleModels;
use crate::{clock, environment, output};

const BYTES_PER_MIB: f64 = (1_u64 << 20) as f64;

/// What a check found.
#[derive(Debug)]
enum Finding {
    Good(String),
    /// Worth knowing; not in the way of a run.
    Note(String),
    Bad(Failure),
}

pub(super) async fn doctor(args: &DoctorArgs) -> Result<(), Failure> {
    let mut checks: Vec<(&str, Finding)> = vec![
        ("versions", Finding::Good(machine::versions())),
        ("cores", machine::cores()),
        ("memory", machine::memory()),
        ("assets", assets()),
    ];
    match &args.job_file {
        None => checks.push(("disk", machine::disk("."))),
        Some(job_file) => {
            let job = JobArgs {
                job_file: job_file.clone(),
                sets: args.sets.clone(),
            };
            match job::settings(&job) {
                Err(failure) => checks.push(("job file", Finding::Bad(failure))),
                Ok(resolved) => check_job(&resolved.settings, &mut checks).await,
            }
        }
    }
    let mut worst: Option<Failure> = None;
    for (name, finding) in checks {
        let (mark, text) = match finding {
            Finding::Good(text) => ("ok  ", text),
            Finding::Note(text) => ("note", text),
            Finding::Bad(failure) => {
                let text = failure.messages().join(": ");
                worst.get_or_insert(failure);
                ("BAD ", text)
            }
        };
        output::data_line(&format!("{mark}  {name:<14} {text}"))?;
    }
    worst.map_or(Ok(()), Err)
}

async fn check_job(settings: &JobSettings, checks: &mut Vec<(&str, Finding)>) {
    checks.push((
        "job file",
        Finding::Good(format!("`{}` is complete", settings.job.name)),
    ));
    checks.push(("disk", machine::disk(&settings.tables.url)));
    checks.push(("sources", judge(check_sources(settings).await)));
    if let Err(failure) = job::require_models(settings) {
        checks.push(("models", Finding::Bad(failure)));
        checks.push(("tables", judge(storage::check(&settings.tables.url).await)));
        return;
    }
    let models = CandleModels::default();
    checks.push(("encoder", judge(check_encoder(&models, &job::encoder(settings)))));
    let named_by = match &settings.model_namer() {
        Some(reference) => judge(check_namer(&models, reference)),
        None => {
            Finding::Note("no language model: names are put together from the journeys' own words".to_owned())
        }
    };
    checks.push(("language model", named_by));
    checks.push(("tables", judge(storage::check(&settings.tables.url).await)));
}

/// Finds the files, their columns and the queries' columns without reading rows.
async fn check_sources(settings: &JobSettings) -> Result<String, Failure> {
    let date = settings.job.slice.newest_complete(clock::today());
    let bytes = sources::check(&job::engine(settings), settings, date).await?;
    let count = settings.sources.tables.len();
    Ok(format!(
        "{count} tables of {:.1} MiB; the queries give activities and items",
        bytes as f64 / BYTES_PER_MIB
    ))
}

fn judge(result: Result<String, Failure>) -> Finding {
    result.map_or_else(Finding::Bad, Finding::Good)
}

fn assets() -> Finding {
    match environment::variable("WAYFARE_ASSETS") {
        Some(folder) if std::path::Path::new(&folder).is_dir() => {
            Finding::Good(format!("WAYFARE_ASSETS is {folder}"))
        }
        Some(folder) => Finding::Note(format!("WAYFARE_ASSETS is {folder}, which is not a folder")),
        None => {
            Finding::Note("WAYFARE_ASSETS is not set; only job files that refer to it need it".to_owned())
        }
    }
}

/// The model must tell related texts from others, and a text's vector must not depend on the batch.
fn check_encoder(models: &CandleModels, reference: &ModelReference) -> Result<String, Failure> {
    const RELATED: [&str; 2] = [
        "training a puppy to walk on a leash",
        "how to teach your young dog to walk with you",
    ];
    const OTHER: &str = "quarterly tax return for a small company";
    let failed = |error: InferenceError| Failure::configuration(error);
    let encoder: Arc<dyn Encoder> = models.encoder(reference).map_err(failed)?;
    let started = Instant::now();
    let vectors = encoder.encode(&[RELATED[0], RELATED[1], OTHER]).map_err(failed)?;
    let seconds = started.elapsed().as_secs_f64();
    let alone = encoder.encode(&[RELATED[1]]).map_err(failed)?;
    let [first, second, other] = vectors.as_slice() else {
        return Err(Failure::bug(
            "the encoder did not answer with one vector per text",
        ));
    };
    let (near, far) = (cosine(first, second), cosine(first, other));
    if alone.first() != Some(second) {
        return Err(Failure::failed(
            "a text's vector depends on the other texts of its batch: results would not be repeatable",
        ));
    }
    if near < far + 0.2 {
        return Err(Failure::failed(format!(
            "the encoder does not tell related texts (cosine {near:.3}) from others ({far:.3}); check that it is a sentence encoder"
        )));
    }
    Ok(format!(
        "{}, {} dimensions; related texts {near:.3}, others {far:.3}; {:.0} ms for 3 texts",
        encoder.id(),
        encoder.dimension(),
        seconds * 1000.0
    ))
}

fn check_namer(models: &CandleModels, reference: &NamerReference) -> Result<String, Failure> {
    let namer = models.namer(reference).map_err(Failure::configuration)?;
    Ok(namer.id())
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
