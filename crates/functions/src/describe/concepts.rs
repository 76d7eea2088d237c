//! `concepts(concepts, n)`: the n heaviest terms over a group's items.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};

use super::{FIXED_POINT, to_fixed};
use crate::list_arguments::{concept_fields, concepts_type, element, struct_lists};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Concepts {
    signature: Signature,
}

impl Default for Concepts {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for Concepts {
    fn name(&self) -> &'static str {
        "concepts"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [DataType::List(field), _] if matches!(field.data_type(), DataType::Struct(f) if f.len() == 2) => {
                Ok(vec![concepts_type(), DataType::Int64])
            }
            _ => plan_err!("concepts takes (list of struct<term, weight>, n), not {given:?}"),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(concepts_type())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field =
            |part: &str, data_type| Arc::new(Field::new(format!("{}[{part}]", args.name), data_type, true));
        Ok(vec![
            field("terms", DataType::List(element(DataType::Utf8))),
            field("sums", DataType::List(element(DataType::Int64))),
            field("limit", DataType::Int64),
        ])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::<Terms>::default())
    }

    fn order_sensitivity(&self) -> datafusion::logical_expr::utils::AggregateOrderSensitivity {
        datafusion::logical_expr::utils::AggregateOrderSensitivity::Insensitive
    }
}

#[derive(Debug, Default)]
struct Terms {
    sums: BTreeMap<String, i64>,
    limit: i64,
}

impl Terms {
    fn add(&mut self, term: &str, fixed: i64) {
        match self.sums.get_mut(term) {
            Some(sum) => *sum = sum.saturating_add(fixed),
            None => {
                self.sums.insert(term.to_owned(), fixed);
            }
        }
    }
}

impl Accumulator for Terms {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (lists, limits) = (values[0].as_list::<i32>(), values[1].as_primitive::<Int64Type>());
        for row in (0..lists.len()).filter(|row| lists.is_valid(*row)) {
            self.limit = limits.value(row);
            let concepts = lists.value(row);
            let concepts = concepts.as_struct();
            let weights = concepts.column(1).as_primitive::<Float32Type>();
            for (position, term) in concepts.column(0).as_string::<i32>().iter().enumerate() {
                if let Some(term) = term {
                    self.add(term, to_fixed(weights.value(position)));
                }
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut ranked: Vec<(&String, i64)> = self.sums.iter().map(|(term, sum)| (term, *sum)).collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        ranked.truncate(usize::try_from(self.limit).unwrap_or(0));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "weights are shown, not computed with"
        )]
        let weights =
            Float32Array::from_iter_values(ranked.iter().map(|(_, sum)| (*sum as f64 / FIXED_POINT) as f32));
        let terms = StringArray::from_iter_values(ranked.iter().map(|(term, _)| term));
        let columns: Vec<ArrayRef> = vec![Arc::new(terms), Arc::new(weights)];
        ScalarValue::try_from_array(&struct_lists(concept_fields(), columns, &[ranked.len()]), 0)
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + self
                .sums
                .keys()
                .map(|term| term.len() + size_of::<(String, i64)>())
                .sum::<usize>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let one_list = |field, values: ArrayRef| {
            let offsets = arrow::buffer::OffsetBuffer::from_lengths([values.len()]);
            ScalarValue::List(Arc::new(arrow::array::ListArray::new(
                field, offsets, values, None,
            )))
        };
        let terms = Arc::new(StringArray::from_iter_values(self.sums.keys()));
        let sums = Arc::new(Int64Array::from_iter_values(self.sums.values().copied()));
        Ok(vec![
            one_list(element(DataType::Utf8), terms),
            one_list(element(DataType::Int64), sums),
            ScalarValue::Int64(Some(self.limit)),
        ])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (terms, sums) = (states[0].as_list::<i32>(), states[1].as_list::<i32>());
        let limits = states[2].as_primitive::<Int64Type>();
        for row in (0..terms.len()).filter(|row| terms.is_valid(*row)) {
            self.limit = self.limit.max(limits.value(row));
            let (terms, sums) = (terms.value(row), sums.value(row));
            let sums = sums.as_primitive::<Int64Type>();
            for (position, term) in terms.as_string::<i32>().iter().enumerate() {
                if let Some(term) = term {
                    self.add(term, sums.value(position));
                }
            }
        }
        Ok(())
    }
}
