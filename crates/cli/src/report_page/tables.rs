//! The tables on the page: totals, distributions, names, sample users and rejected rows.

use serde::Serialize;
use wayfare_pipeline::run_page::{RejectedRows, TableFacts};
use wayfare_pipeline::settings::Slice;

use super::bins::{Quantity, quantile};
use super::format;
use super::histogram::{Histogram, Wording, histogram};
use super::lane::units;
use super::timelines::{self, Timelines};
use super::untrusted::line;

/// What the tables hold.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TablesView {
    /// The tables in two sentences.
    pub(super) lead: String,
    pub(super) tiles: Vec<Tile>,
    /// What a cluster of activities needs to be a journey.
    pub(super) rule: String,
    pub(super) histograms: Vec<Histogram>,
    pub(super) in_journeys: Option<Split>,
    pub(super) names_by_source: Option<Split>,
    pub(super) common_names: Vec<NameRow>,
    pub(super) timelines: Option<Timelines>,
    pub(super) rejected: Rejected,
}

/// A large number with what it counts.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tile {
    pub(super) value: String,
    pub(super) label: &'static str,
    pub(super) detail: String,
}

/// A whole in parts, as a bar.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Split {
    pub(super) title: &'static str,
    pub(super) parts: Vec<Part>,
}

/// A part of a whole.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Part {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) share: String,
    /// Thousandths of the bar.
    pub(super) x: String,
    pub(super) width: String,
    pub(super) detail: String,
}

/// A common name.
#[derive(Debug, Clone, Serialize)]
pub(super) struct NameRow {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) journeys: String,
    pub(super) activities: String,
    /// Percent of the most common name's.
    pub(super) width: String,
}

/// The rows that could not be used.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Rejected {
    /// How many in this run, in words.
    pub(super) summary: String,
    pub(super) reasons: Vec<RejectedRow>,
}

/// Rows refused for one reason.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RejectedRow {
    pub(super) source: String,
    pub(super) reason: String,
    pub(super) of_run: String,
    pub(super) of_all: String,
    pub(super) example: String,
}

/// Everything about the tables.
pub(super) fn view(facts: &TableFacts, slice: Option<Slice>) -> TablesView {
    TablesView {
        lead: lead(facts),
        tiles: tiles(facts, slice),
        rule: rule(facts),
        histograms: histograms(facts),
        in_journeys: in_journeys(facts),
        names_by_source: names_by_source(facts),
        common_names: common_names(facts),
        timelines: timelines::timelines(&facts.users, &facts.overview),
        rejected: rejected(&facts.rejected),
    }
}

fn total(facts: &TableFacts, name: &str) -> u64 {
    facts.totals.get(name).copied().unwrap_or(0)
}

fn lead(facts: &TableFacts) -> String {
    let (users, with) = (
        total(facts, "users_segmented"),
        total(facts, "users_with_journeys"),
    );
    let (activities, inside) = (total(facts, "activities"), total(facts, "activities_in_journeys"));
    let left = format!(
        "{} left {}.",
        format::counted(users, "user"),
        format::counted(activities, "activity")
    );
    if with == 0 {
        return format!("{left} None of them has come to a journey yet.");
    }
    let who = if with == users {
        "all of the users".to_owned()
    } else {
        format!("{} of the users", format::share(with as f64, users as f64))
    };
    format!(
        "{left} {} of them belong to {}, which {who} pursue: {} each in the typical case.",
        format::share(inside as f64, activities as f64),
        format::counted(total(facts, "journeys"), "journey"),
        format::thousands(quantile(&facts.journeys_per_user, 0.5)),
    )
}

fn tiles(facts: &TableFacts, slice: Option<Slice>) -> Vec<Tile> {
    let (users, with) = (
        total(facts, "users_segmented"),
        total(facts, "users_with_journeys"),
    );
    let slices = format::counted(facts.slices.len() as u64, "slice");
    let dates = match (slice, facts.slices.as_slice()) {
        (_, []) => String::new(),
        (Some(Slice::All), _) => "everything in the sources".to_owned(),
        (_, [date]) => format!("of {date}"),
        (_, [first, .., last]) => format!("{first} to {last}, {slices}"),
    };
    let number = |name: &str| format::thousands(total(facts, name));
    let journeys = total(facts, "journeys");
    vec![
        Tile {
            value: number("activities"),
            label: "activities",
            detail: dates,
        },
        Tile {
            value: format::thousands(users),
            label: "users",
            detail: format!("{} with a journey", format::thousands(with)),
        },
        Tile {
            value: number("items"),
            label: "items",
            detail: "with activity".to_owned(),
        },
        Tile {
            value: format::thousands(journeys),
            label: "journeys",
            detail: format!(
                "{} dormant",
                format::share(facts.overview.dormant as f64, journeys as f64)
            ),
        },
    ]
}

fn rule(facts: &TableFacts) -> String {
    let Some(parameters) = &facts.parameters else {
        return String::new();
    };
    let mut rule = format!(
        "A journey is a group of like activities of one user: at least {}",
        format::counted(parameters.min_activities.into(), "activity")
    );
    if parameters.min_active_days > 1 {
        rule = format!(
            "{rule}, on at least {} different days",
            parameters.min_active_days
        );
    }
    if parameters.min_span_days > 0.0 {
        rule = format!("{rule}, over at least {} days", parameters.min_span_days);
    }
    rule + "."
}

