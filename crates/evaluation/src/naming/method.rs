//! What every way of naming journeys must offer to be compared with the others.

use std::fmt;

use serde_json::Value;
use wayfare_inference::{InferenceError, NamingInput};

use super::journeys::Journey;
use crate::error::EvaluationError;

/// A name as a method gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenName {
    /// Possibly empty: then it scores nothing.
    pub name: String,
    /// Whether it is of the journey's own words instead of the model's; none where the method has no such choice.
    pub fell_back: Option<bool>,
}

impl From<String> for GivenName {
    fn from(name: String) -> Self {
        Self {
            name,
            fell_back: None,
        }
    }
}

/// A way of naming journeys.
pub trait Method: fmt::Debug {
    /// The name on the command line and in reports.
    fn name(&self) -> String;

    /// What decides its names, as a JSON object.
    fn parameters(&self) -> Value;

    /// One name per input, in their order; a name must not depend on the other inputs.
    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError>;
}

/// The method's names, of which there is one per journey.
pub fn named(method: &dyn Method, journeys: &[&Journey<'_>]) -> Result<Vec<GivenName>, EvaluationError> {
    let inputs: Vec<&NamingInput> = journeys.iter().map(|journey| &journey.input).collect();
    let names = method
        .name_all(&inputs)
        .map_err(|source| EvaluationError::Inference {
            what: format!("method {}", method.name()),
            source,
        })?;
    if names.len() == journeys.len() {
        return Ok(names);
    }
    Err(EvaluationError::Names {
        method: method.name(),
        expected: journeys.len(),
        found: names.len(),
    })
}
