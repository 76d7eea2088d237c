//! A time axis for a person's activity: months of it, or minutes of it, or a few sittings with months between.
//!
//! Places are in thousandths of the width of the drawing.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use serde::Serialize;

use super::format;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

pub(super) const WIDTH: f64 = 1000.0;
/// What a break between two sittings takes.
const BREAK: f64 = 30.0;
/// A sitting is at least so wide that its date can be written above it.
const NARROWEST: f64 = 150.0;
const MOST_BREAKS: usize = 4;
/// Where breaks leave more of the time than this, they are not worth their confusion.
const KEPT_SHARE: f64 = 0.1;
/// Of the time from the first to the last activity: what is longer ends a sitting.
const SITTING_GAP_PERCENT: i64 = 8;
const SHORTEST_GAP: i64 = 30 * MINUTE;
/// The width that a label needs.
const LABEL: f64 = 125.0;
/// Nearer to either end than this, a label stands beside its tick and not across it.
const EDGE: f64 = 60.0;

/// Times, laid out from left to right.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Ascending; what lies between two of them is left out.
    pieces: Vec<Piece>,
}

/// A part of the axis on which time runs evenly.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: i64,
    to: i64,
    left: f64,
    right: f64,
}

/// A labelled time.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
    /// Which part of the label stands at the tick: `start`, `middle` or `end`.
    pub(super) anchor: &'static str,
}

impl Tick {
    fn new(at: f64, label: String) -> Self {
        let anchor = if at < EDGE {
            "start"
        } else if at > WIDTH - EDGE {
            "end"
        } else {
            "middle"
        };
        Self { at, label, anchor }
    }
}

impl Axis {
    /// All time from `from` to `to`, in seconds since 1970.
    pub(super) fn whole(from: i64, to: i64) -> Self {
        let (left, right) = (0.0, WIDTH);
        let pieces = vec![padded(Piece {
            from,
            to,
            left,
            right,
        })];
        Self { pieces }
    }

    /// The time around `times`, which ascend. Long idle times are left out where little else would be seen.
    pub(super) fn around(times: &[i64]) -> Self {
        let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else {
            return Self::whole(0, 1);
        };
        let gap = (last - first) / 100 * SITTING_GAP_PERCENT;
        let sittings = sittings(times, gap.max(SHORTEST_GAP));
        let kept: i64 = sittings.iter().map(|(from, to)| to - from).sum();
        let breaks = sittings.len() - 1;
        if breaks == 0 || breaks > MOST_BREAKS || kept as f64 > KEPT_SHARE * (last - first) as f64 {
            return Self::whole(first, last);
        }
        let shared = WIDTH - breaks as f64 * BREAK - sittings.len() as f64 * NARROWEST;
        let mut left = 0.0;
        let mut pieces = Vec::with_capacity(sittings.len());
        for (from, to) in sittings {
            let share = if kept == 0 {
                0.0
            } else {
                (to - from) as f64 / kept as f64
            };
            let right = left + NARROWEST + share * shared;
            pieces.push(padded(Piece {
                from,
                to,
                left,
                right,
            }));
            left = right + BREAK;
        }
        Self { pieces }
    }

    /// Where a time stands. A time that was left out stands at the nearest piece.
    pub(super) fn place(&self, at: i64) -> f64 {
        let piece = self.pieces[self.piece_of(at)];
        let length = (piece.to - piece.from).max(1) as f64;
        let into = ((at - piece.from) as f64 / length).clamp(0.0, 1.0);
        piece.left + into * (piece.right - piece.left)
    }

    /// The piece that a time belongs to; times of one sitting are in one piece.
    pub(super) fn piece_of(&self, at: i64) -> usize {
        let begun = self.pieces.iter().rposition(|piece| piece.from <= at);
        begun.unwrap_or(0)
    }

    /// Seconds that all pieces cover.
    pub(super) fn covered(&self) -> i64 {
        self.pieces.iter().map(|piece| piece.to - piece.from).sum()
    }

    /// Middle of each break, and the seconds that it leaves out.
    pub(super) fn breaks(&self) -> Vec<(f64, u64)> {
        let pairs = self.pieces.windows(2);
        pairs
            .filter_map(|pair| {
                let [before, after] = pair else { return None };
                let left_out = u64::try_from(after.from - before.to).unwrap_or(0);
                Some((f64::midpoint(before.right, after.left), left_out))
            })
            .collect()
    }

