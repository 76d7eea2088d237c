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
use wayfare_inference::{JourneyName, NamingInput};
use wayfare_tables::hold_point;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::list_arguments::{coerce_texts, text_lists, texts_at, texts_type};
use crate::models::ModelReference;
use crate::shared::Shared;

/// What stands in a plan where no language model is asked for.
pub const EXTRACTIVE: &str = "extractive";
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
    default_namer: Option<ModelReference>,
    deferred: Arc<ScalarUDF>,
}

impl NameJourney {
    /// Without a default namer, names are extractive.
    pub fn new(artefacts: &Shared<Artefacts>, default_namer: Option<ModelReference>) -> Self {
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
                .map_or_else(|| EXTRACTIVE.to_owned(), ModelReference::to_string);
            args.push(lit(namer));
        }
        let call = ScalarFunction::new_udf(Arc::clone(&self.deferred), args);
        Ok(ExprSimplifyResult::Simplified(Expr::ScalarFunction(call)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let namer = match args.args.get(2) {
            Some(argument) => literal_namer(argument)?,
            None => self.default_namer.clone(),
        };
        let arrays = ColumnarValue::values_to_arrays(&args.args[..2])?;
        let names = name_rows(&self.artefacts, namer.as_ref(), &arrays[0], &arrays[1])?;
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
        let names =
            SpawnedTask::spawn_blocking(move || name_rows(&artefacts, namer.as_ref(), &titles, &concepts))
                .await
                .map_err(|error| datafusion::error::DataFusionError::ExecutionJoin(Box::new(error)))??;
        Ok(ColumnarValue::Array(Arc::new(names)))
    }
}

fn literal_namer(argument: &ColumnarValue) -> Result<Option<ModelReference>> {
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
    if text == EXTRACTIVE {
        Ok(None)
    } else {
        Ok(Some(ModelReference::parse(&text)?))
    }
}

fn name_rows(
    artefacts: &Artefacts,
    reference: Option<&ModelReference>,
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
    let at_once = reference.map_or(JOURNEYS_PER_EXTRACTIVE_CALL, |_| JOURNEYS_PER_CALL);
    for chunk in inputs.chunks(at_once) {
        artefacts.check_stopped()?;
        hold_point("name:call");
        let named = namer.name(chunk).map_err(FunctionError::Inference)?;
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
