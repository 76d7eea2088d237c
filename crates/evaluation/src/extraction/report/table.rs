//! A comparison as aligned columns: one table of means, one of differences to the reference.

use std::fmt::Write;

use crate::extraction::bootstrap::Estimate;
use crate::extraction::comparison::{Comparison, MethodResult};
use crate::extraction::scores::Metric;

/// Parts of other metrics that only the JSON tells.
const NOT_SHOWN: [Metric; 2] = [Metric::Homogeneity, Metric::Completeness];

/// Which of a metric's estimates a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Means,
    Differences,
}

/// Each mean with half the width of its 95% interval, then each difference to the reference.
pub fn text(comparison: &Comparison) -> String {
    let mut text = format!(
        "{} users, {} activities ({:.0}% noise), {} items; journeys of fewer than {} activities do not count\n\n",
        comparison.users,
        comparison.activities,
        100.0 * comparison.noise_share,
        comparison.items,
        comparison.min_activities,
    );
    text.push_str(&table(comparison, Shown::Means));
    if comparison.methods.len() > 1 {
        // Writing to a string cannot fail.
        writeln!(
            text,
            "\ndifference to {}, user by user; * where the interval does not hold 0\n",
            comparison.reference
        )
        .ok();
        text.push_str(&table(comparison, Shown::Differences));
    }
    writeln!(
        text,
        "\nmean over users ± half the 95% interval ({} draws of users, seed {}); {} threads",
        comparison.resamples, comparison.seed, comparison.threads
    )
    .ok();
    for method in &comparison.methods {
        writeln!(text, "{}: {}", method.name, method.parameters).ok();
    }
    text
}

/// One line per method of which there is something to tell, and only metrics that are defined for someone.
fn table(comparison: &Comparison, shown: Shown) -> String {
    let of = |method: &MethodResult, metric: Metric| -> Option<Estimate> {
        let result = method.metric(metric)?;
        match shown {
            Shown::Means => result.mean,
            Shown::Differences => result.difference,
        }
    };
    let told = |metric: &Metric| {
        let methods = &comparison.methods;
        !NOT_SHOWN.contains(metric) && methods.iter().any(|method| of(method, *metric).is_some())
    };
    let metrics: Vec<Metric> = Metric::ALL.into_iter().filter(told).collect();
    let mut header = vec!["method".to_owned()];
    header.extend(metrics.iter().map(|metric| metric.heading().to_owned()));
    if shown == Shown::Means {
        header.push("activities/s".to_owned());
    }
    let mut rows = vec![header];
    for method in &comparison.methods {
        let estimates: Vec<Option<Estimate>> = metrics.iter().map(|&metric| of(method, metric)).collect();
        if estimates.iter().all(Option::is_none) {
            continue;
        }
        let mut row = vec![method.name.clone()];
        row.extend(estimates.iter().map(|estimate| {
            estimate
                .as_ref()
                .map_or_else(String::new, |estimate| cell(estimate, shown))
        }));
        if shown == Shown::Means {
            row.push(format!("{:.0}", method.activities_per_second));
        }
        rows.push(row);
    }
    align(&rows)
}

/// `.862 ±.009`, or `+.031 ±.004*`.
fn cell(estimate: &Estimate, shown: Shown) -> String {
    let number = |value: f64| {
        let text = format!("{:.3}", value.abs());
        text.strip_prefix('0').unwrap_or(&text).to_owned()
    };
    let (mean, margin) = (number(estimate.mean), number(estimate.margin()));
    if shown == Shown::Means {
        return format!("{mean} ±{margin}");
    }
    let sign = if estimate.mean < 0.0 { '-' } else { '+' };
    let apart = estimate.low > 0.0 || estimate.high < 0.0;
    format!("{sign}{mean} ±{margin}{}", if apart { '*' } else { ' ' })
}

/// The first column to the left, the others to the right, two spaces between.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                write!(line, "{cell:<width$}").ok();
            } else {
                write!(line, "  {cell:>width$}").ok();
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_tell_sign_and_whether_zero_is_outside() {
        let estimate = |mean: f64, low, high| Estimate {
            mean,
            low,
            high,
            users: 3,
        };
        assert_eq!(cell(&estimate(0.862, 0.853, 0.871), Shown::Means), ".862 ±.009");
        assert_eq!(cell(&estimate(1.0, 1.0, 1.0), Shown::Means), "1.000 ±.000");
        assert_eq!(
            cell(&estimate(0.03, 0.01, 0.05), Shown::Differences),
            "+.030 ±.020*"
        );
        assert_eq!(
            cell(&estimate(-0.01, -0.03, 0.01), Shown::Differences),
            "-.010 ±.020 "
        );
    }
}
