//! `name_journey(titles, concepts)`: a name in words a person would use, with where it came from.
//!
//! Planned like `embed`: literals are named while planning, anything else as `name_journey_async`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float32Array, ListArray, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use async_trait::async_trait;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use wayfare_inference::{InferenceError, JourneyName, NamingInput};
use wayfare_tables::hold_point;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::list_arguments::{coerce_texts, text_lists, texts_at, texts_type};
use crate::namer_reference::{EXTRACTIVE, NamerReference};
use crate::shared::Shared;

/// Journeys handed to the namer at once; also how often progress is counted.
const JOURNEYS_PER_CALL: usize = 16;
/// The same without a language model, where there must be enough for all cores.
const JOURNEYS_PER_EXTRACTIVE_CALL: usize = 1024;

fn name_fields() -> Fields {
    Fields::from(vec![
        Field::new("name", DataType::Utf8, true),
        Field::new("source", DataType::Utf8, true),
        Field::new("score", DataType::Float32, true),
        Field::new("flags", texts_type(), true),
    ])
}

fn coerce(function: &str, given: &[DataType]) -> Result<Vec<DataType>> {
    if !(2..=3).contains(&given.len()) {
        return plan_err!(
            "{function} takes (titles, concepts [, namer]), not {} arguments",
            given.len()
        );
    }
    let mut coerced = vec![
        coerce_texts(function, &given[0])?,
        coerce_texts(function, &given[1])?,
    ];
    coerced.extend(given.get(2).map(|_| DataType::Utf8));
    Ok(coerced)
}

/// `name_journey(titles, concepts [, namer])`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct NameJourney {
    signature: Signature,
    artefacts: Shared<Artefacts>,
    default_namer: Option<NamerReference>,
    deferred: Arc<ScalarUDF>,
}

impl NameJourney {
    /// Without a default namer, names are extractive.
    pub fn new(artefacts: &Shared<Artefacts>, default_namer: Option<NamerReference>) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            artefacts: artefacts.clone(),
            default_namer,
            deferred: Arc::new(NameJourneyAsync::udf(artefacts)),
        }
    }
}

impl ScalarUDFImpl for NameJourney {
    fn name(&self) -> &'static str {
        "name_journey"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.name(), given)
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(name_fields()))
    }

    fn simplify(&self, mut args: Vec<Expr>, _info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if args[..2].iter().all(|arg| matches!(arg, Expr::Literal(..))) {
            return Ok(ExprSimplifyResult::Original(args));
        }
        if args.len() == 2 {
            let namer = self
                .default_namer
                .as_ref()
                .map_or_else(|| EXTRACTIVE.to_owned(), NamerReference::to_string);
            args.push(lit(namer));
        }
        let call = ScalarFunction::new_udf(Arc::clone(&self.deferred), args);
        Ok(ExprSimplifyResult::Simplified(Expr::ScalarFunction(call)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let namer = match args.args.get(2) {
            Some(argument) => literal_namer(argument)?,
            None => self
                .default_namer
                .clone()
                .unwrap_or_else(NamerReference::extractive),
        };
        let arrays = ColumnarValue::values_to_arrays(&args.args[..2])?;
        let names = name_rows(&self.artefacts, &namer, &arrays[0], &arrays[1])?;
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&names, 0)?))
    }
}

/// `name_journey_async(titles, concepts, namer)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct NameJourneyAsync {
    signature: Signature,
    artefacts: Shared<Artefacts>,
}

impl NameJourneyAsync {
    /// The function, ready to register.
    pub fn udf(artefacts: &Shared<Artefacts>) -> ScalarUDF {
        // Asynchronous functions do not coerce; `name_journey` has done it before it becomes this.
        let signature = Signature::any(3, Volatility::Immutable);
        AsyncScalarUDF::new(Arc::new(Self {
            signature,
            artefacts: artefacts.clone(),
        }))
        .into_scalar_udf()
    }
}

impl ScalarUDFImpl for NameJourneyAsync {
    fn name(&self) -> &'static str {
        "name_journey_async"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(name_fields()))
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!(
            "name_journey_async runs only where DataFusion plans asynchronous functions: SELECT and WHERE"
        )
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for NameJourneyAsync {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let namer = literal_namer(&args.args[2])?;
        let titles = args.args[0].to_array(args.number_rows)?;
        let concepts = args.args[1].to_array(args.number_rows)?;
        let artefacts = self.artefacts.clone();
        let names = SpawnedTask::spawn_blocking(move || name_rows(&artefacts, &namer, &titles, &concepts))
            .await
            .map_err(|error| datafusion::error::DataFusionError::ExecutionJoin(Box::new(error)))??;
        Ok(ColumnarValue::Array(Arc::new(names)))
    }
}

