//! Means with their intervals as aligned columns, for people.

use std::fmt::Write;

use crate::bootstrap::Estimate;

/// Which of a metric's estimates a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Means,
    Differences,
}

/// `.862 ±.009`, or `+.031 ±.004*`.
pub(crate) fn cell(estimate: &Estimate, shown: Shown) -> String {
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
pub(crate) fn align(rows: &[Vec<String>]) -> String {
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
            count: 3,
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
