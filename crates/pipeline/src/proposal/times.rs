//! When something happened: how a column writes times, and the SQL that reads them.
//!
//! SQL that meets a value it cannot read gives null, so that the row is rejected and the run goes on.

use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveDateTime};

use crate::settings::ColumnType;

/// How a column writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeReading {
    /// As a timestamp of the file's format.
    Timestamp,
    /// As a date of the file's format.
    Date,
    /// As a number since 1970.
    Epoch { unit: EpochUnit, fraction: bool },
    /// As `2026-01-31`, with or without a time of day.
    IsoText { time_of_day: bool },
    /// As `31.01.2026` or `31/01/2026`, with or without a time of day.
    DayFirst,
    /// As `01/31/2026`, with or without a time of day.
    MonthFirst,
    /// As the number or text `20260131`.
    Compact,
}

/// What a number since 1970 counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EpochUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl EpochUnit {
    const ALL: [Self; 4] = [
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
    ];

    fn per_second(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Milliseconds => 1e3,
            Self::Microseconds => 1e6,
            Self::Nanoseconds => 1e9,
        }
    }

    fn function(self) -> &'static str {
        match self {
            Self::Seconds => "to_timestamp_seconds",
            Self::Milliseconds => "to_timestamp_millis",
            Self::Microseconds => "to_timestamp_micros",
            Self::Nanoseconds => "to_timestamp_nanos",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }
}

/// Times of activities before this are mistakes (1990), and numbers that small are ids.
const EARLIEST_SECONDS: f64 = 631_152_000.0;
/// The year 2100, where the pipeline's own range ends.
const LATEST_SECONDS: f64 = 4_102_444_800.0;
/// Share of a sample's values that must fit a reading.
const MOST: f64 = 0.95;

impl TimeReading {
    /// How a column of that type with these values writes times; `None` if it does not.
    pub(super) fn of(data_type: &DataType, values: &[&str]) -> Option<Self> {
        match data_type {
            DataType::Timestamp(..) => return Some(Self::Timestamp),
            DataType::Date32 | DataType::Date64 => return Some(Self::Date),
            _ => {}
        }
        if values.is_empty() {
            return None;
        }
        let most = |fits: &dyn Fn(&str) -> bool| {
            let fitting = values.iter().filter(|value| fits(value.trim())).count();
            fitting as f64 >= MOST * values.len() as f64
        };
        if most(&|value| value.parse::<f64>().is_ok()) {
            let compact = |value: &str| value.len() == 8 && date(value, "%Y%m%d").is_some();
            if most(&compact) {
                return Some(Self::Compact);
            }
            return epoch(values);
        }
        if most(&|value| date_part(value, "%Y-%m-%d").is_some()) {
            let time_of_day = most(&|value| value.len() > "2026-01-31".len());
            return Some(Self::IsoText { time_of_day });
        }
        let day_first =
            |value: &str| date_part(value, "%d.%m.%Y").is_some() || date_part(value, "%d/%m/%Y").is_some();
        let month_first = |value: &str| date_part(value, "%m/%d/%Y").is_some();
        match (most(&day_first), most(&month_first)) {
            (true, _) => Some(Self::DayFirst),
            (false, true) => Some(Self::MonthFirst),
            (false, false) => None,
        }
    }

    /// Whether values of this kind can hardly be anything but times.
    pub(super) fn is_unmistakable(self) -> bool {
        !matches!(self, Self::Epoch { .. } | Self::Compact)
    }

    /// Whether every time is a whole day.
    pub(super) fn is_of_days(self) -> bool {
        matches!(
            self,
            Self::Date | Self::Compact | Self::IsoText { time_of_day: false }
        )
    }

    /// The type that a CSV column is best read as.
    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Epoch { fraction: false, .. } => ColumnType::Int64,
            Self::Epoch { fraction: true, .. } => ColumnType::Float64,
            Self::IsoText { .. } => ColumnType::Timestamp,
            Self::Timestamp | Self::Date | Self::DayFirst | Self::MonthFirst | Self::Compact => {
                ColumnType::Utf8
            }
        }
    }

    /// The expression that gives the time, from a quoted column. `is_text`: numbers and times are texts in it.
    pub(super) fn sql(self, column: &str, is_text: bool) -> String {
        let number = |kind: &str| {
            if is_text {
                format!("TRY_CAST({column} AS {kind})")
            } else {
                column.to_owned()
            }
        };
        match self {
            Self::Timestamp => column.to_owned(),
            Self::Date => format!("CAST({column} AS TIMESTAMP)"),
            Self::Epoch {
                unit,
                fraction: false,
            } => format!("{}({})", unit.function(), number("BIGINT")),
            Self::Epoch { unit, fraction: true } => {
                let factor = 1e6 / unit.per_second();
                format!(
                    "to_timestamp_micros(TRY_CAST({} * {factor:?} AS BIGINT))",
                    number("DOUBLE")
                )
            }
            Self::IsoText { .. } => number("TIMESTAMP"),
            Self::DayFirst => reordered(column, r"^ *(\d{2})[./](\d{2})[./](\d{4})", r"\3-\2-\1"),
            Self::MonthFirst => reordered(column, r"^ *(\d{2})/(\d{2})/(\d{4})", r"\3-\1-\2"),
            Self::Compact => reordered(
                &format!("CAST({column} AS VARCHAR)"),
                r"^(\d{4})(\d{2})(\d{2})$",
                r"\1-\2-\3",
            ),
        }
    }

    /// The reading in words.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Timestamp => "timestamps".to_owned(),
            Self::Date => "dates".to_owned(),
            Self::Epoch { unit, .. } => format!("{} since 1970", unit.name()),
            Self::IsoText { time_of_day: true } => {
                "times like 2026-01-31T12:00:00, UTC where no zone is given".to_owned()
            }
            Self::IsoText { time_of_day: false } => "dates like 2026-01-31".to_owned(),
            Self::DayFirst => "times like 31.01.2026, the day first".to_owned(),
            Self::MonthFirst => "times like 01/31/2026, the month first".to_owned(),
            Self::Compact => "dates like 20260131".to_owned(),
        }
    }
}