fn literal_namer(argument: &ColumnarValue) -> Result<NamerReference> {
    let text = match argument {
        ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) => text.clone(),
        ColumnarValue::Array(array) if !array.is_empty() && array.data_type() == &DataType::Utf8 => {
            array.as_string::<i32>().value(0).to_owned()
        }
        _ => {
            return Err(FunctionError::NotLiteral {
                function: "name_journey",
                position: 3,
            }
            .into());
        }
    };
    Ok(NamerReference::parse(&text)?)
}

fn name_rows(
    artefacts: &Artefacts,
    reference: &NamerReference,
    titles: &ArrayRef,
    concepts: &ArrayRef,
) -> Result<StructArray, FunctionError> {
    let namer = artefacts
        .models()
        .namer(reference)
        .map_err(FunctionError::Inference)?;
    let (titles, concepts): (&ListArray, &ListArray) = (titles.as_list(), concepts.as_list());
    let inputs: Vec<NamingInput> = (0..titles.len())
        .map(|row| NamingInput {
            titles: texts_at(titles, row),
            concepts: texts_at(concepts, row),
        })
        .collect();
    let mut names: Vec<JourneyName> = Vec::with_capacity(inputs.len());
    let at_once = if reference.model.is_some() {
        JOURNEYS_PER_CALL
    } else {
        JOURNEYS_PER_EXTRACTIVE_CALL
    };
    for chunk in inputs.chunks(at_once) {
        artefacts.check_stopped()?;
        hold_point("name:call");
        let named = in_halves(chunk, &|part| namer.name(part)).map_err(FunctionError::Inference)?;
        artefacts.add_names(&named);
        names.extend(named);
    }
    let flags: Vec<Vec<String>> = names.iter().map(|name| name.flags.clone()).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(names.iter().map(|name| &name.name))),
        Arc::new(StringArray::from_iter_values(
            names.iter().map(|name| name.source.as_str()),
        )),
        Arc::new(Float32Array::from_iter_values(
            names.iter().map(|name| name.score),
        )),
        Arc::new(text_lists(&flags)),
    ];
    Ok(StructArray::new(name_fields(), columns, None))
}

/// Names of a batch. Where a model fails, perhaps for lack of memory, the halves are tried, down to single journeys; the
/// error of one that fails alone is the error.
fn in_halves(
    inputs: &[NamingInput],
    name: &dyn Fn(&[NamingInput]) -> Result<Vec<JourneyName>, InferenceError>,
) -> Result<Vec<JourneyName>, InferenceError> {
    match name(inputs) {
        Err(InferenceError::Model {
            model,
            operation,
            source,
        }) if inputs.len() > 1 => {
            tracing::warn!(
                model,
                operation,
                journeys = inputs.len(),
                error = source.to_string(),
                "a model call failed; trying half of it"
            );
            let (first, second) = inputs.split_at(inputs.len().div_ceil(2));
            let mut names = in_halves(first, name)?;
            names.extend(in_halves(second, name)?);
            Ok(names)
        }
        named => named,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use wayfare_inference::Namer;

    use super::*;

    fn journeys(count: usize) -> Vec<NamingInput> {
        (0..count)
            .map(|index| NamingInput {
                titles: vec![format!("Thing {index}")],
                concepts: vec![format!("concept{index}")],
            })
            .collect()
    }

    /// Fails for more than `most` journeys at once; notes the sizes that it was asked for.
    fn limited(
        inputs: &[NamingInput],
        most: usize,
        sizes: &RefCell<Vec<usize>>,
    ) -> Result<Vec<JourneyName>, InferenceError> {
        sizes.borrow_mut().push(inputs.len());
        if inputs.len() > most {
            return Err(InferenceError::Model {
                model: "small".to_owned(),
                operation: "names",
                source: "out of memory".into(),
            });
        }
        Namer::extractive().name(inputs)
    }

    #[test]
    fn a_batch_that_is_too_large_is_named_in_halves() -> Result<(), InferenceError> {
        let inputs = journeys(11);
        let expected = Namer::extractive().name(&inputs)?;
        for most in [1, 2, 3, 5, 11] {
            let sizes = RefCell::default();
            let names = in_halves(&inputs, &|part| limited(part, most, &sizes))?;
            assert_eq!(names, expected, "at most {most}");
        }
        Ok(())
    }

    #[test]
    fn the_first_journey_that_fails_alone_is_the_end() {
        let sizes = RefCell::default();
        let failed = in_halves(&journeys(16), &|part| limited(part, 0, &sizes));
        assert!(matches!(failed, Err(InferenceError::Model { .. })));
        assert_eq!(*sizes.borrow(), [16, 8, 4, 2, 1]);
    }

    #[test]
    fn a_broken_contract_is_not_tried_again() {
        let calls = RefCell::new(0);
        let failed = in_halves(&journeys(4), &|_| {
            *calls.borrow_mut() += 1;
            Err(InferenceError::ResultCount {
                model: "odd".to_owned(),
                expected: 4,
                actual: 3,
            })
        });
        assert!(failed.is_err());
        assert_eq!(*calls.borrow(), 1);
    }
}
