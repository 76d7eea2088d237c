//! A distribution as a drawing: where bars, edges and the median stand, and the same as a table.

use serde::Serialize;
use wayfare_pipeline::run_page::Frequency;

use super::bins::{self, Bin, Quantity};
use super::format::{self, DAY, HOUR, MINUTE};
use super::lane::units;

/// The drawing's own units; the template's `viewBox` must be as large.
const WIDTH: f64 = 360.0;
const MARGIN: f64 = 8.0;
/// Bars begin here, and the tallest ends at `TOP`.
const FLOOR: f64 = 172.0;
const TOP: f64 = 42.0;
/// Few bars are not drawn as walls.
const WIDEST_SLOT: f64 = 64.0;
const CHARACTER: f64 = 6.2;

/// A histogram for the template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Histogram {
    pub(super) title: String,
    /// The distribution in a sentence.
    pub(super) summary: String,
    pub(super) bars: Vec<Bar>,
    pub(super) edges: Vec<Edge>,
    /// What the horizontal axis counts, with its unit.
    pub(super) axis: String,
    /// What the bars count.
    pub(super) counted: String,
    pub(super) median: Edge,
    /// Which part of the median's label stands at its place.
    pub(super) median_anchor: &'static str,
}

/// One bar, in the drawing's units.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) middle: String,
    /// Above the bar; empty over an empty bin.
    pub(super) short_count: String,
    pub(super) count: String,
    /// Which values.
    pub(super) label: String,
    pub(super) share: String,
}

/// A labelled place on the horizontal axis.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Edge {
    pub(super) x: String,
    pub(super) label: String,
}

/// The words of a histogram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording<'w> {
    pub(super) title: &'w str,
    /// What the values are, for the axis.
    pub(super) axis: &'w str,
    /// What is counted, in the plural.
    pub(super) counted: &'w str,
}

/// Draws a distribution; `None` if there is nothing in it.
pub(super) fn histogram(
    values: &[Frequency],
    quantity: Quantity,
    wording: Wording<'_>,
    summary: String,
) -> Option<Histogram> {
    let bins = bins::bins(values, quantity);
    let highest = bins
        .iter()
        .map(|bin| bin.count)
        .max()
        .filter(|count| *count > 0)?;
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let slot = ((WIDTH - 2.0 * MARGIN) / bins.len() as f64).min(WIDEST_SLOT);
    let start = (WIDTH - slot * bins.len() as f64) / 2.0;
    let unit = Unit::of(&bins, quantity);
    let bars = bins.iter().enumerate().map(|(place, bin)| {
        let x = start + slot * place as f64;
        let gap = if slot > 24.0 { 3.0 } else { 1.5 };
        // A bin that is not empty can be seen.
        let height =
            (bin.count as f64 / highest as f64 * (FLOOR - TOP)).max(if bin.count > 0 { 2.0 } else { 0.0 });
        Bar {
            x: units(x + gap / 2.0),
            y: units(FLOOR - height),
            width: units(slot - gap),
            height: units(height),
            middle: units(x + slot / 2.0),
            short_count: if bin.count == 0 {
                String::new()
            } else {
                format::compact(bin.count)
            },
            count: format::thousands(bin.count),
            label: unit.range(bin),
            share: format::share(bin.count as f64, total as f64),
        }
    });
    let median = bins::quantile(values, 0.5);
    let median_x = start + slot * position(&bins, median);
    Some(Histogram {
        title: wording.title.to_owned(),
        summary,
        bars: bars.collect(),
        edges: edges(&bins, unit, start, slot),
        axis: unit.axis(wording.axis),
        counted: wording.counted.to_owned(),
        median: Edge {
            x: units(median_x),
            label: format!("median {}", unit.value(median)),
        },
        median_anchor: if median_x < 60.0 {
            "start"
        } else if median_x > WIDTH - 60.0 {
            "end"
        } else {
            "middle"
        },
    })
}

