//! What `init` understood, for people: sources, columns, facts, and what to check.

use std::fmt::Write;
use std::path::Path;

use wayfare_pipeline::proposal::{Confidence, Proposal};
use wayfare_pipeline::settings::{SourceFormat, SourceTable};

use crate::text_table::TextTable;

/// The summary of a proposal that was written to `job_file`.
pub(super) fn text(proposal: &Proposal, job_file: &Path) -> String {
    let mut text = String::new();
    for (what, table) in &proposal.sources {
        // Writing to a string cannot fail.
        writeln!(text, "{what:<10}  {}: {}", table.path, format_of(table)).ok();
    }
    text.push('\n');
    let mut columns = TextTable::new(&["source", "column", "means", "how sure", "because"]);
    for one in &proposal.understood {
        columns.row([
            one.source.to_owned(),
            one.column.clone(),
            one.role.target().to_owned(),
            one.confidence.to_string(),
            one.why.clone(),
        ]);
    }
    text.push_str(&columns.render());
    let facts = &proposal.facts;
    let (first, last) = proposal.span;
    writeln!(
        text,
        "\n{} activities of about {} users, {first} to {last}",
        facts.all.rows, facts.users
    )
    .ok();
    if facts.all.rejected > 0 {
        let reasons: Vec<String> = facts
            .reasons
            .iter()
            .map(|(reason, rows)| format!("{reason} {rows}"))
            .collect();
        writeln!(
            text,
            "{} of them would be rejected: {}",
            facts.all.rejected,
            reasons.join(", ")
        )
        .ok();
    }
    let checks = checks(proposal);
    if !checks.is_empty() {
        text.push_str("\ncheck:\n");
        for check in checks {
            writeln!(text, "  {check}").ok();
        }
    }
    writeln!(text, "\nwrote {}\n", job_file.display()).ok();
    text
}

fn format_of(table: &SourceTable) -> String {
    match table.format {
        SourceFormat::Parquet => "Parquet".to_owned(),
        SourceFormat::Delta => "a Delta table".to_owned(),
        SourceFormat::Csv => {
            let delimiter = match table.delimiter {
                '\t' => "tabs".to_owned(),
                other => format!("`{other}`"),
            };
            let quotes = if table.quote == '"' {
                ""
            } else {
                ", without quotes"
            };
            format!("CSV with {delimiter} between columns{quotes}")
        }
    }
}

/// What is less than certain, and what is unusual.
fn checks(proposal: &Proposal) -> Vec<String> {
    let mut checks: Vec<String> = proposal
        .understood
        .iter()
        .filter(|one| one.confidence != Confidence::Sure || !one.others.is_empty())
        .map(|one| {
            let others = match one.others.as_slice() {
                [] => String::new(),
                others => format!("; it could also be `{}`", others.join("`, `")),
            };
            let flag = one
                .role
                .flag()
                .filter(|_| !others.is_empty() || one.confidence == Confidence::Guess);
            let flag = flag.map_or(String::new(), |flag| format!(" ({flag})"));
            format!(
                "{} of the {} is `{}`, {}{others}{flag}",
                one.role.target(),
                one.source,
                one.column,
                one.confidence
            )
        })
        .collect();
    let decisions = &proposal.decisions;
    checks.extend(
        decisions
            .max_rejected_share
            .why
            .strip_prefix("CHECK: ")
            .map(str::to_owned),
    );
    if decisions.filters.value.min_active_days == 0 {
        checks.push(decisions.filters.why.clone());
    }
    checks
}
