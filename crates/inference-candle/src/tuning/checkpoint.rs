//! A run's state between two looks at the held-out examples, and as a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Tensor;
use candle_core::safetensors::Load;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::TuningError;
use super::operations::values as tensor_values;
use super::optimizer::Moments;
use super::training::Loss;
use crate::adapter::write_whole;
use crate::caught::caught;
use crate::error::ModelError;
use crate::verify::read_file;

const ENTRY: &str = "wayfare_checkpoint";

/// How far a run is, beside its values and their moments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) step: usize,
    /// Steps taken before each look, and what was seen.
    pub(super) looks: Vec<(usize, Loss)>,
    /// The values at the lowest held-out loss.
    pub(super) best_values: Vec<Vec<f32>>,
}

impl State {
    pub(super) fn new(values: Vec<Vec<f32>>) -> Self {
        Self {
            step: 0,
            looks: Vec::new(),
            best_values: values,
        }
    }

    /// The lowest held-out loss so far.
    pub(super) fn best(&self) -> Option<Loss> {
        self.looks
            .iter()
            .map(|(_, loss)| *loss)
            .min_by(|left, right| left.with_end.total_cmp(&right.with_end))
    }

    /// Looks after the one with the lowest loss.
    pub(super) fn looks_since_best(&self) -> usize {
        let best = self.best();
        let at = self.looks.iter().position(|(_, loss)| Some(*loss) == best);
        at.map_or(0, |at| self.looks.len() - 1 - at)
    }

    /// Returns whether the loss is the lowest; then its values are kept.
    pub(super) fn add_look(&mut self, loss: Loss, values: &[Vec<f32>]) -> bool {
        let is_best = self.best().is_none_or(|best| loss.with_end < best.with_end);
        if is_best {
            self.best_values = values.to_vec();
        }
        self.looks.push((self.step, loss));
        is_best
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    identity: Value,
    step: usize,
    looks: Vec<(usize, Loss)>,
}

/// Each group of values, in a fixed order of names.
const GROUPS: [&str; 4] = ["values", "first_moment", "second_moment", "best_values"];

/// Writes in one move; an earlier checkpoint stays until the new one is whole.
pub(super) fn write(
    path: &Path,
    identity: &Value,
    values: &[Vec<f32>],
    moments: &Moments,
    state: &State,
) -> Result<(), TuningError> {
    let header = serde_json::to_string(&Header {
        identity: identity.clone(),
        step: state.step,
        looks: state.looks.clone(),
    });
    let header = header.map_err(|error| unusable(path, error.to_string()))?;
    let groups = [
        values,
        moments.first.as_slice(),
        moments.second.as_slice(),
        state.best_values.as_slice(),
    ];
    let mut tensors = Vec::new();
    for (name, group) in GROUPS.into_iter().zip(groups) {
        for (index, values) in group.iter().enumerate() {
            let tensor = Tensor::from_slice(values, values.len(), &candle_core::Device::Cpu)?;
            tensors.push((format!("{name}.{index}"), tensor));
        }
    }
    let bytes = safetensors::serialize(tensors, Some(HashMap::from([(ENTRY.to_owned(), header)])))
        .map_err(|error| unusable(path, error.to_string()))?;
    Ok(write_whole(path, &bytes)?)
}

/// The values, their moments and the state; `form` has as many values as are expected.
pub(super) fn read(
    path: &Path,
    identity: &Value,
    form: &[Vec<f32>],
) -> Result<(Vec<Vec<f32>>, Moments, State), TuningError> {
    let bytes = read_file(path)?;
    let header = caught(path, || header(path, &bytes))?;
    if let Some(what) = difference(&header.identity, identity) {
        return Err(TuningError::OtherRun {
            path: path.to_owned(),
            what,
        });
    }
    let mut groups = caught(path, || {
        GROUPS
            .into_iter()
            .map(|name| group(&bytes, name, form).map_err(|reason| unusable(path, reason)))
            .collect::<Result<Vec<_>, _>>()
    })?
    .into_iter();
    let mut next = || groups.next().unwrap_or_default();
    let values = next();
    let moments = Moments {
        first: next(),
        second: next(),
    };
    let state = State {
        step: header.step,
        looks: header.looks,
        best_values: next(),
    };
    Ok((values, moments, state))
}

fn unusable(path: &Path, reason: String) -> ModelError {
    ModelError::Format {
        path: path.to_owned(),
        reason,
    }
}

fn header(path: &Path, bytes: &[u8]) -> Result<Header, ModelError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| unusable(path, format!("not a readable safetensors file: {error}")))?;
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY))
        .ok_or_else(|| {
            unusable(
                path,
                format!("its metadata lack `{ENTRY}`: it is not a checkpoint"),
            )
        })?;
    serde_json::from_str(header).map_err(|error| {
        unusable(
            path,
            format!("its metadata `{ENTRY}` are not understood: {error}"),
        )
    })
}

fn group(bytes: &[u8], name: &str, form: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, String> {
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("not a readable safetensors file: {error}"))?;
    form.iter()
        .enumerate()
        .map(|(index, expected)| {
            let name = format!("{name}.{index}");
            let values = tensors
                .tensor(&name)
                .map_err(|error| error.to_string())
                .and_then(|tensor| {
                    tensor
                        .load(&candle_core::Device::Cpu)
                        .and_then(|tensor| tensor_values(&tensor))
                        .map_err(|error| error.to_string())
                })
                .map_err(|error| format!("the tensor `{name}` is not usable: {error}"))?;
            if values.len() != expected.len() {
                return Err(format!(
                    "the tensor `{name}` has {} values, expected {}",
                    values.len(),
                    expected.len()
                ));
            }
            Ok(values)
        })
        .collect()
}

/// The path of the first thing that differs.
fn difference(stored: &Value, wanted: &Value) -> Option<String> {
    match (stored, wanted) {
        (Value::Object(stored), Value::Object(wanted)) => {
            let keys = wanted.keys().chain(stored.keys());
            keys.filter(|key| stored.get(*key) != wanted.get(*key))
                .map(|key| {
                    let inner = stored
                        .get(key)
                        .zip(wanted.get(key))
                        .and_then(|(stored, wanted)| difference(stored, wanted));
                    match inner {
                        Some(inner) if !inner.is_empty() => format!("{key}.{inner}"),
                        _ => key.clone(),
                    }
                })
                .next()
        }
        (stored, wanted) if stored == wanted => None,
        _ => Some(String::new()),
    }
}
