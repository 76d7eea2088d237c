//! `bucket_of(user_id, n)`: the stable bucket of a user, `xxh3_64(user_id) % n`.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int32Array};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use xxhash_rust::xxh3::xxh3_64;

/// The bucket of a user id. The hash is a storage contract: it never changes.
pub fn bucket(user_id: &str, bucket_count: u32) -> u32 {
    u32::try_from(xxh3_64(user_id.as_bytes()) % u64::from(bucket_count.max(1))).unwrap_or(0)
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct BucketOf {
    signature: Signature,
}

impl Default for BucketOf {
    fn default() -> Self {
        Self {
            signature: Signature::exact(vec![DataType::Utf8, DataType::Int64], Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for BucketOf {
    fn name(&self) -> &'static str {
        "bucket_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (users, counts) = (
            arrays[0].as_string::<i32>(),
            arrays[1].as_primitive::<Int64Type>(),
        );
        let mut buckets = Vec::with_capacity(users.len());
        for (row, user_id) in users.iter().enumerate() {
            let Some(user_id) = user_id.filter(|_| counts.is_valid(row)) else {
                buckets.push(None);
                continue;
            };
            match u32::try_from(counts.value(row)) {
                Ok(count) if count > 0 && i32::try_from(count).is_ok() => {
                    buckets.push(i32::try_from(bucket(user_id, count)).ok());
                }
                _ => {
                    return exec_err!(
                        "bucket_of: bucket count {} is not between 1 and 2^31-1",
                        counts.value(row)
                    );
                }
            }
        }
        Ok(ColumnarValue::Array(Arc::new(Int32Array::from(buckets))))
    }
}
