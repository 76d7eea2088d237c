//! `publish`: one Delta commit per table and run, then the snapshot record that lets readers see them together.
//!
//! Each commit brings its table from whatever its newest version holds to exactly the files that this run wants:
//! versions that an interrupted run committed without a snapshot record are thereby undone, not built upon.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::logical_expr::LogicalPlanBuilder;
use serde::Serialize;
use wayfare_functions::write_files::{Arrangement, WriteFiles, WriteSpec};
use wayfare_tables::{
    ACTIVITY_LOG, ArtefactRef, Claim, DataFile, ITEM_VECTORS, JOURNEY_ACTIVITIES, JOURNEY_ALIASES,
    JOURNEY_NAMES, JOURNEYS, Manifest, REJECTED_ROWS, RUNS, SEGMENT_STATE, Slice, SnapshotRecord,
    SnapshotWrite, TableChange, TableSpec, TablesError, Transaction, commit_as, load_table, read_snapshot,
    write_snapshot,
};

use super::embed::Embedded;
use super::load::Loaded;
use super::name::Named;
use super::output_of;
use super::segment::Changes;
use crate::clock;
use crate::dataset::bucket_of_file;
use crate::error::PipelineError;
use crate::observer::Event;
use crate::report::StageReport;
use crate::run::Run;
use crate::statement::files_of;

const STAGE: &str = "publish";
/// How often a table is looked at when another writer changes it meanwhile.
const MOST_LOOKS: u32 = 3;

/// The results of the other stages.
pub(crate) struct Results<'r> {
    pub(crate) loaded: &'r Loaded,
    pub(crate) embedded: &'r Embedded,
    pub(crate) changes: &'r Changes,
    pub(crate) segmented: &'r [Manifest],
    pub(crate) named: &'r Named,
    pub(crate) stages: &'r [StageReport],
}

/// What readers see from now on.
pub(crate) async fn run(
    run: &Run<'_>,
    results: &Results<'_>,
    claim: &Claim,
) -> Result<SnapshotRecord, PipelineError> {
    let job = run.settings.job.name.as_str();
    run.check_cancelled(STAGE)?;
    let targets = targets(run, results);
    let total = Some(targets.len() as u64 + 2);
    run.observer.observe(&Event::StageStarted {
        stage: STAGE,
        unit: "commits",
        total,
    });
    let base = run.base.as_ref();
    let mut tables: BTreeMap<String, u64> = base.map(|record| record.tables.clone()).unwrap_or_default();
    for (done, (spec, target)) in (1..).zip(targets) {
        let version = bring_to(run, claim, spec, target).await?;
        tables.insert(spec.name.to_owned(), version);
        run.observer.observe(&Event::StageProgress { stage: STAGE, done });
    }
    let rows = write_ledger_rows(run, results, &tables).await?;
    let target = run.base_of(&RUNS).iter().cloned().chain(rows).collect();
    tables.insert(RUNS.name.to_owned(), bring_to(run, claim, &RUNS, target).await?);
    claim
        .verify()
        .await
        .map_err(PipelineError::tables(job, "checking that the job is still ours"))?;
    let record = record(run, results, tables);
    let doing = || format!("writing snapshot record {}", record.sequence);
    match write_snapshot(&run.root, &record)
        .await
        .map_err(PipelineError::tables(job, doing()))?
    {
        SnapshotWrite::Written => Ok(record),
        // Another driver of this run was first; what it wrote is what readers see.
        SnapshotWrite::AlreadyThere => {
            let stored = read_snapshot(&run.root, record.sequence).await;
            let stored = stored.map_err(PipelineError::tables(job, doing()))?;
            Ok(stored.unwrap_or(record))
        }
        SnapshotWrite::Lost { to_run } => Err(PipelineError::Busy {
            job: job.to_owned(),
            owner: format!("run `{to_run}`, which published first"),
        }),
    }
}

