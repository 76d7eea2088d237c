//! The stages of a run, in their order. Each reads what the one before left on object storage, writes files under
//! names of its own attempt, and declares a bucket group done with a manifest that is created once.

mod carrying;
pub(crate) mod embed;
mod group_work;
pub(crate) mod load;
pub(crate) mod name;
pub(crate) mod publish;
pub(crate) mod segment;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int32Type;
pub(crate) use group_work::in_groups;
use wayfare_tables::{DataFile, Manifest, read_manifest, write_manifest};

use crate::clock;
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;

/// How often the progress of long work is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// How often work that waits for something else looks whether it shall stop.
const STOP_CHECK_EVERY: Duration = Duration::from_millis(200);

/// What an attempt at a group produced, before it is declared.
#[derive(Debug, Default)]
pub(crate) struct Produced {
    pub(crate) files: BTreeMap<String, Vec<DataFile>>,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) digest: Option<String>,
}

impl Produced {
    pub(crate) fn add(&mut self, output: &str, files: Vec<DataFile>) {
        self.files.entry(output.to_owned()).or_default().extend(files);
    }

    pub(crate) fn count(&mut self, what: &str, count: u64) {
        *self.counts.entry(what.to_owned()).or_default() += count;
    }
}

/// The rows of files.
pub(crate) fn rows_of(files: &[DataFile]) -> u64 {
    files.iter().map(|file| file.rows).fold(0, u64::saturating_add)
}

/// The buckets in the first column of rows.
pub(crate) fn buckets_of(batches: &[RecordBatch]) -> BTreeSet<u32> {
    let numbers = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec());
    numbers.filter_map(|bucket| u32::try_from(bucket).ok()).collect()
}

/// The files of one output over all groups.
pub(crate) fn output_of(manifests: &[Manifest], output: &str) -> Vec<DataFile> {
    manifests
        .iter()
        .filter_map(|manifest| manifest.files.get(output))
        .flatten()
        .cloned()
        .collect()
}

impl Run<'_> {
    /// When a bucket is written anew, beside those `anew`.
    pub(crate) fn carrying_rule<'r>(&self, anew: &'r [u32]) -> carrying::Rule<'r> {
        carrying::Rule {
            max_deleted_share: self.settings.tables.max_deleted_share,
            anew,
        }
    }

    /// Gives the group's manifest, running `attempt` only if there is none yet.
    pub(crate) async fn group<'r, F>(
        &'r self,
        stage: &'static str,
        group: u32,
        attempt: impl FnOnce(String) -> F,
    ) -> Result<Manifest, PipelineError>
    where
        F: Future<Output = Result<Produced, PipelineError>> + 'r,
    {
        let job = self.settings.job.name.as_str();
        self.check_cancelled(stage)?;
        let doing = || format!("stage `{stage}`, bucket group {group}: using its manifest");
        let done = read_manifest(&self.root, &self.run_id, stage, group).await;
        if let Some(manifest) = done.map_err(PipelineError::tables(job, doing()))? {
            return Ok(manifest);
        }
        let started_at_ms = clock::now().timestamp_millis();
        let name = uuid::Uuid::new_v4().simple().to_string();
        let produced = tokio::select! {
            produced = attempt(name.clone()) => produced,
            stopped = self.stopped(stage) => Err(stopped),
        };
        // What fails because the run was asked to stop is not a failure.
        self.check_cancelled(stage)?;
        let produced = produced?;
        let manifest = Manifest {
            run_id: self.run_id.clone(),
            stage: stage.to_owned(),
            group,
            attempt: name,
            files: produced.files,
            counts: produced.counts,
            digest: produced.digest,
            started_at_ms,
            finished_at_ms: clock::now().timestamp_millis(),
        };
        write_manifest(&self.root, &manifest)
            .await
            .map_err(PipelineError::tables(job, doing()))
    }

    /// Waits until the run is asked to stop. What is then abandoned has written files that nothing refers to.
    async fn stopped(&self, stage: &'static str) -> PipelineError {
        let mut ticks = tokio::time::interval(STOP_CHECK_EVERY);
        loop {
            ticks.tick().await;
            if let Err(stopped) = self.check_cancelled(stage) {
                self.engine.artefacts().stop();
                return stopped;
            }
        }
    }

    /// Waits for `work`, telling how far `counter` has come since it began.
    pub(crate) async fn watched<T>(
        &self,
        stage: &'static str,
        counter: impl Fn() -> u64,
        work: impl Future<Output = T>,
    ) -> T {
        let before = counter();
        let mut ticks = tokio::time::interval(PROGRESS_EVERY);
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => return result,
                _ = ticks.tick() => {
                    if self.check_cancelled(stage).is_err() {
                        self.engine.artefacts().stop();
                    }
                    if self.engine.models_run_here() {
                        self.observer.observe(&Event::StageProgress { stage, done: counter() - before });
                    }
                }
            }
        }
    }
}
