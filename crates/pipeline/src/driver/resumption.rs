//! Runs that are asked for again: by which id, and with what settings.

use wayfare_tables::{RunRecord, latest_snapshot};

use super::RunRequest;
use crate::error::PipelineError;
use crate::settings::{JobSettings, LogicalDate};
use crate::{analyst, run, sources};

/// The id of the run that the request stands for, with the sources and the tables as they are now.
pub async fn run_id(request: &RunRequest) -> Result<String, PipelineError> {
    let settings = &request.settings;
    let source_files = sources::look_at_files(settings).await?;
    let base = latest_snapshot(&request.root()?)
        .await
        .map_err(PipelineError::tables(
            &settings.job.name,
            "reading the snapshot record",
        ))?;
    let dates = request.canonical_dates();
    Ok(run::run_id(
        settings,
        &dates,
        &source_files.fingerprint,
        base.as_ref(),
    ))
}

/// What a recorded run was asked to do, to be asked for again.
///
/// # Errors
/// [`PipelineError::Configuration`] if its record does not hold its settings, or none that this version can use.
pub fn recorded_request(record: &RunRecord) -> Result<RunRequest, PipelineError> {
    let origin = format!("the record of run {}", record.run_id);
    let unusable = |message: String| PipelineError::Configuration {
        path: origin.clone().into(),
        message,
    };
    let context: analyst::RunContext = serde_json::from_value(record.plan.clone()).unwrap_or_default();
    let text = context.settings.ok_or_else(|| {
        unusable(
            "the version of wayfare that made it recorded no settings; run the job file again instead"
                .to_owned(),
        )
    })?;
    let settings = JobSettings::from_recorded(&origin, &text)?;
    let dates = record
        .logical_dates
        .iter()
        .map(|date| {
            date.parse::<LogicalDate>()
                .map_err(|error| unusable(format!("`{date}`: {error}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RunRequest { settings, dates })
}
