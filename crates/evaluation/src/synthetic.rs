//! Synthetic activity with planted journeys: any size, seeded, written as Parquet while it is made.
//!
//! Each user pursues one to four topics over weeks or months, glances at everyday items in between, and now and
//! then falls for another topic for a single evening. If asked for, rows come late or twice. Memory holds one user's history and one row group per core.

mod activity_counts;
mod delivery;
mod history;
mod options;
mod part_writer;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use options::GenerateOptions;

use crate::error::EvaluationError;
use crate::random::scatter;
use crate::vocabulary::{TOPICS, everyday_item, topic_item};
use activity_counts::ActivityCounts;
use delivery::Delivery;
use history::{Catalogue, history_of};
use part_writer::PartWriter;
use rows::{ActivityRow, ActivityRows, ItemRows, TruthRow, TruthRows};

/// What was written: the files in the order of their parts, and the rows in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// `activities/part-*.parquet`: user_id, item_id, occurred_at, weight; logical_date where some are late.
    pub activity_files: Vec<PathBuf>,
    /// `items/part-*.parquet`: item_id, title, text, tags.
    pub item_files: Vec<PathBuf>,
    /// `truth/part-*.parquet`: user_id, item_id, occurred_at, journey (null where the activity belongs to none);
    /// noise_source (the topic of a burst of many, else null) where there are such bursts.
    pub truth_files: Vec<PathBuf>,
    /// Users that have at least one activity.
    pub users: u64,
    pub activities: u64,
    /// Rows of `activities` that repeat the one before them.
    pub duplicates: u64,
    pub items: u64,
    /// Activities that belong to a planted journey.
    pub planted_activities: u64,
    /// Pairs of a user and a journey that is planted in that user's history.
    pub planted_journeys: u64,
}

/// Writes the folders `activities`, `items` and `truth` under `out_dir`; they must be empty or absent.
///
/// The same options give the same bytes. Users come in an order that looks random, each with all rows together,
/// in time order; (user_id, occurred_at) is unique but for rows that are repeated.
pub fn generate(options: &GenerateOptions, out_dir: &Path) -> Result<Generated, EvaluationError> {
    options.validate()?;
    let mut generated = Generated::default();
    write_items(options, out_dir, &mut generated)?;
    write_histories(options, out_dir, &mut generated)?;
    Ok(generated)
}

fn write_items(
    options: &GenerateOptions,
    out_dir: &Path,
    generated: &mut Generated,
) -> Result<(), EvaluationError> {
    let catalogue = Catalogue::new(options);
    let mut items = PartWriter::create(
        &empty_folder(out_dir, "items")?,
        ItemRows::default(),
        options.rows_per_file,
    )?;
    for (topic_number, topic) in TOPICS.iter().enumerate() {
        for number in 0..catalogue.items_per_topic {
            let id = Catalogue::item_id(catalogue.topic_item(topic_number, number));
            items.rows().push(&id, &topic_item(topic, number));
            items.row_added()?;
        }
    }
    for number in 0..catalogue.everyday_items {
        let id = Catalogue::item_id(catalogue.everyday_item(number));
        items.rows().push(&id, &everyday_item(number));
        items.row_added()?;
    }
    (generated.item_files, generated.items) = items.finish()?;
    Ok(())
}

/// Writes the parts side by side: each user is drawn from a sequence of its own, so who writes what does not matter.
fn write_histories(
    options: &GenerateOptions,
    out_dir: &Path,
    generated: &mut Generated,
) -> Result<(), EvaluationError> {
    let folders = HistoryFolders {
        activities: empty_folder(out_dir, "activities")?,
        truth: empty_folder(out_dir, "truth")?,
    };
    let catalogue = Catalogue::new(options);
    let written = parts(options)
        .par_iter()
        .map(|part| write_part(options, &catalogue, part, &folders))
        .collect::<Result<Vec<Generated>, EvaluationError>>()?;
    for part in written {
        generated.activity_files.extend(part.activity_files);
        generated.truth_files.extend(part.truth_files);
        generated.users += part.users;
        generated.activities += part.activities;
        generated.duplicates += part.duplicates;
        generated.planted_activities += part.planted_activities;
        generated.planted_journeys += part.planted_journeys;
    }
    Ok(())
}

