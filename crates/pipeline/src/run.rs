//! One run: what it is about to do, worked out before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_functions::models::ModelReference;
use wayfare_functions::namer_reference::NamerReference;
use wayfare_functions::segment_settings::settings_hash;
use wayfare_inference::{Encoder, InferenceError, Namer};
use wayfare_tables::{
    DataFile, JOURNEYS, SnapshotRecord, TableRoot, TableSpec, all_tables, latest_snapshot, load_table,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::clock;
use crate::engine::{Engine, SessionNeeds};
use crate::error::PipelineError;
use crate::observer::Observer;
use crate::settings::{JobSettings, LogicalDate};
use crate::sources::{self, SourceFiles};
use crate::statement::Place;

/// Everything that the stages of a run share.
pub(crate) struct Run<'a> {
    pub(crate) settings: &'a JobSettings,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) root: TableRoot,
    pub(crate) run_id: String,
    pub(crate) started_at: DateTime<Utc>,
    /// The slices to load, oldest first.
    pub(crate) dates: Vec<LogicalDate>,
    pub(crate) source_files: SourceFiles,
    pub(crate) configuration_hash: String,
    /// What readers see now.
    pub(crate) base: Option<SnapshotRecord>,
    /// The files of each table in `base`.
    pub(crate) base_files: BTreeMap<&'static str, Vec<DataFile>>,
    pub(crate) encoder_reference: ModelReference,
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) namer_reference: Option<NamerReference>,
    pub(crate) extractive_reference: NamerReference,
    pub(crate) model_namer: Option<Arc<Namer>>,
    pub(crate) extractive_namer: Arc<Namer>,
    /// What a stored state must have been made with to be gone on from.
    pub(crate) settings_hash: String,
}

/// The encoder a job names.
pub(crate) fn encoder_reference(settings: &JobSettings) -> ModelReference {
    ModelReference {
        path: settings.encoder.path.clone(),
        sha256: settings.encoder.sha256.clone(),
    }
}

/// The id of the run that does exactly this: an interrupted run is found again by being asked for again.
pub(crate) fn run_id(
    settings: &JobSettings,
    dates: &[LogicalDate],
    fingerprint: &str,
    base: Option<&SnapshotRecord>,
) -> String {
    let all: Vec<String> = dates.iter().map(ToString::to_string).collect();
    let sequence = base.map_or(0, |record| record.sequence);
    let identity = format!(
        "{}\0{}\0{}\0{fingerprint}\0{sequence}\0{}",
        settings.job.name,
        all.join(","),
        settings.configuration_hash(),
        settings.tables.buckets_per_group,
    );
    let last = all.last().cloned().unwrap_or_default();
    format!(
        "{}-{last}-{:016x}",
        settings.job.name,
        xxh3_64(identity.as_bytes())
    )
}

/// Whether the tables already hold this date's slice, made from the same files in the same way.
pub(crate) fn is_unchanged(
    base: Option<&SnapshotRecord>,
    date: LogicalDate,
    fingerprint: &str,
    configuration_hash: &str,
) -> bool {
    base.and_then(|record| record.slices.get(&date.to_string()))
        .is_some_and(|slice| {
            slice.input_fingerprint == fingerprint && slice.configuration_hash == configuration_hash
        })
}

impl<'a> Run<'a> {
    /// Loads models and the present state of the tables.
    pub(crate) async fn prepare(
        settings: &'a JobSettings,
        engine: &'a dyn Engine,
        observer: Arc<dyn Observer>,
        cancelled: Arc<AtomicBool>,
        root: TableRoot,
        dates: Vec<LogicalDate>,
    ) -> Result<Self, PipelineError> {
        let job = settings.job.name.as_str();
        let source_files = sources::look_at_files(settings).await?;
        let base = latest_snapshot(&root)
            .await
            .map_err(PipelineError::tables(job, "reading the snapshot record"))?;
        check_buckets(settings, base.as_ref())?;
        let mut base_files = BTreeMap::new();
        for spec in all_tables() {
            let version = base
                .as_ref()
                .and_then(|record| record.tables.get(spec.name))
                .copied();
            let files = match version {
                None => Vec::new(),
                Some(version) => {
                    let doing = format!("reading version {version} of `{}`", spec.name);
                    load_table(&root, spec, Some(version))
                        .await
                        .map_err(PipelineError::tables(job, doing))?
                        .files
                }
            };
            base_files.insert(spec.name, files);
        }
        let models = engine.artefacts().models();
        let encoder_reference = encoder_reference(settings);
        let encoder = models
            .encoder(&encoder_reference)
            .map_err(|error| model_error(&encoder_reference, error))?;
        // Loaded now, so that what is missing beside the weights is found out before hours of work.
        models
            .salience(&encoder_reference)
            .map_err(|error| model_error(&encoder_reference, error))?;
        let (namer_reference, extractive_reference) = (settings.model_namer(), settings.extractive_namer());
        let namer = |reference: &NamerReference| {
            let used = reference
                .model
                .as_ref()
                .map_or(&reference.topics, |used| &used.model);
            models.namer(reference).map_err(|error| model_error(used, error))
        };
        let model_namer = namer_reference.as_ref().map(namer).transpose()?;
        let extractive_namer = namer(&extractive_reference)?;
        let settings_hash =
            settings_hash(&settings.segment, encoder.id()).map_err(|error| PipelineError::Bug {
                message: error.to_string(),
            })?;
        Ok(Self {
            run_id: run_id(settings, &dates, &source_files.fingerprint, base.as_ref()),
            configuration_hash: settings.configuration_hash(),
            started_at: clock::now(),
            settings,
            engine,
            observer,
            cancelled,
            root,
            dates,
            source_files,
            base,
            base_files,
            encoder_reference,
            encoder,
            namer_reference,
            extractive_reference,
            model_namer,
            extractive_namer,
            settings_hash,
        })
    }

