//! Activities in memory: for each its item's row and its time, and where each user begins.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};

use super::item_store::ItemStore;
use crate::error::EvaluationError;
use crate::row_groups::{RowGroups, column_as, text};

/// The rows of a file, in its order.
#[derive(Debug, Default)]
pub(super) struct Activities {
    /// Rows of the item store.
    items: Vec<u32>,
    times_us: Vec<i64>,
    /// The first activity of each user, and the number of activities at the end.
    bounds: Vec<usize>,
    user_ids: Vec<String>,
}

/// One user's activities.
#[derive(Debug, Clone, Copy)]
pub(super) struct User<'a> {
    pub(super) user_id: &'a str,
    pub(super) items: &'a [u32],
    pub(super) times_us: &'a [i64],
}

impl Activities {
    /// Reads a file of user_id, item_id and occurred_at, sorted by user, and finds the items.
    pub(super) fn read(path: &Path, store: &ItemStore) -> Result<Self, EvaluationError> {
        let file = RowGroups::open(path, &["user_id", "item_id", "occurred_at"])?;
        let groups = file.map(|batch| Part::of(&batch, store, path))?;
        let mut activities = Self::default();
        for part in groups.into_iter().flatten() {
            activities.extend(part);
        }
        activities.bounds.push(activities.len());
        Ok(activities)
    }

    fn extend(&mut self, part: Part) {
        let first = self.len();
        for (user_id, position) in part.users {
            // A user goes on from batch to batch.
            if self.user_ids.last() != Some(&user_id) {
                self.bounds.push(first + position);
                self.user_ids.push(user_id);
            }
        }
        self.items.extend(part.items);
        self.times_us.extend(part.times_us);
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn users(&self) -> usize {
        self.user_ids.len()
    }

    pub(super) fn user(&self, user: usize) -> User<'_> {
        let rows = self.bounds[user]..self.bounds[user + 1];
        User {
            user_id: &self.user_ids[user],
            items: &self.items[rows.clone()],
            times_us: &self.times_us[rows],
        }
    }
}

/// One batch.
struct Part {
    items: Vec<u32>,
    times_us: Vec<i64>,
    /// Users, with the place of their first row.
    users: Vec<(String, usize)>,
}

impl Part {
    fn of(batch: &RecordBatch, store: &ItemStore, path: &Path) -> Result<Self, EvaluationError> {
        let item_ids = text(batch, "item_id", path)?;
        let microseconds = DataType::Timestamp(TimeUnit::Microsecond, None);
        let times = column_as(batch, "occurred_at", &microseconds, path)?;
        let mut items = Vec::with_capacity(batch.num_rows());
        for id in item_ids.iter().flatten() {
            items.push(store.row(id).ok_or_else(|| EvaluationError::Unusable {
                path: path.to_owned(),
                reason: format!("item `{id}` has no vector"),
            })?);
        }
        Ok(Self {
            items,
            times_us: times.as_primitive::<TimestampMicrosecondType>().values().to_vec(),
            users: users(&text(batch, "user_id", path)?),
        })
    }
}

fn users(ids: &StringArray) -> Vec<(String, usize)> {
    let is_first = |row: &usize| *row == 0 || ids.value(*row) != ids.value(row - 1);
    (0..ids.len())
        .filter(is_first)
        .map(|row| (ids.value(row).to_owned(), row))
        .collect()
}
