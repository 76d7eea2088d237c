//! The analyst's session: every table at the versions of one snapshot record, the views of `sql/analyst/views`
//! and the functions, with the models and settings that the tables were made with as their defaults.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;
use serde::{Deserialize, Serialize};
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_functions::item_pack::PackReference;
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::namer_reference::NamerReference;
use wayfare_functions::segment_settings::SegmentSettings;
use wayfare_tables::{SnapshotRecord, TableRoot, all_tables, latest_snapshot, load_table, read_run};

use crate::catalogue;
use crate::dataset::Dataset;
use crate::engine::{EmbeddedEngine, Engine, SessionNeeds};
use crate::error::PipelineError;
use crate::settings::Slice;

const JOB: &str = "(analyst)";

/// What the ledger entry of a run keeps of its job, for those who have only the tables: the models, and what must be
/// said of its data.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct RunContext {
    pub(crate) encoder: Option<ModelReference>,
    /// The language model.
    pub(crate) namer: Option<ModelReference>,
    /// The text of a [`NamerReference`]: all that names were made with.
    #[serde(default)]
    pub(crate) naming: Option<String>,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) notice: Option<String>,
    pub(crate) slice: Option<Slice>,
    /// The job's settings, as [`JobSettings::to_recorded`](crate::settings::JobSettings::to_recorded) gives them, for who
    /// goes on with the run without the job file.
    #[serde(default)]
    pub(crate) settings: Option<String>,
}

/// Opens the newest snapshot of the tables for queries. `embed` and `name_journey` use the models of the run that
/// published it, if they still lie where they were.
pub async fn session(
    tables_url: &str,
    models: Arc<dyn ModelProvider>,
) -> Result<SessionContext, PipelineError> {
    let root = TableRoot::parse(tables_url)
        .map_err(PipelineError::tables(JOB, format!("opening `{tables_url}`")))?;
    let snapshot = latest_snapshot(&root)
        .await
        .map_err(PipelineError::tables(JOB, "reading the snapshot record"))?;
    let snapshot = snapshot.ok_or_else(|| PipelineError::InputMissing {
        what: "snapshot record (has a run been published here?)".to_owned(),
        path: format!("{tables_url}/_wayfare/snapshots"),
    })?;
    let run = read_run(&root, &snapshot.run_id)
        .await
        .map_err(PipelineError::tables(JOB, "reading the run ledger"))?;
    let used: RunContext = serde_json::from_value(run.record.plan).unwrap_or_default();
    let here = |reference: &ModelReference| std::path::Path::new(&reference.path).exists();
    let encoder = used.encoder.filter(here);
    let namer = used.naming.and_then(|text| NamerReference::parse(&text).ok());
    let namer = namer.map(|namer| {
        if namer.files().into_iter().all(here) {
            namer
        } else {
            NamerReference::extractive()
        }
    });
    let engine = EmbeddedEngine::new(models, 0, 0);
    let defaults = FunctionDefaults {
        encoder,
        namer,
        segment_settings: segment_settings(&snapshot),
    };
    at_snapshot(&engine, &root, &snapshot, defaults).await
}

fn segment_settings(snapshot: &SnapshotRecord) -> Option<String> {
    let settings: serde_json::Value = serde_json::from_str(&snapshot.settings).ok()?;
    let params = serde_json::from_value(settings.get("params")?.clone()).ok()?;
    let pack = snapshot.item_pack.as_ref()?;
    let pack = PackReference {
        uri: pack.uri.clone(),
        hash: pack.hash.clone(),
    };
    SegmentSettings { params, pack }.to_json().ok()
}

/// The tables and views at a snapshot.
pub(crate) async fn at_snapshot(
    engine: &dyn Engine,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
    defaults: FunctionDefaults,
) -> Result<SessionContext, PipelineError> {
    let session = engine.session(&SessionNeeds {
        root: Some(root.clone()),
        partitions: None,
        keep_order: false,
        defaults,
    })?;
    for spec in all_tables() {
        let files = match snapshot.tables.get(spec.name) {
            None => Vec::new(),
            Some(version) => {
                let doing = format!("reading version {version} of `{}`", spec.name);
                load_table(root, spec, Some(*version))
                    .await
                    .map_err(PipelineError::tables(JOB, doing))?
                    .files
            }
        };
        session.register_table(spec.name, Dataset::of_table(spec, files).provider()?)?;
    }
    for view in [catalogue::VIEW_JOURNEY_STATUS, catalogue::VIEW_NAME_COUNTS] {
        let name = view.name.rsplit('/').next().unwrap_or(view.name);
        let rows = session.sql(view.text).await?;
        session.register_table(name, rows.into_view())?;
    }
    Ok(session)
}

/// Totals over the published tables, for summaries.
pub(crate) async fn totals(
    engine: &dyn Engine,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
) -> Result<BTreeMap<String, u64>, PipelineError> {
    let session = at_snapshot(engine, root, snapshot, FunctionDefaults::default()).await?;
    let mut totals = BTreeMap::new();
    for (what, sql) in [
        ("activities", "SELECT count(*) FROM activity_log"),
        ("users_segmented", "SELECT count(*) FROM segment_state"),
        ("items", "SELECT count(DISTINCT item_id) FROM item_vectors"),
        ("journeys", "SELECT count(*) FROM journeys"),
        (
            "users_with_journeys",
            "SELECT count(DISTINCT user_id) FROM journeys",
        ),
        (
            "activities_in_journeys",
            "SELECT count(*) FROM journey_activities",
        ),
        (
            "journeys_named_by_model",
            "SELECT count(*) FROM journeys WHERE name_source = 'model'",
        ),
        (
            "journeys_named_extractively",
            "SELECT count(*) FROM journeys WHERE name_source = 'extractive'",
        ),
        ("rejected_rows", "SELECT count(*) FROM rejected_rows"),
    ] {
        let plan = session.state().create_logical_plan(sql).await?;
        let batches = engine.execute(&session, plan).await?;
        let first = batches.iter().find(|batch| batch.num_rows() > 0);
        let count = first.map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
        totals.insert(what.to_owned(), u64::try_from(count).unwrap_or(0));
    }
    Ok(totals)
}
