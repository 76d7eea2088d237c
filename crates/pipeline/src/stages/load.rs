//! `load`: validates, dedupes and quarantines the activities of each slice, and appends the rest to the log by
//! bucket, sorted by user: the one shuffle by user in the system.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, UInt64Type};
use datafusion::prelude::SessionContext;
use wayfare_tables::{ACTIVITY_LOG, DataFile, Manifest, REJECTED_ROWS};

use super::{Produced, rows_of};
use crate::catalogue::{self, Parameter, Parameters};
use crate::dataset::{Dataset, sort_columns};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::settings::LogicalDate;
use crate::sources;
use crate::statement::{self, Output};

const STAGE: &str = "load";

/// What one slice brought.
#[derive(Debug, Clone)]
pub(crate) struct LoadedSlice {
    pub(crate) date: LogicalDate,
    pub(crate) activities: Vec<DataFile>,
    pub(crate) rejected: Vec<DataFile>,
    pub(crate) digest: String,
    pub(crate) rows: u64,
    /// Whether the tables hold something else, or nothing, for this date.
    pub(crate) changed: bool,
}

/// All slices of a run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) slices: Vec<LoadedSlice>,
    pub(crate) manifests: Vec<Manifest>,
}

impl Loaded {
    /// The files of slices that changed.
    pub(crate) fn new_activities(&self) -> impl Iterator<Item = &DataFile> {
        self.slices
            .iter()
            .filter(|slice| slice.changed)
            .flat_map(|slice| &slice.activities)
    }

    /// The dates whose slices changed.
    pub(crate) fn changed_dates(&self) -> BTreeSet<String> {
        self.slices
            .iter()
            .filter(|slice| slice.changed)
            .map(|slice| slice.date.to_string())
            .collect()
    }

    /// The log as it will be.
    pub(crate) fn log(&self, run: &Run<'_>) -> Vec<DataFile> {
        let replaced = self.changed_dates();
        let kept = run
            .base_of(&ACTIVITY_LOG)
            .iter()
            .filter(|file| !Run::is_of_dates(&replaced, file));
        kept.chain(self.new_activities()).cloned().collect()
    }
}

/// Registers the views `usable_items` and `checked_activities` over the sources of one date.
pub(crate) async fn register_checked(
    run: &Run<'_>,
    session: &SessionContext,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    sources::register(session, run.settings, date).await?;
    for (name, statement) in [
        ("usable_items", catalogue::USABLE_ITEMS),
        ("checked_activities", catalogue::CHECKED_ACTIVITIES),
    ] {
        let plan = statement::plan(session, statement, &Parameters::new(), &run.place(STAGE, 0)).await?;
        let view = session.execute_logical_plan(plan).await?.into_view();
        session.register_table(name, view)?;
    }
    Ok(())
}

/// Loads every slice of the run.
pub(crate) async fn run(run: &Run<'_>) -> Result<Loaded, PipelineError> {
    let total = Some(run.dates.len() as u64);
    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "slices",
        total,
    });
    let mut loaded = Loaded {
        slices: Vec::new(),
        manifests: Vec::new(),
    };
    for (group, date) in (0..).zip(&run.dates) {
        let manifest = run
            .group(STAGE, group, |attempt| load_slice(run, group, *date, attempt))
            .await?;
        check_rejected(run, *date, &manifest)?;
        let files = |output: &str| manifest.files.get(output).cloned().unwrap_or_default();
        let digest = manifest.digest.clone().unwrap_or_default();
        let known = run
            .base
            .as_ref()
            .and_then(|base| base.slices.get(&date.to_string()));
        loaded.slices.push(LoadedSlice {
            date: *date,
            activities: files(ACTIVITY_LOG.name),
            rejected: files(REJECTED_ROWS.name),
            rows: rows_of(&files(ACTIVITY_LOG.name)),
            changed: known.is_none_or(|slice| slice.content_digest != digest),
            digest,
        });
        loaded.manifests.push(manifest);
        run.observer.observe(&Event::StageProgress {
            stage: STAGE,
            done: u64::from(group) + 1,
        });
    }
    Ok(loaded)
}

async fn load_slice(
    run: &Run<'_>,
    group: u32,
    date: LogicalDate,
    attempt: String,
) -> Result<Produced, PipelineError> {
    let session = run.session()?;
    let place = run.place(STAGE, group);
    register_checked(run, &session, date).await?;
    let parameters = Parameters::from([
        (
            "bucket_count",
            Parameter::Integer(i64::from(run.settings.tables.bucket_count)),
        ),
        ("logical_date", Parameter::Text(date.to_string())),
        ("run_id", Parameter::Text(run.run_id.clone())),
    ]);
    let mut produced = Produced::default();
    for (statement, spec, shuffle) in [
        (catalogue::ACTIVITY_LOG, &ACTIVITY_LOG, true),
        (catalogue::REJECTED_ROWS, &REJECTED_ROWS, false),
    ] {
        let output = Output {
            directory: spec.directory,
            attempt: &attempt,
            file_schema: Some(spec.file_schema()),
            partition_columns: spec.partition_columns,
            sort_columns: sort_columns(spec),
            shuffle,
        };
        let (files, _) =
            statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;
        produced.add(spec.name, files);
    }
    let activities = produced.files[ACTIVITY_LOG.name].clone();
    produced.count("activities", rows_of(&activities));
    produced.count("rejected", rows_of(&produced.files[REJECTED_ROWS.name]));
    session.register_table(
        "slice_activities",
        Dataset::of_table(&ACTIVITY_LOG, activities).provider()?,
    )?;
    let batches = statement::rows(
        run.engine,
        &session,
        catalogue::SLICE_DIGEST,
        &Parameters::new(),
        &place,
    )
    .await?;
    let row = batches
        .iter()
        .find(|batch| batch.num_rows() == 1)
        .ok_or_else(|| PipelineError::Bug {
            message: format!("`{}` gave no row", catalogue::SLICE_DIGEST.name),
        })?;
    let rows = row.column(0).as_primitive::<Int64Type>().value(0);
    produced.count(
        "users",
        u64::try_from(row.column(1).as_primitive::<Int64Type>().value(0)).unwrap_or(0),
    );
    produced.digest = Some(format!(
        "{rows}-{:016x}",
        row.column(2).as_primitive::<UInt64Type>().value(0)
    ));
    Ok(produced)
}

fn check_rejected(run: &Run<'_>, date: LogicalDate, manifest: &Manifest) -> Result<(), PipelineError> {
    let count = |what: &str| manifest.counts.get(what).copied().unwrap_or(0);
    let (rejected, rows) = (count("rejected"), count("rejected") + count("activities"));
    let allowed_share = run.settings.load.max_rejected_share;
    if rejected as f64 > allowed_share * rows as f64 {
        let logical_date = date.to_string();
        return Err(PipelineError::TooManyRejected {
            rejected,
            rows,
            logical_date,
            allowed_share,
        });
    }
    if rows == 0 {
        let text = format!("logical date {date}: the source `activities` has no rows");
        run.observer.observe(&Event::Note { text });
    }
    Ok(())
}