/// The files that each table is to hold, in the order of the commits.
fn targets(run: &Run<'_>, results: &Results<'_>) -> Vec<(&'static TableSpec, Vec<DataFile>)> {
    let with = |spec: &TableSpec, new: &[DataFile]| -> Vec<DataFile> {
        run.base_of(spec).iter().chain(new).cloned().collect()
    };
    let replacing = |spec: &TableSpec, manifests: &[Manifest], buckets: &BTreeSet<u32>| -> Vec<DataFile> {
        let kept = run
            .base_of(spec)
            .iter()
            .filter(|file| bucket_of_file(file).is_none_or(|bucket| !buckets.contains(&bucket)));
        kept.cloned().chain(output_of(manifests, spec.name)).collect()
    };
    let touched = results.changes.buckets();
    let rejected = results
        .loaded
        .slices
        .iter()
        .filter(|slice| slice.changed)
        .flat_map(|slice| slice.rejected.clone());
    vec![
        (&ACTIVITY_LOG, results.changes.log.clone()),
        (
            &REJECTED_ROWS,
            with(&REJECTED_ROWS, &rejected.collect::<Vec<_>>()),
        ),
        (&ITEM_VECTORS, with(&ITEM_VECTORS, &results.embedded.new_vectors)),
        (
            &SEGMENT_STATE,
            replacing(&SEGMENT_STATE, results.segmented, &touched),
        ),
        (
            &JOURNEY_ACTIVITIES,
            replacing(&JOURNEY_ACTIVITIES, results.segmented, &touched),
        ),
        (
            &JOURNEY_ALIASES,
            replacing(&JOURNEY_ALIASES, results.segmented, &touched),
        ),
        (&JOURNEY_NAMES, with(&JOURNEY_NAMES, &results.named.new_names)),
        (
            &JOURNEYS,
            replacing(&JOURNEYS, &results.named.groups, &results.named.buckets),
        ),
    ]
}

/// Commits the difference between a table's newest version and `target`; gives the version that holds `target`.
async fn bring_to(
    run: &Run<'_>,
    claim: &Claim,
    spec: &'static TableSpec,
    target: Vec<DataFile>,
) -> Result<u64, PipelineError> {
    let job = run.settings.job.name.as_str();
    let doing = || format!("stage `{STAGE}`: committing table `{}`", spec.name);
    let mut looks = 0;
    loop {
        claim
            .verify()
            .await
            .map_err(PipelineError::tables(job, "checking that the job is still ours"))?;
        looks += 1;
        match commit_difference(run, claim, spec, &target).await {
            // An owner that lost the job to us committed between our look at the table and our commit.
            Err(TablesError::Conflict { .. }) if looks < MOST_LOOKS => {}
            result => return result.map_err(PipelineError::tables(job, doing())),
        }
    }
}

async fn commit_difference(
    run: &Run<'_>,
    claim: &Claim,
    spec: &'static TableSpec,
    target: &[DataFile],
) -> Result<u64, TablesError> {
    let newest = load_table(&run.root, spec, None).await?;
    let change = TableChange {
        add: without(target, &newest.files),
        remove: without(&newest.files, target),
        data_change: true,
    };
    if let Some(version) = newest.version
        && change.add.is_empty()
        && change.remove.is_empty()
    {
        return Ok(version);
    }
    let transaction = Transaction {
        app_id: format!("wayfare/{}", run.run_id),
        sequence: 1,
    };
    let note = format!("run {} of job {}", run.run_id, run.settings.job.name);
    let outcome = commit_as(&claim.fence(), &run.root, spec, &change, &transaction, &note).await?;
    Ok(outcome.version())
}

/// The files of `these` that `those` do not show with the same rows.
fn without(these: &[DataFile], those: &[DataFile]) -> Vec<DataFile> {
    let known: BTreeMap<&str, &DataFile> = those.iter().map(|file| (file.path.as_str(), file)).collect();
    let differs = |file: &&DataFile| {
        known
            .get(file.path.as_str())
            .is_none_or(|other| !other.shows_same(file))
    };
    these.iter().filter(differs).cloned().collect()
}

fn record(run: &Run<'_>, results: &Results<'_>, tables: BTreeMap<String, u64>) -> SnapshotRecord {
    let base = run.base.as_ref();
    let mut slices = base.map(|record| record.slices.clone()).unwrap_or_default();
    for slice in &results.loaded.slices {
        let entry = Slice {
            input_fingerprint: run.source_files.fingerprint.clone(),
            content_digest: slice.digest.clone(),
            rows: slice.rows,
            run_id: run.run_id.clone(),
            configuration_hash: run.configuration_hash.clone(),
        };
        slices.insert(slice.date.to_string(), entry);
    }
    let pack = &results.embedded.pack;
    SnapshotRecord {
        sequence: base.map_or(0, |record| record.sequence).saturating_add(1),
        run_id: run.run_id.clone(),
        created_at_ms: clock::now().timestamp_millis(),
        tables,
        bucket_count: run.settings.tables.bucket_count,
        encoder: run.encoder.id().to_owned(),
        item_pack: Some(ArtefactRef {
            uri: pack.uri.clone(),
            hash: pack.hash.clone(),
        }),
        settings: run.snapshot_settings(),
        slices,
    }
}

