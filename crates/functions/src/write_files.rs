//! `WriteFiles`: a plan node that writes its input as Parquet files and yields one row per file.
//!
//! Each partition writes its own files under names no other attempt uses; nothing refers to them until the
//! driver commits them. That is why lost or repeated attempts neither lose nor double a row. (`INSERT` and
//! `COPY` would funnel everything through one task.)

use std::cmp::Ordering;
use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, DFSchemaRef, Result, plan_err};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{
    Expr, Extension, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};
use serde::{Deserialize, Serialize};

use crate::write_files_exec::WriteFilesExec;

/// Where and how rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WriteSpec {
    /// From the root of the tables; files go below it in `column=value` folders.
    pub directory: String,
    /// Starts every file name; unique to the attempt.
    pub attempt: String,
    /// What the files hold; the input's columns are cast to it.
    pub file_schema: SchemaRef,
    /// Columns of the input that name the folder and are not written.
    pub partition_columns: Vec<String>,
    /// Order of the rows in each file.
    pub sort_columns: Vec<String>,
    pub arrangement: Arrangement,
}

/// How rows come to the files of their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Arrangement {
    /// Each task has whole folders already, one after the other: it holds one file open at a time.
    InOrder,
    /// All rows of a folder are brought to one task first, and sorted there: the shuffle.
    Gathered,
    /// Rows come in any order: each task gathers them up to a limit, and then writes a file for every folder.
    Scattered,
}

/// The columns of a row per file.
pub static WRITTEN_FILES: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("path", DataType::Utf8, false),
        Field::new("rows", DataType::UInt64, false),
        Field::new("bytes", DataType::UInt64, false),
        Field::new("partition", DataType::Utf8, false),
    ]))
});

/// The logical node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WriteFiles {
    input: LogicalPlan,
    spec: WriteSpec,
    schema: DFSchemaRef,
}

impl WriteFiles {
    /// Checks that the input has every column of the file schema.
    pub fn plan(input: LogicalPlan, spec: WriteSpec) -> Result<LogicalPlan> {
        let named = |name: &str| input.schema().has_column_with_unqualified_name(name);
        let wanted = spec
            .file_schema
            .fields()
            .iter()
            .map(|field| field.name())
            .chain(&spec.partition_columns);
        if let Some(missing) = wanted.into_iter().find(|name| !named(name)) {
            return plan_err!(
                "writing {}: the statement gives no column `{missing}`",
                spec.directory
            );
        }
        let schema = Arc::new(DFSchema::try_from(Arc::clone(&WRITTEN_FILES))?);
        Ok(LogicalPlan::Extension(Extension {
            node: Arc::new(Self { input, spec, schema }),
        }))
    }
}

impl PartialOrd for WriteFiles {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for WriteFiles {
    fn name(&self) -> &'static str {
        "WriteFiles"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        vec![]
    }

    fn fmt_for_explain(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WriteFiles: {}", self.spec.directory)
    }

    fn with_exprs_and_inputs(&self, _exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        let input = inputs.swap_remove(0);
        Ok(Self {
            input,
            spec: self.spec.clone(),
            schema: Arc::clone(&self.schema),
        })
    }
}

/// Plans `WriteFiles`; install with [`with_write_files`].
#[derive(Debug)]
struct WriteFilesPlanner;

#[async_trait]
impl ExtensionPlanner for WriteFilesPlanner {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        physical_inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _planning_ctx: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let node = node.as_any().downcast_ref::<WriteFiles>();
        node.map(|node| {
            let exec = WriteFilesExec::try_new(Arc::clone(&physical_inputs[0]), node.spec.clone())?;
            Ok(Arc::new(exec) as Arc<dyn ExecutionPlan>)
        })
        .transpose()
    }
}

#[derive(Debug)]
struct PlannerWithWriteFiles;

#[async_trait]
impl QueryPlanner for PlannerWithWriteFiles {
    async fn create_physical_plan(
        &self,
        logical_plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(WriteFilesPlanner)])
            .create_physical_plan(logical_plan, session)
            .await
    }
}

/// Lets a session plan `WriteFiles`.
pub fn with_write_files(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.with_query_planner(Arc::new(PlannerWithWriteFiles))
}
