//! The rows of a statement of `sql/report` as values.

use arrow::json::ArrayWriter;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use serde::de::DeserializeOwned;

use crate::catalogue::{Parameters, Statement};
use crate::engine::Engine;
use crate::error::PipelineError;

/// A session and what executes its plans.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) session: &'a SessionContext,
}

impl Reader<'_> {
    /// All rows, each column by its name. Nulls are absent.
    pub(super) async fn rows<T: DeserializeOwned>(
        &self,
        statement: Statement,
        parameters: &Parameters,
    ) -> Result<Vec<T>, PipelineError> {
        let sql = statement.render(parameters).map_err(|name| PipelineError::Bug {
            message: format!("statement `{}` needs the parameter `{name}`", statement.name),
        })?;
        let batches = self
            .query(&sql)
            .await
            .map_err(|error| error.context(format!("statement `{}`", statement.name)))?;
        from_batches(&batches).map_err(|message| PipelineError::Bug {
            message: format!("rows of statement `{}`: {message}", statement.name),
        })
    }

    /// The batches of a query.
    pub(super) async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>, DataFusionError> {
        let plan = self.session.state().create_logical_plan(sql).await?;
        self.engine.execute(self.session, plan).await
    }
}

fn from_batches<T: DeserializeOwned>(batches: &[RecordBatch]) -> Result<Vec<T>, String> {
    let batches: Vec<&RecordBatch> = batches.iter().filter(|batch| batch.num_rows() > 0).collect();
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let mut writer = ArrayWriter::new(Vec::new());
    let written = writer.write_batches(&batches).and_then(|()| writer.finish());
    written.map_err(|error| error.to_string())?;
    serde_json::from_slice(&writer.into_inner()).map_err(|error| error.to_string())
}
