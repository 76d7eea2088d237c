//! Which column means what: a guess from names and contents, with what speaks for it and what else it could be.
//!
//! Sees profiles and overlaps only, so that the same columns always give the same guess.

use super::ColumnChoices;
use super::candidates::{
    Candidate, ids, is_one_of, tags, texts, times, titles, unnamed_users, users, weights,
};
use super::columns::Column;
use super::error::ProposalError;
use super::join::{KeyForm, Overlap};
use super::pairs::{Pair, pair};
use super::role::{Confidence, Role, Understood};
use super::times::TimeReading;
use super::words::identifies;

pub(super) const ACTIVITIES: &str = "activities";
pub(super) const ITEMS: &str = "items";

/// The columns that a job needs, and those that it can use.
#[derive(Debug, Clone)]
pub(super) struct Roles<'a> {
    pub(super) user: &'a Column,
    /// In the activities.
    pub(super) item: &'a Column,
    /// In the items; the same column where there is only one source.
    pub(super) key: &'a Column,
    pub(super) key_form: KeyForm,
    pub(super) time: &'a Column,
    pub(super) reading: TimeReading,
    pub(super) weight: Option<&'a Column>,
    pub(super) title: &'a Column,
    pub(super) text: Option<&'a Column>,
    pub(super) tags: Option<&'a Column>,
    pub(super) understood: Vec<Understood>,
    /// Numbers that could be weights, but are not called so.
    pub(super) other_numbers: Vec<&'a str>,
}

/// Guesses the meaning of the columns. Without `items`, the activities carry the titles.
pub(super) fn understand<'a>(
    activities: &'a [Column],
    items: Option<&'a [Column]>,
    overlaps: &[Overlap],
    choices: &ColumnChoices,
) -> Result<Roles<'a>, ProposalError> {
    let (described, source) = items.map_or((activities, ACTIVITIES), |items| (items, ITEMS));
    let user_flag = named_by_flag(Role::User, choices.user.as_deref(), activities, ACTIVITIES)?;
    let item_flag = named_by_flag(Role::Item, choices.item.as_deref(), activities, ACTIVITIES)?;
    let time_flag = named_by_flag(Role::Time, choices.time.as_deref(), activities, ACTIVITIES)?;
    let title_flag = named_by_flag(Role::Title, choices.title.as_deref(), described, source)?;
    if let Some(unread) = time_flag.as_ref().filter(|flag| flag.column.time.is_none()) {
        return Err(unread_time(&unread.column.name));
    }

    let mut user = user_flag.map_or_else(|| users(activities), |flag| vec![flag]);
    let user_column = strongest(&user);
    let (mut item, key, key_form) = match items {
        Some(items) => {
            let asked_for = item_flag.as_ref().map(|flag| flag.column);
            let Pair {
                items_of_activities,
                key,
                form,
            } = pair(activities, items, overlaps, user_column, asked_for)?;
            (items_of_activities, Some(key), form)
        }
        None => {
            let item = item_flag.map_or_else(|| ids(activities, user_column), |flag| vec![flag]);
            (item, None, KeyForm::AsWritten)
        }
    };
    let key_column = key.as_ref().map(|key| key.column);
    let title = title_flag.map_or_else(
        || titles(described, &[user_column, key_column]),
        |flag| vec![flag],
    );
    if item.is_empty() {
        item.extend(strongest(&title).map(item_by_title));
    }
    if user.is_empty() {
        user = unnamed_users(activities, strongest(&item));
    }

    let mut understood = Vec::new();
    let mut keep = |role: Role, source: &'static str, candidates: Vec<Candidate<'a>>| {
        let (column, entry) = best(role, source, candidates)?;
        understood.push(entry);
        Some(column)
    };
    let missing = |role: Role, what: &'static str, columns: &[Column]| ProposalError::Missing {
        role,
        what,
        columns: names(columns),
    };
    let user =
        keep(Role::User, ACTIVITIES, user).ok_or_else(|| missing(Role::User, ACTIVITIES, activities))?;
    let item =
        keep(Role::Item, ACTIVITIES, item).ok_or_else(|| missing(Role::Item, ACTIVITIES, activities))?;
    let time = time_flag.map_or_else(|| times(activities, &[Some(user), Some(item)]), |flag| vec![flag]);
    let time =
        keep(Role::Time, ACTIVITIES, time).ok_or_else(|| missing(Role::Time, ACTIVITIES, activities))?;
    let reading = time.time.ok_or_else(|| unread_time(&time.name))?;
    let mut taken = vec![Some(user), Some(item), Some(time)];
    let weight = keep(Role::Weight, ACTIVITIES, weights(activities, &taken));
    taken.push(weight);
    let other_numbers = activities
        .iter()
        .filter(|column| column.numbers.is_some() && column.time.is_none())
        .filter(|column| !identifies(&column.name) && !is_one_of(column, &taken))
        .map(|column| column.name.as_str())
        .collect();
    let key = key.map_or(item, |key| keep(Role::Item, ITEMS, vec![key]).unwrap_or(item));
    let title = keep(Role::Title, source, title).ok_or_else(|| missing(Role::Title, source, described))?;
    taken.extend([Some(key), Some(title)]);
    let text = keep(Role::Text, source, texts(described, &taken));
    taken.push(text);
    let tags = keep(Role::Tags, source, tags(described, &taken));
    Ok(Roles {
        user,
        item,
        key,
        key_form,
        time,
        reading,
        weight,
        title,
        text,
        tags,
        understood,
        other_numbers,
    })
}

