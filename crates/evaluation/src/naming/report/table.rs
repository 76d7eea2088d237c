//! A comparison as aligned columns: likeness, retrieval and wording apart, means first and then differences.

use std::fmt::Write;

use crate::bootstrap::Estimate;
use crate::estimate_table::{Shown, align, cell};
use crate::naming::comparison::{Comparison, MethodResult};
use crate::naming::scores::Metric;

/// What is shown side by side: more columns than these do not fit a terminal.
const PARTS: [(&str, &[Metric]); 3] = [
    (
        "likeness to title and section",
        &[
            Metric::ChrfTitle,
            Metric::ChrfSection,
            Metric::RougeLTitle,
            Metric::RougeLSection,
            Metric::CosineTitle,
            Metric::CosineSection,
        ],
    ),
    (
        "finding the hidden half by the name",
        &[
            Metric::Bm25ReciprocalRank,
            Metric::Bm25First,
            Metric::CharactersReciprocalRank,
            Metric::CharactersFirst,
            Metric::JudgeReciprocalRank,
            Metric::JudgeFirst,
        ],
    ),
    (
        "wording",
        &[
            Metric::Copied,
            Metric::WithinTitle,
            Metric::Grounded,
            Metric::Rejected,
            Metric::FellBack,
            Metric::Distinct,
            Metric::LengthInWords,
        ],
    ),
];

/// Each mean with half the width of its 95% interval, then each difference to the reference.
pub fn text(comparison: &Comparison) -> String {
    let mut text = format!(
        "{} journeys, each half of a collection, from the {} lists that are measured on; a name's hidden half is one of {}\n",
        comparison.journeys,
        comparison.lists.len(),
        comparison.halves,
    );
    for (heading, metrics) in PARTS {
        // Writing to a string cannot fail.
        write!(
            text,
            "\n{heading}\n\n{}",
            table(comparison, metrics, Shown::Means)
        )
        .ok();
    }
    if comparison.methods.len() > 1 {
        writeln!(
            text,
            "\ndifference to {}, journey by journey; * where the interval does not hold 0",
            comparison.reference
        )
        .ok();
        for (_, metrics) in PARTS {
            write!(text, "\n{}", table(comparison, metrics, Shown::Differences)).ok();
        }
    }
    writeln!(
        text,
        "\nmean over journeys ± half the 95% interval ({} draws of journeys, seed {})",
        comparison.resamples, comparison.seed
    )
    .ok();
    for method in &comparison.methods {
        writeln!(
            text,
            "{}: {:.2} names/s, {}",
            method.name, method.names_per_second, method.parameters
        )
        .ok();
    }
    text
}

/// One line per method of which there is something to tell, and only metrics that are defined for some name.
fn table(comparison: &Comparison, metrics: &[Metric], shown: Shown) -> String {
    let of = |method: &MethodResult, metric: Metric| -> Option<Estimate> {
        let result = method.metric(metric)?;
        match shown {
            Shown::Means => result.mean,
            Shown::Differences => result.difference,
        }
    };
    let methods = &comparison.methods;
    let told = |metric: &Metric| methods.iter().any(|method| of(method, *metric).is_some());
    let metrics: Vec<Metric> = metrics.iter().copied().filter(told).collect();
    let mut header = vec!["method".to_owned()];
    header.extend(metrics.iter().map(|metric| metric.heading().to_owned()));
    let mut rows = vec![header];
    for method in methods {
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
        rows.push(row);
    }
    align(&rows)
}
