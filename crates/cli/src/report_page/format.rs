//! Numbers, durations and times as people read them. English, UTC, no locale.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// `1,234,567`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// At most four characters above a bar: `987`, `1.2k`, `34k`, `5.6M`.
pub(super) fn compact(number: u64) -> String {
    let scaled = |unit: u64, suffix: &str| {
        let value = number as f64 / unit as f64;
        if value < 9.95 {
            format!("{value:.1}{suffix}")
        } else {
            format!("{value:.0}{suffix}")
        }
    };
    match number {
        0..1_000 => number.to_string(),
        1_000..999_500 => scaled(1_000, "k"),
        999_500..999_500_000 => scaled(1_000_000, "M"),
        _ => scaled(1_000_000_000, "G"),
    }
}

/// `3 journeys`, `1 journey`.
pub(super) fn counted(number: u64, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    if let Some(stem) = singular.strip_suffix('y').filter(|_| number != 1) {
        // `activity`, not `journey`.
        if !stem.ends_with(['a', 'e', 'o', 'u']) {
            return format!("{} {stem}ies", thousands(number));
        }
    }
    format!("{} {singular}{plural}", thousands(number))
}

/// `62%`; what is not nothing is not `0%`, and what is not all is not `100%`.
pub(super) fn share(part: f64, whole: f64) -> String {
    if whole <= 0.0 || part <= 0.0 {
        return "0%".to_owned();
    }
    let percent = 100.0 * part / whole;
    if percent < 1.0 {
        "<1%".to_owned()
    } else if percent > 99.0 && percent < 100.0 {
        ">99%".to_owned()
    } else {
        format!("{percent:.0}%")
    }
}

/// How long something took: `<0.1 s`, `3.2 s`, `48 s`, `1 min 20 s`, `2 h 5 min`.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 0.05 {
        return "<0.1 s".to_owned();
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = whole(seconds);
    match whole {
        0..MINUTE => format!("{whole} s"),
        MINUTE..HOUR => two_units(whole, MINUTE, "min", 1, "s"),
        _ => two_units(whole, HOUR, "h", MINUTE, "min"),
    }
}

/// How long something lasted: `45 s`, `12 min`, `3.5 h`, `12 days`.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds} s"),
        100..5_400 => format!("{:.0} min", seconds as f64 / MINUTE as f64),
        5_400..129_600 => {
            let hours = format!("{:.1}", seconds as f64 / HOUR as f64);
            format!("{} h", hours.trim_end_matches(".0"))
        }
        _ => counted(whole(seconds as f64 / DAY as f64), "day"),
    }
}

/// How many per second: `0.24`, `3.1`, `12,300`.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 1.0 {
        format!("{per_second:.2}")
    } else if per_second < 9.95 {
        format!("{per_second:.1}")
    } else {
        // Three digits say enough of a rate.
        let mut magnitude = 1.0;
        while per_second / magnitude >= 999.5 {
            magnitude *= 10.0;
        }
        thousands(whole((per_second / magnitude).round() * magnitude))
    }
}

/// `5 Jan 2026`.
pub(super) fn day(at: i64) -> String {
    date_time(at).format("%-d %b %Y").to_string()
}

/// `5 Jan 2026, 14:02`.
pub(super) fn day_and_minute(at: i64) -> String {
    date_time(at).format("%-d %b %Y, %H:%M").to_string()
}

/// From one time to another without repeating what they share; minutes only within a few days.
pub(super) fn period(from: i64, to: i64) -> String {
    let (start, end) = (date_time(from), date_time(to));
    if start.date_naive() == end.date_naive() {
        return format!("{}–{}", day_and_minute(from), end.format("%H:%M"));
    }
    if end - start < TimeDelta::days(3) {
        return format!("{} – {}", day_and_minute(from), day_and_minute(to));
    }
    if start.year() == end.year() {
        return format!("{} – {}", start.format("%-d %b"), day(to));
    }
    format!("{} – {}", day(from), day(to))
}

/// Seconds since 1970 as a time; times that no calendar has become 1970.
pub(super) fn date_time(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate, and what is printed here is not negative"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn two_units(seconds: u64, large: u64, large_name: &str, small: u64, small_name: &str) -> String {
    let (whole, rest) = (seconds / large, seconds % large / small);
    if rest == 0 {
        format!("{whole} {large_name}")
    } else {
        format!("{whole} {large_name} {rest} {small_name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        let numbers = [0, 999, 1_000, 65_536, 1_234_567];
        assert_eq!(
            numbers.map(thousands),
            ["0", "999", "1,000", "65,536", "1,234,567"]
        );
        let numbers = [
            0,
            999,
            1_000,
            1_249,
            34_500,
            999_499,
            999_500,
            5_600_000,
            2_000_000_000,
        ];
        assert_eq!(
            numbers.map(compact),
            ["0", "999", "1.0k", "1.2k", "34k", "999k", "1.0M", "5.6M", "2.0G"]
        );
    }

    #[test]
    fn one_is_singular_and_activities_have_their_plural() {
        assert_eq!(counted(1, "journey"), "1 journey");
        assert_eq!(counted(0, "journey"), "0 journeys");
        assert_eq!(counted(1, "activity"), "1 activity");
        assert_eq!(counted(1_200, "activity"), "1,200 activities");
        assert_eq!(counted(2, "day"), "2 days");
    }

    #[test]
    fn shares_do_not_round_to_nothing_or_all() {
        assert_eq!(share(0.0, 10.0), "0%");
        assert_eq!(share(1.0, 10_000.0), "<1%");
        assert_eq!(share(62.4, 100.0), "62%");
        assert_eq!(share(9_999.0, 10_000.0), ">99%");
        assert_eq!(share(10.0, 10.0), "100%");
        assert_eq!(share(1.0, 0.0), "0%");
    }

    #[test]
    fn durations_change_their_unit() {
        let taken = [0.01, 0.34, 3.25, 9.96, 48.4, 60.0, 80.0, 3_599.0, 7_500.0];
        assert_eq!(
            taken.map(seconds),
            [
                "<0.1 s",
                "0.3 s",
                "3.2 s",
                "10 s",
                "48 s",
                "1 min",
                "1 min 20 s",
                "59 min 59 s",
                "2 h 5 min"
            ]
        );
        let lasted = [0, 99, 100, 3_600, 12_600, 86_400, 129_600, 1_036_800];
        assert_eq!(
            lasted.map(span),
            [
                "0 s", "99 s", "2 min", "60 min", "3.5 h", "24 h", "2 days", "12 days"
            ]
        );
    }

    #[test]
    fn rates_have_three_digits() {
        let rates = [0.244, 3.14, 99.7, 12_345.0, 1_234_567.0];
        assert_eq!(rates.map(rate), ["0.24", "3.1", "100", "12,300", "1,230,000"]);
    }

    #[test]
    fn periods_do_not_repeat_themselves() {
        let start = 1_767_621_720; // 5 January 2026, 14:02
        assert_eq!(period(start, start + 3_600), "5 Jan 2026, 14:02–15:02");
        assert_eq!(
            period(start, start + 86_400),
            "5 Jan 2026, 14:02 – 6 Jan 2026, 14:02"
        );
        assert_eq!(period(start, start + 20 * 86_400), "5 Jan – 25 Jan 2026");
        assert_eq!(period(start - 10 * 86_400, start), "26 Dec 2025 – 5 Jan 2026");
        assert_eq!(day(i64::MAX), "1 Jan 1970");
    }
}
