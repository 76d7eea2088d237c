//! How fast journeys are found: activities and item vectors from files, users over threads, and nothing else of a run.
//!
//! Owns: what is timed. Vectors are loaded before; then rows are read and their items found, then users are segmented, each on
//! one thread, until every activity has its label. Refuses to do: saying how good the labels are.

mod activities;
mod item_index;
mod item_store;
mod labels;
#[cfg(test)]
mod tests;
mod users;

use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::ThreadPoolBuilder;
use serde::Serialize;
use wayfare_journeys::Params;

use crate::error::EvaluationError;
use activities::Activities;
use item_store::ItemStore;
use users::{Work, segment};

/// What is done for each user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// What jobs do, from no state: all of it but the tables.
    Wayfare(Params),
    /// ICPC as published, which is leader clustering with running means.
    Icpc {
        /// Cosine that an activity needs to join a cluster.
        join_threshold: f64,
        /// Activities that a cluster needs not to be dropped.
        min_activities: u32,
    },
}

/// What to time.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeedOptions {
    /// Parquet with user_id, item_id (text or whole numbers) and occurred_at, sorted by user, time and item.
    pub activities: PathBuf,
    /// Parquet with item_id and vector (lists of numbers).
    pub vectors: PathBuf,
    pub method: Method,
    /// At least 1.
    pub threads: usize,
}

/// How long it took, in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    pub activities: usize,
    pub users: usize,
    pub items: usize,
    pub dimension: usize,
    /// Journeys that were found.
    pub journeys: usize,
    /// Before the clock started: reading vectors and indexing the ids of items.
    pub load_seconds: f64,
    /// Of `seconds`: from opening the file of activities to rows in memory, with their items found.
    pub read_seconds: f64,
    /// Of `seconds`: from rows to labels.
    pub segment_seconds: f64,
    pub seconds: f64,
    /// By `seconds`, and by `segment_seconds` alone.
    pub activities_per_second: f64,
    pub activities_per_second_segmenting: f64,
}

/// Finds the journeys of all users; `labels` is where to write those of all activities, as Parquet.
///
/// Files that cannot be read, an item without a vector, and a user out of order are errors.
pub fn measure(options: &SpeedOptions, labels: Option<&Path>) -> Result<Measured, EvaluationError> {
    let threads = ThreadPoolBuilder::new().num_threads(options.threads);
    let threads = threads
        .build()
        .map_err(|source| EvaluationError::Threads { source })?;
    threads.install(|| {
        let began = Instant::now();
        let store = ItemStore::read(&options.vectors)?;
        let load_seconds = began.elapsed().as_secs_f64();

        let began = Instant::now();
        let activities = Activities::read(&options.activities, &store)?;
        let read_seconds = began.elapsed().as_secs_f64();
        let segmenting = Instant::now();
        let Work { found, journeys } = segment(&activities, &store, options.method)?;
        let (segment_seconds, seconds) = (segmenting.elapsed().as_secs_f64(), began.elapsed().as_secs_f64());

        if let Some(path) = labels {
            labels::write(path, &activities, &found)?;
        }
        let count = activities.len();
        Ok(Measured {
            activities: count,
            users: activities.users(),
            items: store.len(),
            dimension: store.dimension(),
            journeys,
            load_seconds,
            read_seconds,
            segment_seconds,
            seconds,
            activities_per_second: count as f64 / seconds,
            activities_per_second_segmenting: count as f64 / segment_seconds,
        })
    })
}
