//! Baselines and tuning: what is found in small catalogues, agreement with values computed elsewhere, and properties.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "baselines/found.rs"]
mod found;
#[path = "support/planted.rs"]
mod planted;
#[path = "baselines/properties.rs"]
mod properties;
#[path = "baselines/tuning.rs"]
mod tuning;
#[path = "baselines/values.rs"]
mod values;

use std::collections::BTreeMap;

use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};
use wayfare_evaluation::extraction::method::Method;

/// The same labels, numbered by their first activities.
fn partition(labels: &[Option<u32>]) -> Vec<Option<usize>> {
    let mut numbers = BTreeMap::new();
    labels
        .iter()
        .map(|label| {
            let next = numbers.len();
            label.map(|label| *numbers.entry(label).or_insert(next))
        })
        .collect()
}

fn partition_of(method: &dyn Method, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<usize>> {
    partition(&method.assign(catalogue, user))
}