fn reordered(column: &str, pattern: &str, replacement: &str) -> String {
    format!("TRY_CAST(regexp_replace({column}, '{pattern}', '{replacement}') AS TIMESTAMP)")
}

/// The unit in which most values are times of our age: the magnitudes of two units never meet.
fn epoch(values: &[&str]) -> Option<TimeReading> {
    let numbers: Vec<f64> = values
        .iter()
        .filter_map(|value| value.trim().parse().ok())
        .collect();
    let unit = EpochUnit::ALL.into_iter().find(|unit| {
        let in_range = numbers
            .iter()
            .filter(|number| (EARLIEST_SECONDS..LATEST_SECONDS).contains(&(**number / unit.per_second())));
        in_range.count() as f64 >= MOST * values.len() as f64
    })?;
    // `881250949.0` and `8.8e8` are not whole numbers to SQL's cast from text, whatever their value is.
    let fraction = values
        .iter()
        .map(|value| value.trim())
        .any(|value| value.parse::<f64>().is_ok() && value.parse::<i64>().is_err());
    Some(TimeReading::Epoch { unit, fraction })
}

fn date(text: &str, format: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, format).ok()
}

/// The date that a text begins with, if what follows can be a time of day.
fn date_part(text: &str, format: &str) -> Option<NaiveDate> {
    let (day, rest) = text.split_at_checked("2026-01-31".len())?;
    let day = date(day, format)?;
    if rest.is_empty() {
        return Some(day);
    }
    let time = rest.strip_prefix(['T', ' '])?;
    let clock = time.get(.."12:00".len())?;
    NaiveDateTime::parse_from_str(&format!("2026-01-31 {clock}"), "%Y-%m-%d %H:%M").ok()?;
    Some(day)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    const SECONDS: TimeReading = TimeReading::Epoch {
        unit: EpochUnit::Seconds,
        fraction: false,
    };

    #[test]
    fn readings_are_told_by_type_and_magnitude() {
        let text = |values: &[&str]| TimeReading::of(&DataType::Utf8, values);
        let epoch = |unit, fraction| Some(TimeReading::Epoch { unit, fraction });
        assert_eq!(text(&["881250949", "891717742"]), Some(SECONDS));
        assert_eq!(text(&["1767225600000"]), epoch(EpochUnit::Milliseconds, false));
        assert_eq!(text(&["1767225600000000"]), epoch(EpochUnit::Microseconds, false));
        assert_eq!(
            text(&["1767225600000000000"]),
            epoch(EpochUnit::Nanoseconds, false)
        );
        assert_eq!(text(&["1767225600.5"]), epoch(EpochUnit::Seconds, true));
        assert_eq!(text(&["1767225600.0"]), epoch(EpochUnit::Seconds, true));
        assert_eq!(
            TimeReading::of(&DataType::Float64, &["881250949.0"]),
            epoch(EpochUnit::Seconds, true)
        );
        assert_eq!(text(&["20260131", "20251224"]), Some(TimeReading::Compact));
        assert_eq!(text(&["20261331"]), None);
        assert_eq!(text(&["242", "302", "5"]), None);
        assert_eq!(
            text(&["2026-01-31T12:00:00Z", "2026-01-31 12:00:00+02:00"]),
            Some(TimeReading::IsoText { time_of_day: true })
        );
        assert_eq!(
            text(&["2026-01-31"]),
            Some(TimeReading::IsoText { time_of_day: false })
        );
        assert_eq!(
            text(&["31.01.2026 12:00", "01.02.2026 23:59:59"]),
            Some(TimeReading::DayFirst)
        );
        assert_eq!(text(&["01/31/2026"]), Some(TimeReading::MonthFirst));
        assert_eq!(text(&["a", "b"]), None);
        assert_eq!(text(&[]), None);
        let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, None);
        assert_eq!(TimeReading::of(&nanoseconds, &[]), Some(TimeReading::Timestamp));
    }

    #[test]
    fn a_few_bad_values_do_not_hide_a_reading() {
        let mut values = vec!["881250949"; 99];
        values.push("-");
        assert_eq!(TimeReading::of(&DataType::Utf8, &values), Some(SECONDS));
        let mut values = vec!["2026-01-31"; 99];
        values.push("yesterday");
        assert_eq!(
            TimeReading::of(&DataType::Utf8, &values),
            Some(TimeReading::IsoText { time_of_day: false })
        );
    }
}
