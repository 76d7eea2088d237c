//! What becomes of the files of earlier runs where only some of their rows still hold.
//!
//! A file is kept, with a deletion vector, as long as few of its rows are deleted and its bucket has few files. Else the
//! bucket's rows that hold are written anew. So an increment writes in proportion to the users that it touches, and
//! readers never merge more than a few files of a bucket.

use std::collections::BTreeMap;

use arrow::array::{AsArray, RecordBatch};
use wayfare_tables::{DataFile, DeletedRows};

use crate::dataset::bucket_of_file;
use crate::error::PipelineError;

/// A bucket's rows are written anew once it has so many files: each increment that touches it adds one or two.
const MOST_FILES: usize = 12;

/// Deleted rows by the name of their file.
pub(crate) type Superseded = BTreeMap<String, DeletedRows>;

/// What is done with the files of a table.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Carrying {
    /// Files that stay, with what is deleted of them now.
    pub(crate) kept: Vec<DataFile>,
    /// Buckets that these files are of.
    pub(crate) kept_buckets: Vec<u32>,
    /// Buckets whose rows are written anew.
    pub(crate) rewritten: Vec<u32>,
}

/// What decides whether a bucket is written anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'r> {
    /// Share of a bucket's rows that may be deleted; 0 for no deletion vectors at all.
    pub(crate) max_deleted_share: f64,
    /// Buckets that are written anew in any case.
    pub(crate) anew: &'r [u32],
}

/// Decides for each of the buckets, all of which have changes.
pub(crate) fn carry(
    files: &[DataFile],
    buckets: &[u32],
    superseded: &Superseded,
    rule: Rule<'_>,
) -> Carrying {
    let mut of_bucket: BTreeMap<u32, Vec<DataFile>> = BTreeMap::new();
    for file in files {
        if let Some(bucket) = bucket_of_file(file).filter(|bucket| buckets.contains(bucket)) {
            of_bucket
                .entry(bucket)
                .or_default()
                .push(with_deleted(file, superseded));
        }
    }
    let mut carrying = Carrying::default();
    for (bucket, files) in of_bucket {
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        let live: u64 = files.iter().map(DataFile::live_rows).sum();
        let deleted = (rows - live) as f64 / (rows as f64).max(1.0);
        let many = files.len() >= MOST_FILES || deleted > rule.max_deleted_share;
        if many || rule.max_deleted_share == 0.0 || rule.anew.contains(&bucket) {
            carrying.rewritten.push(bucket);
        } else {
            carrying.kept_buckets.push(bucket);
            carrying
                .kept
                .extend(files.into_iter().filter(|file| file.live_rows() > 0));
        }
    }
    carrying
}

fn with_deleted(file: &DataFile, superseded: &Superseded) -> DataFile {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let Some(now) = superseded.get(name) else {
        return file.clone();
    };
    let deleted = match &file.deleted {
        Some(before) => before.and(now),
        None => now.clone(),
    };
    DataFile {
        deleted: Some(deleted),
        ..file.clone()
    }
}

/// Reads the rows (file, deletion vector) that a `superseded` statement gives.
pub(crate) fn superseded_of(batches: &[RecordBatch]) -> Result<Superseded, PipelineError> {
    let mut superseded = Superseded::new();
    for batch in batches {
        let (files, vectors) = (
            batch.column(0).as_string::<i32>(),
            batch.column(1).as_binary::<i32>(),
        );
        for row in 0..batch.num_rows() {
            let deleted =
                DeletedRows::from_bytes(vectors.value(row)).map_err(|error| PipelineError::Bug {
                    message: format!("rows of `{}` that no longer hold: {error}", files.value(row)),
                })?;
            superseded.insert(files.value(row).to_owned(), deleted);
        }
    }
    Ok(superseded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bucket: u32, name: &str, rows: u64) -> DataFile {
        DataFile {
            path: format!("bucket={bucket}/{name}"),
            size: 10,
            rows,
            partition: BTreeMap::from([("bucket".to_owned(), Some(bucket.to_string()))]),
            modified_ms: 0,
            deleted: None,
        }
    }

    const RULE: Rule<'_> = Rule {
        max_deleted_share: 0.3,
        anew: &[],
    };

    fn superseded(name: &str, rows: std::ops::Range<u64>) -> Superseded {
        Superseded::from([(name.to_owned(), DeletedRows::at(rows))])
    }

    #[test]
    fn a_few_rows_are_deleted_in_place() {
        let files = [file(1, "a", 100), file(1, "b", 100), file(2, "c", 100)];
        let carrying = carry(&files, &[1, 2], &superseded("a", 0..10), RULE);
        assert_eq!(
            (carrying.kept_buckets.as_slice(), carrying.rewritten.len()),
            ([1, 2].as_slice(), 0)
        );
        let live: Vec<u64> = carrying.kept.iter().map(DataFile::live_rows).collect();
        assert_eq!(live, [90, 100, 100]);
        // And more of them with the next run.
        let next = carry(&carrying.kept, &[1], &superseded("a", 5..20), RULE);
        assert_eq!(next.kept[0].live_rows(), 80);
    }

    #[test]
    fn a_file_without_live_rows_goes() {
        let files = [file(1, "a", 10), file(1, "b", 90)];
        let carrying = carry(&files, &[1], &superseded("a", 0..10), RULE);
        assert_eq!(carrying.kept, [file(1, "b", 90)]);
    }

    #[test]
    fn many_deleted_rows_or_files_are_written_anew() {
        let many = carry(&[file(1, "a", 100)], &[1], &superseded("a", 0..31), RULE);
        assert_eq!((many.kept.len(), many.rewritten), (0, vec![1]));
        let files: Vec<DataFile> = (0..MOST_FILES).map(|n| file(3, &n.to_string(), 9)).collect();
        assert_eq!(carry(&files, &[3], &Superseded::new(), RULE).rewritten, [3]);
        assert_eq!(
            carry(&files[1..], &[3], &Superseded::new(), RULE).kept_buckets,
            [3]
        );
        assert_eq!(
            carry(&files[1..], &[3], &Superseded::new(), Rule { anew: &[3], ..RULE }).rewritten,
            [3]
        );
        assert_eq!(carry(&files, &[4], &Superseded::new(), RULE), Carrying::default());
    }

    #[test]
    fn without_deletion_vectors_every_touched_bucket_is_written_anew() {
        let never = Rule {
            max_deleted_share: 0.0,
            ..RULE
        };
        assert_eq!(
            carry(&[file(3, "a", 9)], &[3], &Superseded::new(), never).rewritten,
            [3]
        );
    }
}
