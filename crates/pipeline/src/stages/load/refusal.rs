//! What is said of a slice's rows that cannot be used, and when they are too many.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use wayfare_tables::DataFile;

use super::{SCATTERED, STAGE, scattered};
use crate::catalogue::{self, Parameters};
use crate::error::PipelineError;
use crate::observer::Event;
use crate::run::Run;
use crate::settings::LogicalDate;
use crate::stages::rows_of;
use crate::statement;

/// Tells how many of the slice's rows were refused, and why.
///
/// # Errors
/// [`PipelineError::TooManyRejected`] if they are more than the job allows.
pub(super) async fn judge(
    run: &Run<'_>,
    slice: u32,
    date: LogicalDate,
    refused: &[DataFile],
    rows: u64,
) -> Result<(), PipelineError> {
    let rejected = rows_of(refused);
    if rows == 0 {
        let text = format!("logical date {date}: the source `activities` has no rows");
        run.observer.observe(&Event::Note { text });
    }
    if rejected == 0 {
        return Ok(());
    }
    let reasons = reasons(run, slice, refused).await?;
    let allowed_share = run.settings.load.max_rejected_share;
    if rejected as f64 > allowed_share * rows as f64 {
        let tables = run.root.local_path().map_or_else(
            || run.root.url().as_str().trim_end_matches('/').to_owned(),
            |path| path.display().to_string(),
        );
        let folder = refused.first().and_then(|file| file.path.rsplit_once('/'));
        let folder = folder.map_or("", |(folder, _)| folder);
        return Err(PipelineError::TooManyRejected {
            rejected,
            rows,
            logical_date: date.to_string(),
            allowed_share,
            reasons,
            place: format!("{tables}/{}/{folder}", run.work_directory(SCATTERED)),
        });
    }
    let text = format!(
        "logical date {date}: {rejected} of {rows} activities cannot be used ({reasons}); see the table `rejected_rows`"
    );
    run.observer.observe(&Event::Note { text });
    Ok(())
}

/// `reason count, reason count`, most frequent first.
async fn reasons(run: &Run<'_>, slice: u32, refused: &[DataFile]) -> Result<String, PipelineError> {
    let session = run.session()?;
    session.register_table(SCATTERED, scattered(run, refused.to_vec()).provider()?)?;
    let (none, place) = (Parameters::new(), run.place(STAGE, slice));
    let statement = catalogue::REJECTION_REASONS;
    let batches = statement::rows(run.engine, &session, statement, &none, &place).await?;
    let mut counted = Vec::new();
    for batch in &batches {
        let (reasons, counts) = (batch.column(0).as_string::<i32>(), batch.column(1));
        for (reason, count) in reasons.iter().zip(counts.as_primitive::<Int64Type>().values()) {
            counted.push(format!("{} {count}", reason.unwrap_or_default()));
        }
    }
    Ok(counted.join(", "))
}
