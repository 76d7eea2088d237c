//! `salient_terms(title, text, tags, encoder)`: an item's concepts, the dimensions of the paper's "infinite"
//! concept space: unigrams and bigrams of its texts and its tags, weighted by how telling they are.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float32Array, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use wayfare_inference::{Concept, salient_terms};

use crate::artefacts::Artefacts;
use crate::embed::literal_reference;
use crate::error::FunctionError;
use crate::list_arguments::{coerce_texts, concept_fields, concepts_type, struct_lists, texts_at};
use crate::shared::Shared;

/// Concepts kept per item.
pub const CONCEPTS_PER_ITEM: usize = 12;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct SalientTerms {
    signature: Signature,
    artefacts: Shared<Artefacts>,
}

impl SalientTerms {
    /// Salience comes with the encoder that the call names.
    pub fn new(artefacts: &Shared<Artefacts>) -> Self {
        Self {
            signature: Signature::user_defined(Volatility::Immutable),
            artefacts: artefacts.clone(),
        }
    }
}

impl ScalarUDFImpl for SalientTerms {
    fn name(&self) -> &'static str {
        "salient_terms"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let [_, _, tags, _] = given else {
            return plan_err!(
                "salient_terms takes (title, text, tags, encoder), not {} arguments",
                given.len()
            );
        };
        Ok(vec![
            DataType::Utf8,
            DataType::Utf8,
            coerce_texts(self.name(), tags)?,
            DataType::Utf8,
        ])
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(concepts_type())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let reference = literal_reference("salient_terms", &args.args[3])?;
        let salience = self
            .artefacts
            .models()
            .salience(&reference)
            .map_err(FunctionError::Inference)?;
        let arrays = ColumnarValue::values_to_arrays(&args.args[..3])?;
        let (titles, texts, tags) = (
            arrays[0].as_string::<i32>(),
            arrays[1].as_string::<i32>(),
            arrays[2].as_list::<i32>(),
        );
        let rows: Vec<Vec<Concept>> = (0..titles.len())
            .map(|row| {
                let title = if titles.is_null(row) {
                    ""
                } else {
                    titles.value(row)
                };
                let text = texts.is_valid(row).then(|| texts.value(row));
                salient_terms(
                    title,
                    text,
                    &texts_at(tags, row),
                    salience.as_ref(),
                    CONCEPTS_PER_ITEM,
                )
            })
            .collect();
        let terms = StringArray::from_iter(rows.iter().flatten().map(|concept| Some(&concept.term)));
        let weights = Float32Array::from_iter_values(rows.iter().flatten().map(|concept| concept.weight));
        let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        let lists = struct_lists(
            concept_fields(),
            vec![Arc::new(terms), Arc::new(weights)],
            &lengths,
        );
        Ok(ColumnarValue::Array(Arc::new(lists)))
    }
}
