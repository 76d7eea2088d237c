//! `content_digest(a, b, …)`: a 64-bit digest of a row's values, to tell whether a slice of the log changed.
//!
//! The digests of a slice's rows are combined with `bit_xor`, so neither order nor partitioning matters.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, TimeUnit};
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
        let columns = arrays.iter().map(Column::of).collect::<Result<Vec<_>>>()?;
        let mut text = String::new();
        let digests = (0..args.number_rows).map(|row| {
            let mut hasher = Xxh3Default::new();
            for column in &columns {
                column.hash(row, &mut text, &mut hasher);
            }
            hasher.digest()
        });
        Ok(ColumnarValue::Array(Arc::new(UInt64Array::from_iter_values(
            digests,
        ))))
    }
}

/// A column in the form that its values are hashed in.
enum Column<'a> {
    Text(&'a StringArray),
    Time(&'a TimestampMicrosecondArray),
    Float(&'a Float32Array),
    /// Any other type, as it is shown.
    Shown(&'a dyn Array, ArrayFormatter<'a>),
}

const OPTIONS: FormatOptions<'static> = FormatOptions::new();

impl<'a> Column<'a> {
    fn of(array: &'a ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.as_string()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => Self::Time(array.as_primitive()),
            DataType::Float32 => Self::Float(array.as_primitive()),
            _ => Self::Shown(array, ArrayFormatter::try_new(array.as_ref(), &OPTIONS)?),
        })
    }

    /// The length goes before the bytes, so that values cannot run into each other; a null has a length of its own.
    fn hash(&self, row: usize, text: &mut String, into: &mut Xxh3Default) {
        let array: &dyn Array = match self {
            Self::Text(array) => array,
            Self::Time(array) => array,
            Self::Float(array) => array,
            Self::Shown(array, _) => *array,
        };
        let mut hash = |bytes: &[u8]| {
            into.update(&(bytes.len() as u64).to_le_bytes());
            into.update(bytes);
        };
        if array.is_null(row) {
            return into.update(&u64::MAX.to_le_bytes());
        }
        match self {
            Self::Text(array) => hash(array.value(row).as_bytes()),
            Self::Time(array) => hash(&array.value(row).to_le_bytes()),
            Self::Float(array) => hash(&array.value(row).to_bits().to_le_bytes()),
            Self::Shown(_, formatter) => {
                text.clear();
                // Writing to a String cannot fail; a value that cannot be shown counts as empty.
                if write!(text, "{}", formatter.value(row)).is_err() {
                    text.clear();
                }
                hash(text.as_bytes());
            }
        }
    }
}
