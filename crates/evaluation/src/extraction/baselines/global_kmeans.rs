//! Global topics: the items of the whole catalogue are clustered once, and each user's history is divided by them.
//!
//! Not personal: two users with the same items always get them divided in the same way.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::kmeans::kmeans;
use super::{MIN_ACTIVITIES, leave_out_small};
use crate::extraction::dataset::{Catalogue, UserHistory};
use crate::extraction::method::Method;
use crate::random::scatter;

/// `global-kmeans`. The topics are found at the first user of a catalogue and kept for the others.
pub struct GlobalKmeans {
    /// Topics in the whole catalogue.
    pub clusters: u32,
    pub seed: u64,
    /// Activities of one user that a topic needs to count as a journey.
    pub min_activities: u32,
    topics: Mutex<Option<Topics>>,
}

/// The topic of each item, and what they were made from.
struct Topics {
    made_from: MadeFrom,
    of_item: Arc<[u32]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MadeFrom {
    catalogue: u64,
    clusters: u32,
    seed: u64,
}

impl GlobalKmeans {
    pub fn new(clusters: u32, seed: u64, min_activities: u32) -> Self {
        Self {
            clusters,
            seed,
            min_activities,
            topics: Mutex::new(None),
        }
    }

    fn topics(&self, catalogue: &Catalogue) -> Arc<[u32]> {
        let made_from = MadeFrom {
            catalogue: digest(catalogue),
            clusters: self.clusters,
            seed: self.seed,
        };
        // Held while the topics are made, so that the other threads wait for them instead of making their own. What
        // is in it is replaced whole, so a thread that panicked left nothing half done.
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = topics.as_ref().filter(|known| known.made_from == made_from) {
            return Arc::clone(&known.of_item);
        }
        let clusters = self.clusters as usize;
        let of_item: Arc<[u32]> = kmeans(&catalogue.vectors, catalogue.dimension, clusters, self.seed).into();
        *topics = Some(Topics {
            made_from,
            of_item: Arc::clone(&of_item),
        });
        of_item
    }
}

impl Default for GlobalKmeans {
    fn default() -> Self {
        Self::new(22, 1, MIN_ACTIVITIES)
    }
}

impl fmt::Debug for GlobalKmeans {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("GlobalKmeans")
            .field("clusters", &self.clusters)
            .field("seed", &self.seed)
            .field("min_activities", &self.min_activities)
            .finish_non_exhaustive()
    }
}

impl Method for GlobalKmeans {
    fn name(&self) -> String {
        "global-kmeans".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "clusters": self.clusters, "seed": self.seed, "min_activities": self.min_activities })
    }

    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>> {
        let topics = self.topics(catalogue);
        let labels = user
            .activities
            .iter()
            .map(|visit| topics.get(visit.item).copied());
        leave_out_small(labels.collect(), self.min_activities)
    }
}

/// Tells catalogues apart by one number of each item's vector, so that asking again for every user costs little.
fn digest(catalogue: &Catalogue) -> u64 {
    let numbers = catalogue
        .vectors
        .chunks_exact(catalogue.dimension.max(1))
        .enumerate();
    numbers.fold(
        scatter(catalogue.vectors.len() as u64),
        |digest, (item, vector)| {
            let number = vector[item % vector.len()].to_bits();
            scatter(digest ^ u64::from(number))
        },
    )
}
