//! What readers see in the tables, as rows of text that can be compared whatever made them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::SessionContext;
use wayfare_pipeline::analyst;
use wayfare_tables::{SnapshotRecord, TableRoot, TableSpec, all_tables, latest_snapshot};

use crate::fake_models::FakeModels;
use crate::small_world::with_causes;

/// Says who wrote a row and where it lies, not what is in it.
const LINEAGE: [&str; 2] = ["run_id", "bucket"];
/// Tables that hold results; the others hold the history of runs, or caches that may know more than is in use.
pub const RESULTS: [&str; 6] = [
    "activity_log",
    "journeys",
    "journey_activities",
    "segment_state",
    "journey_aliases",
    "item_vectors",
];

/// The rows of each result table, sorted, by the table's name.
pub type Contents = BTreeMap<&'static str, Vec<String>>;

/// A session as analysts get it, with the fake models.
pub async fn session(tables_url: &str) -> SessionContext {
    let session = analyst::session(tables_url, Arc::new(FakeModels)).await;
    session.unwrap_or_else(|error| panic!("{}", with_causes(&error)))
}

/// The newest snapshot record; `None` if nothing was published.
pub async fn snapshot(tables_url: &str) -> Option<SnapshotRecord> {
    let root = TableRoot::parse(tables_url).expect("the tables' place is usable");
    latest_snapshot(&root)
        .await
        .expect("the snapshot record is readable")
}

/// All result tables as readers see them, without lineage; empty if nothing was published.
pub async fn contents(tables_url: &str) -> Contents {
    if snapshot(tables_url).await.is_none() {
        return Contents::new();
    }
    let session = session(tables_url).await;
    let mut contents = Contents::new();
    for spec in all_tables()
        .into_iter()
        .filter(|spec| RESULTS.contains(&spec.name))
    {
        contents.insert(spec.name, rows(&session, spec).await);
    }
    contents
}

async fn rows(session: &SessionContext, spec: &TableSpec) -> Vec<String> {
    let mut rows = query(session, &select(spec)).await;
    rows.sort();
    rows
}

/// The query for all of a table but lineage.
pub fn select(spec: &TableSpec) -> String {
    let columns: Vec<&str> = (spec.columns)()
        .iter()
        .map(|column| column.name)
        .filter(|name| !LINEAGE.contains(name))
        .collect();
    format!("SELECT {} FROM {}", columns.join(", "), spec.name)
}

/// The rows of a query as text, in the order in which they come.
pub async fn query(session: &SessionContext, sql: &str) -> Vec<String> {
    let frame = session
        .sql(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let batches = frame
        .collect()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in &batches {
        let columns: Vec<ArrayFormatter<'_>> = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options).expect("every value has a text form"))
            .collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns
                .iter()
                .map(|column| column.value(row).to_string())
                .collect();
            rows.push(values.join(" | "));
        }
    }
    rows
}

/// Panics with the first rows that differ.
#[track_caller]
pub fn assert_same(expected: &Contents, actual: &Contents, what: &str) {
    let names = |contents: &Contents| contents.keys().copied().collect::<Vec<_>>();
    assert_eq!(names(expected), names(actual), "{what}: tables");
    for (table, expected) in expected {
        let actual = &actual[table];
        let only_in = |left: &Vec<String>, right: &Vec<String>| {
            let rows: Vec<String> = left
                .iter()
                .filter(|row| right.binary_search(row).is_err())
                .take(3)
                .cloned()
                .collect();
            rows.join("\n    ")
        };
        assert!(
            expected == actual,
            "{what}: table `{table}` has {} rows where {} are expected\n  only expected:\n    {}\n  only found:\n    {}",
            actual.len(),
            expected.len(),
            only_in(expected, actual),
            only_in(actual, expected),
        );
    }
}
