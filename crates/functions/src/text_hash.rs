//! `text_hash(text)`: xxh3-128 of a text as 32 hex digits, the key under which its vector is kept.

use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use xxhash_rust::xxh3::xxh3_128;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct TextHash {
    signature: Signature,
}

impl Default for TextHash {
    fn default() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for TextHash {
    fn name(&self) -> &'static str {
        "text_hash"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let hashes = arrays[0]
            .as_string::<i32>()
            .iter()
            .map(|text| text.map(|text| format!("{:032x}", xxh3_128(text.as_bytes()))));
        Ok(ColumnarValue::Array(Arc::new(StringArray::from_iter(hashes))))
    }
}
