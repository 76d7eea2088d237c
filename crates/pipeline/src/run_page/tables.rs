//! The tables at a snapshot, in numbers.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_journeys::Params;
use wayfare_tables::{Run, SnapshotRecord, TableRoot};

use super::rows::Reader;
use super::sample::{self, UserFacts};
use crate::analyst;
use crate::catalogue::{self, Parameter, Parameters};
use crate::engine::Engine;
use crate::error::PipelineError;

/// How many of the most common names are collected.
const MOST_NAMES: i64 = 12;

/// The tables at a snapshot.
#[derive(Debug, Clone, Serialize)]
pub struct TableFacts {
    /// Number of the snapshot record.
    pub snapshot: u64,
    pub published_by: String,
    /// Milliseconds since 1970.
    pub published_at_ms: i64,
    /// Logical dates in the log, ascending.
    pub slices: Vec<String>,
    /// Version of each table.
    pub versions: BTreeMap<String, u64>,
    /// Encoder and version of every vector.
    pub encoder: String,
    /// What makes a journey; `None` if it was recorded by a version with other parameters.
    pub parameters: Option<Params>,
    /// Totals by name, the same as in the result of the run.
    pub totals: BTreeMap<String, u64>,
    pub overview: Overview,
    /// Users by their number of journeys; those without any are not among them.
    pub journeys_per_user: Vec<Frequency>,
    /// Journeys by their number of activities, which is rounded down to three digits from 1,000 on.
    pub lengths: Vec<Frequency>,
    /// Journeys by seconds from first to last activity, rounded down to minutes and, from two days on, to days.
    pub spans: Vec<Frequency>,
    pub names_by_source: Vec<NamesBySource>,
    /// Most common first.
    pub common_names: Vec<CommonName>,
    /// Most frequent first.
    pub rejected: Vec<RejectedRows>,
    /// From those with few journeys to the one with most.
    pub users: Vec<UserFacts>,
}

/// All journeys together.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Overview {
    /// Seconds since 1970 of the first activity in a journey; `None` where there is no journey.
    pub first_at: Option<i64>,
    /// Seconds since 1970 of the latest activity in a journey.
    pub last_at: Option<i64>,
    /// Journeys whose status is dormant.
    pub dormant: u64,
    pub most_activities: Option<u64>,
    pub longest_seconds: Option<u64>,
}

/// How often a value occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    pub value: u64,
    pub count: u64,
}

/// Journeys named by the model, or extractively.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamesBySource {
    pub name_source: Option<String>,
    pub journeys: u64,
    pub distinct_names: u64,
}

/// A name and how often it was given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommonName {
    pub name: String,
    pub name_source: Option<String>,
    pub journeys: u64,
    /// Of these journeys together.
    pub activities: u64,
}

/// Source rows that were refused for one reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RejectedRows {
    pub source: String,
    pub reason: String,
    /// In all runs.
    pub row_count: u64,
    /// In the run of the page.
    pub row_count_of_run: u64,
    /// One of the rows as JSON.
    pub example: Option<String>,
}

/// The facts, and when the attempt that published the run's own snapshot began, in milliseconds since 1970.
pub(super) async fn facts(
    engine: &dyn Engine,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
    run: &Run,
) -> Result<(TableFacts, Option<i64>), PipelineError> {
    let session = analyst::at_snapshot(engine, root, snapshot, FunctionDefaults::default()).await?;
    let reader = Reader {
        engine,
        session: &session,
    };
    let none = Parameters::new();
    let run_id = Parameters::from([("run_id", Parameter::Text(run.record.run_id.clone()))]);
    let names = Parameters::from([("most_names", Parameter::Integer(MOST_NAMES))]);
    let overview: Vec<Overview> = reader.rows(catalogue::REPORT_OVERVIEW, &none).await?;
    let overview = overview.first().copied().unwrap_or_default();
    let journeys_per_user = reader.rows(catalogue::REPORT_JOURNEYS_PER_USER, &none).await?;
    let users = sample::users(&reader, &journeys_per_user).await?;
    let facts = TableFacts {
        snapshot: snapshot.sequence,
        published_by: snapshot.run_id.clone(),
        published_at_ms: snapshot.created_at_ms,
        slices: snapshot.slices.keys().cloned().collect(),
        versions: snapshot.tables.clone(),
        encoder: snapshot.encoder.clone(),
        parameters: parameters(snapshot),
        totals: totals(engine, root, snapshot, run).await?,
        overview,
        journeys_per_user,
        lengths: reader.rows(catalogue::REPORT_LENGTHS, &none).await?,
        spans: reader.rows(catalogue::REPORT_SPANS, &none).await?,
        names_by_source: reader.rows(catalogue::REPORT_NAMES_BY_SOURCE, &none).await?,
        common_names: reader.rows(catalogue::REPORT_COMMON_NAMES, &names).await?,
        rejected: reader.rows(catalogue::REPORT_REJECTED_ROWS, &run_id).await?,
        users,
    };
    Ok((facts, attempt_started_at_ms(&reader, &run.record.run_id).await?))
}

fn parameters(snapshot: &SnapshotRecord) -> Option<Params> {
    let settings: serde_json::Value = serde_json::from_str(&snapshot.settings).ok()?;
    serde_json::from_value(settings.get("params")?.clone()).ok()
}

/// The run counted the tables at its end, unless it did not come to it.
async fn totals(
    engine: &dyn Engine,
    root: &TableRoot,
    snapshot: &SnapshotRecord,
    run: &Run,
) -> Result<BTreeMap<String, u64>, PipelineError> {
    let counted = run
        .outcome
        .as_ref()
        .filter(|outcome| outcome.snapshot == Some(snapshot.sequence) && !outcome.counts.is_empty());
    match counted {
        Some(outcome) => Ok(outcome.counts.clone()),
        None => analyst::totals(engine, root, snapshot).await,
    }
}

async fn attempt_started_at_ms(reader: &Reader<'_>, run_id: &str) -> Result<Option<i64>, PipelineError> {
    let run_id = run_id.replace('\'', "''");
    let sql = format!(
        "SELECT CAST(floor(date_part('epoch', started_at) * 1000) AS BIGINT) FROM runs
         WHERE run_id = '{run_id}' AND stage IS NULL"
    );
    let batches = reader.query(&sql).await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    Ok(first.map(|batch| batch.column(0).as_primitive::<Int64Type>().value(0)))
}
