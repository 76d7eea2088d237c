//! The item store that segmentation reads: vectors, titles and concepts of items in one memory-mapped,
//! content-addressed Arrow file.
//!
//! Vectors are held as f16: half the memory, and every executor decodes the same values.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow::array::{
    Array, AsArray, FixedSizeListArray, Float16Array, Float32Array, ListArray, RecordBatch, StringArray,
};
use arrow::buffer::Buffer;
use arrow::compute::concat_batches;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::root_as_footer;
use arrow::ipc::writer::FileWriter;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Float16Type, Float32Type, Schema, SchemaRef};
use half::f16;
use half::slice::HalfFloatSliceExt;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::FunctionError;
use crate::item_rows::ItemRows;
use crate::mapped_file;

/// Names a pack by place and content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackReference {
    /// A `file://` URL, or that of an object in a bucket.
    pub uri: String,
    /// xxh3-128 of the file's bytes, 32 hex digits.
    pub hash: String,
}

impl PackReference {
    /// The path of a pack that lies on this machine.
    pub(crate) fn local_path(&self) -> Option<&Path> {
        self.uri.strip_prefix("file://").map(Path::new)
    }
}

/// A pack opened for reading; cheap to share between tasks.
#[derive(Debug)]
pub struct ItemPack {
    uri: String,
    titles: StringArray,
    vectors: Float16Array,
    dimension: usize,
    concept_offsets: Vec<usize>,
    terms: StringArray,
    weights: Float32Array,
    rows: ItemRows,
}

/// Encodes batches of rows of (item_id, title, vector list<float32>, concepts list<struct<term, weight>>), sorted by item_id
/// from the first batch to the last, as a pack. Returns the file's bytes and their hash, which do not depend on how rows are
/// divided into batches; there must be a batch.
///
/// Holds the vectors of the batches that are still to come, and those of the others in half the size; then, while it is
/// written, the pack three times.
pub fn encode_pack(batches: Vec<RecordBatch>, dimension: usize) -> Result<(Vec<u8>, String), FunctionError> {
    let failed = |message: String| FunctionError::Pack {
        uri: "(being written)".to_owned(),
        message,
    };
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut halves = Vec::with_capacity(rows * dimension);
    let mut others = Vec::with_capacity(batches.len());
    for batch in batches {
        let vectors = batch.column(2).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let vector = vectors.value(row);
            if vector.len() != dimension {
                return Err(failed(format!(
                    "a vector has {} values, not {dimension}",
                    vector.len()
                )));
            }
            let values = vector.as_primitive::<Float32Type>().values();
            halves.extend(values.iter().map(|value| f16::from_f32(*value)));
        }
        let without_vectors = batch.project(&[0, 1, 3]);
        others.push(without_vectors.map_err(|error| failed(error.to_string()))?);
    }
    let first = others
        .first()
        .ok_or_else(|| failed("no batch, and so no columns".to_owned()))?;
    let others = concat_batches(&first.schema(), &others).map_err(|error| failed(error.to_string()))?;
    let width = i32::try_from(dimension).map_err(|error| failed(error.to_string()))?;
    let element = Arc::new(Field::new_list_field(DataType::Float16, false));
    let packed = FixedSizeListArray::try_new(element, width, Arc::new(Float16Array::from(halves)), None)
        .map_err(|error| failed(error.to_string()))?;
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("item_id", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, true),
        Field::new("vector", packed.data_type().clone(), false),
        Field::new("concepts", others.column(2).data_type().clone(), true),
    ]));
    let columns = vec![
        Arc::clone(others.column(0)),
        Arc::clone(others.column(1)),
        Arc::new(packed) as _,
        Arc::clone(others.column(2)),
    ];
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| failed(error.to_string()))?;
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &schema).map_err(|error| failed(error.to_string()))?;
    writer
        .write(&batch)
        .and_then(|()| writer.finish())
        .map_err(|error| failed(error.to_string()))?;
    drop(writer);
    let hash = format!("{:032x}", xxh3_128(&bytes));
    Ok((bytes, hash))
}

/// The file's one batch, without copying: its columns are windows of the mapping.
fn only_batch(bytes: &Buffer) -> Result<RecordBatch, String> {
    let (body, trailer) = bytes
        .as_slice()
        .split_last_chunk::<10>()
        .ok_or("the file is too short")?;
    let footer_length = read_footer_length(*trailer).map_err(|e| e.to_string())?;
    let footer_start = body
        .len()
        .checked_sub(footer_length)
        .ok_or("the footer is longer than the file")?;
    let footer = root_as_footer(&body[footer_start..]).map_err(|e| e.to_string())?;
    let schema = fb_to_schema(footer.schema().ok_or("the footer has no schema")?);
    let decoder = FileDecoder::new(Arc::new(schema), footer.version());
    let blocks = footer.recordBatches().ok_or("the file has no rows")?;
    if blocks.len() != 1 {
        return Err(format!("{} batches where one is expected", blocks.len()));
    }
    let block = blocks.get(0);
    let (Ok(offset), Ok(metadata), Ok(data)) = (
        usize::try_from(block.offset()),
        usize::try_from(block.metaDataLength()),
        usize::try_from(block.bodyLength()),
    ) else {
        return Err("the footer names an impossible block".to_owned());
    };
    let length = metadata.saturating_add(data);
    if offset.saturating_add(length) > bytes.len() {
        return Err("the footer names a block beyond the end of the file".to_owned());
    }
    let window = bytes.slice_with_length(offset, length);
    decoder
        .read_record_batch(block, &window)
        .map_err(|e| e.to_string())?
        .ok_or_else(|| "the block holds no batch".to_owned())
}

