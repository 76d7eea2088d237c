//! What follows from the facts for a job: slices, filters, buckets, and how many rows may be rejected.
//!
//! Every decision carries its reason, which goes into the job file.

use std::collections::{BTreeMap, BTreeSet};

use super::measure::{Facts, RowCounts};
use crate::settings::{LogicalDate, Slice};

const ROWS_PER_BUCKET: u64 = 1_000_000;
const LEAST_BUCKETS: u32 = 8;
const MOST_BUCKETS: u32 = 4_096;
/// Spans up to this are sliced by day.
const LONGEST_SPAN_OF_DAYS: i64 = 92;
/// What a job allows if it says nothing.
const USUAL_REJECTED_SHARE: f64 = 0.05;
/// No job should accept that more than this share of a slice is lost.
const LARGEST_REJECTED_SHARE: f64 = 0.5;

/// A setting and why it is as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasoned<T> {
    pub value: T,
    pub why: String,
}

/// The filters of `[segment]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filters {
    pub min_activities: u32,
    pub min_active_days: u32,
    pub min_span_days: f32,
}

/// The settings that the facts decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Decisions {
    pub slice: Reasoned<Slice>,
    pub filters: Reasoned<Filters>,
    pub bucket_count: Reasoned<u32>,
    pub max_rejected_share: Reasoned<f64>,
}

/// Decides everything.
pub(super) fn decide(facts: &Facts) -> Decisions {
    let filters = filters(facts);
    let mut slice = slice(facts, filters.value.min_active_days > 0);
    let mut worst = worst_slice(facts, slice.value);
    while worst.1.rejected_share() > LARGEST_REJECTED_SHARE && slice.value != Slice::All {
        let share = percent(worst.1.rejected_share());
        slice = Reasoned {
            value: if slice.value == Slice::Day {
                Slice::Month
            } else {
                Slice::All
            },
            why: format!(
                "In smaller slices {share} of one ({}) would be rejected.",
                worst.0
            ),
        };
        worst = worst_slice(facts, slice.value);
    }
    Decisions {
        max_rejected_share: rejected_share(facts, slice.value, &worst),
        slice,
        filters,
        bucket_count: bucket_count(facts.all.rows),
    }
}

fn span_days(facts: &Facts) -> i64 {
    facts
        .span
        .map_or(0, |(first, last)| (last - first).num_days() + 1)
}

fn slice(facts: &Facts, filtered: bool) -> Reasoned<Slice> {
    let days = span_days(facts);
    if !filtered || days <= 2 {
        let why = "The times say when rows were written down rather than when interests were pursued, so there is nothing to \
                   slice."
            .to_owned();
        return Reasoned {
            value: Slice::All,
            why,
        };
    }
    if days <= LONGEST_SPAN_OF_DAYS {
        let why = format!(
            "The times span {days} days: one slice for each. `month` and `all` make fewer, larger runs."
        );
        return Reasoned {
            value: Slice::Day,
            why,
        };
    }
    let months = facts
        .days
        .keys()
        .map(|day| Slice::Month.canonical(LogicalDate(*day)));
    let months = months.collect::<BTreeSet<_>>().len();
    Reasoned {
        value: Slice::Month,
        why: format!(
            "The times span {days} days: {months} slices of a month. A job that runs daily wants `day`."
        ),
    }
}

fn filters(facts: &Facts) -> Reasoned<Filters> {
    let history = facts.median_history_days;
    if history < 1.0 {
        return Reasoned {
            value: Filters {
                min_activities: 5,
                min_active_days: 0,
                min_span_days: 0.0,
            },
            why: format!(
                "The history of the user in the middle spans {}, so active days and spans say nothing here: both filters \
                 are off.",
                duration(history)
            ),
        };
    }
    let days = span_days(facts);
    let (min_active_days, min_span_days) = match days {
        ..=13 => (2, 1.0),
        14..=55 => (2, 4.0),
        _ => (3, 14.0),
    };
    Reasoned {
        value: Filters {
            min_activities: 5,
            min_active_days,
            min_span_days,
        },
        why: format!(
            "An interest is kept that a user came back to on {min_active_days} days over {min_span_days} days. The user in \
             the middle has {:.0} activities over {}.",
            facts.median_activities,
            duration(history)
        ),
    }
}

fn duration(days: f64) -> String {
    match days * 24.0 {
        hours if hours * 60.0 < 1.0 => "less than a minute".to_owned(),
        hours if hours < 1.0 => format!("{:.0} minutes", hours * 60.0),
        hours if hours < 48.0 => format!("{hours:.0} hours"),
        _ => format!("{days:.0} days"),
    }
}

fn bucket_count(rows: u64) -> Reasoned<u32> {
    let wanted = u32::try_from(rows.div_ceil(ROWS_PER_BUCKET)).unwrap_or(MOST_BUCKETS);
    let value = wanted
        .clamp(LEAST_BUCKETS, MOST_BUCKETS)
        .next_power_of_two()
        .min(MOST_BUCKETS);
    Reasoned {
        value,
        why: format!(
            "{rows} activities; about a million for each bucket is a good size. It is fixed once tables exist."
        ),
    }
}

