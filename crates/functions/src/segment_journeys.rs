//! `segment_journeys(user_id, prior_state, item_id, occurred_at, weight [, settings] ORDER BY occurred_at, item_id)`:
//! one user's journeys, assignments and the state to go on from.
//!
//! An aggregate that needs its whole input in order, in one place: there is no partial form. Over input sorted by user
//! it streams: the aggregation hands on every user that is complete after each batch, so that memory holds the users of
//! a batch, not those of a bucket.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::function::{AccumulatorArgs, AggregateFunctionSimplification, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature, TypeSignature,
    Volatility, lit,
};
use datafusion::physical_expr::expressions::Literal;
use std::sync::Arc;
use wayfare_tables::hold_point;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::segment_settings::{LoadedSettings, SegmentSettings};
use crate::segmented::{segmented_fields, segmented_rows, time_type};
use crate::shared::Shared;
use crate::user_segmentation::UserSegmentation;

const ARGUMENTS_WITHOUT_SETTINGS: usize = 5;

/// The function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentJourneys {
    signature: Signature,
    artefacts: Shared<Artefacts>,
    default_settings: Option<String>,
}

impl SegmentJourneys {
    /// `default_settings` is the JSON of [`SegmentSettings`] for calls that carry none.
    pub fn new(artefacts: &Shared<Artefacts>, default_settings: Option<String>) -> Self {
        let without = vec![
            DataType::Utf8,
            DataType::BinaryView,
            DataType::Utf8,
            time_type(),
            DataType::Float32,
        ];
        let with = without.iter().cloned().chain([DataType::Utf8]).collect();
        let signatures = vec![TypeSignature::Exact(without), TypeSignature::Exact(with)];
        Self {
            signature: Signature::one_of(signatures, Volatility::Immutable),
            artefacts: artefacts.clone(),
            default_settings,
        }
    }

    fn users(&self, args: &AccumulatorArgs<'_>) -> Result<Users> {
        let literal = args
            .exprs
            .get(ARGUMENTS_WITHOUT_SETTINGS)
            .and_then(|expr| expr.downcast_ref::<Literal>());
        match literal.map(Literal::value) {
            Some(ScalarValue::Utf8(Some(json))) => Ok(Users {
                settings: SegmentSettings::from_json(json)?.load(&self.artefacts)?,
                users: Vec::new(),
            }),
            _ => {
                let (function, position) = ("segment_journeys", ARGUMENTS_WITHOUT_SETTINGS + 1);
                Err(FunctionError::NotLiteral { function, position }.into())
            }
        }
    }
}

impl AggregateUDFImpl for SegmentJourneys {
    fn name(&self) -> &'static str {
        "segment_journeys"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(segmented_fields()))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        // Named for the planner only: partial states are never made, see `merge_batch`.
        Ok(vec![Arc::new(Field::new(
            format!("{}[segmented]", args.name),
            DataType::Struct(segmented_fields()),
            true,
        ))])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneUser {
            users: self.users(&args)?,
        }))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.users(&args)?))
    }

    fn simplify(&self) -> Option<AggregateFunctionSimplification> {
        let default_settings = self.default_settings.clone();
        let function = Arc::new(AggregateUDF::from(self.clone()));
        Some(Box::new(move |call: AggregateFunction, _info| {
            let AggregateFunctionParams {
                mut args,
                distinct,
                filter,
                order_by,
                null_treatment,
            } = call.params;
            if args.len() == ARGUMENTS_WITHOUT_SETTINGS {
                args.push(lit(configured(default_settings.as_deref())?));
            }
            Ok(Expr::AggregateFunction(AggregateFunction::new_udf(
                Arc::clone(&function),
                args,
                distinct,
                filter,
                order_by,
                null_treatment,
            )))
        }))
    }
}

pub(crate) fn configured(settings: Option<&str>) -> Result<String, FunctionError> {
    let missing = FunctionError::NotConfigured {
        function: "segment_journeys",
        what: "segmentation settings",
    };
    settings.map(str::to_owned).ok_or(missing)
}

/// The users that are being segmented, by the number of their group.
#[derive(Debug)]
struct Users {
    settings: LoadedSettings,
    users: Vec<Option<UserSegmentation>>,
}

impl Users {
    fn push(&mut self, values: &[ArrayRef], group_of: impl Fn(usize) -> usize) -> Result<()> {
        let users = values[0].as_string::<i32>();
        let states = values[1].as_binary_view();
        let items = values[2].as_string::<i32>();
        let times = values[3].as_primitive::<TimestampMicrosecondType>();
        let weights = values[4].as_primitive::<Float32Type>();
        hold_point("segment:row");
        for row in 0..users.len() {
            let user = match &mut self.users[group_of(row)] {
                Some(user) => user,
                none => {
                    let state = states.is_valid(row).then(|| states.value(row));
                    none.insert(UserSegmentation::start(&self.settings, users.value(row), state)?)
                }
            };
            user.push(items.value(row), times.value(row), weights.value(row))?;
        }
        Ok(())
    }

    fn finish(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let finished = emit_to
            .take_needed(&mut self.users)
            .into_iter()
            .map(|user| user.map(UserSegmentation::finish).transpose())
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(Arc::new(segmented_rows(&finished, &self.settings.pack)))
    }
}

fn no_partial_form<T>() -> Result<T> {
    exec_err!("segment_journeys needs a user's whole history in one partition: group by user_id on the log")
}

impl GroupsAccumulator for Users {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        if opt_filter.is_some() {
            return not_impl_err!("segment_journeys takes no FILTER: use WHERE");
        }
        self.users.resize_with(total_num_groups, || None);
        self.push(values, |row| group_indices[row])
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.finish(emit_to)
    }

    fn state(&mut self, _emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        no_partial_form()
    }

    fn merge_batch(&mut self, _values: &[ArrayRef], _groups: &[usize], _total: usize) -> Result<()> {
        no_partial_form()
    }

    fn convert_to_state(
        &self,
        _values: &[ArrayRef],
        _filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        no_partial_form()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.users.capacity() * size_of::<Option<UserSegmentation>>()
    }
}

/// The form without GROUP BY: all rows are one user's.
#[derive(Debug)]
struct OneUser {
    users: Users,
}

impl Accumulator for OneUser {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.users.users.resize_with(1, || None);
        self.users.push(values, |_| 0)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.users.users.resize_with(1, || None);
        ScalarValue::try_from_array(&self.users.finish(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        self.users.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        no_partial_form()
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        no_partial_form()
    }
}
