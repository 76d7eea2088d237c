//! `load`: validates, dedupes and quarantines the activities of each slice, and appends the rest to the log by
//! bucket, sorted by user: the one shuffle by user in the system.
//!
//! ```text
//!  source ──► scatter: one pass, in any order ──► files of one bucket group each ──► rows: per bucket group,
//!             checks every row                    (group -1: rows that are refused)    dedupe, sort, write
//! ```
//!
//! Neither step holds more than a bucket group in memory, however long the slice is.

mod refusal;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt64Type};
use datafusion::prelude::SessionContext;
use wayfare_functions::segmented::time_type;
use wayfare_functions::write_files::Arrangement;
use wayfare_tables::{ACTIVITY_LOG, DataFile, Manifest, REJECTED_ROWS, TableSpec};

use super::{Produced, in_groups, output_of, rows_of};
use crate::catalogue::{self, Parameter, Parameters};
use crate::dataset::{Dataset, sort_columns};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::settings::LogicalDate;
use crate::sources;
use crate::statement::{self, Output};

const STAGE: &str = "load";
/// The part of the stage that reads the source.
const SCATTER: &str = "load-scatter";
/// The part of the stage that writes the rows of a bucket group.
const ROWS: &str = "load-rows";
const SCATTERED: &str = "scattered_activities";
/// The folder of the rows that cannot be used.
const REFUSED: &str = "-1";

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

/// Registers the views `known_items` and `checked_activities` over the sources of one date.
pub(crate) async fn register_checked(
    run: &Run<'_>,
    session: &SessionContext,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    sources::register(session, run.settings, &run.source_files, date).await?;
    for (name, statement) in [
        ("known_items", catalogue::KNOWN_ITEMS),
        ("checked_activities", catalogue::CHECKED_ACTIVITIES),
    ] {
        let plan = statement::plan(session, statement, &Parameters::new(), &run.place(STAGE, 0)).await?;
        let view = session.execute_logical_plan(plan).await?.into_view();
        session.register_table(name, view)?;
    }
    Ok(())
}

/// The columns of the intermediate output `scattered_activities`.
pub(crate) fn scattered_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("user_id", DataType::Utf8, true),
        Field::new("item_id", DataType::Utf8, true),
        Field::new("occurred_at", time_type(), true),
        Field::new("weight", DataType::Float32, true),
        Field::new("unreadable", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, true),
    ]))
}

/// Loads every slice of the run.
pub(crate) async fn run(run: &Run<'_>) -> Result<Loaded, PipelineError> {
    let steps = u64::from(steps_per_slice(run));
    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "steps",
        total: Some(run.dates.len() as u64 * steps),
    });
    let mut loaded = Loaded {
        slices: Vec::new(),
        manifests: Vec::new(),
    };
    for (slice, date) in (0..).zip(&run.dates) {
        let manifest = run
            .group(STAGE, slice, |attempt| load_slice(run, slice, *date, attempt))
            .await;
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(error) => return Err(sources::fault::explain(run, *date, error).await),
        };
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
        progress(run, slice + 1, 0);
    }
    Ok(loaded)
}

/// One for the scattering, one for each bucket group.
fn steps_per_slice(run: &Run<'_>) -> u32 {
    run.settings.tables.bucket_groups() + 1
}

fn progress(run: &Run<'_>, slices: u32, steps: u32) {
    let done = u64::from(slices) * u64::from(steps_per_slice(run)) + u64::from(steps);
    run.observer.observe(&Event::StageProgress { stage: STAGE, done });
}

