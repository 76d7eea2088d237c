//! A comparison as aligned columns: one table of means, one of differences to the reference.

use std::fmt::Write;

use crate::bootstrap::Estimate;
use crate::estimate_table::{Shown, align, cell};
use crate::extraction::comparison::{Comparison, MethodResult};
use crate::extraction::scores::Metric;

/// Parts of other metrics that only the JSON tells.
const NOT_SHOWN: [Metric; 2] = [Metric::Homogeneity, Metric::Completeness];

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
