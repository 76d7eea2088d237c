//! `wayfare sql`: queries over the tables, as they are at the newest snapshot.
//!
//! Statements may read, and define views for the statements after them; nothing writes into the tables.

mod format;
mod parameters;

use std::io::{Read, stdin};
use std::sync::Arc;

use datafusion::execution::context::SQLOptions;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{DFParser, Statement};
use wayfare_functions::models::ModelProvider;

use self::format::Results;
use self::parameters::{Parameters, parse_parameters};
use super::runs::existing_root;
use crate::args::SqlArgs;
use crate::failure::Failure;
use crate::models::CandleModels;
use crate::output;

pub(super) async fn sql(args: &SqlArgs) -> Result<(), Failure> {
    existing_root(&args.tables_url)?;
    let parameters = parse_parameters(&args.params).map_err(Failure::usage)?;
    let models: Arc<dyn ModelProvider> = Arc::new(CandleModels::default());
    let context = wayfare_pipeline::analyst::session(&args.tables_url, models).await?;
    let mut results = Results::create(args.format, args.output.as_deref())?;
    match (&args.query, &args.file) {
        (Some(query), _) => execute(&context, query, &parameters, &mut results).await?,
        (None, Some(file)) => {
            let statements = std::fs::read_to_string(file)
                .map_err(|error| Failure::from(error).context(format!("cannot read `{}`", file.display())))?;
            execute(&context, &statements, &parameters, &mut results).await?;
        }
        (None, None) if output::input_is_typed() => converse(&context, &parameters, &mut results).await?,
        (None, None) => {
            let mut statements = String::new();
            stdin().read_to_string(&mut statements)?;
            execute(&context, &statements, &parameters, &mut results).await?;
        }
    }
    results.finish()
}

async fn execute(
    context: &SessionContext,
    statements: &str,
    parameters: &Parameters,
    results: &mut Results,
) -> Result<(), Failure> {
    for statement in DFParser::parse_sql(statements)? {
        execute_one(context, statement, parameters, results).await?;
    }
    Ok(())
}

async fn execute_one(
    context: &SessionContext,
    statement: Statement,
    parameters: &Parameters,
    results: &mut Results,
) -> Result<(), Failure> {
    let plan = context.state().statement_to_plan(statement).await?;
    SQLOptions::new().with_allow_dml(false).verify_plan(&plan)?;
    let mut frame = context.execute_logical_plan(plan).await?;
    if !parameters.is_empty() {
        frame = frame.with_param_values(parameters.clone())?;
    }
    // Definitions answer with a table that has no columns.
    if frame.schema().fields().is_empty() {
        frame.collect().await?;
        return Ok(());
    }
    results.write(frame.execute_stream().await?).await
}

/// Reads statements from a person: each ends with a semicolon, and a wrong one does not end the conversation.
async fn converse(
    context: &SessionContext,
    parameters: &Parameters,
    results: &mut Results,
) -> Result<(), Failure> {
    output::talk("statements end with `;`, Ctrl-D leaves");
    let mut statements = String::new();
    loop {
        output::prompt(if statements.is_empty() {
            "wayfare> "
        } else {
            "      -> "
        });
        if stdin().read_line(&mut statements)? == 0 {
            output::talk("");
            return Ok(());
        }
        if statements.trim_end().ends_with(';') {
            match execute(context, &statements, parameters, results).await {
                Err(failure) if failure.exit_code() != 0 => output::failure(&failure),
                result => result?,
            }
            statements.clear();
        } else if statements.trim().is_empty() {
            statements.clear();
        }
    }
}
