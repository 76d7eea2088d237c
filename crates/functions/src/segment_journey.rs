//! `segment_journey(user_id, item_id, occurred_at, weight [, settings]) OVER (PARTITION BY user_id ORDER BY
//! occurred_at, item_id)`: which journey each activity belongs to, null for transients.
//!
//! The stateless special case of `segment_journeys`, for analysts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Field, FieldRef, Float32Type, TimestampMicrosecondType};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::function::{
    PartitionEvaluatorArgs, WindowFunctionSimplification, WindowUDFFieldArgs,
};
use datafusion::logical_expr::{
    Expr, LimitEffect, PartitionEvaluator, Signature, TypeSignature, Volatility, WindowFunctionDefinition,
    WindowUDF, WindowUDFImpl, lit,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::segment_journeys::configured;
use crate::segment_settings::{LoadedSettings, SegmentSettings};
use crate::segmented::time_type;
use crate::shared::Shared;
use crate::user_segmentation::UserSegmentation;

const ARGUMENTS_WITHOUT_SETTINGS: usize = 4;

/// The function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentJourney {
    signature: Signature,
    artefacts: Shared<Artefacts>,
    default_settings: Option<String>,
}

impl SegmentJourney {
    /// `default_settings` is the JSON of [`SegmentSettings`] for calls that carry none.
    pub fn new(artefacts: &Shared<Artefacts>, default_settings: Option<String>) -> Self {
        let without = vec![DataType::Utf8, DataType::Utf8, time_type(), DataType::Float32];
        let with = without.iter().cloned().chain([DataType::Utf8]).collect();
        let signatures = vec![TypeSignature::Exact(without), TypeSignature::Exact(with)];
        Self {
            signature: Signature::one_of(signatures, Volatility::Immutable),
            artefacts: artefacts.clone(),
            default_settings,
        }
    }
}

impl WindowUDFImpl for SegmentJourney {
    fn name(&self) -> &'static str {
        "segment_journey"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), DataType::Utf8, true)))
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        let literal = args
            .input_exprs()
            .get(ARGUMENTS_WITHOUT_SETTINGS)
            .and_then(|e| e.downcast_ref::<Literal>());
        match literal.map(Literal::value) {
            Some(ScalarValue::Utf8(Some(json))) => Ok(Box::new(Evaluator {
                settings: SegmentSettings::from_json(json)?.load(&self.artefacts)?,
            })),
            _ => {
                let (function, position) = ("segment_journey", ARGUMENTS_WITHOUT_SETTINGS + 1);
                Err(FunctionError::NotLiteral { function, position }.into())
            }
        }
    }

    fn simplify(&self) -> Option<WindowFunctionSimplification> {
        let default_settings = self.default_settings.clone();
        let function = Arc::new(WindowUDF::from(self.clone()));
        Some(Box::new(move |call: WindowFunction, _info| {
            let WindowFunctionParams { mut args, .. } = call.params.clone();
            if args.len() == ARGUMENTS_WITHOUT_SETTINGS {
                args.push(lit(configured(default_settings.as_deref())?));
            }
            let params = WindowFunctionParams { args, ..call.params };
            let definition = WindowFunctionDefinition::WindowUDF(Arc::clone(&function));
            Ok(Expr::WindowFunction(Box::new(WindowFunction {
                fun: definition,
                params,
            })))
        }))
    }

    fn limit_effect(&self, _args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::Unknown
    }
}

#[derive(Debug)]
struct Evaluator {
    settings: LoadedSettings,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let users = values[0].as_string::<i32>();
        let items = values[1].as_string::<i32>();
        let times = values[2].as_primitive::<TimestampMicrosecondType>();
        let weights = values[3].as_primitive::<Float32Type>();
        if num_rows == 0 {
            return Ok(Arc::new(StringArray::from(Vec::<Option<&str>>::new())));
        }
        let mut user = UserSegmentation::start(&self.settings, users.value(0), None)?;
        for row in 0..num_rows {
            if users.value(row) != users.value(0) {
                return exec_err!(
                    "segment_journey: several users in one partition; add PARTITION BY user_id"
                );
            }
            // Analysts may ask about items that no run has embedded yet; those belong to no journey.
            if self.settings.pack.row(items.value(row)).is_some() {
                user.push(items.value(row), times.value(row), weights.value(row))?;
            }
        }
        let segmented = user.finish()?;
        let journey_of: HashMap<(i64, &str), String> = segmented
            .assignments
            .iter()
            .map(|a| ((a.occurred_at_us, a.item_id.as_str()), a.journey_id.to_string()))
            .collect();
        let journeys = (0..num_rows).map(|row| journey_of.get(&(times.value(row), items.value(row))));
        Ok(Arc::new(StringArray::from_iter(journeys)))
    }

    fn supports_bounded_execution(&self) -> bool {
        false
    }
}