/// Where a value stands, in bins from the left.
fn position(bins: &[Bin], value: u64) -> f64 {
    let inside = bins.iter().position(|bin| (bin.from..bin.to).contains(&value));
    inside.map_or(0.0, |place| {
        let bin = &bins[place];
        let width = bin.to - bin.from;
        let into = if width == 1 || bin.is_rest {
            0.5
        } else {
            (value - bin.from) as f64 / width as f64
        };
        place as f64 + into
    })
}

fn edges(bins: &[Bin], unit: Unit, start: f64, slot: f64) -> Vec<Edge> {
    let is_single = |bin: &Bin| bin.to - bin.from == 1 || bin.is_rest;
    let one_each = unit == Unit::Count && bins.iter().all(is_single);
    let (values, first): (Vec<u64>, f64) = if one_each {
        (bins.iter().map(|bin| bin.from).collect(), start + slot / 2.0)
    } else {
        let last = bins.last().filter(|bin| !bin.is_rest).map(|bin| bin.to);
        (bins.iter().map(|bin| bin.from).chain(last).collect(), start)
    };
    let mut labels: Vec<String> = values.iter().map(|value| unit.edge(*value)).collect();
    if let Some(label) = labels
        .last_mut()
        .filter(|_| bins.last().is_some_and(|bin| bin.is_rest))
    {
        label.push('+');
    }
    let longest = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(1);
    let needed = longest as f64 * CHARACTER + 4.0;
    let mut free_from = f64::NEG_INFINITY;
    let mut edges = Vec::new();
    for (place, label) in labels.into_iter().enumerate() {
        let x = first + slot * place as f64;
        if x >= free_from {
            edges.push(Edge { x: units(x), label });
            free_from = x + needed;
        }
    }
    edges
}

/// In what values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Count,
    Minutes,
    Hours,
    Days,
    /// Each duration in the unit that suits it.
    Mixed,
}

impl Unit {
    fn of(bins: &[Bin], quantity: Quantity) -> Self {
        if quantity == Quantity::Count {
            return Self::Count;
        }
        let bounded = || bins.iter().filter(|bin| !bin.is_rest);
        let edges = || bounded().flat_map(|bin| [bin.from, bin.to]);
        let largest = edges().max().unwrap_or(0);
        if edges().all(|edge| edge % DAY == 0) {
            Self::Days
        } else if largest <= 3 * HOUR {
            Self::Minutes
        } else if edges().all(|edge| edge % HOUR == 0) && largest <= 4 * DAY {
            Self::Hours
        } else {
            Self::Mixed
        }
    }

    fn seconds(self) -> u64 {
        match self {
            Self::Count | Self::Mixed => 1,
            Self::Minutes => MINUTE,
            Self::Hours => HOUR,
            Self::Days => DAY,
        }
    }

    fn axis(self, what: &str) -> String {
        match self {
            Self::Count | Self::Mixed => what.to_owned(),
            Self::Minutes => format!("{what}, in minutes"),
            Self::Hours => format!("{what}, in hours"),
            Self::Days => format!("{what}, in days"),
        }
    }

    fn edge(self, value: u64) -> String {
        match self {
            Self::Mixed => short_duration(value),
            _ if value / self.seconds() >= 10_000 => format::compact(value / self.seconds()),
            _ => format::thousands(value / self.seconds()),
        }
    }

    fn value(self, value: u64) -> String {
        if self == Self::Count {
            format::thousands(value)
        } else {
            format::span(value)
        }
    }

    fn range(self, bin: &Bin) -> String {
        match self {
            Self::Count if bin.is_rest => format!("{} and more", format::thousands(bin.from)),
            _ if bin.is_rest => format!("{} and more", short_duration(bin.from)),
            Self::Count if bin.to - bin.from == 1 => format::thousands(bin.from),
            Self::Count => format!(
                "{}–{}",
                format::thousands(bin.from),
                format::thousands(bin.to - 1)
            ),
            _ if bin.from == 0 => format!("less than {}", short_duration(bin.to)),
            _ => format!("{} to {}", short_duration(bin.from), short_duration(bin.to)),
        }
    }
}

