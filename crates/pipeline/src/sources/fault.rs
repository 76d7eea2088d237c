//! Which file or query is at fault when a statement that reads the sources fails.
//!
//! A statement reads many files at once and cannot say in which of them it failed. So after a failure, and only then,
//! each is read on its own; and if all are sound, each query is run on its own.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use wayfare_functions::artefacts::FunctionDefaults;
use wayfare_tables::{ErrorClass, class_of, is_passing};

use super::files::{self, unreadable};
use super::{SourceFiles, delta, plain, register, remote};
use crate::engine::{Engine, SessionNeeds, caught};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::settings::{JobSettings, LogicalDate};

/// The error that says which file or query is at fault, if one is, and else the given one.
pub(crate) async fn explain(run: &Run<'_>, date: LogicalDate, error: PipelineError) -> PipelineError {
    let (PipelineError::Statement { source: failed, .. } | PipelineError::Query(failed)) = &error else {
        return error;
    };
    let is_exhausted = matches!(failed.find_root(), DataFusionError::ResourcesExhausted(_));
    let is_elsewhere = class_of(failed.as_ref()) == Some(ErrorClass::Resource) || is_passing(failed.as_ref());
    if is_exhausted || is_elsewhere {
        return error;
    }
    let text = format!("{failed}; reading each source file on its own to find out where");
    run.observer.observe(&Event::Note { text });
    match find(run.engine, run.settings, &run.source_files, date).await {
        Err(fault @ (PipelineError::SourceFile { .. } | PipelineError::SourceQuery { .. })) => fault,
        _ => error,
    }
}

/// Reads every source file through, then runs both queries for the date; the first that fails is the error.
pub(super) async fn find(
    engine: &dyn Engine,
    settings: &JobSettings,
    found: &SourceFiles,
    date: LogicalDate,
) -> Result<(), PipelineError> {
    let needs = needs();
    for (name, table) in &settings.sources.tables {
        let session = engine.session(&needs)?;
        if let Some(resolved) = found.delta.get(name) {
            remote::register(&session, &resolved.url)?;
            let rows = Arc::new(delta::DeltaTable::new(name, resolved)?);
            let read = drain(&session, rows).await;
            read.map_err(|error| unreadable(name, table, table.path.as_ref(), error))?;
            continue;
        }
        for file in files::list(name, table).await? {
            let rows = plain::provider(&session, name, table, std::slice::from_ref(&file)).await?;
            let read = drain(&session, rows).await;
            read.map_err(|error| unreadable(name, table, &file.path, error))?;
        }
    }
    let session = engine.session(&needs)?;
    register(&session, settings, found, date).await?;
    for (source_name, view) in [("activities", "source_activities"), ("items", "source_items")] {
        let rows = session.table_provider(view).await?;
        drain(&session, rows)
            .await
            .map_err(|error| PipelineError::SourceQuery {
                source_name,
                source: Box::new(error),
            })?;
    }
    Ok(())
}

/// One partition, so that a file is read from its start and its lines count from 1.
pub(super) fn needs() -> SessionNeeds {
    SessionNeeds {
        root: None,
        partitions: Some(1),
        keep_order: true,
        defaults: FunctionDefaults::default(),
    }
}

async fn drain(session: &SessionContext, rows: Arc<dyn TableProvider>) -> Result<(), DataFusionError> {
    caught(async {
        let mut batches = session.read_table(rows)?.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            batch?;
        }
        Ok(())
    })
    .await
}