/// The slice of which the largest share would be rejected: its name and its rows.
fn worst_slice(facts: &Facts, slice: Slice) -> (String, RowCounts) {
    if slice == Slice::All {
        return ("all rows".to_owned(), facts.all);
    }
    let Some((first, last)) = facts.span else {
        return ("all rows".to_owned(), facts.all);
    };
    // A slice without rows of its own meets the rows without a time as well.
    let timeless = RowCounts {
        rows: facts.timeless,
        rejected: facts.timeless,
    };
    let mut slices: BTreeMap<LogicalDate, RowCounts> = slice
        .dates(LogicalDate(first), LogicalDate(last))
        .into_iter()
        .map(|date| (date, timeless))
        .collect();
    for (day, counts) in &facts.days {
        if let Some(sum) = slices.get_mut(&slice.canonical(LogicalDate(*day))) {
            sum.rows += counts.rows;
            sum.rejected += counts.rejected;
        }
    }
    slices
        .into_iter()
        .map(|(date, counts)| (date.to_string(), counts))
        .max_by(|left, right| left.1.rejected_share().total_cmp(&right.1.rejected_share()))
        .unwrap_or_default()
}

fn rejected_share(facts: &Facts, slice: Slice, worst: &(String, RowCounts)) -> Reasoned<f64> {
    let share = worst.1.rejected_share();
    let all = percent(facts.all.rejected_share());
    let what = if facts.all.rejected == 0 {
        "No row would be rejected".to_owned()
    } else if slice == Slice::All {
        format!("{all} of the rows would be rejected")
    } else {
        format!(
            "{all} of all rows would be rejected, and {} of the slice {}",
            percent(share),
            worst.0
        )
    };
    if share <= USUAL_REJECTED_SHARE {
        return Reasoned {
            value: USUAL_REJECTED_SHARE,
            why: format!("{what}."),
        };
    }
    // Some room, in steps of a hundredth.
    let value = ((share * 125.0).ceil() / 100.0).min(1.0);
    Reasoned {
        value,
        why: format!("CHECK: {what}. The usual limit of 0.05 would end the run, so it is higher here."),
    }
}

pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 {
        format!("{percent:.2} %")
    } else {
        format!("{percent:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Facts over days with the same rows each.
    fn facts(first: &str, last: &str, rows_per_day: RowCounts, median_history_days: f64) -> Facts {
        let days: BTreeMap<NaiveDate, RowCounts> = day(first)
            .iter_days()
            .take_while(|date| *date <= day(last))
            .map(|date| (date, rows_per_day))
            .collect();
        let count = days.len() as u64;
        Facts {
            all: RowCounts {
                rows: rows_per_day.rows * count,
                rejected: rows_per_day.rejected * count,
            },
            span: Some((day(first), day(last))),
            days,
            median_history_days,
            ..Facts::default()
        }
    }

    const CLEAN: RowCounts = RowCounts {
        rows: 100,
        rejected: 0,
    };

    #[test]
    fn the_span_decides_the_slices() {
        for (first, last, history, expected) in [
            ("2026-01-01", "2026-02-26", 40.0, Slice::Day),
            ("2017-01-01", "2017-12-31", 300.0, Slice::Month),
            ("1997-09-20", "1998-04-22", 0.03, Slice::All),
            ("2026-01-01", "2026-01-01", 0.5, Slice::All),
        ] {
            let decisions = decide(&facts(first, last, CLEAN, history));
            assert_eq!(decisions.slice.value, expected, "{first} to {last}");
        }
    }

    #[test]
    fn filters_are_off_where_histories_are_shorter_than_a_day() {
        let off = decide(&facts("1997-09-20", "1998-04-22", CLEAN, 49.0 / 1440.0)).filters;
        assert_eq!(
            (
                off.value.min_active_days,
                off.value.min_span_days.to_string().as_str()
            ),
            (0, "0")
        );
        assert!(off.why.contains("49 minutes"), "{}", off.why);
        let on = decide(&facts("2017-01-01", "2017-12-31", CLEAN, 300.0)).filters;
        assert_eq!(
            (
                on.value.min_active_days,
                on.value.min_span_days.to_string().as_str()
            ),
            (3, "14")
        );
    }

    #[test]
    fn buckets_are_powers_of_two_of_about_a_million_rows() {
        for (rows, buckets) in [
            (0, 8),
            (8_000_000, 8),
            (8_000_001, 16),
            (100_000_000, 128),
            (u64::MAX, 4_096),
        ] {
            assert_eq!(bucket_count(rows).value, buckets, "{rows}");
        }
    }

    #[test]
    fn the_worst_slice_must_pass() {
        let mut some = facts("2026-01-01", "2026-02-26", CLEAN, 40.0);
        some.days.insert(
            day("2026-01-13"),
            RowCounts {
                rows: 27,
                rejected: 2,
            },
        );
        let decisions = decide(&some);
        assert_eq!(decisions.slice.value, Slice::Day);
        assert_eq!(decisions.max_rejected_share.value.to_string(), "0.1");
        assert!(decisions.max_rejected_share.why.starts_with("CHECK"));

        // Rows without a time would be most of every small slice.
        some.timeless = 200;
        some.all.rows += 200;
        some.all.rejected += 202;
        let decisions = decide(&some);
        assert_eq!(decisions.slice.value, Slice::Month);
        let clean = decide(&facts("2026-01-01", "2026-02-26", CLEAN, 40.0));
        assert_eq!(clean.max_rejected_share.value.to_string(), "0.05");
    }
}
