//! `deletion_vector(row)`: the positions of a file's rows as one value, which a Delta log can keep.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use wayfare_tables::DeletedRows;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct DeletionVector {
    signature: Signature,
}

impl Default for DeletionVector {
    fn default() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for DeletionVector {
    fn name(&self) -> &'static str {
        "deletion_vector"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[rows]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::<Positions>::default())
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }
}

#[derive(Debug, Default)]
struct Positions(Vec<u64>);

impl Positions {
    fn vector(&self) -> ScalarValue {
        ScalarValue::Binary(Some(DeletedRows::at(self.0.iter().copied()).to_bytes()))
    }
}

impl Accumulator for Positions {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for row in values[0].as_primitive::<Int64Type>().iter().flatten() {
            let position = u64::try_from(row)
                .map_err(|_| exec_datafusion_err!("deletion_vector: {row} is no position of a row"))?;
            self.0.push(position);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.vector())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.0.capacity() * size_of::<u64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.vector()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states = states[0].as_binary::<i32>();
        for row in (0..states.len()).filter(|row| states.is_valid(*row)) {
            let rows = DeletedRows::from_bytes(states.value(row))
                .map_err(|error| exec_datafusion_err!("deletion_vector: {error}"))?;
            self.0.extend(rows.positions());
        }
        Ok(())
    }
}