/// One row per stage, and one for the run.
async fn write_ledger_rows(
    run: &Run<'_>,
    results: &Results<'_>,
    tables: &BTreeMap<String, u64>,
) -> Result<Vec<DataFile>, PipelineError> {
    let bug = |message: String| PipelineError::Bug { message };
    let stages: Vec<Option<&StageReport>> = results.stages.iter().map(Some).chain([None]).collect();
    let rows = stages.len();
    let same = |text: String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows)))
    };
    let now = clock::now().timestamp_micros();
    let began = |stage: &Option<&StageReport>| {
        stage.map_or(run.started_at.timestamp_micros(), |stage| {
            stage.started_at_ms * 1000
        })
    };
    #[expect(clippy::cast_possible_truncation, reason = "the microseconds of a stage")]
    let ended = |stage: &Option<&StageReport>| stage.map_or(now, |s| began(stage) + (s.seconds * 1e6) as i64);
    let times = |of: &dyn Fn(&Option<&StageReport>) -> i64| -> ArrayRef {
        let times = TimestampMicrosecondArray::from_iter_values(stages.iter().map(of));
        Arc::new(times.with_timezone("UTC"))
    };
    let dates: Vec<String> = run.dates.iter().map(ToString::to_string).collect();
    let mut models = BTreeMap::from([("encoder", run.encoder_reference.sha256.clone())]);
    let topics = &run.extractive_reference.topics;
    models.insert("blocked_topics", topics.sha256.clone());
    if let Some(used) = run
        .namer_reference
        .as_ref()
        .and_then(|namer| namer.model.as_ref())
    {
        models.insert("namer", used.model.sha256.clone());
        models.insert("prompt", used.prompt.sha256.clone());
        models.extend(
            used.adapter
                .as_ref()
                .map(|adapter| ("adapter", adapter.sha256.clone())),
        );
    }
    let none = BTreeMap::new();
    let counts = stages
        .iter()
        .map(|stage| json(stage.map_or(&none, |stage| &stage.counts)));
    let columns: BTreeMap<&str, ArrayRef> = BTreeMap::from([
        ("run_id", same(run.run_id.clone())),
        ("job", same(run.settings.job.name.clone())),
        ("logical_date", same(dates.join(","))),
        (
            "stage",
            Arc::new(StringArray::from_iter(
                stages.iter().map(|s| s.map(|s| s.stage.as_str())),
            )) as ArrayRef,
        ),
        ("bucket_group", Arc::new(Int32Array::from(vec![None; rows]))),
        ("outcome", same("succeeded".to_owned())),
        ("started_at", times(&began)),
        ("finished_at", times(&ended)),
        ("counts", Arc::new(StringArray::from_iter_values(counts))),
        ("table_versions", same(json(tables))),
        ("configuration_hash", same(run.configuration_hash.clone())),
        ("input_fingerprint", same(run.source_files.fingerprint.clone())),
        ("model_hashes", same(json(&models))),
    ]);
    let schema = RUNS.file_schema();
    let ordered = schema
        .fields()
        .iter()
        .map(|field| columns.get(field.name().as_str()).cloned());
    let ordered = ordered
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| bug("a column of `runs` has no value".to_owned()))?;
    let batch = RecordBatch::try_new(Arc::clone(&schema), ordered).map_err(|error| bug(error.to_string()))?;
    let session = run.session()?;
    let input = session.read_batch(batch)?.into_unoptimized_plan();
    let spec = WriteSpec {
        directory: RUNS.directory.to_owned(),
        attempt: uuid::Uuid::new_v4().simple().to_string(),
        file_schema: schema,
        partition_columns: vec![],
        sort_columns: vec![],
        arrangement: Arrangement::InOrder,
    };
    let plan = WriteFiles::plan(LogicalPlanBuilder::from(input).build()?, spec)?;
    files_of(&run.engine.execute(&session, plan).await?)
}

/// JSON of a plain map, whose serialisation cannot fail.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
