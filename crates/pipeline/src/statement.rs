//! Runs one statement of the catalogue in a session: plans it, writes its rows, names it in every error.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, UInt64Type};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use wayfare_functions::write_files::{Arrangement, WriteFiles, WriteSpec};
use wayfare_tables::DataFile;

use crate::catalogue::{Parameters, Statement};
use crate::clock;
use crate::engine::Engine;
use crate::error::PipelineError;

/// Where a statement runs, for its errors.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) job: String,
    pub(crate) stage: &'static str,
    pub(crate) group: u32,
}

impl Place {
    fn failed(&self, statement: Statement) -> impl FnOnce(DataFusionError) -> PipelineError {
        let (job, stage, group) = (self.job.clone(), self.stage, self.group);
        move |source| PipelineError::Statement {
            job,
            stage,
            group,
            statement: statement.name,
            source: Box::new(source),
        }
    }
}

/// Where a statement's rows go.
#[derive(Debug, Clone)]
pub(crate) struct Output<'a> {
    pub(crate) directory: &'a str,
    pub(crate) attempt: &'a str,
    /// What the files hold; `None` for the statement's own columns without the partition columns.
    pub(crate) file_schema: Option<SchemaRef>,
    pub(crate) partition_columns: &'a [&'a str],
    pub(crate) sort_columns: &'a [&'a str],
    pub(crate) arrangement: Arrangement,
}

/// Plans a statement.
pub(crate) async fn plan(
    session: &SessionContext,
    statement: Statement,
    parameters: &Parameters,
    place: &Place,
) -> Result<LogicalPlan, PipelineError> {
    let sql = statement.render(parameters).map_err(|name| PipelineError::Bug {
        message: format!("statement `{}` needs the parameter `{name}`", statement.name),
    })?;
    session
        .state()
        .create_logical_plan(&sql)
        .await
        .map_err(place.failed(statement))
}

/// Rows of a statement that gives few.
pub(crate) async fn rows(
    engine: &dyn Engine,
    session: &SessionContext,
    statement: Statement,
    parameters: &Parameters,
    place: &Place,
) -> Result<Vec<RecordBatch>, PipelineError> {
    let plan = plan(session, statement, parameters, place).await?;
    engine
        .execute(session, plan)
        .await
        .map_err(place.failed(statement))
}

/// Plans a statement together with the writing of its rows; gives the schema of the files, too.
pub(crate) async fn plan_write(
    session: &SessionContext,
    statement: Statement,
    parameters: &Parameters,
    place: &Place,
    output: &Output<'_>,
) -> Result<(LogicalPlan, SchemaRef), PipelineError> {
    let plan = plan(session, statement, parameters, place).await?;
    let file_schema = output.file_schema.clone().unwrap_or_else(|| {
        let fields = plan.schema().as_arrow().fields().iter();
        let kept = fields
            .filter(|field| !output.partition_columns.contains(&field.name().as_str()))
            .cloned();
        std::sync::Arc::new(arrow::datatypes::Schema::new(kept.collect::<Vec<_>>()))
    });
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let spec = WriteSpec {
        directory: output.directory.to_owned(),
        attempt: output.attempt.to_owned(),
        file_schema: std::sync::Arc::clone(&file_schema),
        partition_columns: owned(output.partition_columns),
        sort_columns: owned(output.sort_columns),
        arrangement: output.arrangement,
    };
    Ok((
        WriteFiles::plan(plan, spec).map_err(place.failed(statement))?,
        file_schema,
    ))
}

/// Writes a statement's rows and gives the files.
pub(crate) async fn write(
    engine: &dyn Engine,
    session: &SessionContext,
    statement: Statement,
    parameters: &Parameters,
    place: &Place,
    output: &Output<'_>,
) -> Result<(Vec<DataFile>, SchemaRef), PipelineError> {
    let (plan, schema) = plan_write(session, statement, parameters, place, output).await?;
    let batches = engine
        .execute(session, plan)
        .await
        .map_err(place.failed(statement))?;
    Ok((files_of(&batches)?, schema))
}

/// Reads the rows that `WriteFiles` gives.
pub(crate) fn files_of(batches: &[RecordBatch]) -> Result<Vec<DataFile>, PipelineError> {
    let modified_ms = clock::now().timestamp_millis();
    let mut files = Vec::new();
    for batch in batches {
        let (paths, partitions) = (
            batch.column(0).as_string::<i32>(),
            batch.column(3).as_string::<i32>(),
        );
        let (counts, sizes) = (
            batch.column(1).as_primitive::<UInt64Type>(),
            batch.column(2).as_primitive::<UInt64Type>(),
        );
        for row in 0..batch.num_rows() {
            let partition: BTreeMap<String, Option<String>> = serde_json::from_str(partitions.value(row))
                .map_err(|error| PipelineError::Bug {
                    message: format!("partition of a written file: {error}"),
                })?;
            let (path, rows, size) = (paths.value(row).to_owned(), counts.value(row), sizes.value(row));
            files.push(DataFile {
                path,
                size,
                rows,
                partition,
                modified_ms,
                deleted: None,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
