//! `malformed_id(id)`: whether an id cannot be one, because it is too long or holds control characters.
//!
//! An id of a megabyte is a text in the wrong column, and one that ends in a line feed is another id than the one it
//! looks like. Called for every activity, so it looks at bytes and allocates nothing.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// No key of a system that people build is as long as this; a longer one would be repeated in every row of a user.
pub const LONGEST_ID_BYTES: usize = 1_000;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct MalformedId {
    signature: Signature,
}

impl Default for MalformedId {
    fn default() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for MalformedId {
    fn name(&self) -> &'static str {
        "malformed_id"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let malformed = arrays[0].as_string::<i32>().iter().map(|id| id.map(is_malformed));
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::from_iter(malformed))))
    }
}

fn is_malformed(id: &str) -> bool {
    id.len() > LONGEST_ID_BYTES
        || id.bytes().any(|byte| byte.is_ascii_control())
        || (!id.is_ascii() && id.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_visible() {
        for id in [
            "u1",
            "a b",
            "Zürich",
            "七人の侍",
            "",
            &"x".repeat(LONGEST_ID_BYTES),
        ] {
            assert!(!is_malformed(id), "{id:?}");
        }
        for id in [
            "u1\n",
            "\0",
            "a\tb",
            "\u{7f}",
            "a\u{85}",
            &"x".repeat(LONGEST_ID_BYTES + 1),
        ] {
            assert!(is_malformed(id), "{id:?}");
        }
    }
}