struct HistoryFolders {
    activities: PathBuf,
    truth: PathBuf,
}

/// Users whose histories make one file.
struct Part {
    number: usize,
    /// The iterator, standing at the part's first user.
    counts: ActivityCounts,
    users: usize,
}

/// Cuts the users, in their order, into parts of at most so many activities; who has more is alone in a part.
fn parts(options: &GenerateOptions) -> Vec<Part> {
    let mut counts = ActivityCounts::new(options);
    let mut parts = vec![Part {
        number: 0,
        counts: counts.clone(),
        users: 0,
    }];
    let mut rows = 0;
    loop {
        let before = counts.clone();
        let Some((_, count)) = counts.next() else {
            return parts;
        };
        if rows > 0 && rows + count > options.rows_per_file {
            parts.push(Part {
                number: parts.len(),
                counts: before,
                users: 0,
            });
            rows = 0;
        }
        rows += count;
        if let Some(part) = parts.last_mut() {
            part.users += 1;
        }
    }
}

fn write_part(
    options: &GenerateOptions,
    catalogue: &Catalogue,
    part: &Part,
    folders: &HistoryFolders,
) -> Result<Generated, EvaluationError> {
    let mut generated = Generated::default();
    let whole = u64::MAX;
    let activity_rows = ActivityRows::new(options.late_share > 0.0);
    let truth_rows = TruthRows::new(options.burst_share > 0.0);
    let mut activities = PartWriter::create_from(&folders.activities, part.number, activity_rows, whole)?;
    let mut truth = PartWriter::create_from(&folders.truth, part.number, truth_rows, whole)?;
    for (user, count) in part.counts.clone().take(part.users) {
        if count == 0 {
            continue;
        }
        // A permutation: distinct for distinct users, and in no visible order.
        let user_id = format!("u{:016x}", scatter(user ^ scatter(options.seed)));
        let history = history_of(options, catalogue, user, count);
        let mut delivery = Delivery::of(options, user);
        for event in &history.events {
            let item_id = Catalogue::item_id(event.item);
            let delivered = delivery.next(event.occurred_at_us);
            for _ in 0..delivered.rows {
                activities.rows().push(ActivityRow {
                    user_id: &user_id,
                    item_id: &item_id,
                    occurred_at_us: event.occurred_at_us,
                    weight: event.weight,
                    logical_date: &delivered.logical_date,
                });
                activities.row_added()?;
            }
            generated.duplicates += delivered.rows - 1;
            let journey = event.topic.map(|topic| TOPICS[topic].journey);
            truth.rows().push(TruthRow {
                user_id: &user_id,
                item_id: &item_id,
                occurred_at_us: event.occurred_at_us,
                journey,
                noise_source: event.burst.map(|topic| TOPICS[topic].journey),
            });
            truth.row_added()?;
            generated.planted_activities += u64::from(journey.is_some());
        }
        generated.users += 1;
        generated.planted_journeys += history.planted_journeys;
    }
    (generated.activity_files, _) = activities.finish()?;
    (generated.truth_files, generated.activities) = truth.finish()?;
    Ok(generated)
}

/// Parts of an earlier generation beside new ones would be read as one table, so there must be none.
fn empty_folder(out_dir: &Path, table: &str) -> Result<PathBuf, EvaluationError> {
    let path = out_dir.join(table);
    let written = |source| EvaluationError::Write {
        path: path.clone(),
        source,
    };
    fs::create_dir_all(&path).map_err(written)?;
    if fs::read_dir(&path).map_err(written)?.next().is_some() {
        return Err(EvaluationError::NotEmpty { path });
    }
    Ok(path)
}
