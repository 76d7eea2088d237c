//! A folder of users with known journeys: `activities.csv`, `items.csv` and `truth.csv`.
//!
//! What a system may see is apart from what is known: `activities.csv` (user_id, item_id, occurred_at), `items.csv`
//! (item_id, title, text); `truth.csv` (user_id, item_id, occurred_at, journey_label, journey_title) tells of each
//! activity its journey, both columns empty for noise. A further column `noise_source` may tell what collection noise
//! was taken from; without it nothing counts as a burst. What `wayfare generate` writes is read too.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::csv_file::CsvFile;
use super::generated;
use super::{Items, UserHistory, Visit};
use crate::error::EvaluationError;
use crate::item_text::embed_text;

/// Noise of one collection within this time is a burst.
const BURST_US: i64 = 3 * 24 * 60 * 60 * 1_000_000;

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsersFolder {
    pub items: Items,
    /// By user id; visits are numbers of `items`.
    pub users: Vec<UserHistory>,
}

impl Items {
    /// The text that stands for the item before an encoder: title, then text, as `load` puts them together.
    pub fn embed_text(&self, item: usize) -> String {
        embed_text(
            &self.titles[item],
            self.texts[item].as_deref().unwrap_or_default(),
        )
    }
}

/// Reads a folder. An activity that comes twice counts once; items, activities and what is known must fit together.
pub fn read_users(folder: &Path) -> Result<UsersFolder, EvaluationError> {
    if generated::is_generated(folder) {
        return generated::read(folder);
    }
    let items = read_items(&folder.join("items.csv"))?;
    let mut known = read_truth(&folder.join("truth.csv"))?;
    let users = read_activities(&folder.join("activities.csv"), &items, &mut known)?;
    Ok(UsersFolder { items, users })
}

fn read_items(path: &Path) -> Result<Items, EvaluationError> {
    let file = CsvFile::read(path)?;
    let [item_id, title, text] = ["item_id", "title", "text"].map(|name| file.column(name));
    let (item_id, title, text) = (item_id?, title?, text?);
    let mut rows: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for row in file.rows() {
        let there = rows.insert(row.id(item_id)?, (row.text(title), row.text(text)));
        if there.is_some() {
            return Err(row.refuse(item_id, "the id of one item only"));
        }
    }
    let mut items = Items::default();
    for (item_id, (title, text)) in rows {
        items.ids.push(item_id.to_owned());
        items.titles.push(title.to_owned());
        items.texts.push((!text.is_empty()).then(|| text.to_owned()));
    }
    Ok(items)
}

/// Who, when, on which item.
type Key = (String, i64, String);

/// What is known about an activity.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Label and title.
    pub(super) journey: Option<(String, String)>,
    pub(super) noise_source: Option<String>,
}

fn read_truth(path: &Path) -> Result<HashMap<Key, Known>, EvaluationError> {
    let file = CsvFile::read(path)?;
    let [user_id, item_id, occurred_at] = ["user_id", "item_id", "occurred_at"].map(|name| file.column(name));
    let (user_id, item_id, occurred_at) = (user_id?, item_id?, occurred_at?);
    let (label, title) = (file.column("journey_label")?, file.column("journey_title")?);
    let noise_source = file.column_if_any("noise_source");
    let mut known = HashMap::new();
    for row in file.rows() {
        let key = (
            row.id(user_id)?.to_owned(),
            row.time_us(occurred_at)?,
            row.id(item_id)?.to_owned(),
        );
        let journey = match (row.text(label), row.text(title)) {
            ("", "") => None,
            ("", _) => return Err(row.refuse(label, "the label of the journey that has a title here")),
            (label, title) => Some((label.to_owned(), title.to_owned())),
        };
        let source = noise_source.map(|column| row.text(column)).unwrap_or_default();
        let one = Known {
            noise_source: (journey.is_none() && !source.is_empty()).then(|| source.to_owned()),
            journey,
        };
        known.insert(key, one);
    }
    Ok(known)
}

/// The histories by user id, each activity with what is known about it, which is taken out of `known`.
fn read_activities(
    path: &Path,
    items: &Items,
    known: &mut HashMap<Key, Known>,
) -> Result<Vec<UserHistory>, EvaluationError> {
    let file = CsvFile::read(path)?;
    let [user_id, item_id, occurred_at] = ["user_id", "item_id", "occurred_at"].map(|name| file.column(name));
    let (user_id, item_id, occurred_at) = (user_id?, item_id?, occurred_at?);
    // Items are in the order of their ids, so their numbers order activities as their ids do.
    let mut users: BTreeMap<&str, BTreeMap<(i64, usize), Known>> = BTreeMap::new();
    for row in file.rows() {
        let (user, at_us, id) = (row.id(user_id)?, row.time_us(occurred_at)?, row.id(item_id)?);
        let item = items
            .ids
            .binary_search_by(|known| known.as_str().cmp(id))
            .map_err(|_| row.refuse(item_id, "an item of items.csv"))?;
        let activities = users.entry(user).or_default();
        if activities.contains_key(&(at_us, item)) {
            continue;
        }
        let told = known
            .remove(&(user.to_owned(), at_us, id.to_owned()))
            .ok_or_else(|| row.refuse(item_id, "in an activity that truth.csv tells about"))?;
        activities.insert((at_us, item), told);
    }
    Ok(users
        .into_iter()
        .map(|(user_id, activities)| history(user_id, activities))
        .collect())
}

/// A user's activities by time and item, with what is known about each.
pub(super) fn history(user_id: &str, activities: BTreeMap<(i64, usize), Known>) -> UserHistory {
    let mut user = UserHistory {
        user_id: user_id.to_owned(),
        ..UserHistory::default()
    };
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut noise: Vec<(i64, Option<String>)> = Vec::new();
    for ((occurred_at_us, item), known) in activities {
        user.activities.push(Visit { item, occurred_at_us });
        user.gold.push(known.journey.map(|(label, title)| {
            // Every journey has a number below that of the next, and a title.
            *numbers.entry(label).or_insert_with(|| {
                user.gold_titles.push(title);
                u32::try_from(user.gold_titles.len() - 1).unwrap_or(u32::MAX)
            })
        }));
        noise.push((occurred_at_us, known.noise_source));
    }
    user.bursts = bursts(&noise);
    user
}

/// Whether another one from the same source is near in time.
fn bursts(noise: &[(i64, Option<String>)]) -> Vec<bool> {
    let mut last: HashMap<&str, (usize, i64)> = HashMap::new();
    let mut bursts = vec![false; noise.len()];
    for (position, (at_us, source)) in noise.iter().enumerate() {
        let Some(source) = source else {
            continue;
        };
        if let Some((before, before_us)) = last.insert(source, (position, *at_us))
            && at_us - before_us <= BURST_US
        {
            bursts[before] = true;
            bursts[position] = true;
        }
    }
    bursts
}
