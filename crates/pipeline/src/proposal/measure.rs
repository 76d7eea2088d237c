//! What the whole source is like under the proposed queries: rows, rejections, times, users' histories.
//!
//! Reads the sources twice, through the same statements as a run's first stage.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate};
use datafusion::prelude::SessionContext;

use crate::catalogue::{self, Parameters};
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::settings::{JobSettings, Slice};
use crate::sources::{self, SourceFiles};

/// Rows of users whose histories are looked at.
const HISTORY_ROWS: u64 = 2_000_000;

/// Rows, and how many of them would be rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    pub rows: u64,
    pub rejected: u64,
}

impl RowCounts {
    fn add(&mut self, rows: u64, rejected: bool) {
        self.rows += rows;
        self.rejected += if rejected { rows } else { 0 };
    }

    /// Share of the rows that would be rejected.
    pub fn rejected_share(self) -> f64 {
        self.rejected as f64 / self.rows.max(1) as f64
    }
}

/// What the whole source is like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub all: RowCounts,
    /// Rejected rows by reason.
    pub reasons: BTreeMap<String, u64>,
    /// UTC days with a row that can be used or not, by the row's own time.
    pub days: BTreeMap<NaiveDate, RowCounts>,
    /// First and last day with a row that can be used.
    pub span: Option<(NaiveDate, NaiveDate)>,
    /// Rows without a time, which every slice meets.
    pub timeless: u64,
    /// About.
    pub users: u64,
    /// Days between first and last activity of the user in the middle.
    pub median_history_days: f64,
    /// Activities of the user in the middle.
    pub median_activities: f64,
}

/// Counts everything with the draft's queries.
pub(super) async fn measure(
    engine: &dyn Engine,
    session: &SessionContext,
    draft: &JobSettings,
    files: &SourceFiles,
) -> Result<Facts, PipelineError> {
    sources::register(session, draft, files, Slice::DATE_OF_ALL).await?;
    for (name, statement) in [
        ("known_items", catalogue::KNOWN_ITEMS),
        ("checked_activities", catalogue::CHECKED_ACTIVITIES),
    ] {
        let sql = statement
            .render(&Parameters::new())
            .map_err(|parameter| PipelineError::Bug {
                message: format!("statement `{}` needs the parameter `{parameter}`", statement.name),
            })?;
        session.register_table(name, session.sql(&sql).await?.into_view())?;
    }
    let mut facts = Facts::default();
    count_days(engine, session, &mut facts).await?;
    if facts.all.rejected < facts.all.rows {
        look_at_histories(engine, session, &mut facts).await?;
    }
    Ok(facts)
}

async fn count_days(
    engine: &dyn Engine,
    session: &SessionContext,
    facts: &mut Facts,
) -> Result<(), PipelineError> {
    let sql = "SELECT CAST(date_trunc('day', occurred_at) AS TIMESTAMP) AS day, reason, count(*) AS rows \
               FROM checked_activities GROUP BY 1, 2";
    let sql = format!("SELECT arrow_cast(day, 'Timestamp(Microsecond, None)'), reason, rows FROM ({sql})");
    let plan = session.state().create_logical_plan(&sql).await?;
    for batch in engine.execute(session, plan).await? {
        let days = batch.column(0).as_primitive::<TimestampMicrosecondType>();
        let (reasons, counts) = (
            batch.column(1).as_string::<i32>(),
            batch.column(2).as_primitive::<Int64Type>(),
        );
        for row in 0..batch.num_rows() {
            let count = u64::try_from(counts.value(row)).unwrap_or(0);
            let rejected = reasons.is_valid(row);
            facts.all.add(count, rejected);
            if rejected {
                *facts.reasons.entry(reasons.value(row).to_owned()).or_default() += count;
            }
            let day = days.is_valid(row).then(|| days.value(row));
            match day.and_then(DateTime::from_timestamp_micros) {
                None => facts.timeless += count,
                Some(time) => {
                    let day = time.date_naive();
                    facts.days.entry(day).or_default().add(count, rejected);
                    if !rejected {
                        let (first, last) = facts.span.unwrap_or((day, day));
                        facts.span = Some((first.min(day), last.max(day)));
                    }
                }
            }
        }
    }
    Ok(())
}

async fn look_at_histories(
    engine: &dyn Engine,
    session: &SessionContext,
    facts: &mut Facts,
) -> Result<(), PipelineError> {
    let share = facts.all.rows.div_ceil(HISTORY_ROWS).max(1);
    let sql = format!(
        "SELECT count(*) AS users, median(days) AS days, median(CAST(activities AS DOUBLE)) AS activities FROM (\
         SELECT user_id, (date_part('epoch', max(occurred_at)) - date_part('epoch', min(occurred_at))) / 86400.0 AS days, \
         count(*) AS activities FROM checked_activities \
         WHERE reason IS NULL AND bucket_of(user_id, {share}) = 0 GROUP BY user_id)"
    );
    let plan = session.state().create_logical_plan(&sql).await?;
    let batches = engine.execute(session, plan).await?;
    if let Some(row) = batches.iter().find(|batch| batch.num_rows() > 0) {
        let users = row.column(0).as_primitive::<Int64Type>().value(0);
        let number = |column: usize| row.column(column).as_primitive::<Float64Type>().value(0);
        facts.users = u64::try_from(users).unwrap_or(0) * share;
        facts.median_history_days = number(1);
        facts.median_activities = number(2);
    }
    Ok(())
}
