//! Which rows of a Parquet file are deleted: a Delta deletion vector that is kept in the log itself.
//!
//! Its bytes are the `RoaringBitmapArray` of the Delta protocol (section "Deletion Vector Format"), in Base85 after the
//! ZeroMQ alphabet. This module does not read vectors that lie in files of their own: Wayfare writes none.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use deltalake_core::kernel::{DeletionVectorDescriptor, StorageType};
use roaring::RoaringTreemap;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Starts the bytes of every vector.
const MAGIC: i32 = 1_681_511_377;
/// Base85 takes four bytes at a time.
const BLOCK: usize = 4;

/// Positions of deleted rows, from 0, in the order of the file.
#[derive(Clone, PartialEq)]
pub struct DeletedRows(Arc<RoaringTreemap>);

impl Eq for DeletedRows {}

impl Debug for DeletedRows {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "DeletedRows({} rows)", self.0.len())
    }
}

/// Why bytes are no deletion vector that can be read here.
#[derive(Debug, thiserror::Error)]
#[error("not a deletion vector that can be read: {reason}")]
pub struct DeletedRowsError {
    reason: String,
}

impl DeletedRows {
    /// The rows at the given positions, in any order.
    pub fn at(positions: impl IntoIterator<Item = u64>) -> Self {
        Self(Arc::new(positions.into_iter().collect()))
    }

    /// How many rows are deleted.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Their positions, ascending.
    pub fn positions(&self) -> impl Iterator<Item = u64> {
        self.0.iter()
    }

    /// How many of the rows `first..first + length` are deleted.
    pub fn count_within(&self, first: u64, length: u64) -> u64 {
        let before = |position: u64| position.checked_sub(1).map_or(0, |last| self.0.rank(last));
        before(first + length) - before(first)
    }

    /// Whether the row at a position is deleted.
    pub fn contains(&self, position: u64) -> bool {
        self.0.contains(position)
    }

    /// What is deleted in either.
    pub fn and(&self, other: &Self) -> Self {
        Self(Arc::new(self.0.as_ref() | other.0.as_ref()))
    }

    /// The protocol's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        let mut compact = self.0.as_ref().clone();
        compact.optimize();
        // Writing to memory cannot fail.
        compact.serialize_into(&mut bytes).ok();
        bytes
    }

    /// Reads what [`DeletedRows::to_bytes`] writes; bytes after it do not matter.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DeletedRowsError> {
        let failed = |reason: String| DeletedRowsError { reason };
        match bytes.split_first_chunk() {
            Some((magic, rest)) if i32::from_le_bytes(*magic) == MAGIC => {
                RoaringTreemap::deserialize_from(rest)
                    .map(|rows| Self(Arc::new(rows)))
                    .map_err(|error| failed(error.to_string()))
            }
            _ => Err(failed("it does not start as one".to_owned())),
        }
    }

    /// What a Delta log says of the file.
    pub(crate) fn descriptor(&self) -> DeletionVectorDescriptor {
        let bytes = self.to_bytes();
        DeletionVectorDescriptor {
            storage_type: StorageType::Inline,
            path_or_inline_dv: text_of(&bytes),
            offset: None,
            size_in_bytes: i32::try_from(bytes.len()).unwrap_or(i32::MAX),
            cardinality: i64::try_from(self.count()).unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn from_descriptor(descriptor: &DeletionVectorDescriptor) -> Result<Self, DeletedRowsError> {
        match descriptor.storage_type {
            StorageType::Inline => parse(&descriptor.path_or_inline_dv),
            _ => Err(DeletedRowsError {
                reason: "it lies in a file of its own, which Wayfare never writes".to_owned(),
            }),
        }
    }
}

fn text_of(bytes: &[u8]) -> String {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(BLOCK), 0);
    z85::encode(&padded)
}

fn parse(text: &str) -> Result<DeletedRows, DeletedRowsError> {
    let bytes = z85::decode(text).map_err(|error| DeletedRowsError {
        reason: error.to_string(),
    })?;
    DeletedRows::from_bytes(&bytes)
}

impl Serialize for DeletedRows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text_of(&self.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for DeletedRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_the_log_and_json() {
        for positions in [
            vec![],
            vec![0],
            vec![3, 4, 5, 9],
            (10..70_000).step_by(3).collect(),
        ] {
            let rows = DeletedRows::at(positions.iter().copied());
            assert_eq!(rows.count(), positions.len() as u64);
            let descriptor = rows.descriptor();
            assert_eq!(descriptor.cardinality, i64::try_from(positions.len()).unwrap());
            assert_eq!(DeletedRows::from_descriptor(&descriptor).unwrap(), rows);
            let json = serde_json::to_string(&rows).unwrap();
            assert_eq!(serde_json::from_str::<DeletedRows>(&json).unwrap(), rows);
        }
    }

    #[test]
    fn runs_of_rows_take_little() {
        let rows = DeletedRows::at((0..100_000).filter(|row| row / 200 % 10 == 0));
        assert!(rows.to_bytes().len() < 1_000, "{}", rows.to_bytes().len());
    }

    #[test]
    fn parts_are_counted_and_joined() {
        let rows = DeletedRows::at([1, 5, 6]).and(&DeletedRows::at([6, 9]));
        assert_eq!(rows.count(), 4);
        assert_eq!(
            [
                rows.count_within(0, 5),
                rows.count_within(5, 2),
                rows.count_within(7, 0)
            ],
            [1, 2, 0]
        );
        assert!(rows.contains(9) && !rows.contains(0));
    }

    #[test]
    fn what_is_no_vector_is_refused() {
        assert!(DeletedRows::from_bytes(b"").is_err());
        assert!(DeletedRows::from_bytes(&[0; 12]).is_err());
        assert!(serde_json::from_str::<DeletedRows>("\"?\"").is_err());
        let elsewhere = DeletionVectorDescriptor {
            storage_type: StorageType::UuidRelativePath,
            ..DeletedRows::at([1]).descriptor()
        };
        assert!(DeletedRows::from_descriptor(&elsewhere).is_err());
    }
}
