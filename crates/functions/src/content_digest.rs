//! `content_digest(a, b, …)`: a 64-bit digest of a row's values, to tell whether a slice of the log changed.
//!
//! The digests of a slice's rows are combined with `bit_xor`, so neither order nor partitioning matters.

use std::sync::Arc;

use arrow::array::UInt64Array;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use xxhash_rust::xxh3::Xxh3Default;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ContentDigest {
    signature: Signature,
}

impl Default for ContentDigest {
    fn default() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for ContentDigest {
    fn name(&self) -> &'static str {
        "content_digest"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let fields: Vec<Field> = arrays
            .iter()
            .map(|array| Field::new("v", array.data_type().clone(), true))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        let options = FormatOptions::default();
        let formatters = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let mut text = String::new();
        let digests = (0..batch.num_rows()).map(|row| {
            let mut hasher = Xxh3Default::new();
            for formatter in &formatters {
                use std::fmt::Write as _;
                text.clear();
                // Writing to a String cannot fail; a value that cannot be shown counts as empty.
                if write!(text, "{}", formatter.value(row)).is_err() {
                    text.clear();
                }
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
            hasher.digest()
        });
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from_iter_values(
            digests,
        ))))
    }
}