    /// The labelled times, from left to right, not closer than their labels are wide.
    pub(super) fn ticks(&self) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = Vec::new();
        let mut year = None;
        for piece in &self.pieces {
            let step = piece.step();
            let within_days = matches!(step, Step::Seconds(seconds) if seconds < DAY);
            // Of one moment among others, the date says enough.
            let times = match step {
                Step::Seconds(..MINUTE) if self.pieces.len() > 1 => Vec::new(),
                _ => step.times(piece.from, piece.to),
            };
            let mut free_from = piece.left;
            if within_days || times.is_empty() {
                let label = format::date_time(piece.from).format("%-d %b").to_string();
                ticks.push(Tick {
                    anchor: "start",
                    ..Tick::new(piece.left, label)
                });
                free_from += LABEL;
            }
            for at in times {
                let place = piece.left
                    + (at - piece.from) as f64 / (piece.to - piece.from).max(1) as f64
                        * (piece.right - piece.left);
                if place >= free_from && (place + LABEL / 2.0 <= piece.right || piece.right >= WIDTH) {
                    ticks.push(Tick::new(place, step.label(at, &mut year)));
                    free_from = place + LABEL;
                }
            }
        }
        ticks
    }
}

/// Some room around, so that nothing stands on the very edge and no piece is a point.
fn padded(piece: Piece) -> Piece {
    let room = ((piece.to - piece.from) / 50).max(5);
    Piece {
        from: piece.from - room,
        to: piece.to + room,
        ..piece
    }
}

/// First and last time of each run of times without a gap that is longer than `gap`.
fn sittings(times: &[i64], gap: i64) -> Vec<(i64, i64)> {
    let mut sittings: Vec<(i64, i64)> = Vec::new();
    for &at in times {
        match sittings.last_mut() {
            Some((_, to)) if at - *to <= gap => *to = at,
            _ => sittings.push((at, at)),
        }
    }
    sittings
}

/// The distance of two labelled times.
#[derive(Debug, Clone, Copy)]
enum Step {
    Seconds(i64),
    Months(u32),
}

impl Piece {
    fn step(&self) -> Step {
        const SECONDS: [i64; 18] = [
            10,
            30,
            MINUTE,
            2 * MINUTE,
            5 * MINUTE,
            10 * MINUTE,
            15 * MINUTE,
            30 * MINUTE,
            HOUR,
            2 * HOUR,
            3 * HOUR,
            6 * HOUR,
            12 * HOUR,
            DAY,
            2 * DAY,
            5 * DAY,
            7 * DAY,
            14 * DAY,
        ];
        const MONTHS: [u32; 8] = [1, 2, 3, 6, 12, 24, 60, 120];
        let labels = ((self.right - self.left) / (LABEL * 1.2)).max(1.0);
        let enough = (self.to - self.from) as f64 / labels;
        let seconds = SECONDS.into_iter().find(|step| *step as f64 >= enough);
        if let Some(step) = seconds {
            return Step::Seconds(step);
        }
        let month = 30.0 * DAY as f64;
        let months = MONTHS.into_iter().find(|step| f64::from(*step) * month >= enough);
        Step::Months(months.unwrap_or(240))
    }
}

impl Step {
    /// Round times within a piece.
    fn times(self, from: i64, to: i64) -> Vec<i64> {
        match self {
            Self::Seconds(step) => {
                let first = from.div_euclid(step) * step;
                (0..)
                    .map(|place| first + place * step)
                    .skip_while(|at| *at < from)
                    .take_while(|at| *at <= to)
                    .collect()
            }
            Self::Months(step) => {
                let mut times = Vec::new();
                let mut month = first_month(format::date_time(from), step);
                while let Some(day) = month {
                    let at = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
                    if at > to {
                        break;
                    }
                    if at >= from {
                        times.push(at);
                    }
                    month = day.checked_add_months(Months::new(step));
                }
                times
            }
        }
    }

