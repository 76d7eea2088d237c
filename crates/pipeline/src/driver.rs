//! The driver: what a run has to do, in which order, and what an earlier attempt has already done.

mod alive;
mod resumption;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use wayfare_tables::{
    Claim, Manifest, OutcomeKind, RunOutcome, RunRecord, SnapshotRecord, TableRoot, TablesError,
    latest_snapshot, write_outcome, write_run,
};

use self::alive::{Watch, while_alive};
use crate::clock;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::memory;
use crate::observer::{Event, Observer};
use crate::report::{Outcome, RunReport, StageReport};
use crate::run::{self, Run};
use crate::settings::{JobSettings, LogicalDate};
use crate::stages::segment::Changes;
use crate::stages::{embed, load, name, publish, segment};
use crate::{analyst, sources};

pub use self::resumption::{recorded_request, run_id};
pub use crate::plan::plan;

/// What to run.
#[derive(Debug, Clone)]
pub struct RunRequest {
    pub settings: JobSettings,
    /// Any dates; each stands for the slice that contains it.
    pub dates: Vec<LogicalDate>,
}

impl RunRequest {
    pub(crate) fn canonical_dates(&self) -> Vec<LogicalDate> {
        let slice = self.settings.job.slice;
        let mut dates: Vec<LogicalDate> = self.dates.iter().map(|date| slice.canonical(*date)).collect();
        dates.sort_unstable();
        dates.dedup();
        dates
    }

    pub(crate) fn root(&self) -> Result<TableRoot, PipelineError> {
        let doing = format!("opening `{}`", self.settings.tables.url);
        TableRoot::parse(&self.settings.tables.url)
            .map_err(PipelineError::tables(&self.settings.job.name, doing))
    }
}

/// Runs the slices as one run: load, embed, segment, name, publish.
///
/// Running again what is already in the tables is a `noop`; running again what was interrupted continues it.
pub async fn run(
    request: &RunRequest,
    engine: &dyn Engine,
    observer: Arc<dyn Observer>,
    cancelled: Arc<AtomicBool>,
) -> Result<RunReport, PipelineError> {
    let began = Instant::now();
    let settings = &request.settings;
    let job = settings.job.name.as_str();
    let root = request.root()?;
    let dates = request.canonical_dates();
    let source_files = sources::look_at_files(settings).await?;
    let base = latest_snapshot(&root)
        .await
        .map_err(PipelineError::tables(job, "reading the snapshot record"))?;
    run::check_buckets(settings, base.as_ref())?;
    let configuration_hash = settings.configuration_hash();
    let unchanged = |date: &LogicalDate| {
        run::is_unchanged(
            base.as_ref(),
            *date,
            &source_files.fingerprint,
            &configuration_hash,
        )
    };
    let run_id = run::run_id(settings, &dates, &source_files.fingerprint, base.as_ref());
    if let Some(record) = base.as_ref().filter(|_| dates.iter().all(unchanged)) {
        return Ok(noop(request, &root, record, &run_id, &dates, began));
    }
    let claim = Claim::take(&root, job, &run_id, clock::now())
        .await
        .map_err(|error| match error {
            TablesError::ClaimHeld {
                run_id,
                process,
                host,
                path,
                ..
            } => PipelineError::Busy {
                job: job.to_owned(),
                owner: format!("run `{run_id}`, process {process} on `{host}`, by its claim `{path}`"),
            },
            other => PipelineError::tables(job, "taking the job")(other),
        })?;
    let watch = Watch {
        claim: &claim,
        root: root.clone(),
        cancelled: Arc::clone(&cancelled),
        observer: Arc::clone(&observer),
    };
    let work = async {
        let run = Run::prepare(settings, engine, observer, cancelled, root, dates).await?;
        let result = run_claimed(&run, request, &claim, began).await;
        record_outcome(&run, &claim, &result).await?;
        result
    };
    // The future of a whole run is large; on the heap it costs the caller nothing.
    let result = while_alive(&watch, Box::pin(work)).await;
    let released = claim
        .release()
        .await
        .map_err(PipelineError::tables(job, "releasing the job"));
    result.and_then(|report| released.map(|()| report))
}

