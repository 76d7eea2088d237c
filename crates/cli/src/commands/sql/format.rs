//! The formats of query results.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow::util::pretty::pretty_format_batches_with_schema;
use datafusion::execution::SendableRecordBatchStream;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use crate::args::QueryFormat;
use crate::failure::Failure;
use crate::output;

/// Writes the results of one statement after the other to one place.
pub(super) struct Results {
    format: QueryFormat,
    destination: Box<dyn Write + Send>,
    parquet: Option<ArrowWriter<Box<dyn Write + Send>>>,
}

impl Results {
    /// Results go to the file, if there is one, else to standard output.
    pub(super) fn create(format: QueryFormat, file: Option<&Path>) -> Result<Self, Failure> {
        let destination: Box<dyn Write + Send> = match file {
            Some(path) => {
                let file = File::create(path).map_err(|error| {
                    Failure::from(error).context(format!("cannot create `{}`", path.display()))
                })?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(output::data_writer()),
        };
        Ok(Self {
            format,
            destination,
            parquet: None,
        })
    }

    /// Writes one result. Only the boxes of a table need all rows at once; the other formats stream.
    pub(super) async fn write(&mut self, mut stream: SendableRecordBatchStream) -> Result<(), Failure> {
        let schema = stream.schema();
        match self.format {
            QueryFormat::Table => {
                let batches: Vec<RecordBatch> = stream.try_collect().await?;
                let table = pretty_format_batches_with_schema(schema, &batches).map_err(arrow_failure)?;
                writeln!(self.destination, "{table}").map_err(output::write_failure)?;
            }
            QueryFormat::Csv => {
                let flat = flat_schema(&schema);
                let mut writer = csv::WriterBuilder::new()
                    .with_header(true)
                    .build(&mut self.destination);
                writer
                    .write(&RecordBatch::new_empty(Arc::clone(&flat)))
                    .map_err(arrow_failure)?;
                while let Some(batch) = stream.try_next().await? {
                    writer
                        .write(&flatten(&batch, &flat).map_err(arrow_failure)?)
                        .map_err(arrow_failure)?;
                }
            }
            QueryFormat::Json => {
                let mut writer = LineDelimitedWriter::new(&mut self.destination);
                while let Some(batch) = stream.try_next().await? {
                    writer.write(&batch).map_err(arrow_failure)?;
                }
                writer.finish().map_err(arrow_failure)?;
            }
            QueryFormat::Parquet => self.write_parquet(&schema, stream).await?,
        }
        self.destination.flush().map_err(output::write_failure)
    }

    async fn write_parquet(
        &mut self,
        schema: &SchemaRef,
        mut stream: SendableRecordBatchStream,
    ) -> Result<(), Failure> {
        if self.parquet.is_some() {
            return Err(Failure::usage(
                "a Parquet file holds the result of one statement, here are several",
            ));
        }
        let destination = std::mem::replace(&mut self.destination, Box::new(std::io::sink()));
        let writer = ArrowWriter::try_new(destination, Arc::clone(schema), None).map_err(parquet_failure)?;
        let writer = self.parquet.insert(writer);
        while let Some(batch) = stream.try_next().await? {
            writer.write(&batch).map_err(parquet_failure)?;
        }
        Ok(())
    }

    /// Ends what has an end.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Some(writer) = self.parquet.take() {
            let mut file = writer.into_inner().map_err(parquet_failure)?;
            file.flush().map_err(output::write_failure)?;
        }
        self.destination.flush().map_err(output::write_failure)
    }
}

/// The schema with lists, structs and maps as text, which CSV cannot hold otherwise.
fn flat_schema(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        if field.data_type().is_nested() {
            Arc::new(Field::new(field.name(), DataType::Utf8, field.is_nullable()))
        } else {
            Arc::clone(field)
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn flatten(batch: &RecordBatch, flat: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| {
        if column.data_type().is_nested() {
            nested_as_text(column)
        } else {
            Ok(Arc::clone(column))
        }
    });
    RecordBatch::try_new(Arc::clone(flat), columns.collect::<Result<_, _>>()?)
}

fn nested_as_text(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let texts = (0..column.len()).map(|row| {
        if column.is_null(row) {
            Ok(None)
        } else {
            formatter.value(row).try_to_string().map(Some)
        }
    });
    Ok(Arc::new(texts.collect::<Result<StringArray, _>>()?))
}

fn arrow_failure(error: ArrowError) -> Failure {
    match error {
        ArrowError::IoError(_, source) => output::write_failure(source),
        // The CSV writer keeps only the text of what went wrong below it.
        ArrowError::CsvError(message) if message.contains("Broken pipe") => {
            Failure::reader_gone(std::io::Error::new(std::io::ErrorKind::BrokenPipe, message))
        }
        other => Failure::from(datafusion::error::DataFusionError::from(other)),
    }
}

fn parquet_failure(error: ParquetError) -> Failure {
    Failure::from(datafusion::error::DataFusionError::from(error))
}
