//! The job's sources as the views `source_activities` and `source_items`, and the fingerprint of their files.

mod csv;
mod delta;
pub(crate) mod fault;
mod files;
mod mapped;
mod plain;
mod remote;
mod traced;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{DataFrame, SessionContext};
use wayfare_tables::ForeignTable;
use xxhash_rust::xxh3::Xxh3Default;

use crate::catalogue::render;
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::settings::{JobSettings, LogicalDate, SourceFormat};

/// Registers the source tables and the two views for one logical date. `files` is what was found when the run began.
pub(crate) async fn register(
    session: &SessionContext,
    settings: &JobSettings,
    files: &SourceFiles,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    register_tables(session, settings, files).await?;
    let activities = view(session, "activities", &settings.sources.activities.sql, date).await?;
    let interval = settings.job.slice.interval(date);
    let filter = interval.map_or_else(String::new, |(start, end)| {
        // Rows without a time belong to no slice; they are kept so that they are rejected and not lost.
        format!(
            "WHERE occurred_at IS NULL OR (occurred_at >= TIMESTAMP '{}Z' AND occurred_at < TIMESTAMP '{}Z')",
            start.format("%Y-%m-%dT%H:%M:%S"),
            end.format("%Y-%m-%dT%H:%M:%S")
        )
    });
    require(&activities, "activities", &["user_id", "item_id", "occurred_at"])?;
    let activities = DataFrame::new(session.state(), traced::traced(activities.logical_plan()));
    let sql = mapped::activities(&activities, &filter)?;
    session.register_table("mapped_activities", activities.into_view())?;
    let checked = session
        .sql(&sql)
        .await
        .map_err(|error| source_error("activities", &error))?;
    session.register_table("source_activities", checked.into_view())?;

    let items = view(session, "items", &settings.sources.items.sql, date).await?;
    require(&items, "items", &["item_id", "title"])?;
    let sql = mapped::items(&items)?;
    session.register_table("mapped_items", items.into_view())?;
    let mapped = session
        .sql(&sql)
        .await
        .map_err(|error| source_error("items", &error))?;
    session.register_table("source_items", mapped.into_view())?;
    Ok(())
}

async fn view(
    session: &SessionContext,
    name: &str,
    sql: &str,
    date: LogicalDate,
) -> Result<DataFrame, PipelineError> {
    let literal = |parameter: &str| (parameter == "logical_date").then(|| format!("'{date}'"));
    let sql = render(sql, &literal).map_err(|parameter| PipelineError::Source {
        source_name: name.to_owned(),
        message: format!("`${parameter}` is not a parameter of sources; there is only `$logical_date`"),
    })?;
    let only_queries = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    session
        .sql_with_options(&sql, only_queries)
        .await
        .map_err(|error| source_error(name, &error))
}

fn source_error(name: &str, error: &dyn std::fmt::Display) -> PipelineError {
    PipelineError::Source {
        source_name: name.to_owned(),
        message: error.to_string(),
    }
}

fn has_column(rows: &DataFrame, name: &str) -> bool {
    rows.schema().has_column_with_unqualified_name(name)
}

fn require(rows: &DataFrame, source: &str, columns: &[&str]) -> Result<(), PipelineError> {
    match columns.iter().find(|name| !has_column(rows, name)) {
        None => Ok(()),
        Some(missing) => {
            let given: Vec<&str> = rows
                .schema()
                .fields()
                .iter()
                .map(|field| field.name().as_str())
                .collect();
            let message = format!(
                "the query gives no column `{missing}`; it gives {}",
                given.join(", ")
            );
            Err(PipelineError::Source {
                source_name: source.to_owned(),
                message,
            })
        }
    }
}

/// Registers the source tables alone.
pub(crate) async fn register_tables(
    session: &SessionContext,
    settings: &JobSettings,
    found: &SourceFiles,
) -> Result<(), PipelineError> {
    for (name, table) in &settings.sources.tables {
        match found.delta.get(name) {
            Some(resolved) => {
                remote::register(session, &resolved.url)?;
                session.register_table(name, Arc::new(delta::DeltaTable::new(name, resolved)?))?;
            }
            None => {
                let all = files::list(name, table).await?;
                session.register_table(name, plain::provider(session, name, table, &all).await?)?;
            }
        }
    }
    Ok(())
}

/// Looks at the sources of a job as a run for the date would, short of reading their rows; gives the bytes of their files.
pub async fn check(
    engine: &dyn Engine,
    settings: &JobSettings,
    date: LogicalDate,
) -> Result<u64, PipelineError> {
    let files = look_at_files(settings).await?;
    let session = engine.session(&fault::needs())?;
    register(&session, settings, &files, date).await?;
    Ok(files.bytes)
}

/// Reads every source file through and runs both queries for the date: the first file or query that cannot be read is the
/// error.
pub async fn read_through(
    engine: &dyn Engine,
    settings: &JobSettings,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    let files = look_at_files(settings).await?;
    fault::find(engine, settings, &files, date).await
}

/// What is known of the source files without reading them.
#[derive(Debug, Clone)]
pub(crate) struct SourceFiles {
    /// Changes when a file is added, removed or written.
    pub(crate) fingerprint: String,
    pub(crate) bytes: u64,
    /// The Delta tables among the sources, by their names in the job.
    pub(crate) delta: BTreeMap<String, ForeignTable>,
}

/// Looks at path, size and time of every source file, and at the newest version of every Delta table.
pub(crate) async fn look_at_files(settings: &JobSettings) -> Result<SourceFiles, PipelineError> {
    let mut hasher = Xxh3Default::new();
    let mut bytes = 0;
    let mut delta = BTreeMap::new();
    for (name, table) in &settings.sources.tables {
        if table.format == SourceFormat::Delta {
            let resolved = delta::resolve(name, table).await?;
            bytes += delta::hash(name, &resolved, &mut hasher);
            delta.insert(name.clone(), resolved);
            continue;
        }
        delta::refuse_as_parquet(name, table).await?;
        for file in files::list(name, table).await? {
            let (path, modified_ns) = (file.path.display(), file.modified_ns);
            hasher.update(format!("{name}\0{path}\0{}\0{modified_ns}\n", file.bytes).as_bytes());
            hasher.update(file.e_tag.as_deref().unwrap_or_default().as_bytes());
            bytes += file.bytes;
        }
    }
    Ok(SourceFiles {
        fingerprint: format!("{:016x}", hasher.digest()),
        bytes,
        delta,
    })
}

/// The path of a local file or folder.
fn local_path(path: &str) -> &str {
    path.strip_prefix("file://").unwrap_or(path)
}