impl ItemPack {
    /// Maps the pack at a `file://` URL and checks that it is the referenced one.
    pub fn open(reference: &PackReference) -> Result<Self, FunctionError> {
        match reference.local_path() {
            Some(path) => Self::open_at(reference, path),
            None => Err(FunctionError::Pack {
                uri: reference.uri.clone(),
                message: "only a file of this machine can be mapped".to_owned(),
            }),
        }
    }

    /// Maps a copy of the pack and checks that it is one.
    pub(crate) fn open_at(reference: &PackReference, path: &Path) -> Result<Self, FunctionError> {
        let failed = |message: String| FunctionError::Pack {
            uri: reference.uri.clone(),
            message,
        };
        let bytes = mapped_file::map(path).map_err(|error| failed(error.to_string()))?;
        let actual = format!("{:032x}", xxh3_128(&bytes));
        if actual != reference.hash {
            return Err(FunctionError::PackHash {
                uri: reference.uri.clone(),
                expected: reference.hash.clone(),
                actual,
            });
        }
        // A hash says that the file is the one that was meant; a pack that was written by something else is not one.
        let read = catch_unwind(AssertUnwindSafe(|| Self::read(&reference.uri, &bytes)));
        read.unwrap_or_else(|_| Err("it is not a pack: its reader broke off".to_owned()))
            .map_err(failed)
    }

    fn read(uri: &str, bytes: &Buffer) -> Result<Self, String> {
        let batch = only_batch(bytes)?;
        let [item_ids, titles, vectors, concepts] = batch.columns() else {
            return Err(format!("{} columns where four are expected", batch.num_columns()));
        };
        let vectors = vectors
            .as_fixed_size_list_opt()
            .ok_or("column `vector` is not a fixed-size list")?;
        let concepts: &ListArray = concepts.as_list_opt().ok_or("column `concepts` is not a list")?;
        let fields = concepts
            .values()
            .as_struct_opt()
            .ok_or("column `concepts` does not hold structs")?;
        let [terms, weights] = fields.columns() else {
            return Err(format!(
                "concepts of {} parts where two are expected",
                fields.num_columns()
            ));
        };
        let item_ids: &StringArray = item_ids.as_string_opt().ok_or("column `item_id` is not text")?;
        let rows = ItemRows::of(item_ids)?;
        Ok(Self {
            uri: uri.to_owned(),
            titles: titles
                .as_string_opt()
                .ok_or("column `title` is not text")?
                .clone(),
            vectors: vectors
                .values()
                .as_primitive_opt::<Float16Type>()
                .ok_or("vectors are not f16")?
                .clone(),
            dimension: usize::try_from(vectors.value_length()).map_err(|e| e.to_string())?,
            concept_offsets: concepts
                .offsets()
                .iter()
                .map(|offset| usize::try_from(*offset).unwrap_or(0))
                .collect(),
            terms: terms.as_string_opt().ok_or("terms are not text")?.clone(),
            weights: weights
                .as_primitive_opt::<Float32Type>()
                .ok_or("weights are not f32")?
                .clone(),
            rows,
        })
    }

    /// Where the pack came from, for messages.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// The row of an item, if the pack has it.
    pub fn row(&self, item_id: &str) -> Option<usize> {
        self.rows.row(item_id)
    }

    /// Decodes the vector of a row into `into`.
    pub fn vector_into(&self, row: usize, into: &mut Vec<f32>) {
        into.resize(self.dimension, 0.0);
        let start = row * self.dimension;
        self.vectors.values()[start..start + self.dimension].convert_to_f32_slice(into);
    }

    /// The salient terms of a row.
    pub fn concepts(&self, row: usize) -> impl Iterator<Item = (&str, f32)> {
        (self.concept_offsets[row]..self.concept_offsets[row + 1])
            .map(|position| (self.terms.value(position), self.weights.value(position)))
    }

    /// The title of a row, empty where the item has none.
    pub fn title(&self, row: usize) -> &str {
        if self.titles.is_null(row) {
            ""
        } else {
            self.titles.value(row)
        }
    }
}