async fn run_claimed(
    run: &Run<'_>,
    request: &RunRequest,
    claim: &Claim,
    began: Instant,
) -> Result<RunReport, PipelineError> {
    let job = run.settings.job.name.as_str();
    let record = RunRecord {
        run_id: run.run_id.clone(),
        job: job.to_owned(),
        logical_dates: run.dates.iter().map(ToString::to_string).collect(),
        base_snapshot: run.base.as_ref().map(|base| base.sequence),
        configuration_hash: run.configuration_hash.clone(),
        input_fingerprint: run.source_files.fingerprint.clone(),
        bucket_count: run.settings.tables.bucket_count,
        group_count: run.settings.tables.bucket_groups(),
        plan: serde_json::to_value(analyst::RunContext {
            encoder: Some(run.encoder_reference.clone()),
            namer: run
                .namer_reference
                .as_ref()
                .and_then(|namer| Some(namer.model.as_ref()?.model.clone())),
            naming: Some(
                run.namer_reference
                    .as_ref()
                    .unwrap_or(&run.extractive_reference)
                    .to_string(),
            ),
            description: run.settings.job.description.clone(),
            notice: run.settings.job.notice.clone(),
            slice: Some(run.settings.job.slice),
            settings: Some(run.settings.to_recorded()?),
        })
        .unwrap_or_default(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at_ms: run.started_at.timestamp_millis(),
    };
    let recorded = write_run(&run.root, &record)
        .await
        .map_err(PipelineError::tables(job, "recording the run"))?;
    run.observer.observe(&Event::RunStarted {
        run_id: run.run_id.clone(),
        dates: record.logical_dates.clone(),
        resumed: recorded.started_at_ms != record.started_at_ms,
    });
    let mut stages = Stages {
        run,
        reports: Vec::new(),
    };

    let since = stages.begin();
    let loaded = load::run(run).await?;
    stages.finished("load", since, &loaded.manifests);
    let known = run.base.as_ref().filter(|base| same_configuration(run, base));
    if let Some(base) = known.filter(|_| loaded.slices.iter().all(|slice| !slice.changed)) {
        return Ok(noop(request, &run.root, base, &run.run_id, &run.dates, began));
    }
    let since = stages.begin();
    let embedded = embed::run(run, &loaded).await?;
    stages.finished("embed", since, std::slice::from_ref(&embedded.manifest));
    let since = stages.begin();
    let changes = Changes::of(run, &loaded, &embedded);
    let segmented = segment::run(run, &changes, &embedded).await?;
    stages.finished("segment", since, &segmented);
    let since = stages.begin();
    let named = name::run(run, &changes, &segmented).await?;
    let manifests: Vec<Manifest> = [&named.manifest]
        .into_iter()
        .chain(&named.groups)
        .cloned()
        .collect();
    stages.finished("name", since, &manifests);
    let since = stages.begin();
    let results = publish::Results {
        loaded: &loaded,
        embedded: &embedded,
        changes: &changes,
        segmented: &segmented,
        named: &named,
        stages: &stages.reports,
    };
    let snapshot = publish::run(run, &results, claim).await?;
    stages.finished("publish", since, &[]);
    remove_intermediate(run).await;
    let reports = stages.reports;
    report(request, &run.root, &snapshot, run, reports, began).await
}

/// Whether nothing but the slices of this run could make the tables differ.
fn same_configuration(run: &Run<'_>, base: &SnapshotRecord) -> bool {
    base.slices
        .values()
        .all(|slice| slice.configuration_hash == run.configuration_hash)
}

struct Stages<'r, 's> {
    run: &'r Run<'s>,
    reports: Vec<StageReport>,
}

/// When a stage began, for people and for measuring.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    at_ms: i64,
    instant: Instant,
}

impl Stages<'_, '_> {
    fn begin(&self) -> Beginning {
        memory::forget_peak();
        Beginning {
            at_ms: clock::now().timestamp_millis(),
            instant: Instant::now(),
        }
    }

