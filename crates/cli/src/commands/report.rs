//! `wayfare report`: the page about a run, and the same page at the end of `wayfare run`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use wayfare_functions::models::ModelProvider;
use wayfare_pipeline::engine::{EmbeddedEngine, Engine};
use wayfare_pipeline::error::PipelineError;
use wayfare_pipeline::report::RunReport;
use wayfare_pipeline::run_page::{self, RunFacts};
use wayfare_tables::{TableRoot, write_run_report};

use super::runs::existing_root;
use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::models::CandleModels;
use crate::{output, report_page};

/// Makes the page of a run and prints where it lies.
pub(super) async fn report(args: &ReportArgs) -> Result<(), Failure> {
    let root = existing_root(&args.tables_url)?;
    let models: Arc<dyn ModelProvider> = Arc::new(CandleModels::default());
    let engine = EmbeddedEngine::new(models, 0, 0);
    let facts = facts(&engine, &root, args.run_id.as_deref()).await?;
    let html = report_page::render(&facts)?;
    let place = match &args.out {
        None => store(&root, &facts.run_id, html).await?,
        Some(file) => {
            std::fs::write(file, html).map_err(|error| {
                Failure::from(error).context(format!("cannot write the page to `{}`", file.display()))
            })?;
            file.display().to_string()
        }
    };
    output::data_line(&place)
}

/// Makes the page of a run that has just been published; gives where it lies. The run is done whatever happens here, so
/// that a failure is only told.
pub(super) async fn after_run(engine: &dyn Engine, report: &RunReport) -> Option<String> {
    let making = async {
        let root = existing_root(&report.tables_url)?;
        let facts = facts(engine, &root, Some(&report.run_id)).await?;
        store(&root, &report.run_id, report_page::render(&facts)?).await
    };
    let made = AssertUnwindSafe(Box::pin(making)).catch_unwind().await;
    match made.unwrap_or_else(|_| Err(Failure::bug("a thread panicked"))) {
        Ok(place) => Some(place),
        Err(failure) => {
            output::talk(&format!(
                "warning: the run is done, but its report could not be written: {}",
                failure.messages().join(": ")
            ));
            output::talk(&format!(
                "hint: `wayfare report {} {}` makes it again",
                report.tables_url, report.run_id
            ));
            None
        }
    }
}

async fn facts(engine: &dyn Engine, root: &TableRoot, run_id: Option<&str>) -> Result<RunFacts, Failure> {
    let facts = run_page::facts(engine, root, run_id).await;
    facts.map_err(|error| match error {
        // No run failed here, so that there is no job to name and nothing to run again.
        PipelineError::Tables { doing, source, .. } => {
            Failure::tables(format!("cannot make the report: {doing}"))(*source)
        }
        other => other.into(),
    })
}

/// Puts the page beside the tables.
async fn store(root: &TableRoot, run_id: &str, html: String) -> Result<String, Failure> {
    let path = write_run_report(root, run_id, html)
        .await
        .map_err(Failure::tables("cannot store the report".to_owned()))?;
    Ok(match root.local_path() {
        Some(folder) => folder.join(path).display().to_string(),
        None => format!("{}{path}", root.url()),
    })
}
