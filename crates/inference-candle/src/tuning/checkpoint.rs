//! A run's state as a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use candle_core::safetensors::Load;
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::TuningError;
use super::operations::values as tensor_values;
use super::optimizer::Moments;
use super::state::{Loss, State};
use crate::adapter::write_whole;
use crate::caught::caught;
use crate::error::ModelError;
use crate::verify::read_file;

const ENTRY: &str = "wayfare_checkpoint";

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    identity: Value,
    step: usize,
}

/// Each group of values, in a fixed order of names.
const GROUPS: [&str; 4] = ["values", "first_moment", "second_moment", "best_values"];
/// The looks; a tensor, because numbers that go through JSON may lose their last digit.
const LOOKS: &str = "looks";
/// Step, both losses, and tokens.
const NUMBERS_OF_A_LOOK: usize = 4;

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
            let tensor = Tensor::from_slice(values, values.len(), &Device::Cpu)?;
            tensors.push((format!("{name}.{index}"), tensor));
        }
    }
    let looks: Vec<f64> = state.looks.iter().flat_map(numbers).collect();
    let shape = (state.looks.len(), NUMBERS_OF_A_LOOK);
    tensors.push((LOOKS.to_owned(), Tensor::from_vec(looks, shape, &Device::Cpu)?));
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
    // The stored one went through text.
    let wanted =
        serde_json::from_str(&identity.to_string()).map_err(|error| unusable(path, error.to_string()))?;
    if let Some(what) = difference(&header.identity, &wanted) {
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
    let looks = caught(path, || looks(&bytes).map_err(|reason| unusable(path, reason)))?;
    let mut next = || groups.next().unwrap_or_default();
    let values = next();
    let moments = Moments {
        first: next(),
        second: next(),
    };
    let state = State {
        step: header.step,
        looks,
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

fn load(tensors: &SafeTensors<'_>, name: &str) -> Result<Tensor, String> {
    tensors
        .tensor(name)
        .map_err(|error| error.to_string())
        .and_then(|tensor| tensor.load(&Device::Cpu).map_err(|error| error.to_string()))
        .map_err(|error| format!("the tensor `{name}` is not usable: {error}"))
}

fn tensors(bytes: &[u8]) -> Result<SafeTensors<'_>, String> {
    SafeTensors::deserialize(bytes).map_err(|error| format!("not a readable safetensors file: {error}"))
}

fn group(bytes: &[u8], name: &str, form: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, String> {
    let tensors = tensors(bytes)?;
    form.iter()
        .enumerate()
        .map(|(index, expected)| {
            let name = format!("{name}.{index}");
            let values = tensor_values(&load(&tensors, &name)?).map_err(|error| error.to_string())?;
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

fn numbers((step, loss): &(usize, Loss)) -> [f64; NUMBERS_OF_A_LOOK] {
    [*step as f64, loss.with_end, loss.name, loss.tokens as f64]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts that were written as numbers"
)]
fn looks(bytes: &[u8]) -> Result<Vec<(usize, Loss)>, String> {
    let rows = load(&tensors(bytes)?, LOOKS)?
        .to_vec2::<f64>()
        .map_err(|error| error.to_string())?;
    rows.into_iter()
        .map(|row| match row[..] {
            [step, with_end, name, tokens] => Ok((
                step as usize,
                Loss {
                    with_end,
                    name,
                    tokens: tokens as usize,
                },
            )),
            _ => Err(format!("the tensor `{LOOKS}` has {} columns", row.len())),
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
