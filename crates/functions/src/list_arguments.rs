//! Reading list and struct arguments, and building such results, in the one shape that the tables use.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, ListArray, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Float32Type};
use datafusion::common::{Result, plan_err};

/// The element field of every list in the tables.
pub fn element(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("element", data_type, true))
}

/// `list<float32>`.
pub fn vector_type() -> DataType {
    DataType::List(element(DataType::Float32))
}

/// `list<utf8>`.
pub fn texts_type() -> DataType {
    DataType::List(element(DataType::Utf8))
}

/// `list<struct<term, weight>>`.
pub fn concepts_type() -> DataType {
    DataType::List(element(DataType::Struct(concept_fields())))
}

/// The fields of one concept.
pub fn concept_fields() -> Fields {
    Fields::from(vec![
        Field::new("term", DataType::Utf8, true),
        Field::new("weight", DataType::Float32, true),
    ])
}

/// Coerces any list of numbers to `list<float32>`, keeping one that already is.
pub(crate) fn coerce_vector(function: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::List(field) if *field.data_type() == DataType::Float32 => Ok(given.clone()),
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _)
            if field.data_type().is_numeric() || field.data_type().is_null() =>
        {
            Ok(vector_type())
        }
        DataType::Null => Ok(vector_type()),
        other => plan_err!("{function}: expected a list of numbers, found {other}"),
    }
}

/// Coerces any list of texts to `list<utf8>`.
pub(crate) fn coerce_texts(function: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::List(field) if *field.data_type() == DataType::Utf8 => Ok(given.clone()),
        DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _)
            if matches!(
                field.data_type(),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
            ) =>
        {
            Ok(texts_type())
        }
        DataType::Null => Ok(texts_type()),
        other => plan_err!("{function}: expected a list of texts, found {other}"),
    }
}

/// The values of one row of a `list<float32>`; `None` for a null list or one with a null in it.
pub(crate) fn vector_at(vectors: &ListArray, row: usize) -> Option<Vec<f32>> {
    if vectors.is_null(row) {
        return None;
    }
    let values = vectors.value(row);
    let values = values.as_primitive::<Float32Type>();
    (values.null_count() == 0).then(|| values.values().to_vec())
}

/// The non-null texts of one row of a `list<utf8>`.
pub fn texts_at(lists: &ListArray, row: usize) -> Vec<String> {
    if lists.is_null(row) {
        return Vec::new();
    }
    lists
        .value(row)
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// Builds a `list<float32>` column, a null for each `None`.
pub(crate) fn vectors<V: AsRef<[f32]>>(rows: &[Option<V>]) -> ListArray {
    let values: Vec<f32> = rows.iter().flatten().flat_map(AsRef::as_ref).copied().collect();
    lists(
        element(DataType::Float32),
        rows.iter().map(|row| row.as_ref().map(|row| row.as_ref().len())),
        Arc::new(Float32Array::from(values)),
    )
}

/// Builds a `list<utf8>` column.
pub(crate) fn text_lists<R: AsRef<[T]>, T: AsRef<str>>(rows: &[R]) -> ListArray {
    let values = StringArray::from_iter(rows.iter().flat_map(AsRef::as_ref).map(Some));
    lists(
        element(DataType::Utf8),
        rows.iter().map(|row| Some(row.as_ref().len())),
        Arc::new(values),
    )
}

/// Builds a list column of structs.
pub(crate) fn struct_lists(fields: Fields, columns: Vec<ArrayRef>, lengths: &[usize]) -> ListArray {
    let values = if lengths.iter().sum::<usize>() == 0 {
        StructArray::new_null(fields.clone(), 0)
    } else {
        StructArray::new(fields.clone(), columns, None)
    };
    lists(
        element(DataType::Struct(fields)),
        lengths.iter().map(|length| Some(*length)),
        Arc::new(values),
    )
}

fn lists(field: FieldRef, lengths: impl Iterator<Item = Option<usize>>, values: ArrayRef) -> ListArray {
    let lengths: Vec<Option<usize>> = lengths.collect();
    let offsets = OffsetBuffer::from_lengths(lengths.iter().map(|length| length.unwrap_or(0)));
    let nulls = lengths.iter().map(Option::is_some).collect::<Vec<bool>>().into();
    ListArray::new(field, offsets, values, Some(nulls))
}
