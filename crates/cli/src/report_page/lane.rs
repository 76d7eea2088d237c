//! One journey's lane: a line where it was alive, a column wherever there was activity, dashes where it was silent.
//!
//! Paths in a drawing that is [`super::axis::WIDTH`] wide, is stretched to the width of the page, and is [`HEIGHT`] high.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use wayfare_pipeline::run_page::{JourneyFacts, Moment};

use super::axis::{Axis, Tick};

/// The template's `viewBox` must be as high.
pub(super) const HEIGHT: f64 = 34.0;
/// The line that a journey runs on.
const BASE: f64 = 28.0;
const TALLEST: f64 = 24.0;
const SHORTEST: f64 = 5.0;
/// Activities nearer than this are one column.
const COLUMN: f64 = 8.0;
/// So that a moment can be seen.
const SHORTEST_LINE: f64 = 3.0;

/// The paths of a lane.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Lane {
    /// Where the journey was alive.
    pub(super) alive: String,
    /// Where it was silent, to the end of the time shown.
    pub(super) silent: String,
    /// A column for the activities around one time.
    pub(super) columns: String,
}

impl Lane {
    /// Draws moments, which are in time order. `busiest` is what the tallest column stands for, `silence` the seconds
    /// after which a journey counts as silent, and `until` the time to which silence is drawn.
    pub(super) fn of(moments: &[Moment], axis: &Axis, busiest: u64, silence: i64, until: i64) -> Self {
        let mut lane = Self::default();
        let mut alive: Option<(i64, i64)> = None;
        for moment in moments {
            alive = Some(match alive {
                Some((from, to))
                    if moment.at - to <= silence && axis.piece_of(to) == axis.piece_of(moment.at) =>
                {
                    (from, moment.at)
                }
                Some((from, to)) => {
                    lane.live(axis, from, to);
                    lane.rest(axis, to, moment.at);
                    (moment.at, moment.at)
                }
                None => (moment.at, moment.at),
            });
        }
        if let Some((from, to)) = alive {
            lane.live(axis, from, to);
            if until - to > silence {
                lane.rest(axis, to, until);
            }
        }
        for (place, activities) in columns(moments, axis) {
            // Areas are compared, so that one busy day does not flatten all others.
            let height = SHORTEST + (TALLEST - SHORTEST) * (activities as f64 / busiest.max(1) as f64).sqrt();
            write!(lane.columns, "M{} {BASE}V{}", units(place), units(BASE - height)).ok();
        }
        lane
    }

    fn live(&mut self, axis: &Axis, from: i64, to: i64) {
        let left = axis.place(from);
        let right = axis.place(to).max(left + SHORTEST_LINE);
        write!(self.alive, "M{} {BASE}H{}", units(left), units(right)).ok();
    }

    fn rest(&mut self, axis: &Axis, from: i64, to: i64) {
        let (left, right) = (axis.place(from), axis.place(to));
        write!(self.silent, "M{} {BASE}H{}", units(left), units(right)).ok();
    }
}

/// Activities by the middle of the column that they fall into.
fn columns(moments: &[Moment], axis: &Axis) -> Vec<(f64, u64)> {
    let mut columns: BTreeMap<u64, (f64, u64)> = BTreeMap::new();
    for moment in moments {
        let place = axis.place(moment.at);
        let middle = (place / COLUMN).floor() * COLUMN + COLUMN / 2.0;
        let column = columns.entry(middle.to_bits()).or_insert((middle, 0));
        column.1 += moment.activities;
    }
    columns.into_values().collect()
}

/// The most activities in one column of any of the journeys.
pub(super) fn busiest(journeys: &[JourneyFacts], axis: &Axis) -> u64 {
    let all = journeys
        .iter()
        .flat_map(|journey| columns(&journey.moments, axis));
    all.map(|(_, activities)| activities).max().unwrap_or(1)
}

/// Lines from top to bottom at each tick.
pub(super) fn grid(ticks: &[Tick]) -> String {
    let mut path = String::new();
    for tick in ticks {
        write!(path, "M{} 0V{HEIGHT}", units(tick.at)).ok();
    }
    path
}

/// Two slanted strokes wherever the axis leaves something out.
pub(super) fn breaks(axis: &Axis) -> String {
    let mut path = String::new();
    for (middle, _) in axis.breaks() {
        for stroke in [middle - 4.0, middle + 4.0] {
            write!(
                path,
                "M{} {HEIGHT}L{} 22",
                units(stroke - 3.0),
                units(stroke + 3.0)
            )
            .ok();
        }
    }
    path
}

/// A place to a tenth.
pub(super) fn units(place: f64) -> String {
    let text = format!("{place:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn lane(days: &[(i64, u64)], silence: i64, until: i64) -> Lane {
        let moments: Vec<Moment> = days
            .iter()
            .map(|&(day, activities)| Moment {
                at: day * DAY,
                activities,
            })
            .collect();
        Lane::of(
            &moments,
            &Axis::whole(0, 100 * DAY),
            9,
            silence * DAY,
            until * DAY,
        )
    }

    fn strokes(path: &str) -> usize {
        path.matches('M').count()
    }

    #[test]
    fn steady_activity_is_one_line_and_silence_divides_it() {
        let steady = lane(&[(0, 1), (10, 9), (20, 1)], 30, 40);
        assert_eq!((strokes(&steady.alive), strokes(&steady.silent)), (1, 0));
        assert_eq!(strokes(&steady.columns), 3);
        let divided = lane(&[(0, 1), (10, 1), (60, 1)], 30, 100);
        assert_eq!((strokes(&divided.alive), strokes(&divided.silent)), (2, 2));
    }

    #[test]
    fn the_busiest_column_is_the_tallest_and_a_single_activity_is_seen() {
        let drawn = lane(&[(0, 9), (50, 1)], 90, 50);
        assert!(drawn.columns.contains("28V4"), "{}", drawn.columns);
        assert!(drawn.columns.ends_with("28V16.7"), "{}", drawn.columns);
    }

    #[test]
    fn activities_of_one_place_are_one_column() {
        let drawn = lane(&[(50, 1), (50, 1), (51, 1)], 30, 51);
        assert!(strokes(&drawn.columns) <= 2, "{}", drawn.columns);
    }

    #[test]
    fn what_the_axis_leaves_out_is_marked_and_divides_the_line() {
        let minute = |day: i64, minute: i64| day * DAY + minute * 60;
        let times: Vec<i64> = (0..30)
            .map(|m| minute(0, m))
            .chain((0..30).map(|m| minute(90, m)))
            .collect();
        let axis = Axis::around(&times);
        let moments: Vec<Moment> = times.iter().map(|&at| Moment { at, activities: 1 }).collect();
        let drawn = Lane::of(&moments, &axis, 1, i64::MAX / 2, times[59]);
        assert_eq!((strokes(&drawn.alive), strokes(&drawn.silent)), (2, 1));
        assert_eq!(strokes(&breaks(&axis)), 2);
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(lane(&[], 30, 100), Lane::default());
    }
}
