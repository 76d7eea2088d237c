//! `representatives(item_id, vector, n)`: the n distinct items most similar to the group's centroid.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use wayfare_journeys::dot;

use super::centroid::VectorSum;
use crate::list_arguments::{coerce_vector, element, struct_lists, vector_at, vector_type, vectors};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Representatives {
    signature: Signature,
}

impl Default for Representatives {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

fn fields() -> Fields {
    Fields::from(vec![
        Field::new("item_id", DataType::Utf8, true),
        Field::new("similarity", DataType::Float32, true),
    ])
}

impl AggregateUDFImpl for Representatives {
    fn name(&self) -> &'static str {
        "representatives"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [_, vector, _] => Ok(vec![
                DataType::Utf8,
                coerce_vector(self.name(), vector)?,
                DataType::Int64,
            ]),
            _ => plan_err!(
                "representatives takes (item_id, vector, n), not {} arguments",
                given.len()
            ),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(element(DataType::Struct(fields()))))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field =
            |part: &str, data_type| Arc::new(Field::new(format!("{}[{part}]", args.name), data_type, true));
        let lists = |inner| DataType::List(element(inner));
        Ok(vec![
            field("items", lists(DataType::Utf8)),
            field("vectors", lists(vector_type())),
            field("counts", lists(DataType::Int64)),
            field("limit", DataType::Int64),
        ])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::<Items>::default())
    }

    fn order_sensitivity(&self) -> datafusion::logical_expr::utils::AggregateOrderSensitivity {
        datafusion::logical_expr::utils::AggregateOrderSensitivity::Insensitive
    }
}

/// Distinct items with how often each came; the centroid weighs an item by that.
#[derive(Debug, Default)]
struct Items {
    items: BTreeMap<String, (Vec<f32>, i64)>,
    limit: i64,
}

impl Accumulator for Items {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (items, lists) = (values[0].as_string::<i32>(), values[1].as_list::<i32>());
        let limits = values[2].as_primitive::<Int64Type>();
        for row in (0..items.len()).filter(|row| items.is_valid(*row)) {
            self.limit = limits.value(row);
            if let Some(vector) = vector_at(lists, row) {
                self.items
                    .entry(items.value(row).to_owned())
                    .or_insert_with(|| (vector, 0))
                    .1 += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut sum = VectorSum::default();
        for (vector, count) in self.items.values() {
            for _ in 0..*count {
                sum.add(vector)?;
            }
        }
        let centroid = sum.unit().unwrap_or_default();
        let mut ranked: Vec<(&String, f32)> = self
            .items
            .iter()
            .filter(|(_, (vector, _))| vector.len() == centroid.len())
            .map(|(item, (vector, _))| (item, dot(vector, &centroid) / dot(vector, vector).sqrt()))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        ranked.truncate(usize::try_from(self.limit).unwrap_or(0));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(ranked.iter().map(|(item, _)| item))),
            Arc::new(Float32Array::from_iter_values(
                ranked.iter().map(|(_, similarity)| *similarity),
            )),
        ];
        ScalarValue::try_from_array(&struct_lists(fields(), columns, &[ranked.len()]), 0)
    }

    fn size(&self) -> usize {
        let held = self
            .items
            .iter()
            .map(|(item, (vector, _))| item.len() + vector.len() * size_of::<f32>());
        size_of_val(self) + held.sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let held: Vec<Option<Vec<f32>>> = self
            .items
            .values()
            .map(|(vector, _)| Some(vector.clone()))
            .collect();
        let one_list = |field, values: ArrayRef| {
            let offsets = arrow::buffer::OffsetBuffer::from_lengths([values.len()]);
            ScalarValue::List(Arc::new(arrow::array::ListArray::new(
                field, offsets, values, None,
            )))
        };
        let items = Arc::new(StringArray::from_iter_values(self.items.keys()));
        let counts = arrow::array::Int64Array::from_iter_values(self.items.values().map(|(_, count)| *count));
        Ok(vec![
            one_list(element(DataType::Utf8), items),
            one_list(element(vector_type()), Arc::new(vectors(&held))),
            one_list(element(DataType::Int64), Arc::new(counts)),
            ScalarValue::Int64(Some(self.limit)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (items, held, counts) = (
            states[0].as_list::<i32>(),
            states[1].as_list::<i32>(),
            states[2].as_list::<i32>(),
        );
        let limits = states[3].as_primitive::<Int64Type>();
        for row in (0..items.len()).filter(|row| items.is_valid(*row)) {
            self.limit = self.limit.max(limits.value(row));
            let (items, held, counts) = (items.value(row), held.value(row), counts.value(row));
            let (held, counts) = (held.as_list::<i32>(), counts.as_primitive::<Int64Type>());
            for (position, item) in items.as_string::<i32>().iter().enumerate() {
                if let (Some(item), Some(vector)) = (item, vector_at(held, position)) {
                    self.items.entry(item.to_owned()).or_insert_with(|| (vector, 0)).1 +=
                        counts.value(position);
                }
            }
        }
        Ok(())
    }
}
