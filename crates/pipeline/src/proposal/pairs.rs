//! The column of the activities and the column of the items that hold the same ids.

use super::candidates::{Candidate, is_one_of};
use super::columns::Column;
use super::error::ProposalError;
use super::join::{KeyForm, Overlap, keys};
use super::role::{Confidence, Role};
use super::words::{CLEAR, HINT, fit};

/// What the sources have in common.
pub(super) struct Pair<'a> {
    /// Columns of the activities, the best first.
    pub(super) items_of_activities: Vec<Candidate<'a>>,
    /// The column of the items.
    pub(super) key: Candidate<'a>,
    pub(super) form: KeyForm,
}

/// Finds the pair; `asked_for` is the column of the activities that a flag names.
pub(super) fn pair<'a>(
    activities: &'a [Column],
    items: &'a [Column],
    overlaps: &[Overlap],
    user: Option<&Column>,
    asked_for: Option<&Column>,
) -> Result<Pair<'a>, ProposalError> {
    const ENOUGH_VALUES: f64 = 20.0;
    let mut pairs: Vec<(i32, Overlap)> = Vec::new();
    for overlap in overlaps {
        let (column, key) = (&activities[overlap.activities], &items[overlap.items]);
        let fits = fit(Role::Item, &column.name);
        let is_something_else = is_one_of(column, &[user])
            || (fits < HINT && fit(Role::Weight, &column.name) >= CLEAR)
            || (fits < HINT && fit(Role::Time, &column.name) >= CLEAR);
        let is_out = asked_for.map_or(is_something_else, |asked_for| !std::ptr::eq(asked_for, column));
        if is_out {
            continue;
        }
        // A handful of small numbers is found everywhere.
        let evidence = overlap.share * (column.distinct.len() as f64 / ENOUGH_VALUES).min(1.0);
        let same_name = i32::from(column.name.eq_ignore_ascii_case(&key.name)) * 20;
        let plain = i32::from(overlap.form == KeyForm::AsWritten) * 10;
        let points = percent(evidence) + percent(key.distinct_share()) / 5;
        let score = fits.max(0) + fit(Role::Item, &key.name).max(0) + same_name + plain + points;
        pairs.push((score, *overlap));
    }
    pairs.sort_by_key(|(score, _)| -score);
    let Some((score, chosen)) = pairs.first().copied() else {
        let columns = keys(items).into_iter().map(|place| items[place].name.clone());
        return Err(ProposalError::NoJoin {
            columns: columns.collect(),
        });
    };
    let (column, key) = (&activities[chosen.activities], &items[chosen.items]);
    let confidence = match (chosen.share >= 0.5, fit(Role::Item, &column.name) >= CLEAR) {
        (true, true) => Confidence::Sure,
        (true, false) | (false, true) => Confidence::Likely,
        (false, false) => Confidence::Guess,
    };
    let why = format!(
        "{} % of its values in the sample are in `{}` of the items",
        percent(chosen.share),
        key.name
    );
    let mut candidates = vec![Candidate {
        column,
        score: score + 1,
        confidence,
        why,
    }];
    for (score, other) in &pairs {
        let other = &activities[other.activities];
        if !candidates.iter().any(|known| std::ptr::eq(known.column, other)) {
            candidates.push(Candidate {
                column: other,
                score: *score,
                confidence: Confidence::Guess,
                why: String::new(),
            });
        }
    }
    let key = Candidate {
        column: key,
        score: 1,
        confidence,
        why: format!("`{}` of the activities holds its values", column.name),
    };
    Ok(Pair {
        items_of_activities: candidates,
        key,
        form: chosen.form,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "shares are from 0 to 1")]
fn percent(share: f64) -> i32 {
    (share * 100.0).round() as i32
}
