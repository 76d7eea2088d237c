//! `cosine_similarity(a, b)`: the cosine of two vectors, null where one is null or zero.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float32Array};
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use wayfare_journeys::dot;

use crate::error::FunctionError;
use crate::list_arguments::{coerce_vector, vector_at};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CosineSimilarity {
    signature: Signature,
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for CosineSimilarity {
    fn name(&self) -> &'static str {
        "cosine_similarity"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [left, right] = given else {
            return plan_err!(
                "cosine_similarity takes two vectors, not {} arguments",
                given.len()
            );
        };
        Ok(vec![
            coerce_vector(self.name(), left)?,
            coerce_vector(self.name(), right)?,
        ])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = args
            .args
            .iter()
            .all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (left, right) = (arrays[0].as_list::<i32>(), arrays[1].as_list::<i32>());
        let mut similarities = Vec::with_capacity(left.len());
        for row in 0..left.len() {
            similarities.push(match (vector_at(left, row), vector_at(right, row)) {
                (Some(left), Some(right)) if left.len() == right.len() => cosine(&left, &right),
                (Some(left), Some(right)) => {
                    let (function, left, right) = ("cosine_similarity", left.len(), right.len());
                    return Err(FunctionError::Dimensions {
                        function,
                        left,
                        right,
                    }
                    .into());
                }
                _ => None,
            });
        }
        let similarities = Float32Array::from(similarities);
        if scalar && similarities.len() == 1 {
            return Ok(ColumnarValue::Scalar(
                datafusion::common::ScalarValue::try_from_array(&similarities, 0)?,
            ));
        }
        Ok(ColumnarValue::Array(Arc::new(similarities)))
    }
}

fn cosine(left: &[f32], right: &[f32]) -> Option<f32> {
    let norms = dot(left, left).sqrt() * dot(right, right).sqrt();
    (norms > 0.0).then(|| dot(left, right) / norms)
}