fn unread_time(name: &str) -> ProposalError {
    ProposalError::UnfitColumn {
        flag: "--time-column",
        name: name.to_owned(),
        problem:
            "its values are no times that can be read: timestamps, dates, numbers since 1970, or texts like \
                  2026-01-31T12:00:00"
                .to_owned(),
    }
}

/// Where nothing identifies items, what is called the same is the same item.
fn item_by_title(column: &Column) -> Candidate<'_> {
    Candidate {
        column,
        score: 1,
        confidence: Confidence::Guess,
        why: "there is no id; what is called the same is the same item".to_owned(),
    }
}

/// The column that a flag names.
fn named_by_flag<'a>(
    role: Role,
    name: Option<&str>,
    columns: &'a [Column],
    what: &'static str,
) -> Result<Option<Candidate<'a>>, ProposalError> {
    let (Some(name), Some(flag)) = (name, role.flag()) else {
        return Ok(None);
    };
    let exact = columns.iter().find(|column| column.name == name);
    let alike = || {
        columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    };
    let column = exact.or_else(alike).ok_or_else(|| ProposalError::UnknownColumn {
        flag,
        name: name.to_owned(),
        what,
        columns: names(columns),
    })?;
    Ok(Some(Candidate {
        column,
        score: i32::MAX,
        confidence: Confidence::Sure,
        why: format!("`{flag}` says so"),
    }))
}

fn names(columns: &[Column]) -> Vec<String> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// The candidate of the highest score, the first of equals.
fn strongest<'a>(candidates: &[Candidate<'a>]) -> Option<&'a Column> {
    let best = candidates.iter().rev().max_by_key(|candidate| candidate.score);
    best.map(|candidate| candidate.column)
}

/// The strongest candidate and what to say about it.
fn best<'a>(
    role: Role,
    source: &'static str,
    mut candidates: Vec<Candidate<'a>>,
) -> Option<(&'a Column, Understood)> {
    const MOST_OTHERS: usize = 4;
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    let mut candidates = candidates.into_iter();
    let best = candidates.next()?;
    let others = candidates
        .filter(|other| other.score > 0)
        .take(MOST_OTHERS)
        .map(|other| other.column.name.clone());
    let entry = Understood {
        role,
        column: best.column.name.clone(),
        source,
        confidence: best.confidence,
        why: best.why,
        others: others.collect(),
    };
    Some((best.column, entry))
}
