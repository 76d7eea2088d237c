//! How an activity becomes known: on its day or later, once or twice.

use chrono::{DateTime, Days, NaiveDate};

use super::options::GenerateOptions;
use crate::random::Random;

/// The most days that a row comes late.
const LATEST_DAYS: usize = 7;
/// Tells this sequence from that of the history, which is the same however rows become known.
const DELIVERY_STREAM: u64 = 0x6465_6c69_7665_7279;

/// Draws what becomes of one user's rows, in their order.
#[derive(Debug)]
pub(super) struct Delivery {
    random: Random,
    late_share: f64,
    duplicate_share: f64,
}

/// What becomes of an activity.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delivered {
    /// 1, or 2 where it comes twice.
    pub(super) rows: u64,
    /// The day, as YYYY-MM-DD, on which it becomes known; empty where none comes late.
    pub(super) logical_date: String,
}

impl Delivery {
    pub(super) fn of(options: &GenerateOptions, user: u64) -> Self {
        Self {
            random: Random::stream(options.seed ^ DELIVERY_STREAM, user),
            late_share: options.late_share,
            duplicate_share: options.duplicate_share,
        }
    }

    pub(super) fn next(&mut self, occurred_at_us: i64) -> Delivered {
        let late = self.random.chance(self.late_share);
        let days = self.random.between(1, LATEST_DAYS);
        let twice = self.random.chance(self.duplicate_share);
        Delivered {
            rows: 1 + u64::from(twice),
            logical_date: if self.late_share > 0.0 {
                day_after(occurred_at_us, if late { days } else { 0 })
            } else {
                String::new()
            },
        }
    }
}

fn day_after(occurred_at_us: i64, days: usize) -> String {
    let day = DateTime::from_timestamp_micros(occurred_at_us).map(|at| at.date_naive());
    let day: Option<NaiveDate> = day.and_then(|day| day.checked_add_days(Days::new(days as u64)));
    day.map(|day| day.to_string()).unwrap_or_default()
}
