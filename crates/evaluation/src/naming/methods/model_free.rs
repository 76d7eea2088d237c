//! Names that need no language model.

use serde_json::{Value, json};
use wayfare_inference::{InferenceError, NamingInput, extractive_name};

use crate::naming::method::{GivenName, Method};

/// The title of the item nearest to the centroid.
#[derive(Debug, Clone, Copy, Default)]
pub struct NearestTitle;

/// The heaviest concept.
#[derive(Debug, Clone, Copy, Default)]
pub struct TopConcept;

/// The journey's own words, as the pipeline puts them together where a model's name is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

impl Method for NearestTitle {
    fn name(&self) -> String {
        "nearest-title".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({})
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        Ok(first_of(inputs.iter().map(|input| &input.titles)))
    }
}

impl Method for TopConcept {
    fn name(&self) -> String {
        "top-concept".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({})
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        Ok(first_of(inputs.iter().map(|input| &input.concepts)))
    }
}

impl Method for Extractive {
    fn name(&self) -> String {
        "extractive".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({})
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        Ok(inputs
            .iter()
            .map(|input| extractive_name(input).0.into())
            .collect())
    }
}

fn first_of<'a>(lists: impl Iterator<Item = &'a Vec<String>>) -> Vec<GivenName> {
    lists
        .map(|list| list.first().cloned().unwrap_or_default().into())
        .collect()
}
