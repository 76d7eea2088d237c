//! The methods that extraction is measured against, each as published or as well known, none of them incremental.
//!
//! Owns: global k-means, ICPC in three forms, and Ward per user with and without rejection. Refuses to do: choosing
//! parameters (that is `tuning`) and looking at what is known about a user's journeys.

mod centroid;
mod global_kmeans;
mod icpc;
mod icpc_merge;
mod kmeans;
mod linkage;
mod ward;
mod ward_reject;

use std::collections::BTreeMap;

pub use global_kmeans::GlobalKmeans;
pub use icpc::{Icpc, IcpcTerms};
pub use icpc_merge::{IcpcMerge, MergeInto};
pub use linkage::{WardStep, ward_steps};
pub use ward::Ward;
pub use ward_reject::WardReject;

use super::method::Method;

/// Names that [`by_name`] knows.
pub const NAMES: [&str; 6] = [
    "global-kmeans",
    "icpc",
    "icpc-terms",
    "icpc-merge",
    "ward",
    "ward-reject",
];

/// Activities a cluster needs to count as a journey, unless somebody says otherwise.
pub const MIN_ACTIVITIES: u32 = 4;

/// The baseline of this name with its defaults; none for any other name. Clusters of fewer than `min_activities` are left
/// out.
pub fn by_name(name: &str, min_activities: u32) -> Option<Box<dyn Method>> {
    match name {
        "global-kmeans" => {
            let tuned = GlobalKmeans::default();
            let method = GlobalKmeans::new(tuned.clusters, tuned.seed, min_activities);
            Some(Box::new(method))
        }
        "icpc" => Some(Box::new(Icpc {
            min_activities,
            ..Icpc::default()
        })),
        "icpc-terms" => Some(Box::new(IcpcTerms {
            min_activities,
            ..IcpcTerms::default()
        })),
        "icpc-merge" => Some(Box::new(IcpcMerge {
            min_activities,
            ..IcpcMerge::default()
        })),
        "ward" => Some(Box::new(Ward {
            min_activities,
            ..Ward::default()
        })),
        "ward-reject" => Some(Box::new(WardReject {
            min_activities,
            ..WardReject::default()
        })),
        _ => None,
    }
}

/// Leaves out the activities of clusters that have fewer than `min_activities`.
fn leave_out_small(labels: Vec<Option<u32>>, min_activities: u32) -> Vec<Option<u32>> {
    let mut sizes: BTreeMap<u32, u32> = BTreeMap::new();
    for &label in labels.iter().flatten() {
        *sizes.entry(label).or_default() += 1;
    }
    labels
        .into_iter()
        .map(|label| label.filter(|label| sizes.get(label).is_some_and(|&size| size >= min_activities)))
        .collect()
}
