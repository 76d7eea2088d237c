//! CSV files: every column is read as text and then converted, so that one cell that is not what its column holds is a
//! null in its row and not the end of the run. [`traced`](super::traced) tells it from a cell that is empty.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::listing::ListingTable;
use datafusion::logical_expr::{Expr, TableType, try_cast};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use wayfare_functions::single_line_exec::SingleLineExec;

use super::files::ListedFile;
use super::{plain, source_error};
use crate::error::PipelineError;
use crate::settings::SourceTable;

/// The rows of `files` with the columns that the job declares, or else with those of the header and of types that fit
/// the first rows.
pub(super) async fn provider(
    session: &SessionContext,
    name: &str,
    table: &SourceTable,
    files: &[ListedFile],
) -> Result<Arc<dyn TableProvider>, PipelineError> {
    let format: Arc<dyn FileFormat> = Arc::new(format_of(table));
    let schema = match &table.columns {
        Some(columns) => {
            let fields = columns
                .iter()
                .map(|(name, kind)| Field::new(name, kind.data_type(), true));
            Arc::new(Schema::new(fields.collect::<Vec<_>>()))
        }
        None => plain::schema_of(session, &format, name, table, files).await?,
    };
    let fields = schema.fields().iter();
    let texts = fields.map(|field| Field::new(field.name(), DataType::Utf8, true));
    let texts = Arc::new(Schema::new(texts.collect::<Vec<_>>()));
    let listing = plain::listing(name, format, files, texts)?;
    let rows: Arc<dyn TableProvider> = if table.multiline {
        Arc::new(listing)
    } else {
        Arc::new(SingleLineTable { listing })
    };
    converted(session, rows, &schema).map_err(|error| source_error(name, &error))
}

fn format_of(table: &SourceTable) -> CsvFormat {
    let byte = |character: char| u8::try_from(u32::from(character)).unwrap_or(b',');
    let format = CsvFormat::default()
        .with_has_header(table.header)
        .with_delimiter(byte(table.delimiter))
        .with_newlines_in_values(table.multiline);
    if table.quote == '"' {
        format
    } else {
        format.with_quote(byte(table.quote))
    }
}

fn converted(
    session: &SessionContext,
    rows: Arc<dyn TableProvider>,
    schema: &SchemaRef,
) -> datafusion::error::Result<Arc<dyn TableProvider>> {
    let rows = session.read_table(rows)?;
    let columns: Vec<Expr> = rows
        .schema()
        .iter()
        .zip(schema.fields())
        .map(|(text, field)| match field.data_type() {
            DataType::Utf8 | DataType::Null => Expr::from(text).alias(field.name()),
            kind => try_cast(Expr::from(text), kind.clone()).alias(field.name()),
        })
        .collect();
    Ok(rows.select(columns)?.into_view())
}

/// CSV files in which no value holds a line break.
#[derive(Debug)]
struct SingleLineTable {
    listing: ListingTable,
}

#[async_trait]
impl TableProvider for SingleLineTable {
    fn schema(&self) -> SchemaRef {
        self.listing.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        // Every column is read: the lines that a quote has taken in may be in one that nobody asks for.
        let rows = self.listing.scan(state, None, filters, limit).await?;
        let all = || (0..self.listing.schema().fields().len()).collect();
        let columns = projection.cloned().unwrap_or_else(all);
        Ok(Arc::new(SingleLineExec::try_new(rows, columns)?))
    }
}