async fn load_slice(
    run: &Run<'_>,
    slice: u32,
    date: LogicalDate,
    attempt: String,
) -> Result<Produced, PipelineError> {
    let scattered = run
        .group(SCATTER, slice, |attempt| scatter(run, slice, date, attempt))
        .await?;
    let scattered = output_of(std::slice::from_ref(&scattered), SCATTERED);
    let refused = of_folder(&scattered, REFUSED);
    refusal::judge(run, slice, date, &refused, rows_of(&scattered)).await?;
    progress(run, slice, 1);

    let groups = run.settings.tables.bucket_groups();
    let mut produced = Produced::default();
    produced.count("rows", rows_of(&scattered));
    let mut digest = 0;
    let done = AtomicU32::new(1);
    let work = (0..groups).map(|group| {
        let (scattered, done) = (&scattered, &done);
        async move {
            let files = of_folder(scattered, &group.to_string());
            let manifest = if files.is_empty() {
                None
            } else {
                let attempt = |attempt| write_group(run, date, group, files, attempt);
                Some(run.group(ROWS, slice * groups + group, attempt).await?)
            };
            progress(run, slice, done.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(manifest)
        }
    });
    for manifest in in_groups(run.engine.group_policy(), work)
        .await?
        .into_iter()
        .flatten()
    {
        let of_group = manifest.digest.as_deref().unwrap_or_default();
        digest ^= u64::from_str_radix(of_group, 16).map_err(|error| PipelineError::Bug {
            message: format!(
                "digest `{of_group}` of bucket group {}: {error}",
                manifest.group % groups
            ),
        })?;
        for (what, count) in &manifest.counts {
            produced.count(what, *count);
        }
        produced.add(ACTIVITY_LOG.name, output_of(&[manifest], ACTIVITY_LOG.name));
    }
    let activities = produced.files.get(ACTIVITY_LOG.name).cloned().unwrap_or_default();
    produced.count("activities", rows_of(&activities));
    let rejected = write_rejected(run, slice, date, refused, &attempt).await?;
    produced.count("rejected", rows_of(&rejected));
    produced.add(REJECTED_ROWS.name, rejected);
    let items = items_digest(run, slice, date, &activities).await?;
    produced.digest = Some(format!("{}-{digest:016x}-{items:016x}", rows_of(&activities)));
    Ok(produced)
}

fn of_folder(files: &[DataFile], bucket_group: &str) -> Vec<DataFile> {
    let is_of = |file: &&DataFile| {
        let folder = file.partition.get("bucket_group");
        folder.is_some_and(|value| value.as_deref() == Some(bucket_group))
    };
    files.iter().filter(is_of).cloned().collect()
}

/// Reads the source once, checks every row and puts it with others of its bucket group.
async fn scatter(
    run: &Run<'_>,
    slice: u32,
    date: LogicalDate,
    attempt: String,
) -> Result<Produced, PipelineError> {
    let session = run.session()?;
    register_checked(run, &session, date).await?;
    let integer = |value: u32| Parameter::Integer(i64::from(value));
    let tables = &run.settings.tables;
    let parameters = Parameters::from([
        ("bucket_count", integer(tables.bucket_count)),
        ("buckets_per_group", integer(tables.buckets_per_group)),
    ]);
    let directory = run.work_directory(SCATTERED);
    let output = Output {
        directory: &directory,
        attempt: &attempt,
        file_schema: Some(scattered_schema()),
        partition_columns: &["bucket_group"],
        sort_columns: &[],
        arrangement: Arrangement::Scattered,
    };
    let (place, statement) = (run.place(STAGE, slice), catalogue::SCATTERED_ACTIVITIES);
    let (files, _) = statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;
    let mut produced = Produced::default();
    produced.add(SCATTERED, files);
    Ok(produced)
}

fn scattered(run: &Run<'_>, files: Vec<DataFile>) -> Dataset {
    Dataset::plain(&run.work_directory(SCATTERED), scattered_schema(), files)
}

fn parameters(run: &Run<'_>, date: LogicalDate) -> Parameters {
    let bucket_count = Parameter::Integer(i64::from(run.settings.tables.bucket_count));
    Parameters::from([
        ("bucket_count", bucket_count),
        ("logical_date", Parameter::Text(date.to_string())),
        ("run_id", Parameter::Text(run.run_id.clone())),
    ])
}

/// Writes a bucket group's part of the slice; the manifest's digest is that of its rows.
async fn write_group(
    run: &Run<'_>,
    date: LogicalDate,
    group: u32,
    files: Vec<DataFile>,
    attempt: String,
) -> Result<Produced, PipelineError> {
    let session = run.session()?;
    let place = run.place(STAGE, group);
    session.register_table(SCATTERED, scattered(run, files).provider()?)?;
    let output = table_output(&ACTIVITY_LOG, &attempt, Arrangement::Gathered);
    let statement = catalogue::ACTIVITY_LOG;
    let parameters = parameters(run, date);
    let (files, _) = statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;

    let buckets = run.buckets_of_group(group);
    let session = run.bucket_session(buckets.len())?;
    let written = Dataset::of_table(&ACTIVITY_LOG, files.clone()).bucketed(&buckets)?;
    session.register_table("slice_activities", written)?;
    let none = Parameters::new();
    let digest = statement::rows(run.engine, &session, catalogue::SLICE_DIGEST, &none, &place).await?;
    let mut produced = Produced::default();
    let users = only_row(&digest, catalogue::SLICE_DIGEST)?
        .column(1)
        .as_primitive::<Int64Type>()
        .value(0);
    produced.count("users", u64::try_from(users).unwrap_or(0));
    produced.digest = Some(format!(
        "{:016x}",
        digest_at(&digest, 2, catalogue::SLICE_DIGEST)?
    ));
    produced.add(ACTIVITY_LOG.name, files);
    Ok(produced)
}

fn table_output<'o>(spec: &'static TableSpec, attempt: &'o str, arrangement: Arrangement) -> Output<'o> {
    Output {
        directory: spec.directory,
        attempt,
        file_schema: Some(spec.file_schema()),
        partition_columns: spec.partition_columns,
        sort_columns: sort_columns(spec),
        arrangement,
    }
}

async fn write_rejected(
    run: &Run<'_>,
    slice: u32,
    date: LogicalDate,
    refused: Vec<DataFile>,
    attempt: &str,
) -> Result<Vec<DataFile>, PipelineError> {
    if refused.is_empty() {
        return Ok(Vec::new());
    }
    let session = run.session()?;
    session.register_table(SCATTERED, scattered(run, refused).provider()?)?;
    let output = table_output(&REJECTED_ROWS, attempt, Arrangement::InOrder);
    let (place, statement) = (run.place(STAGE, slice), catalogue::REJECTED_ROWS);
    let parameters = parameters(run, date);
    let written = statement::write(run.engine, &session, statement, &parameters, &place, &output).await?;
    Ok(written.0)
}

/// The digest of the texts that the slice's activities stand for.
async fn items_digest(
    run: &Run<'_>,
    slice: u32,
    date: LogicalDate,
    activities: &[DataFile],
) -> Result<u64, PipelineError> {
    let session = run.session()?;
    register_checked(run, &session, date).await?;
    let written = Dataset::of_table(&ACTIVITY_LOG, activities.to_vec());
    session.register_table("slice_activities", written.provider()?)?;
    let (none, place) = (Parameters::new(), run.place(STAGE, slice));
    let statement = catalogue::SLICE_ITEMS_DIGEST;
    let digest = statement::rows(run.engine, &session, statement, &none, &place).await?;
    digest_at(&digest, 0, statement)
}

fn only_row(batches: &[RecordBatch], statement: catalogue::Statement) -> Result<&RecordBatch, PipelineError> {
    let row = batches.iter().find(|batch| batch.num_rows() == 1);
    row.ok_or_else(|| PipelineError::Bug {
        message: format!("`{}` gave no row", statement.name),
    })
}

fn digest_at(
    batches: &[RecordBatch],
    column: usize,
    statement: catalogue::Statement,
) -> Result<u64, PipelineError> {
    let row = only_row(batches, statement)?;
    Ok(row.column(column).as_primitive::<UInt64Type>().value(0))
}
