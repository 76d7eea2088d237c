//! Items in memory as segmentation wants them: vectors in f16, as an item pack holds them, and no concepts.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Float32Type};
use half::f16;
use half::slice::HalfFloatSliceExt;
use wayfare_journeys::{Items, dot};

use super::item_index::ItemIndex;
use crate::error::EvaluationError;
use crate::row_groups::{RowGroups, text};

/// A vector whose length is further from 1 is scaled.
const LENGTH_TOLERANCE: f32 = 0.01;

/// Vectors and the rows of items.
#[derive(Debug)]
pub(super) struct ItemStore {
    index: ItemIndex,
    dimension: usize,
    vectors: Vec<f16>,
}

impl ItemStore {
    /// Reads a file of item_id and vector, side by side by row groups.
    pub(super) fn read(path: &Path) -> Result<Self, EvaluationError> {
        let refused = |reason: String| EvaluationError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let file = RowGroups::open(path, &["item_id", "vector"])?;
        let groups = file.map(|batch| {
            let ids = text(&batch, "item_id", path)?;
            let (dimension, vectors) = unit_vectors(batch.column_by_name("vector")).map_err(refused)?;
            Ok((ids, dimension, vectors))
        })?;
        let (mut ids, mut vectors): (Vec<ArrayRef>, Vec<f16>) = (Vec::new(), Vec::new());
        let mut dimension = 0;
        for (of_batch, found, values) in groups.into_iter().flatten() {
            if dimension != 0 && found != dimension {
                return Err(refused(format!("vectors of {dimension} and of {found} numbers")));
            }
            dimension = found;
            vectors.extend(values);
            ids.push(Arc::new(of_batch));
        }
        let ids: Vec<&dyn Array> = ids.iter().map(AsRef::as_ref).collect();
        let ids = concat(&ids).map_err(|source| EvaluationError::Columns { source })?;
        let ids: &StringArray = ids.as_string();
        let index = ItemIndex::of(ids.clone()).ok_or_else(|| refused("an item comes twice".to_owned()))?;
        Ok(Self {
            index,
            dimension,
            vectors,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.index.ids().len()
    }

    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(super) fn row(&self, item_id: &str) -> Option<u32> {
        self.index.row(item_id)
    }

    pub(super) fn item_id(&self, row: u32) -> &str {
        self.index.ids().value(row as usize)
    }

    /// Puts the vector after those that `into` holds, with length 1.
    pub(super) fn append_unit(&self, row: u32, into: &mut Vec<f32>) {
        let first = into.len();
        into.resize(first + self.dimension, 0.0);
        let vector = &mut into[first..];
        self.stored(row as usize).convert_to_f32_slice(vector);
        let scale = 1.0 / dot(vector, vector).sqrt();
        for value in vector {
            *value *= scale;
        }
    }

    fn stored(&self, row: usize) -> &[f16] {
        &self.vectors[row * self.dimension..][..self.dimension]
    }
}

impl Items for ItemStore {
    fn locate(&self, item_id: &str) -> Option<usize> {
        self.index.row(item_id).map(|row| row as usize)
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.resize(self.dimension, 0.0);
        self.stored(place).convert_to_f32_slice(into);
    }

    fn concepts(&self, _place: usize) -> Vec<(&str, f32)> {
        Vec::new()
    }
}

/// The dimension and the vectors, all of one length. The error says what is wrong.
fn unit_vectors(column: Option<&ArrayRef>) -> Result<(usize, Vec<f16>), String> {
    let column = column.ok_or("it has no column `vector`")?;
    if column.is_empty() || column.null_count() > 0 {
        return Err("an item has no vector".to_owned());
    }
    let values = match column.data_type() {
        DataType::List(_) => {
            let lists = column.as_list::<i32>();
            if lists.offsets().lengths().min() != lists.offsets().lengths().max() {
                return Err("vectors of several dimensions".to_owned());
            }
            let (first, last) = (lists.value_offsets()[0], lists.value_offsets()[column.len()]);
            let (first, last) = (first.unsigned_abs() as usize, last.unsigned_abs() as usize);
            lists.values().slice(first, last - first)
        }
        DataType::FixedSizeList(_, _) => column.as_fixed_size_list().values().clone(),
        other => return Err(format!("column `vector` is {other}, not a list of numbers")),
    };
    let dimension = values.len() / column.len();
    if dimension == 0 || values.null_count() > 0 {
        return Err("a vector lacks numbers".to_owned());
    }
    let numbers = cast(&values, &DataType::Float32).map_err(|error| error.to_string())?;
    let mut numbers = numbers.as_primitive::<Float32Type>().values().to_vec();
    for vector in numbers.chunks_exact_mut(dimension) {
        let length = dot(vector, vector).sqrt();
        if !length.is_finite() || length <= 0.0 {
            return Err(format!("a vector of length {length}"));
        }
        if (length - 1.0).abs() > LENGTH_TOLERANCE {
            for value in vector {
                *value /= length;
            }
        }
    }
    let mut halves = vec![f16::ZERO; numbers.len()];
    halves.convert_from_f32_slice(&numbers);
    Ok((dimension, halves))
}