/// `5 min`, `4 h`, `91 d`: round durations only.
fn short_duration(seconds: u64) -> String {
    match seconds {
        0 => "0".to_owned(),
        1..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        _ => format!("{} d", format::thousands(seconds / DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(values: &[(u64, u64)], quantity: Quantity) -> Histogram {
        let values: Vec<Frequency> = values
            .iter()
            .map(|&(value, count)| Frequency { value, count })
            .collect();
        let wording = Wording {
            title: "title",
            axis: "journeys of a user",
            counted: "users",
        };
        histogram(&values, quantity, wording, String::new()).expect("there are values")
    }

    fn labels(edges: &[Edge]) -> Vec<&str> {
        edges.iter().map(|edge| edge.label.as_str()).collect()
    }

    #[test]
    fn the_tallest_bar_fills_the_drawing_and_an_empty_bin_has_none() {
        let drawn = draw(&[(1, 10), (2, 5), (4, 1)], Quantity::Count);
        let heights: Vec<&str> = drawn.bars.iter().map(|bar| bar.height.as_str()).collect();
        assert_eq!(heights, ["130", "65", "0", "13"]);
        assert_eq!(drawn.bars[2].short_count, "");
        assert_eq!(labels(&drawn.edges), ["1", "2", "3", "4"]);
        assert_eq!(drawn.edges[0].x, drawn.bars[0].middle);
        assert_eq!(
            (drawn.median.label.as_str(), &drawn.median.x),
            ("median 1", &drawn.bars[0].middle)
        );
    }

    #[test]
    fn ranges_name_their_first_and_last_value() {
        let values = [(5, 100), (6, 80), (9, 40), (12, 30), (40, 50), (310, 20)];
        let drawn = draw(&values, Quantity::Count);
        assert_eq!(drawn.bars[0].label, "5–6");
        assert_eq!(drawn.bars[11].label, "300–499");
        let outlier = draw(&[(5, 100), (7, 80), (22, 40), (310, 1)], Quantity::Count);
        assert_eq!(
            outlier.bars.last().map(|bar| bar.label.as_str()),
            Some("24 and more")
        );
        assert_eq!(labels(&outlier.edges).last(), Some(&"24+"));
        assert!(
            labels(&drawn.edges).starts_with(&["5", "7", "10"]),
            "{:?}",
            drawn.edges
        );
    }

    #[test]
    fn durations_share_a_unit_where_they_can() {
        let days: Vec<(u64, u64)> = (28..150).map(|day| (day * DAY, 1)).collect();
        let drawn = draw(&days, Quantity::Duration);
        assert_eq!(drawn.axis, "journeys of a user, in days");
        assert_eq!(labels(&drawn.edges)[..2], ["28", "42"]);
        assert_eq!(drawn.bars[0].label, "28 d to 42 d");
        let mixed = draw(
            &[(0, 10), (120, 60), (1_200, 300), (200 * DAY, 30)],
            Quantity::Duration,
        );
        assert_eq!(mixed.axis, "journeys of a user");
        assert_eq!(mixed.bars[0].label, "less than 1 min");
        assert_eq!(mixed.median.label, "median 20 min");
    }

    #[test]
    fn labels_that_would_run_into_each_other_are_left_out() {
        let values: Vec<(u64, u64)> = (0..12).map(|step| (1_000 + step * 10, 1)).collect();
        let drawn = draw(&values, Quantity::Count);
        assert_eq!(drawn.bars.len(), 12);
        assert_eq!(labels(&drawn.edges)[..3], ["1,000", "1,020", "1,040"]);
    }
}
