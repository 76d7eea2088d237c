//! The values that are trained: how they begin, how they enter a pass, and the adapter that they make.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var};

use super::decoder::{Applied, Decoder};
use super::error::TuningError;
use super::operations::values;
use super::options::TuningMethod;
use super::random::Random;
use crate::adapter::{AdapterKind, LowRankPair, Module};

/// Streams of the seed.
const START_STREAM: u64 = 1 << 32;

/// The variables and what each is.
#[derive(Debug)]
pub(super) struct Trainable {
    parts: Vec<Part>,
    variables: Vec<Var>,
    scale: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    SoftPrompt,
    Down(usize, Module),
    Up(usize, Module),
}

impl Trainable {
    /// Values to begin with. `words` are tokens to fill up a soft prompt with.
    pub(super) fn new(
        method: &TuningMethod,
        decoder: &Decoder,
        text: &[u32],
        words: &[u32],
        seed: u64,
    ) -> std::result::Result<Self, TuningError> {
        match method {
            TuningMethod::SoftPrompt { tokens, .. } => Self::soft_prompt(*tokens, decoder, text, words, seed),
            TuningMethod::LowRank {
                rank,
                alpha,
                modules,
                last_layers,
            } => {
                let modules = TuningMethod::modules(modules)?;
                let option = |name, value: usize, expected| TuningError::Option {
                    name,
                    value: value.to_string(),
                    expected,
                };
                if *rank == 0 {
                    return Err(option("rank", *rank, "1 or more"));
                }
                if !(1..=decoder.base.layers).contains(last_layers) {
                    return Err(option(
                        "last-layers",
                        *last_layers,
                        "1 or more, and no more than the model has",
                    ));
                }
                Self::low_rank(*rank, *alpha, &modules, *last_layers, decoder, seed)
            }
        }
    }

    fn soft_prompt(
        tokens: usize,
        decoder: &Decoder,
        text: &[u32],
        words: &[u32],
        seed: u64,
    ) -> std::result::Result<Self, TuningError> {
        let filler = if words.is_empty() { text } else { words };
        if tokens == 0 || filler.is_empty() {
            return Err(TuningError::Option {
                name: "virtual-tokens",
                value: tokens.to_string(),
                expected: "1 or more",
            });
        }
        let mut random = Random::new(seed, START_STREAM);
        let start: Vec<u32> = (0..tokens)
            .map(|place| match text.get(place) {
                Some(token) => *token,
                None => filler[random.below(filler.len())],
            })
            .collect();
        Ok(Self {
            parts: vec![Part::SoftPrompt],
            variables: vec![Var::from_tensor(&decoder.embed(&start)?)?],
            scale: 1.0,
        })
    }

    fn low_rank(
        rank: usize,
        alpha: f32,
        modules: &[Module],
        last_layers: usize,
        decoder: &Decoder,
        seed: u64,
    ) -> std::result::Result<Self, TuningError> {
        let mut trainable = Self {
            parts: Vec::new(),
            variables: Vec::new(),
            scale: alpha / rank as f32,
        };
        for layer in decoder.base.layers - last_layers..decoder.base.layers {
            for &module in modules {
                let (outputs, inputs) = decoder.base.shape(module);
                let mut random = Random::new(seed, START_STREAM + trainable.parts.len() as u64);
                let deviation = 1.0 / (inputs as f32).sqrt();
                let down = (0..rank * inputs).map(|_| deviation * random.normal()).collect();
                trainable.add(Part::Down(layer, module), down, (rank, inputs))?;
                trainable.add(
                    Part::Up(layer, module),
                    vec![0.0; outputs * rank],
                    (outputs, rank),
                )?;
            }
        }
        if trainable.parts.is_empty() {
            return Err(TuningError::Option {
                name: "modules",
                value: "empty".to_owned(),
                expected: "one or more",
            });
        }
        Ok(trainable)
    }

    fn add(&mut self, part: Part, values: Vec<f32>, shape: (usize, usize)) -> Result<()> {
        // A module that is named twice is one module.
        if !self.parts.contains(&part) {
            self.parts.push(part);
            self.variables.push(Var::from_vec(values, shape, &Device::Cpu)?);
        }
        Ok(())
    }

    /// The variables for a pass; without `tracked`, nothing is remembered for gradients.
    pub(super) fn applied(&self, tracked: bool) -> Applied {
        let tensors: Vec<Tensor> = self
            .variables
            .iter()
            .map(|variable| {
                if tracked {
                    variable.as_tensor().clone()
                } else {
                    variable.as_detached_tensor()
                }
            })
            .collect();
        let mut applied = Applied {
            scale: f64::from(self.scale),
            ..Applied::default()
        };
        for (part, tensor) in self.parts.iter().zip(&tensors) {
            match part {
                Part::SoftPrompt => applied.soft_prompt = Some(tensor.clone()),
                Part::Down(layer, module) => {
                    applied
                        .pairs
                        .insert((*layer, *module), (tensor.clone(), tensor.clone()));
                }
                Part::Up(layer, module) => {
                    if let Some(pair) = applied.pairs.get_mut(&(*layer, *module)) {
                        pair.1 = tensor.clone();
                    }
                }
            }
        }
        applied
    }

    /// The gradient of each variable.
    pub(super) fn gradients(&self, loss: &Tensor) -> Result<Vec<Vec<f32>>> {
        let gradients = loss.backward()?;
        self.variables
            .iter()
            .map(|variable| match gradients.get(variable.as_tensor()) {
                Some(gradient) => values(gradient),
                None => Ok(vec![0.0; variable.elem_count()]),
            })
            .collect()
    }

    pub(super) fn values(&self) -> Result<Vec<Vec<f32>>> {
        self.variables
            .iter()
            .map(|variable| values(variable.as_tensor()))
            .collect()
    }

    /// `values` in the form that [`Trainable::values`] gives.
    pub(super) fn set(&self, values: &[Vec<f32>]) -> Result<()> {
        for (variable, values) in self.variables.iter().zip(values) {
            variable.set(&Tensor::from_slice(values, variable.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    /// The adapter that has these values.
    pub(super) fn adapter_kind(&self, values: &[Vec<f32>]) -> Result<AdapterKind> {
        let tensors = self
            .variables
            .iter()
            .zip(values)
            .map(|(variable, values)| Tensor::from_slice(values, variable.shape(), &Device::Cpu))
            .collect::<Result<Vec<_>>>()?;
        let mut pairs: BTreeMap<(usize, Module), LowRankPair> = BTreeMap::new();
        for (part, tensor) in self.parts.iter().zip(tensors) {
            match part {
                Part::SoftPrompt => return Ok(AdapterKind::SoftPrompt(tensor)),
                Part::Down(layer, module) => {
                    let up = tensor.clone();
                    pairs.insert((*layer, *module), LowRankPair { down: tensor, up });
                }
                Part::Up(layer, module) => {
                    if let Some(pair) = pairs.get_mut(&(*layer, *module)) {
                        pair.up = tensor;
                    }
                }
            }
        }
        Ok(AdapterKind::LowRank {
            scale: self.scale,
            pairs,
        })
    }
}
