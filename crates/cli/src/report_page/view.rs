//! The whole page as the template takes it: texts and drawings, no numbers left to format.

use serde::Serialize;
use wayfare_pipeline::run_page::{Notice, RunFacts, ShownTables, TableFacts};
use wayfare_pipeline::settings::Slice;
use wayfare_tables::OutcomeKind;

use super::format;
use super::stages::{self, Timings};
use super::tables::{self, TablesView};
use super::untrusted::line;
use crate::progress::describe_dates;

/// The notice is the one text that must not be cut short.
const NOTICE_CHARACTERS: usize = 4_000;
const ERROR_CHARACTERS: usize = 2_000;

/// Everything on the page.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Page {
    job: String,
    description: String,
    /// What has to be said of the data; empty if nothing.
    notice: String,
    dates: String,
    state: &'static str,
    /// Whether the run ended as it should.
    is_good: bool,
    error: String,
    when: String,
    run_id: String,
    /// Of what the tables on this page are, or why there are none.
    shown: String,
    timings: Option<Timings>,
    tables: Option<TablesView>,
    origins: Vec<Origin>,
    tables_url: String,
    version: String,
}

/// A fact about how the results were made.
#[derive(Debug, Clone, Serialize)]
struct Origin {
    what: &'static str,
    value: String,
}

/// Puts the page together.
pub(super) fn page(facts: &RunFacts) -> Page {
    let (state, is_good) = state(facts.outcome);
    Page {
        job: line(&facts.job),
        description: line(&facts.description),
        notice: notice(&facts.notice),
        dates: dates(facts),
        state,
        is_good,
        error: facts
            .error
            .as_deref()
            .map(|error| super::untrusted::shortened(error, ERROR_CHARACTERS))
            .unwrap_or_default(),
        when: when(facts),
        run_id: line(&facts.run_id),
        shown: shown(facts),
        timings: stages::timings(facts),
        tables: facts
            .tables
            .facts()
            .map(|tables| tables::view(tables, facts.slice)),
        origins: origins(facts),
        tables_url: line(&facts.tables_url),
        version: line(&facts.program_version),
    }
}

fn dates(facts: &RunFacts) -> String {
    if facts.slice == Some(Slice::All) {
        // Its logical date is a formality.
        return "all, as one slice".to_owned();
    }
    describe_dates(&facts.dates)
}

fn notice(notice: &Notice) -> String {
    match notice {
        Notice::Given(text) => super::untrusted::shortened(text, NOTICE_CHARACTERS),
        Notice::Nothing => String::new(),
        Notice::NotRecorded => {
            "The ledger entry of this run does not say whether its data carries a notice: look at \
                                `job.notice` in the job file before you show this page to anybody."
                .to_owned()
        }
    }
}

fn state(outcome: Option<OutcomeKind>) -> (&'static str, bool) {
    match outcome {
        Some(OutcomeKind::Succeeded) => ("done", true),
        Some(OutcomeKind::Noop) => ("nothing to do", true),
        Some(OutcomeKind::Failed) => ("failed", false),
        Some(OutcomeKind::Cancelled) => ("cancelled", false),
        None => ("not finished", false),
    }
}

fn when(facts: &RunFacts) -> String {
    let started = format::day_and_minute(facts.started_at_ms / 1000);
    match facts.finished_at_ms {
        None => format!("started {started}"),
        Some(finished) => {
            let took = (finished - facts.started_at_ms) as f64 / 1000.0;
            format!("{started}, took {}", format::seconds(took))
        }
    }
}

fn shown(facts: &RunFacts) -> String {
    match &facts.tables {
        ShownTables::NotPublished => {
            "This run has published nothing, so that there are no tables to show: only what the ledger knows of it."
                .to_owned()
        }
        ShownTables::NotKept { snapshot } => format!(
            "The tables as this run left them (snapshot {snapshot}) are no longer kept: `wayfare maintain` removes old \
             versions. What follows is what the ledger knows; newer tables would not show what this run did."
        ),
        ShownTables::Shown(tables) => {
            let at = format::day_and_minute(tables.published_at_ms / 1000);
            if tables.published_by == facts.run_id {
                format!(
                    "The tables are shown as this run published them: snapshot {}, {at}. Later runs do not change this \
                     page.",
                    tables.snapshot
                )
            } else {
                format!(
                    "This run found that there was nothing to do and changed nothing. The tables are shown at snapshot \
                     {}, which run {} published, {at}.",
                    tables.snapshot,
                    line(&tables.published_by)
                )
            }
        }
    }
}

fn origins(facts: &RunFacts) -> Vec<Origin> {
    let mut origins = vec![
        Origin {
            what: "Run",
            value: facts.run_id.clone(),
        },
        Origin {
            what: "Tables",
            value: facts.tables_url.clone(),
        },
        Origin {
            what: "Configuration",
            value: facts.configuration_hash.clone(),
        },
    ];
    if let Some(tables) = facts.tables.facts() {
        origins.push(Origin {
            what: "Encoder",
            value: tables.encoder.clone(),
        });
        origins.extend(parameters(tables));
        let versions = tables.versions.iter();
        let versions: Vec<String> = versions
            .map(|(table, version)| format!("{table} {version}"))
            .collect();
        origins.push(Origin {
            what: "Versions",
            value: versions.join(", "),
        });
    }
    for (what, reference) in [("Encoder file", &facts.encoder), ("Language model", &facts.namer)] {
        origins.extend(reference.as_ref().map(|reference| Origin {
            what,
            value: reference.to_string(),
        }));
    }
    for origin in &mut origins {
        origin.value = super::untrusted::shortened(&origin.value, 300);
    }
    origins
}

fn parameters(tables: &TableFacts) -> Option<Origin> {
    let parameters = tables.parameters.as_ref()?;
    Some(Origin {
        what: "Segmentation",
        value: format!(
            "link_threshold {}, keep_threshold {}, join_threshold {}, session_bonus {}, gap_penalty {}",
            parameters.link_threshold,
            parameters.keep_threshold,
            parameters.join_threshold,
            parameters.session_bonus,
            parameters.gap_penalty
        ),
    })
}
