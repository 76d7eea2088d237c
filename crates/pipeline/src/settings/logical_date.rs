//! Logical dates and the slices of the sources that they stand for.
//!
//! Refuses to read the clock: who asks for a default says what day it is.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A date that names a slice of the sources, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalDate(pub NaiveDate);

/// A text that is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date, write it as YYYY-MM-DD, for example 2026-02-28")]
pub struct InvalidDate {
    /// What was given.
    pub text: String,
}

impl fmt::Display for LogicalDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl FromStr for LogicalDate {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        // Chrono alone would take `2026-1-5`, and two spellings of one date would be two run keys.
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|_| text.len() == "YYYY-MM-DD".len());
        date.map(Self).ok_or_else(|| InvalidDate {
            text: text.to_owned(),
        })
    }
}

impl Serialize for LogicalDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogicalDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(1970, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};

/// How much of the sources belongs to one logical date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slice {
    /// The UTC day of the date.
    #[default]
    Day,
    /// The UTC calendar month that contains the date.
    Month,
    /// Everything that the sources hold.
    All,
}

impl Slice {
    /// The logical date of the one slice that `all` has: were it the day of the run, a second run would load
    /// everything once more as another slice.
    pub const DATE_OF_ALL: LogicalDate = LogicalDate(EPOCH);

    /// The half-open interval of UTC time `[start, end)` that the date's slice covers; none for [`Slice::All`].
    pub fn interval(self, date: LogicalDate) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let (start, end) = match self {
            Self::Day => (
                date.0,
                date.0.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX),
            ),
            Self::Month => (first_of_month(date.0), first_of_next_month(date.0)),
            Self::All => return None,
        };
        Some((start.and_time(NaiveTime::MIN), end.and_time(NaiveTime::MIN)))
    }

    /// The one date that stands for the slice containing `date`: the day itself, the last day of the month, or
    /// [`Slice::DATE_OF_ALL`].
    #[must_use]
    pub fn canonical(self, date: LogicalDate) -> LogicalDate {
        match self {
            Self::Day => date,
            Self::Month => LogicalDate(first_of_next_month(date.0).pred_opt().unwrap_or(NaiveDate::MAX)),
            Self::All => Self::DATE_OF_ALL,
        }
    }

    /// The canonical dates of all slices that contain a day of `from..=to`, oldest first; empty when `to` is before
    /// `from`.
    pub fn dates(self, from: LogicalDate, to: LogicalDate) -> Vec<LogicalDate> {
        let mut dates: Vec<LogicalDate> = from
            .0
            .iter_days()
            .take_while(|day| *day <= to.0)
            .map(|day| self.canonical(LogicalDate(day)))
            .collect();
        dates.dedup();
        dates
    }

    /// The newest slice that is complete on the UTC day `today`: yesterday, the last month that has ended, or
    /// everything.
    pub fn newest_complete(self, today: NaiveDate) -> LogicalDate {
        let last_day = match self {
            Self::Day => today.pred_opt(),
            Self::Month => first_of_month(today).pred_opt(),
            Self::All => Some(today),
        };
        self.canonical(LogicalDate(last_day.unwrap_or(today)))
    }
}

fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap_or(date)
}

fn first_of_next_month(date: NaiveDate) -> NaiveDate {
    first_of_month(date)
        .checked_add_months(Months::new(1))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> LogicalDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_interval(slice: Slice, day: &str, expected: (&str, &str)) {
        let (start, end) = slice.interval(date(day)).unwrap();
        assert_eq!((start.to_string().as_str(), end.to_string().as_str()), expected);
    }

    #[test]
    fn intervals_are_half_open_and_know_leap_years() {
        check_interval(
            Slice::Day,
            "2024-02-28",
            ("2024-02-28 00:00:00", "2024-02-29 00:00:00"),
        );
        check_interval(
            Slice::Day,
            "2023-02-28",
            ("2023-02-28 00:00:00", "2023-03-01 00:00:00"),
        );
        check_interval(
            Slice::Month,
            "2024-02-29",
            ("2024-02-01 00:00:00", "2024-03-01 00:00:00"),
        );
        check_interval(
            Slice::Month,
            "1997-12-31",
            ("1997-12-01 00:00:00", "1998-01-01 00:00:00"),
        );
        assert_eq!(Slice::All.interval(date("2024-02-29")), None);
    }

    #[test]
    fn every_date_of_a_slice_has_the_same_canonical_date() {
        assert_eq!(Slice::Day.canonical(date("2024-02-10")), date("2024-02-10"));
        assert_eq!(Slice::Month.canonical(date("2024-02-10")), date("2024-02-29"));
        assert_eq!(Slice::Month.canonical(date("1900-02-01")), date("1900-02-28"));
        assert_eq!(Slice::Month.canonical(date("2000-02-29")), date("2000-02-29"));
        assert_eq!(
            Slice::All.canonical(date("2024-02-10")),
            Slice::All.canonical(date("1997-01-01"))
        );
    }

    #[test]
    fn ranges_hold_each_slice_once_and_include_both_ends() {
        let days = Slice::Day.dates(date("2024-02-28"), date("2024-03-01"));
        assert_eq!(days, [date("2024-02-28"), date("2024-02-29"), date("2024-03-01")]);
        let months = Slice::Month.dates(date("2023-12-31"), date("2024-02-01"));
        assert_eq!(
            months,
            [date("2023-12-31"), date("2024-01-31"), date("2024-02-29")]
        );
        assert_eq!(
            Slice::All.dates(date("2023-12-31"), date("2024-02-01")),
            [Slice::DATE_OF_ALL]
        );
        assert!(
            Slice::Day
                .dates(date("2024-02-02"), date("2024-02-01"))
                .is_empty()
        );
    }

    #[test]
    fn the_newest_complete_slice_has_ended() {
        let today = date("2024-03-01").0;
        assert_eq!(Slice::Day.newest_complete(today), date("2024-02-29"));
        assert_eq!(Slice::Month.newest_complete(today), date("2024-02-29"));
        assert_eq!(
            Slice::Month.newest_complete(date("2024-03-31").0),
            date("2024-02-29")
        );
        assert_eq!(Slice::All.newest_complete(today), Slice::DATE_OF_ALL);
    }

    #[test]
    fn one_spelling_of_a_date_is_accepted_and_it_round_trips() {
        assert_eq!(date("1998-04-22").to_string(), "1998-04-22");
        assert_eq!(
            serde_json::to_string(&date("1998-04-22")).unwrap(),
            "\"1998-04-22\""
        );
        assert_eq!(
            serde_json::from_str::<LogicalDate>("\"1998-04-22\"").unwrap(),
            date("1998-04-22")
        );
        for wrong in ["1998-4-22", "2023-02-29", "22.04.1998", "", "1998-04-22T00:00:00"] {
            assert!(wrong.parse::<LogicalDate>().is_err(), "{wrong}");
        }
    }
}
