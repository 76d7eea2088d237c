//! `centroid(vector)`: the unit vector in the direction of the sum; null where there is none.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use super::to_fixed;
use crate::list_arguments::{coerce_vector, element, vector_at, vector_type, vectors};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Centroid {
    signature: Signature,
}

impl Default for Centroid {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for Centroid {
    fn name(&self) -> &'static str {
        "centroid"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [vector] => Ok(vec![coerce_vector(self.name(), vector)?]),
            _ => plan_err!("centroid takes one vector, not {} arguments", given.len()),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(vector_type())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let sums = DataType::List(element(DataType::Int64));
        Ok(vec![Arc::new(Field::new(
            format!("{}[sums]", args.name),
            sums,
            true,
        ))])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::<VectorSum>::default())
    }

    fn order_sensitivity(&self) -> datafusion::logical_expr::utils::AggregateOrderSensitivity {
        datafusion::logical_expr::utils::AggregateOrderSensitivity::Insensitive
    }
}

/// A sum of vectors in fixed point.
#[derive(Debug, Default)]
pub(super) struct VectorSum {
    sums: Vec<i64>,
}

impl VectorSum {
    pub(super) fn add(&mut self, vector: &[f32]) -> Result<()> {
        self.widen(vector.len())?;
        for (sum, value) in self.sums.iter_mut().zip(vector) {
            *sum = sum.saturating_add(to_fixed(*value));
        }
        Ok(())
    }

    fn widen(&mut self, dimension: usize) -> Result<()> {
        if self.sums.is_empty() {
            self.sums.resize(dimension, 0);
        }
        if self.sums.len() != dimension {
            return exec_err!(
                "centroid: vectors of {} and {dimension} dimensions",
                self.sums.len()
            );
        }
        Ok(())
    }

    /// The direction, `None` for no vectors or a zero sum.
    pub(super) fn unit(&self) -> Option<Vec<f32>> {
        let length = self
            .sums
            .iter()
            .map(|sum| (*sum as f64) * (*sum as f64))
            .sum::<f64>()
            .sqrt();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the components of a unit vector fit f32"
        )]
        let unit = || {
            self.sums
                .iter()
                .map(|sum| ((*sum as f64) / length) as f32)
                .collect()
        };
        (length > 0.0).then(unit)
    }
}

impl Accumulator for VectorSum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let lists = values[0].as_list::<i32>();
        for row in 0..lists.len() {
            if let Some(vector) = vector_at(lists, row) {
                self.add(&vector)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&vectors(&[self.unit()]), 0)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.sums.capacity() * size_of::<i64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = Arc::new(Int64Array::from(std::mem::take(&mut self.sums)));
        let offsets = arrow::buffer::OffsetBuffer::from_lengths([values.len()]);
        let list = arrow::array::ListArray::new(element(DataType::Int64), offsets, values, None);
        Ok(vec![ScalarValue::List(Arc::new(list))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists = states[0].as_list::<i32>();
        for row in (0..lists.len()).filter(|row| lists.is_valid(*row) && lists.value_length(*row) > 0) {
            let sums = lists.value(row);
            let sums = sums.as_primitive::<Int64Type>().values();
            self.widen(sums.len())?;
            for (sum, other) in self.sums.iter_mut().zip(sums) {
                *sum = sum.saturating_add(*other);
            }
        }
        Ok(())
    }
}