    /// The place of a statement, for errors.
    pub(crate) fn place(&self, stage: &'static str, group: u32) -> Place {
        Place {
            job: self.settings.job.name.clone(),
            stage,
            group,
        }
    }

    /// A session for statements over whole tables.
    pub(crate) fn session(&self) -> Result<SessionContext, PipelineError> {
        Ok(self.engine.session(&self.needs(None, false))?)
    }

    /// A session for statements over a bucket group: one partition per bucket, in the order of users.
    pub(crate) fn bucket_session(&self, buckets: usize) -> Result<SessionContext, PipelineError> {
        Ok(self.engine.session(&self.needs(Some(buckets.max(1)), true))?)
    }

    fn needs(&self, partitions: Option<usize>, keep_order: bool) -> SessionNeeds {
        SessionNeeds {
            root: Some(self.root.clone()),
            partitions,
            keep_order,
            defaults: FunctionDefaults::default(),
        }
    }

    /// The files of a table that readers see now.
    pub(crate) fn base_of(&self, spec: &TableSpec) -> &[DataFile] {
        self.base_files.get(spec.name).map_or(&[], Vec::as_slice)
    }

    /// Where intermediate results of this run lie.
    pub(crate) fn work_directory(&self, name: &str) -> String {
        format!("_wayfare/work/{}/{name}", self.run_id)
    }

    /// The buckets of a group.
    pub(crate) fn buckets_of_group(&self, group: u32) -> Vec<u32> {
        let tables = &self.settings.tables;
        let first = group * tables.buckets_per_group;
        (first..(first + tables.buckets_per_group).min(tables.bucket_count)).collect()
    }

    /// An error if the run was asked to stop.
    pub(crate) fn check_cancelled(&self, stage: &'static str) -> Result<(), PipelineError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(PipelineError::Cancelled {
                run_id: self.run_id.clone(),
                stage,
            });
        }
        Ok(())
    }

    /// Users whose journeys exist now were segmented with other settings.
    pub(crate) fn settings_changed(&self) -> bool {
        !self.base_of(&JOURNEYS).is_empty()
            && self
                .base
                .as_ref()
                .is_some_and(|record| record.settings != self.snapshot_settings())
    }

    /// What the snapshot record says the users were segmented with.
    pub(crate) fn snapshot_settings(&self) -> String {
        serde_json::json!({ "params": self.settings.segment, "encoder": self.encoder.id() }).to_string()
    }

    /// Whether a file of the log belongs to one of the dates.
    pub(crate) fn is_of_dates(replaced: &BTreeSet<String>, file: &DataFile) -> bool {
        file.partition
            .get("logical_date")
            .cloned()
            .flatten()
            .is_some_and(|date| replaced.contains(&date))
    }
}

/// Users lie in the buckets that the tables were made with.
pub(crate) fn check_buckets(
    settings: &JobSettings,
    base: Option<&SnapshotRecord>,
) -> Result<(), PipelineError> {
    match base {
        Some(record) if record.bucket_count != settings.tables.bucket_count => {
            let made_with = record.bucket_count;
            Err(PipelineError::Configuration {
                path: settings.tables.url.clone().into(),
                message: format!(
                    "`tables.bucket_count` is {}, but these tables were made with {made_with}, which cannot change; set it \
                     to {made_with}, or give another `tables.url`",
                    settings.tables.bucket_count
                ),
            })
        }
        _ => Ok(()),
    }
}

fn model_error(reference: &ModelReference, source: InferenceError) -> PipelineError {
    PipelineError::Model {
        path: reference.path.clone(),
        source: Box::new(source),
    }
}
