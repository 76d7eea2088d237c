//! The job's sources as the views `source_activities` and `source_items`, and the fingerprint of their files.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::{DataFrame, SessionContext};
use wayfare_functions::bucketed_table::parquet_format;
use xxhash_rust::xxh3::Xxh3Default;

use crate::catalogue::render;
use crate::error::PipelineError;
use crate::settings::{JobSettings, LogicalDate, SourceFormat, SourceTable};

/// Registers the source tables and the two views for one logical date.
pub(crate) async fn register(
    session: &SessionContext,
    settings: &JobSettings,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    for (name, table) in &settings.sources.tables {
        register_table(session, name, table).await?;
    }
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
    let weight = if has_column(&activities, "weight") {
        "weight"
    } else {
        "1"
    };
    require(&activities, "activities", &["user_id", "item_id", "occurred_at"])?;
    session.register_table("mapped_activities", activities.into_view())?;
    let sql = format!(
        "SELECT * FROM (SELECT arrow_cast(user_id, 'Utf8') AS user_id, arrow_cast(item_id, 'Utf8') AS item_id, \
         arrow_cast(occurred_at, 'Timestamp(Microsecond, Some(\"UTC\"))') AS occurred_at, \
         arrow_cast({weight}, 'Float32') AS weight FROM mapped_activities) {filter}"
    );
    let checked = session
        .sql(&sql)
        .await
        .map_err(|error| source_error("activities", &error))?;
    session.register_table("source_activities", checked.into_view())?;

    let items = view(session, "items", &settings.sources.items.sql, date).await?;
    require(&items, "items", &["item_id", "title"])?;
    let text = if has_column(&items, "text") {
        "text"
    } else {
        "NULL"
    };
    let tags = if has_column(&items, "tags") {
        "tags"
    } else {
        "NULL"
    };
    session.register_table("mapped_items", items.into_view())?;
    let sql = format!(
        "SELECT arrow_cast(item_id, 'Utf8') AS item_id, arrow_cast(title, 'Utf8') AS title, \
         arrow_cast({text}, 'Utf8') AS text, arrow_cast({tags}, 'List(Utf8)') AS tags FROM mapped_items"
    );
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
    session
        .sql(&sql)
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

async fn register_table(
    session: &SessionContext,
    name: &str,
    table: &SourceTable,
) -> Result<(), PipelineError> {
    if matches!(table.format, SourceFormat::Delta) {
        return Err(crate::analyst::delta_source_refused(name, &table.path));
    }
    let url = ListingTableUrl::parse(&table.path).map_err(|error| source_error(name, &error))?;
    let options = match table.format {
        SourceFormat::Csv => {
            let byte = |character: char| u8::try_from(u32::from(character)).unwrap_or(b',');
            let mut format = CsvFormat::default()
                .with_has_header(table.header)
                .with_delimiter(byte(table.delimiter));
            if table.quote != '"' {
                format = format.with_quote(byte(table.quote));
            }
            ListingOptions::new(Arc::new(format)).with_file_extension("")
        }
        _ => ListingOptions::new(parquet_format()).with_file_extension(""),
    };
    let declared = table.columns.as_ref().map(|columns| {
        let fields = columns
            .iter()
            .map(|(name, kind)| Field::new(name, kind.data_type(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    });
    let schema = match declared {
        Some(schema) => schema,
        None => options
            .infer_schema(&session.state(), &url)
            .await
            .map_err(|error| source_error(name, &error))?,
    };
    let config = ListingTableConfig::new(url)
        .with_listing_options(options)
        .with_schema(schema);
    let listing = ListingTable::try_new(config).map_err(|error| source_error(name, &error))?;
    session.register_table(name, Arc::new(listing))?;
    Ok(())
}

/// What is known of the source files without reading them.
#[derive(Debug, Clone)]
pub(crate) struct SourceFiles {
    /// Changes when a file is added, removed or written.
    pub(crate) fingerprint: String,
    pub(crate) bytes: u64,
}

/// Looks at path, size and time of every source file.
pub(crate) fn look_at_files(settings: &JobSettings) -> Result<SourceFiles, PipelineError> {
    let mut hasher = Xxh3Default::new();
    let mut bytes = 0;
    for (name, table) in &settings.sources.tables {
        let path = table.path.strip_prefix("file://").unwrap_or(&table.path);
        let missing = || PipelineError::InputMissing {
            what: format!("source table `{name}`"),
            path: table.path.clone(),
        };
        let mut files = Vec::new();
        list(std::path::Path::new(path), &mut files).map_err(|_| missing())?;
        if files.is_empty() {
            return Err(missing());
        }
        files.sort();
        for (file, size, modified_ns) in files {
            hasher.update(format!("{name}\0{file}\0{size}\0{modified_ns}\n").as_bytes());
            bytes += size;
        }
    }
    Ok(SourceFiles {
        fingerprint: format!("{:016x}", hasher.digest()),
        bytes,
    })
}

fn list(path: &std::path::Path, into: &mut Vec<(String, u64, u128)>) -> std::io::Result<()> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            list(&entry?.path(), into)?;
        }
        return Ok(());
    }
    let modified = metadata
        .modified()?
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    into.push((path.display().to_string(), metadata.len(), modified.as_nanos()));
    Ok(())
}
