//! A folder as `wayfare generate` writes it: `items` and `truth`, in Parquet. Each activity is in `truth` once, whenever and
//! however often its row came.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};

use super::folder::{Known, UsersFolder, history};
use super::{Items, UserHistory};
use crate::error::EvaluationError;
use crate::row_groups::{RowGroups, column_as, text, text_if_any};

/// Whether the folder is one.
pub(super) fn is_generated(folder: &Path) -> bool {
    folder.join("truth").is_dir() && folder.join("items").is_dir()
}

pub(super) fn read(folder: &Path) -> Result<UsersFolder, EvaluationError> {
    let items = read_items(&folder.join("items"))?;
    let users = read_truth(&folder.join("truth"), &items)?;
    Ok(UsersFolder { items, users })
}

fn read_items(folder: &Path) -> Result<Items, EvaluationError> {
    let mut rows: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    for path in files(folder)? {
        let batches = RowGroups::open_whole(&path)?.map(|batch| {
            let (ids, titles) = (text(&batch, "item_id", &path)?, text(&batch, "title", &path)?);
            let texts = text_if_any(&batch, "text", &path)?;
            let row = |row: usize| {
                (
                    ids.value(row).to_owned(),
                    (titles.value(row).to_owned(), at(texts.as_ref(), row)),
                )
            };
            Ok((0..batch.num_rows()).map(row).collect::<Vec<_>>())
        })?;
        rows.extend(batches.into_iter().flatten().flatten());
    }
    let mut items = Items::default();
    for (item_id, (title, text)) in rows {
        items.ids.push(item_id);
        items.titles.push(title);
        items.texts.push(text);
    }
    Ok(items)
}

/// The histories by user id.
fn read_truth(folder: &Path, items: &Items) -> Result<Vec<UserHistory>, EvaluationError> {
    let mut users: BTreeMap<String, BTreeMap<(i64, usize), Known>> = BTreeMap::new();
    for path in files(folder)? {
        let batches = RowGroups::open_whole(&path)?.map(|batch| known(&batch, items, &path))?;
        for (user_id, key, known) in batches.into_iter().flatten().flatten() {
            users.entry(user_id).or_default().insert(key, known);
        }
    }
    let histories = users.into_iter();
    Ok(histories
        .map(|(user_id, activities)| history(&user_id, activities))
        .collect())
}

type Row = (String, (i64, usize), Known);

fn known(batch: &RecordBatch, items: &Items, path: &Path) -> Result<Vec<Row>, EvaluationError> {
    let (user_ids, item_ids) = (text(batch, "user_id", path)?, text(batch, "item_id", path)?);
    let microseconds = DataType::Timestamp(TimeUnit::Microsecond, None);
    let times = column_as(batch, "occurred_at", &microseconds, path)?;
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let journeys = text_if_any(batch, "journey", path)?;
    let sources = text_if_any(batch, "noise_source", path)?;
    let row = |row: usize| {
        let id = item_ids.value(row);
        let item = items.ids.binary_search_by(|known| known.as_str().cmp(id));
        let item = item.map_err(|_| EvaluationError::Unusable {
            path: path.to_owned(),
            reason: format!("item `{id}` is not among the items"),
        })?;
        let known = Known {
            journey: at(journeys.as_ref(), row).map(|journey| (journey.clone(), journey)),
            noise_source: at(sources.as_ref(), row),
        };
        Ok((user_ids.value(row).to_owned(), (times.value(row), item), known))
    };
    (0..batch.num_rows()).map(row).collect()
}

fn at(texts: Option<&StringArray>, row: usize) -> Option<String> {
    let texts = texts.filter(|texts| texts.is_valid(row))?;
    Some(texts.value(row).to_owned())
}

/// The Parquet files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, EvaluationError> {
    let failed = |source| EvaluationError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
