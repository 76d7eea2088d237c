//! The namer as a job runs it: candidates, checks, and the extractive name where all are refused.

use std::sync::Arc;

use serde_json::{Value, json};
use wayfare_inference::{InferenceError, NameSource, Namer, NamingInput};

use crate::naming::method::{GivenName, Method};

/// Journeys that a namer is given at once, as a job does.
const JOURNEYS_PER_CALL: usize = 16;

/// A namer with its model.
#[derive(Debug, Clone)]
pub struct FullNamer(pub Arc<Namer>);

impl Method for FullNamer {
    fn name(&self) -> String {
        "pipeline".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({ "namer": self.0.id() })
    }

    fn name_all(&self, inputs: &[&NamingInput]) -> Result<Vec<GivenName>, InferenceError> {
        let mut names = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(JOURNEYS_PER_CALL) {
            // A run stores inputs in this form, and names what it has stored.
            let inputs: Vec<NamingInput> = inputs.iter().map(|input| input.normalised()).collect();
            names.extend(self.0.name(&inputs)?.into_iter().map(|name| GivenName {
                fell_back: Some(name.source == NameSource::Extractive),
                name: name.name,
            }));
        }
        Ok(names)
    }
}
