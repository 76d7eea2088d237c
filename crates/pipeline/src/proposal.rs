//! A job for data that nobody has described: what its columns mean, and the job file that says so.
//!
//! Looks at a sample for the meaning of columns and at everything for counts and spans. Writes nothing and loads no
//! model. Whatever is guessed says how sure it is, and what is missing is an error that names the flag to give.

mod candidates;
mod columns;
mod decisions;
mod dialect;
mod error;
mod files;
mod identifier;
mod job_text;
mod join;
mod lists;
mod mapping;
mod measure;
mod pairs;
mod role;
mod roles;
mod times;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use datafusion::prelude::SessionContext;
use wayfare_functions::artefacts::FunctionDefaults;

use self::columns::{Column, profile};
use self::job_text::JobText;
use self::mapping::{ACTIVITY_TABLE, ITEM_TABLE};
use self::roles::{ACTIVITIES, ITEMS};
use crate::engine::{Engine, SessionNeeds};
use crate::error::PipelineError;
use crate::settings::{JobSettings, Slice, SourceTable};
use crate::sources;

pub use self::decisions::{Decisions, Filters, Reasoned};
pub use self::error::ProposalError;
pub use self::job_text::path_in_job_file;
pub use self::measure::{Facts, RowCounts};
pub use self::role::{Confidence, Role, Understood};

/// Rows of each source that are looked at to understand its columns.
const SAMPLE_ROWS: usize = 10_000;

/// A model of the job file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    /// As the job file is to name it.
    pub path: String,
    pub sha256: String,
}

/// Columns that are known and not to be guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnChoices {
    pub user: Option<String>,
    pub item: Option<String>,
    pub time: Option<String>,
    pub title: Option<String>,
}

/// What to propose a job for.
#[derive(Debug, Clone)]
pub struct ProposalRequest {
    /// A file or a folder.
    pub activities: PathBuf,
    /// Where the items are; without, the activities carry their titles.
    pub items: Option<PathBuf>,
    /// Where the job file will lie; its folder must exist.
    pub job_file: PathBuf,
    pub job_name: String,
    pub tables_url: String,
    pub columns: ColumnChoices,
    pub encoder: Option<ModelChoice>,
    pub namer: Option<ModelChoice>,
}

/// A proposed job.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The text of the job file.
    pub text: String,
    /// The sources as they were found, by what they hold; with absolute paths.
    pub sources: BTreeMap<&'static str, SourceTable>,
    pub understood: Vec<Understood>,
    pub facts: Facts,
    pub decisions: Decisions,
    /// First and last day of activities that can be used.
    pub span: (NaiveDate, NaiveDate),
}

/// Proposes a job. The engine needs no model for it.
///
/// # Errors
/// [`ProposalError`], which names what was not understood and the flag that says it.
pub async fn propose(request: &ProposalRequest, engine: &dyn Engine) -> Result<Proposal, ProposalError> {
    let mut draft = JobSettings::default();
    draft.job.name.clone_from(&request.job_name);
    draft.job.description = format!("Interest journeys in {}", name_of(&request.activities));
    draft.job.slice = Slice::All;
    draft.tables.url.clone_from(&request.tables_url);
    let tables = &mut draft.sources.tables;
    tables.insert(
        ACTIVITY_TABLE.to_owned(),
        files::look(&request.activities, ACTIVITIES)?,
    );
    if let Some(items) = &request.items {
        tables.insert(ITEM_TABLE.to_owned(), files::look(items, ITEMS)?);
    }
    let files = sources::look_at_files(&draft).await?;

    let session = session(engine, Some(1))?;
    sources::register_tables(&session, &draft, &files).await?;
    let activities = sample(engine, &session, ACTIVITY_TABLE).await?;
    if activities.iter().all(|column| column.rows == 0) {
        return Err(no_rows(ACTIVITIES, &request.activities));
    }
    let items = match &request.items {
        None => None,
        Some(path) => {
            let columns = sample(engine, &session, ITEM_TABLE).await?;
            if columns.iter().all(|column| column.rows == 0) {
                return Err(no_rows(ITEMS, path));
            }
            Some(columns)
        }
    };
    let overlaps = match &items {
        None => Vec::new(),
        Some(items) => join::overlaps(engine, &session, &activities, items, ITEM_TABLE).await?,
    };
    let roles = roles::understand(&activities, items.as_deref(), &overlaps, &request.columns)?;
    if let Some(table) = draft.sources.tables.get_mut(ACTIVITY_TABLE) {
        mapping::set_types(&roles, table);
        draft.sources.activities.sql = mapping::activities_sql(&roles, table.format);
    }
    draft.sources.items.sql = mapping::items_sql(&roles, items.is_some());

    let measuring = self::session(engine, None)?;
    let facts = measure::measure(engine, &measuring, &draft, &files).await?;
    let Some(span) = facts.span else {
        let reasons = facts
            .reasons
            .iter()
            .map(|(reason, rows)| format!("{reason} {rows}"));
        return Err(ProposalError::AllRejected {
            rows: facts.all.rows,
            reasons: reasons.collect::<Vec<_>>().join(", "),
        });
    };
    let decisions = decisions::decide(&facts);
    let text = JobText {
        request,
        draft: &draft,
        understood: &roles.understood,
        decisions: &decisions,
        other_numbers: &roles.other_numbers,
    }
    .render();
    let found = [(ACTIVITIES, ACTIVITY_TABLE), (ITEMS, ITEM_TABLE)]
        .into_iter()
        .filter_map(|(what, table)| Some((what, draft.sources.tables.get(table)?.clone())));
    Ok(Proposal {
        text,
        sources: found.collect(),
        understood: roles.understood.clone(),
        facts,
        decisions,
        span,
    })
}

fn name_of(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn no_rows(what: &'static str, path: &std::path::Path) -> ProposalError {
    ProposalError::NoRows {
        what,
        path: path.to_owned(),
    }
}

/// A session without tables of ours; one partition reads files in their order.
fn session(engine: &dyn Engine, partitions: Option<usize>) -> Result<SessionContext, PipelineError> {
    Ok(engine.session(&SessionNeeds {
        root: None,
        partitions,
        keep_order: false,
        defaults: FunctionDefaults::default(),
    })?)
}

async fn sample(
    engine: &dyn Engine,
    session: &SessionContext,
    table: &str,
) -> Result<Vec<Column>, PipelineError> {
    let sql = format!("SELECT * FROM {table} LIMIT {SAMPLE_ROWS}");
    let plan = session.state().create_logical_plan(&sql).await?;
    let batches = engine.execute(session, plan).await?;
    Ok(profile(&batches).map_err(datafusion::error::DataFusionError::from)?)
}
