//! Single users to look at: what was found, what should have been, item by item.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::labels::gold_title;
use crate::extraction::comparison::{Compared, Found};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::scores::Metric;

/// Which users come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleOrder {
    /// Those with the first ids.
    ById,
    /// Those with the lowest BCubed F1.
    WorstFirst,
}

/// So many users with the journeys that the method of this number found; titles are made fit for a terminal.
pub fn sample_users(
    catalogue: &Catalogue,
    users: &[UserHistory],
    compared: &Compared,
    method: usize,
    count: usize,
    order: SampleOrder,
) -> String {
    let Some(found) = compared.found.get(method) else {
        return String::new();
    };
    let mut sample: Vec<(&UserHistory, &Found)> = users.iter().zip(found).collect();
    if order == SampleOrder::WorstFirst {
        let f1 = |found: &Found| found.scores.get(Metric::BcubedF1).unwrap_or(1.0);
        sample.sort_by(|(_, left), (_, right)| f1(left).total_cmp(&f1(right)));
    }
    let mut text = String::new();
    for (user, found) in sample.into_iter().take(count) {
        // Writing to a string cannot fail.
        describe(&mut text, catalogue, user, found).ok();
        text.push('\n');
    }
    text
}

fn describe(
    text: &mut String,
    catalogue: &Catalogue,
    user: &UserHistory,
    found: &Found,
) -> Result<(), std::fmt::Error> {
    let mut journeys: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut left_out = Vec::new();
    for (position, label) in found.labels.iter().enumerate() {
        match label {
            Some(label) => journeys.entry(*label).or_default().push(position),
            None => left_out.push(position),
        }
    }
    writeln!(
        text,
        "{}: {} activities, {} journeys, {} found{}",
        printable(&user.user_id),
        user.activities.len(),
        user.gold_titles.len(),
        journeys.len(),
        found
            .scores
            .get(Metric::BcubedF1)
            .map_or_else(String::new, |f1| format!(", BCubed F1 {f1:.3}"))
    )?;
    for (number, members) in journeys.values().enumerate() {
        let summary = summary(user, members);
        writeln!(
            text,
            "  found {}, {} activities: {summary}",
            number + 1,
            members.len()
        )?;
        items(text, catalogue, user, members)?;
    }
    if !left_out.is_empty() {
        let summary = summary(user, &left_out);
        writeln!(text, "  left out, {} activities: {summary}", left_out.len())?;
        items(text, catalogue, user, &left_out)?;
    }
    Ok(())
}

/// `7 Bread baking, 2 noise`: what the activities belong to, the most frequent first.
fn summary(user: &UserHistory, members: &[usize]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for &position in members {
        *counts.entry(belongs_to(user, position)).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    let told: Vec<String> = counts
        .into_iter()
        .map(|(title, count)| format!("{count} {}", printable(title)))
        .collect();
    told.join(", ")
}

fn items(
    text: &mut String,
    catalogue: &Catalogue,
    user: &UserHistory,
    members: &[usize],
) -> Result<(), std::fmt::Error> {
    for &position in members {
        let title = printable(&catalogue.titles[user.activities[position].item]);
        writeln!(text, "    {title}  [{}]", printable(belongs_to(user, position)))?;
    }
    Ok(())
}

fn belongs_to(user: &UserHistory, position: usize) -> &str {
    match (gold_title(user, position), user.bursts[position]) {
        (Some(title), _) => title,
        (None, true) => "burst",
        (None, false) => "noise",
    }
}

/// Titles are other people's texts: no line ends, and nothing that moves a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