fn histograms(facts: &TableFacts) -> Vec<Histogram> {
    let without = total(facts, "users_segmented").saturating_sub(total(facts, "users_with_journeys"));
    let most = facts
        .journeys_per_user
        .last()
        .map_or(0, |frequency| frequency.value);
    let none = match without {
        0 => "Every user has at least one.".to_owned(),
        1 => "1 user has none.".to_owned(),
        _ => format!("{} users have none.", format::thousands(without)),
    };
    let per_user = histogram(
        &facts.journeys_per_user,
        Quantity::Count,
        Wording {
            title: "Journeys per user",
            axis: "journeys of a user",
            counted: "users",
        },
        format!(
            "Half of the users with a journey have at most {}; the most that one has is {}. {none}",
            format::thousands(quantile(&facts.journeys_per_user, 0.5)),
            format::thousands(most),
        ),
    );
    let lengths = histogram(
        &facts.lengths,
        Quantity::Count,
        Wording {
            title: "Length of a journey",
            axis: "activities of a journey",
            counted: "journeys",
        },
        format!(
            "Half of the journeys have at most {}; the longest has {}.",
            format::counted(quantile(&facts.lengths, 0.5), "activity"),
            format::thousands(facts.overview.most_activities.unwrap_or(0)),
        ),
    );
    let spans = histogram(
        &facts.spans,
        Quantity::Duration,
        Wording {
            title: "Span of a journey",
            axis: "from first to last activity",
            counted: "journeys",
        },
        format!(
            "Half of the journeys span at most {}; the longest spans {}.",
            format::span(quantile(&facts.spans, 0.5)),
            format::span(facts.overview.longest_seconds.unwrap_or(0)),
        ),
    );
    [per_user, lengths, spans].into_iter().flatten().collect()
}

fn split(title: &'static str, parts: Vec<(String, u64, String)>) -> Option<Split> {
    let whole: u64 = parts.iter().map(|(_, count, _)| count).sum();
    if whole == 0 {
        return None;
    }
    let mut x = 0.0;
    let parts = parts.into_iter().map(|(label, count, detail)| {
        let width = count as f64 / whole as f64 * 1000.0;
        let part = Part {
            label,
            count: format::thousands(count),
            share: format::share(count as f64, whole as f64),
            x: units(x),
            width: units(width),
            detail,
        };
        x += width;
        part
    });
    Some(Split {
        title,
        parts: parts.collect(),
    })
}

fn in_journeys(facts: &TableFacts) -> Option<Split> {
    let (activities, inside) = (total(facts, "activities"), total(facts, "activities_in_journeys"));
    let parts = vec![
        ("in a journey".to_owned(), inside, String::new()),
        (
            "in none".to_owned(),
            activities.saturating_sub(inside),
            "too few of their kind, or too soon over".to_owned(),
        ),
    ];
    split("Activities in journeys", parts)
}

fn names_by_source(facts: &TableFacts) -> Option<Split> {
    let parts = facts.names_by_source.iter().map(|names| {
        let label = match names.name_source.as_deref() {
            Some("model") => "by the language model".to_owned(),
            Some("extractive") => "from the journeys' own words".to_owned(),
            Some(other) => line(other),
            None => "without a name".to_owned(),
        };
        let distinct = format!("{} different", format::thousands(names.distinct_names));
        (label, names.journeys, distinct)
    });
    split("Who named the journeys", parts.collect())
}

fn common_names(facts: &TableFacts) -> Vec<NameRow> {
    let most = facts.common_names.first().map_or(1, |name| name.journeys).max(1);
    let row = |name: &wayfare_pipeline::run_page::CommonName| NameRow {
        name: line(&name.name),
        source: name.name_source.as_deref().map(line).unwrap_or_default(),
        journeys: format::thousands(name.journeys),
        activities: format::thousands(name.activities),
        width: units(name.journeys as f64 / most as f64 * 100.0),
    };
    facts.common_names.iter().map(row).collect()
}

fn rejected(rejected: &[RejectedRows]) -> Rejected {
    let of_run: u64 = rejected.iter().map(|rows| rows.row_count_of_run).sum();
    let row = |rows: &RejectedRows| RejectedRow {
        source: line(&rows.source),
        reason: line(&rows.reason).replace('_', " "),
        of_run: format::thousands(rows.row_count_of_run),
        of_all: format::thousands(rows.row_count),
        example: rows.example.as_deref().map(line).unwrap_or_default(),
    };
    Rejected {
        summary: match (of_run, rejected.is_empty()) {
            (0, true) => "Every row of the sources could be used.".to_owned(),
            (0, false) => {
                "Every row that this run read could be used; earlier runs rejected some.".to_owned()
            }
            (1, _) => "One row of this run could not be used and was set aside with its reason.".to_owned(),
            (rows, _) => format!(
                "{} rows of this run could not be used and were set aside with their reason.",
                format::thousands(rows)
            ),
        },
        reasons: rejected.iter().map(row).collect(),
    }
}
