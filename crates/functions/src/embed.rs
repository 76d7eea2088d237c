//! `embed(text)`: the unit vector of a text, from the configured encoder.
//!
//! A literal text is encoded while the query is planned, so `embed('cat food')` works wherever an expression
//! may stand. Any other text becomes `embed_async(text, encoder)`, which DataFusion plans as `AsyncFuncExec`:
//! that is how a stage is seen to need an accelerator.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use async_trait::async_trait;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
    lit,
};
use wayfare_tables::hold_point;

use crate::artefacts::Artefacts;
use crate::error::FunctionError;
use crate::list_arguments::{vector_type, vectors};
use crate::models::ModelReference;
use crate::shared::Shared;

/// Texts handed to the encoder at once; also how often progress is counted.
const TEXTS_PER_CALL: usize = 256;

/// `embed(text [, encoder])`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Embed {
    signature: Signature,
    artefacts: Shared<Artefacts>,
    default_encoder: Option<ModelReference>,
    deferred: Arc<ScalarUDF>,
}

impl Embed {
    /// `default_encoder` is written into plans whose calls name none.
    pub fn new(artefacts: &Shared<Artefacts>, default_encoder: Option<ModelReference>) -> Self {
        Self {
            signature: Signature::one_of(
                vec![
                    TypeSignature::Exact(vec![DataType::Utf8]),
                    TypeSignature::Exact(vec![DataType::Utf8, DataType::Utf8]),
                ],
                Volatility::Immutable,
            ),
            artefacts: artefacts.clone(),
            default_encoder,
            deferred: Arc::new(EmbedAsync::udf(artefacts)),
        }
    }

    fn default_encoder(&self) -> Result<&ModelReference, FunctionError> {
        self.default_encoder.as_ref().ok_or(FunctionError::NotConfigured {
            function: "embed",
            what: "an encoder",
        })
    }
}

impl ScalarUDFImpl for Embed {
    fn name(&self) -> &'static str {
        "embed"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(vector_type())
    }

    fn simplify(&self, mut args: Vec<Expr>, _info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if matches!(args[0], Expr::Literal(..)) {
            return Ok(ExprSimplifyResult::Original(args));
        }
        if args.len() == 1 {
            args.push(lit(self.default_encoder()?.to_string()));
        }
        let call = ScalarFunction::new_udf(Arc::clone(&self.deferred), args);
        Ok(ExprSimplifyResult::Simplified(Expr::ScalarFunction(call)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let reference = match args.args.get(1) {
            Some(argument) => literal_reference("embed", argument)?,
            None => self.default_encoder()?.clone(),
        };
        let ColumnarValue::Scalar(ScalarValue::Utf8(text)) = &args.args[0] else {
            return exec_err!("embed: a text that is not a literal is planned as embed_async");
        };
        let encoded = encode(&self.artefacts, &reference, &[text.as_deref()])?;
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
            &vectors(&encoded),
            0,
        )?))
    }
}

/// `embed_async(text, encoder)`: what `embed` becomes for texts that are not literals.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct EmbedAsync {
    signature: Signature,
    artefacts: Shared<Artefacts>,
}

impl EmbedAsync {
    /// The function, ready to register.
    pub fn udf(artefacts: &Shared<Artefacts>) -> ScalarUDF {
        let signature = Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable);
        AsyncScalarUDF::new(Arc::new(Self {
            signature,
            artefacts: artefacts.clone(),
        }))
        .into_scalar_udf()
    }
}

impl ScalarUDFImpl for EmbedAsync {
    fn name(&self) -> &'static str {
        "embed_async"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(vector_type())
    }

    fn invoke_with_args(&self, _args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("embed_async runs only where DataFusion plans asynchronous functions: SELECT and WHERE")
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for EmbedAsync {
    async fn invoke_async_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let reference = literal_reference("embed_async", &args.args[1])?;
        let texts = args.args[0].to_array(args.number_rows)?;
        let artefacts = self.artefacts.clone();
        // Encoding keeps every core busy; the runtime's threads have input and output to drive.
        let encoded = SpawnedTask::spawn_blocking(move || {
            let texts: Vec<Option<&str>> = texts.as_string::<i32>().iter().collect();
            encode(&artefacts, &reference, &texts)
        })
        .await
        .map_err(|error| datafusion::error::DataFusionError::ExecutionJoin(Box::new(error)))??;
        Ok(ColumnarValue::Array(Arc::new(vectors(&encoded))))
    }
}

/// One vector per text, each distinct text encoded once.
fn encode(
    artefacts: &Artefacts,
    reference: &ModelReference,
    texts: &[Option<&str>],
) -> Result<Vec<Option<Vec<f32>>>, FunctionError> {
    let encoder = artefacts
        .models()
        .encoder(reference)
        .map_err(FunctionError::Inference)?;
    let mut position_of: HashMap<&str, usize> = HashMap::new();
    let mut distinct = Vec::new();
    for text in texts.iter().flatten() {
        position_of.entry(text).or_insert_with(|| {
            distinct.push(*text);
            distinct.len() - 1
        });
    }
    let mut vectors = Vec::with_capacity(distinct.len());
    for chunk in distinct.chunks(TEXTS_PER_CALL) {
        artefacts.check_stopped()?;
        hold_point("embed:call");
        vectors.extend(encoder.encode(chunk).map_err(FunctionError::Inference)?);
        artefacts.add_texts_encoded(chunk.len());
    }
    Ok(texts
        .iter()
        .map(|text| text.map(|text| vectors[position_of[text]].clone()))
        .collect())
}

/// The model reference that a call carries as a literal.
pub(crate) fn literal_reference(function: &'static str, argument: &ColumnarValue) -> Result<ModelReference> {
    match argument {
        ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))) => Ok(ModelReference::parse(text)?),
        ColumnarValue::Array(array) if !array.is_empty() && array.data_type() == &DataType::Utf8 => {
            Ok(ModelReference::parse(array.as_string::<i32>().value(0))?)
        }
        _ => Err(FunctionError::NotLiteral {
            function,
            position: 2,
        }
        .into()),
    }
}
