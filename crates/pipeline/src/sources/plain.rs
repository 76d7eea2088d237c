//! Parquet and CSV files as a table of the session.

use std::path::Path as FilePath;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use object_store::ObjectMeta;
use object_store::path::Path;
use url::Url;
use wayfare_functions::bucketed_table::parquet_format;

use super::files::{ListedFile, unreadable};
use super::{csv, remote, source_error};
use crate::engine::caught;
use crate::error::PipelineError;
use crate::settings::{SourceFormat, SourceTable};

/// The rows of `files`, which are some or all of the table's.
pub(super) async fn provider(
    session: &SessionContext,
    name: &str,
    table: &SourceTable,
    files: &[ListedFile],
) -> Result<Arc<dyn TableProvider>, PipelineError> {
    if table.format == SourceFormat::Csv {
        return csv::provider(session, name, table, files).await;
    }
    let format: Arc<dyn FileFormat> = parquet_format();
    let schema = schema_of(session, &format, name, table, files).await?;
    Ok(Arc::new(listing(name, format, files, schema)?))
}

/// The columns that all files together have.
///
/// # Errors
/// [`PipelineError::SourceFile`] names the first file that is not of the format.
pub(super) async fn schema_of(
    session: &SessionContext,
    format: &Arc<dyn FileFormat>,
    name: &str,
    table: &SourceTable,
    files: &[ListedFile],
) -> Result<SchemaRef, PipelineError> {
    let state = session.state();
    // All files of a table lie in one place.
    let url = match files.first().and_then(|file| file.url.as_ref()) {
        None => ObjectStoreUrl::local_filesystem(),
        Some(url) => remote::register(session, url)?,
    };
    let store = session.runtime_env().object_store(url)?;
    let objects = files
        .iter()
        .map(|file| object(file).map_err(|error| source_error(name, &error)))
        .collect::<Result<Vec<_>, _>>()?;
    let error = match caught(format.infer_schema(&state, &store, &objects)).await {
        Ok(schema) => return Ok(schema),
        Err(error) => error,
    };
    for (file, object) in files.iter().zip(&objects) {
        let alone = std::slice::from_ref(object);
        if let Err(source) = caught(format.infer_schema(&state, &store, alone)).await {
            return Err(unreadable(name, table, &file.path, source));
        }
    }
    Err(source_error(name, &format!("its files do not agree: {error}")))
}

/// The files as a table with these columns.
pub(super) fn listing(
    name: &str,
    format: Arc<dyn FileFormat>,
    files: &[ListedFile],
    schema: SchemaRef,
) -> Result<ListingTable, PipelineError> {
    let urls = files
        .iter()
        .map(|file| match &file.url {
            None => listed_url(&file.path),
            Some(url) => ListingTableUrl::try_new(url.clone(), None),
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| source_error(name, &error))?;
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(ListingOptions::new(format).with_file_extension(""))
        .with_schema(schema);
    ListingTable::try_new(config).map_err(|error| source_error(name, &error))
}

/// Made of the path itself, since a text would be searched for patterns such as `[1]`.
fn listed_url(path: &FilePath) -> Result<ListingTableUrl, DataFusionError> {
    let url = Url::from_file_path(path)
        .map_err(|()| DataFusionError::Configuration(format!("`{}` has no form as a URL", path.display())))?;
    ListingTableUrl::try_new(url, None)
}

fn object(file: &ListedFile) -> Result<ObjectMeta, object_store::path::Error> {
    let modified_ns = i64::try_from(file.modified_ns).unwrap_or(i64::MAX);
    Ok(ObjectMeta {
        location: match &file.url {
            None => Path::from_absolute_path(&file.path)?,
            Some(url) => Path::from_url_path(url.path())?,
        },
        last_modified: DateTime::<Utc>::from_timestamp_nanos(modified_ns),
        size: file.bytes,
        e_tag: None,
        version: None,
    })
}
