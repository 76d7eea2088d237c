//! `follow_alias(journey_id, aliases)`: the journey that a journey has become, along
//! `list<struct<old_journey_id, journey_id, …>>`; the id itself where nothing happened to it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct FollowAlias {
    signature: Signature,
}

impl Default for FollowAlias {
    fn default() -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for FollowAlias {
    fn name(&self) -> &'static str {
        "follow_alias"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [_, DataType::List(field)] if matches!(field.data_type(), DataType::Struct(f) if f.len() >= 2) => {
                Ok(vec![DataType::Utf8, given[1].clone()])
            }
            _ => plan_err!("follow_alias takes (journey_id, list of aliases), not {given:?}"),
        }
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (ids, lists) = (arrays[0].as_string::<i32>(), arrays[1].as_list::<i32>());
        let mut became = Vec::with_capacity(ids.len());
        for row in 0..ids.len() {
            if ids.is_null(row) || lists.is_null(row) || lists.value_length(row) == 0 {
                became.push(ids.is_valid(row).then(|| ids.value(row).to_owned()));
                continue;
            }
            let aliases = lists.value(row);
            let aliases = aliases.as_struct();
            let (old, new) = (
                aliases.column(0).as_string::<i32>(),
                aliases.column(1).as_string::<i32>(),
            );
            let steps: HashMap<&str, &str> = old
                .iter()
                .enumerate()
                .filter_map(|(position, old)| old.map(|old| (old, new.value(position))))
                .collect();
            let mut id = ids.value(row);
            // Merges always lead to an older journey, so a chain is never longer than the list.
            for _ in 0..steps.len() {
                match steps.get(id) {
                    Some(next) => id = next,
                    None => break,
                }
            }
            became.push(Some(id.to_owned()));
        }
        Ok(ColumnarValue::Array(Arc::new(StringArray::from(became))))
    }
}
