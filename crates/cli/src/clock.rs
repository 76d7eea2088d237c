//! The one place of the program that reads the wall clock.

use chrono::{DateTime, NaiveDate, Utc};

/// Now, in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the clock module is where the clock is read"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The day that it is in UTC.
pub(crate) fn today() -> NaiveDate {
    now().date_naive()
}

/// A stored number of milliseconds since 1970 for people, to the second.
pub(crate) fn display_milliseconds(milliseconds: i64) -> String {
    DateTime::from_timestamp_millis(milliseconds).map_or_else(
        || milliseconds.to_string(),
        |time| time.format("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