    /// The year is written where it begins to hold.
    fn label(self, at: i64, year: &mut Option<i32>) -> String {
        let time = format::date_time(at);
        let changed = year.replace(time.year()) != Some(time.year());
        match self {
            Self::Seconds(step) if step < MINUTE => time.format("%H:%M:%S").to_string(),
            Self::Seconds(step) if step < DAY => time.format("%H:%M").to_string(),
            Self::Seconds(_) => time.format("%-d %b").to_string(),
            Self::Months(step) if step.is_multiple_of(12) => time.format("%Y").to_string(),
            Self::Months(_) if changed => time.format("%b %Y").to_string(),
            Self::Months(_) => time.format("%b").to_string(),
        }
    }
}

/// The first day of the month at or before a time, counted in steps from January.
fn first_month(time: DateTime<Utc>, step: u32) -> Option<NaiveDate> {
    if step > 12 {
        let years = i32::try_from(step / 12).ok()?;
        return NaiveDate::from_ymd_opt(time.year().div_euclid(years) * years, 1, 1);
    }
    NaiveDate::from_ymd_opt(time.year(), time.month0() / step * step + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_767_614_400; // 5 January 2026, 12:00

    fn labels(axis: &Axis) -> Vec<String> {
        let ticks = axis.ticks();
        for pair in ticks.windows(2) {
            assert!(pair[0].at < pair[1].at, "{ticks:?}");
        }
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn labels_go_from_seconds_to_years() {
        for (length, expected) in [
            (60, ["5 Jan", "12:00:30"]),
            (49 * MINUTE, ["12:10", "12:40"]),
            (10 * DAY, ["7 Jan", "15 Jan"]),
            (150 * DAY, ["Feb 2026", "Jun"]),
            (365 * DAY, ["Jul", "Jan 2027"]),
            (3_000 * DAY, ["2028", "2034"]),
        ] {
            let found = labels(&Axis::whole(NOON, NOON + length));
            assert!(found.len() >= 2 && found.len() <= 8, "{length}: {found:?}");
            for label in expected {
                assert!(
                    found.iter().any(|found| found == label),
                    "{length}: {found:?} has no {label}"
                );
            }
        }
    }

    #[test]
    fn time_runs_evenly_and_stays_inside() {
        let axis = Axis::whole(NOON, NOON + 100);
        assert!((axis.place(NOON + 50) - 500.0).abs() < 1.0);
        assert!(axis.place(NOON) > 0.0 && axis.place(NOON + 100) < WIDTH);
        assert!((axis.place(NOON + 1_000_000) - WIDTH).abs() < f64::EPSILON);
        assert!(axis.place(i64::MIN / 4).abs() < f64::EPSILON);
    }

    #[test]
    fn a_few_sittings_with_months_between_are_all_seen() {
        let sitting =
            |day: i64, minutes: i64| (0..minutes).map(move |minute| NOON + day * DAY + minute * MINUTE);
        let times: Vec<i64> = sitting(0, 40)
            .chain(sitting(90, 10))
            .chain(sitting(91, 5))
            .collect();
        let axis = Axis::around(&times);
        let left_out: Vec<u64> = axis
            .breaks()
            .iter()
            .map(|(_, seconds)| seconds / 86_400)
            .collect();
        assert_eq!(left_out, [89], "a day is little beside three months");
        assert_ne!(axis.piece_of(times[39]), axis.piece_of(times[40]));
        assert!(axis.place(times[39]) - axis.place(times[0]) > NARROWEST / 2.0);
        assert_eq!(labels(&axis)[0], "5 Jan");
        assert!(axis.covered() < 2 * DAY);
    }

    #[test]
    fn steady_activity_and_single_moments_have_no_breaks() {
        let daily: Vec<i64> = (0..60).map(|day| NOON + day * DAY).collect();
        assert_eq!(Axis::around(&daily).breaks(), []);
        let many_sittings: Vec<i64> = (0..12).map(|week| NOON + week * week * 7 * DAY).collect();
        assert_eq!(Axis::around(&many_sittings).breaks(), []);
        assert_eq!(Axis::around(&[NOON]).breaks(), []);
        assert_eq!(Axis::around(&[]).breaks(), []);
        assert_eq!(labels(&Axis::around(&[NOON]))[0], "5 Jan");
    }
}