    fn finished(&mut self, stage: &'static str, since: Beginning, manifests: &[Manifest]) {
        let seconds = since.instant.elapsed().as_secs_f64();
        let peak_memory_bytes = memory::peak_bytes();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (what, count) in manifests.iter().flat_map(|manifest| &manifest.counts) {
            *counts.entry(what.clone()).or_default() += count;
        }
        self.run.observer.observe(&Event::StageFinished {
            stage,
            seconds,
            peak_memory_bytes,
            counts: counts.clone(),
        });
        self.reports.push(StageReport {
            stage: stage.to_owned(),
            started_at_ms: since.at_ms,
            seconds,
            peak_memory_bytes,
            counts,
        });
    }
}

/// Says in the ledger how the run ended, unless it goes on with another owner.
async fn record_outcome(
    run: &Run<'_>,
    claim: &Claim,
    result: &Result<RunReport, PipelineError>,
) -> Result<(), PipelineError> {
    if let Err(error @ TablesError::ClaimLost { .. }) = claim.verify().await {
        tracing::warn!(%error, "how this attempt ended is not recorded");
        return Ok(());
    }
    let (outcome, error) = match result {
        Ok(report) if report.outcome == Outcome::Noop => (OutcomeKind::Noop, None),
        Ok(_) => (OutcomeKind::Succeeded, None),
        Err(PipelineError::Cancelled { .. }) => (OutcomeKind::Cancelled, None),
        Err(error) => (OutcomeKind::Failed, Some(error.to_string())),
    };
    let record = RunOutcome {
        run_id: run.run_id.clone(),
        outcome,
        finished_at_ms: clock::now().timestamp_millis(),
        snapshot: result.as_ref().ok().map(|report| report.snapshot),
        counts: result
            .as_ref()
            .map(|report| report.counts.clone())
            .unwrap_or_default(),
        error,
        exit_code: Some(result.as_ref().err().map_or(0, PipelineError::exit_code)),
    };
    let job = run.settings.job.name.as_str();
    let written = write_outcome(&run.root, &record).await;
    match (written, result) {
        // The run's own error says more than that its record could not be written.
        (Ok(_), _) | (Err(_), Err(_)) => Ok(()),
        (Err(error), Ok(_)) => Err(PipelineError::tables(job, "recording how the run ended")(error)),
    }
}

/// Intermediate results are of no use once published. What a killed run leaves is for `wayfare maintain`.
async fn remove_intermediate(run: &Run<'_>) {
    use futures::StreamExt;
    use object_store::ObjectStoreExt;
    let directory = object_store::path::Path::from(run.work_directory(""));
    let mut listing = object_store::ObjectStore::list(run.root.store(), Some(&directory));
    while let Some(Ok(object)) = listing.next().await {
        if let Err(error) = run.root.store().delete(&object.location).await {
            tracing::warn!(%error, file = %object.location, "intermediate file not removed");
        }
    }
}

fn noop(
    request: &RunRequest,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
    run_id: &str,
    dates: &[LogicalDate],
    began: Instant,
) -> RunReport {
    RunReport {
        run_id: run_id.to_owned(),
        job: request.settings.job.name.clone(),
        dates: dates.iter().map(ToString::to_string).collect(),
        outcome: Outcome::Noop,
        notice: request.settings.job.notice.clone(),
        stages: Vec::new(),
        counts: BTreeMap::new(),
        calls_per_journey: None,
        tables: snapshot.tables.clone(),
        tables_url: root.url().to_string(),
        snapshot: snapshot.sequence,
        seconds: began.elapsed().as_secs_f64(),
    }
}

async fn report(
    request: &RunRequest,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
    run: &Run<'_>,
    stages: Vec<StageReport>,
    began: Instant,
) -> Result<RunReport, PipelineError> {
    let counts = analyst::totals(run.engine, root, snapshot).await?;
    let noop = noop(request, root, snapshot, &run.run_id, &run.dates, began);
    let calls = stages
        .iter()
        .filter_map(|stage| stage.counts.get("model_calls"))
        .sum::<u64>();
    let journeys = counts.get("journeys").copied().unwrap_or(0);
    let calls_per_journey = run
        .model_namer
        .as_ref()
        .map(|_| calls as f64 / journeys.max(1) as f64);
    Ok(RunReport {
        outcome: Outcome::Done,
        calls_per_journey,
        stages,
        counts,
        ..noop
    })
}
