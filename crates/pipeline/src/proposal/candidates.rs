//! The columns that may have a role, each with a score and with what speaks for it.

use super::columns::{Column, Kind};
use super::role::{Confidence, Role};
use super::words::{CLEAR, HINT, fit, identifies};

/// One column that may have a role.
pub(super) struct Candidate<'a> {
    pub(super) column: &'a Column,
    pub(super) score: i32,
    pub(super) confidence: Confidence,
    pub(super) why: String,
}

/// Whether a column is among others.
pub(super) fn is_one_of(column: &Column, columns: &[Option<&Column>]) -> bool {
    columns.iter().flatten().any(|other| std::ptr::eq(*other, column))
}

/// The columns that are not taken.
fn free<'a, 't>(
    columns: &'a [Column],
    taken: &'t [Option<&'t Column>],
) -> impl Iterator<Item = &'a Column> + use<'a, 't> {
    columns.iter().filter(move |column| !is_one_of(column, taken))
}

fn says(fit: i32) -> &'static str {
    if fit >= CLEAR {
        "its name says so"
    } else {
        "its name hints at it"
    }
}

fn confidence_of_name(fit: i32) -> Confidence {
    if fit >= CLEAR {
        Confidence::Sure
    } else {
        Confidence::Likely
    }
}

/// Columns whose names say that they identify users.
pub(super) fn users(activities: &[Column]) -> Vec<Candidate<'_>> {
    let candidates = activities.iter().filter(|column| column.can_identify());
    candidates
        .filter_map(|column| {
            let fit = fit(Role::User, &column.name);
            // Users come back; a column of which every value is another counts rows.
            let repeats = column.distinct_share() < 0.98 || column.filled < 20;
            let sure = fit >= CLEAR && repeats;
            (fit >= HINT).then(|| Candidate {
                column,
                score: fit + if repeats { 10 } else { -15 },
                confidence: if sure {
                    Confidence::Sure
                } else {
                    Confidence::Likely
                },
                why: format!("{}; {} in the sample", says(fit), column.distinct.len()),
            })
        })
        .collect()
}

/// The one column that can be the user if no name says so.
pub(super) fn unnamed_users<'a>(activities: &'a [Column], item: Option<&Column>) -> Vec<Candidate<'a>> {
    let possible = |column: &&Column| {
        column.can_identify()
            && !is_one_of(column, &[item])
            && column.time.is_none()
            && column.distinct.len() > 1
            && column.distinct_share() < 0.9
            && [Role::User, Role::Weight, Role::Title, Role::Tags]
                .into_iter()
                .all(|role| fit(role, &column.name) == 0)
    };
    let found: Vec<&Column> = activities.iter().filter(possible).collect();
    match found.as_slice() {
        [column] => vec![Candidate {
            column,
            score: 1,
            confidence: Confidence::Guess,
            why: "no other column identifies something and repeats".to_owned(),
        }],
        _ => Vec::new(),
    }
}

/// Columns of a single source that identify items.
pub(super) fn ids<'a>(activities: &'a [Column], user: Option<&Column>) -> Vec<Candidate<'a>> {
    free(activities, &[user])
        .filter(|column| column.can_identify())
        .filter_map(|column| {
            let fit = fit(Role::Item, &column.name);
            (fit >= HINT).then(|| Candidate {
                column,
                score: fit,
                confidence: confidence_of_name(fit),
                why: format!("{}; {} in the sample", says(fit), column.distinct.len()),
            })
        })
        .collect()
}

/// Columns that write times.
pub(super) fn times<'a>(activities: &'a [Column], taken: &[Option<&Column>]) -> Vec<Candidate<'a>> {
    free(activities, taken)
        .filter_map(|column| {
            let reading = column.time?;
            let fit = fit(Role::Time, &column.name);
            let (score, confidence) = match (reading.is_unmistakable(), reading.is_of_days()) {
                (true, of_days) => {
                    let named = fit >= HINT;
                    let confidence = if named {
                        Confidence::Sure
                    } else {
                        Confidence::Likely
                    };
                    (fit + if of_days { 45 } else { 60 }, confidence)
                }
                (false, _) if fit >= CLEAR => (fit + 10, Confidence::Sure),
                (false, _) if fit >= HINT => (fit + 10, Confidence::Likely),
                (false, _) if fit < 0 || identifies(&column.name) => return None,
                (false, _) => (1, Confidence::Guess),
            };
            let often_empty = column.filled * 2 < column.rows;
            Some(Candidate {
                column,
                score: score - if often_empty { 40 } else { 0 },
                confidence,
                why: reading.describe(),
            })
        })
        .collect()
}

/// Numbers that are called as weights are.
pub(super) fn weights<'a>(activities: &'a [Column], taken: &[Option<&Column>]) -> Vec<Candidate<'a>> {
    free(activities, taken)
        .filter_map(|column| {
            let numbers = column.numbers?;
            let fit = fit(Role::Weight, &column.name);
            let usable = numbers.zero + numbers.negative <= 0.5 && numbers.largest > 0.0;
            (fit >= HINT && usable && column.time.is_none_or(|time| !time.is_unmistakable())).then(|| {
                Candidate {
                    column,
                    score: fit,
                    confidence: confidence_of_name(fit),
                    why: format!("{}; up to {} in the sample", says(fit), numbers.largest),
                }
            })
        })
        .collect()
}

/// Columns with the names of items: those that are called so, or else those with words.
pub(super) fn titles<'a>(columns: &'a [Column], taken: &[Option<&Column>]) -> Vec<Candidate<'a>> {
    const LONGEST_TITLE: f64 = 200.0;
    let wordy: Vec<&Column> = free(columns, taken)
        .filter(|column| column.is_wordy() && column.characters <= LONGEST_TITLE)
        .collect();
    let named: Vec<Candidate<'a>> = wordy
        .iter()
        .filter_map(|column| {
            let fit = fit(Role::Title, &column.name);
            (fit >= HINT).then(|| Candidate {
                column,
                score: fit,
                confidence: confidence_of_name(fit),
                why: says(fit).to_owned(),
            })
        })
        .collect();
    if !named.is_empty() {
        return named;
    }
    let mut by_content: Vec<&Column> = wordy
        .into_iter()
        .filter(|column| fit(Role::Title, &column.name) >= 0 && fit(Role::User, &column.name) < HINT)
        .collect();
    by_content.sort_by_key(|column| std::cmp::Reverse(column.distinct.len()));
    let scores = (1..=i32::MAX).rev();
    by_content
        .into_iter()
        .zip(scores)
        .map(|(column, score)| Candidate {
            column,
            score,
            confidence: Confidence::Guess,
            why: format!(
                "of the columns with words it tells most apart: {} in the sample",
                column.distinct.len()
            ),
        })
        .collect()
}

/// Columns with longer texts about items.
pub(super) fn texts<'a>(columns: &'a [Column], taken: &[Option<&Column>]) -> Vec<Candidate<'a>> {
    free(columns, taken)
        .filter(|column| column.is_wordy())
        .filter_map(|column| {
            let fit = fit(Role::Text, &column.name);
            (fit >= HINT).then(|| Candidate {
                column,
                score: fit,
                confidence: Confidence::Likely,
                why: says(fit).to_owned(),
            })
        })
        .collect()
}

/// Columns with words that several items share.
pub(super) fn tags<'a>(columns: &'a [Column], taken: &[Option<&Column>]) -> Vec<Candidate<'a>> {
    free(columns, taken)
        .filter_map(|column| {
            let fit = fit(Role::Tags, &column.name);
            let (score, why) = match column.kind {
                Kind::TextList => (fit + 40, "lists of texts".to_owned()),
                Kind::Text if column.is_wordy() && fit >= HINT => match column.list {
                    Some(_) => (fit + 15, format!("{}; several in one text", says(fit))),
                    None => (fit, format!("{}; one for each item", says(fit))),
                },
                _ => return None,
            };
            (score >= HINT).then_some(Candidate {
                column,
                score,
                confidence: Confidence::Likely,
                why,
            })
        })
        .collect()
}
