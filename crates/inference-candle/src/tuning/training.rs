//! The run: steps over shuffled examples, looks at held-out ones, and the best values seen.

use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::checkpoint;
use super::decoder::{Applied, Decoder, MOST_POSITIONS};
use super::error::TuningError;
use super::examples::{TrainingExample, TuningModel};
use super::operations::values;
use super::optimizer::{Moments, clip};
use super::options::{TuningMethod, TuningOptions};
use super::random::Random;
use super::state::{Loss, State, Sums};
use super::trainable::Trainable;
use crate::adapter::Adapter;

/// Examples whose graphs exist at the same time, whatever the number of threads: what a run needs beside the weights.
const EXAMPLES_AT_ONCE: usize = 4;

/// What happened in a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TuningEvent {
    /// A step was taken.
    Step {
        /// Counted from 1.
        step: usize,
        /// Mean loss per token of the step's examples, before the step.
        loss: f64,
        /// Length of the gradient before it was shortened.
        gradient_norm: f64,
        /// The step's learning rate.
        learning_rate: f64,
    },
    /// The held-out examples were looked at, and a checkpoint was written if one was asked for.
    HeldOut {
        /// Steps taken before.
        step: usize,
        /// Their loss.
        loss: Loss,
        /// Whether it is the lowest so far.
        is_best: bool,
    },
}

/// A run of training.
#[derive(Debug)]
pub struct Tuner<'a> {
    decoder: &'a Decoder,
    method: TuningMethod,
    options: TuningOptions,
    train: Vec<TrainingExample>,
    held_out: Vec<TrainingExample>,
    trainable: Trainable,
    moments: Moments,
    state: State,
}

impl<'a> Tuner<'a> {
    /// A run at its beginning.
    pub fn new(
        model: &'a TuningModel,
        method: TuningMethod,
        options: TuningOptions,
        train: Vec<TrainingExample>,
        held_out: Vec<TrainingExample>,
    ) -> Result<Self, TuningError> {
        let text = match &method {
            TuningMethod::SoftPrompt { text, .. } => text.as_str(),
            TuningMethod::LowRank { .. } => "",
        };
        let text = model
            .tokenizer
            .encode_text(text)
            .map_err(|source| TuningError::Tokenizer { source })?;
        Self::of_decoder(&model.decoder, &text, method, options, [train, held_out])
    }

    fn of_decoder(
        decoder: &'a Decoder,
        text: &[u32],
        method: TuningMethod,
        options: TuningOptions,
        [train, held_out]: [Vec<TrainingExample>; 2],
    ) -> Result<Self, TuningError> {
        options.check()?;
        for (what, examples) in [("training", &train), ("held-out", &held_out)] {
            if examples.is_empty() {
                return Err(TuningError::NoExamples { what });
            }
        }
        let virtual_tokens = match &method {
            TuningMethod::SoftPrompt { tokens, .. } => *tokens,
            TuningMethod::LowRank { .. } => 0,
        };
        let longest = train.iter().chain(&held_out).map(TrainingExample::tokens).max();
        let tokens = virtual_tokens + longest.unwrap_or_default();
        if tokens > MOST_POSITIONS {
            return Err(TuningError::TooLong {
                tokens,
                most: MOST_POSITIONS,
            });
        }
        let words: Vec<u32> = train.iter().flat_map(|example| example.target.clone()).collect();
        let trainable = Trainable::new(&method, decoder, text, &words, options.seed)?;
        let start = trainable.values()?;
        Ok(Self {
            moments: Moments::of(&start),
            state: State::new(start),
            decoder,
            method,
            options,
            train,
            held_out,
            trainable,
        })
    }

    /// Goes on where the run that wrote the checkpoint stopped: the result is that of one run without a break.
    pub fn resume(&mut self, path: &Path) -> Result<(), TuningError> {
        let (values, moments, state) = checkpoint::read(path, &self.identity(), &self.trainable.values()?)?;
        self.trainable.set(&values)?;
        self.moments = moments;
        self.state = state;
        Ok(())
    }

    /// Trains until the steps are done or patience is at its end. Every look at the held-out examples writes the state to
    /// `checkpoint`. Returns the lowest held-out loss.
    pub fn run(
        &mut self,
        checkpoint: Option<&Path>,
        observe: &mut dyn FnMut(TuningEvent),
    ) -> Result<Loss, TuningError> {
        if self.state.looks.is_empty() {
            self.look(checkpoint, observe)?;
        }
        while self.state.step < self.options.steps && self.state.looks_since_best() < self.options.patience {
            observe(self.step()?);
            if self.state.step.is_multiple_of(self.options.held_out_every)
                || self.state.step == self.options.steps
            {
                self.look(checkpoint, observe)?;
            }
        }
        self.state
            .best()
            .ok_or(TuningError::NoExamples { what: "held-out" })
    }

    /// Steps taken so far, those before a checkpoint included.
    pub fn steps(&self) -> usize {
        self.state.step
    }

    /// Held-out losses so far, with the steps taken before each.
    pub fn looks(&self) -> &[(usize, Loss)] {
        &self.state.looks
    }

    /// Number of trained values.
    pub fn trained_values(&self) -> usize {
        self.state.best_values.iter().map(Vec::len).sum()
    }

    /// The adapter with the lowest held-out loss; `prompt` names the prompt of the examples.
    pub fn adapter(&self, prompt: &str, more: &Value) -> Result<Adapter, TuningError> {
        Ok(Adapter {
            kind: self.trainable.adapter_kind(&self.state.best_values)?,
            base_sha256: self.decoder.base.sha256.clone(),
            prompt: prompt.to_owned(),
            configuration: json!({
                "method": self.method,
                "options": self.options,
                "steps_taken": self.state.step,
                "held_out_loss": self.state.best(),
                "examples": more,
            }),
        })
    }

    /// The loss of some examples: with the current values, or with the base model alone.
    pub fn loss(&self, examples: &[TrainingExample], base_alone: bool) -> Result<Loss, TuningError> {
        let applied = if base_alone {
            Applied::default()
        } else {
            self.trainable.applied(false)
        };
        let mut sums = Sums::default();
        for group in examples.chunks(EXAMPLES_AT_ONCE) {
            let losses = group
                .par_iter()
                .map(|example| {
                    let losses = self.decoder.losses(&applied, &example.prompt, &example.target)?;
                    values(&losses)
                })
                .collect::<candle_core::Result<Vec<_>>>()?;
            losses.iter().for_each(|losses| sums.add(losses));
        }
        Ok(sums.loss())
    }

    fn look(
        &mut self,
        checkpoint: Option<&Path>,
        observe: &mut dyn FnMut(TuningEvent),
    ) -> Result<(), TuningError> {
        let loss = self.loss(&self.held_out, false)?;
        let values = self.trainable.values()?;
        let is_best = self.state.add_look(loss, &values);
        if let Some(path) = checkpoint {
            checkpoint::write(path, &self.identity(), &values, &self.moments, &self.state)?;
        }
        observe(TuningEvent::HeldOut {
            step: self.state.step,
            loss,
            is_best,
        });
        Ok(())
    }

    fn step(&mut self) -> Result<TuningEvent, TuningError> {
        let step = self.state.step + 1;
        let applied = self.trainable.applied(true);
        let mut sums = Sums::default();
        let mut gradients: Vec<Vec<f32>> = Vec::new();
        for group in self.batch(self.state.step).chunks(EXAMPLES_AT_ONCE) {
            let parts = group
                .par_iter()
                .map(|&index| {
                    let example = &self.train[index];
                    let losses = self.decoder.losses(&applied, &example.prompt, &example.target)?;
                    let gradients = self.trainable.gradients(&losses.sum_all()?)?;
                    Ok((values(&losses)?, gradients))
                })
                .collect::<candle_core::Result<Vec<_>>>()?;
            // Summed in the order of the examples, whoever was first.
            for (losses, part) in parts {
                sums.add(&losses);
                if gradients.is_empty() {
                    gradients = part;
                } else {
                    add(&mut gradients, &part);
                }
            }
        }
        let loss = sums.loss();
        scale(&mut gradients, 1.0 / loss.tokens.max(1) as f32);
        let gradient_norm = clip(&mut gradients, self.options.most_gradient_norm);
        if !loss.with_end.is_finite() || !gradient_norm.is_finite() {
            return Err(TuningError::Diverged { step });
        }
        let learning_rate = self.options.learning_rate_of(step);
        let mut values = self.trainable.values()?;
        self.moments.step(
            &mut values,
            &gradients,
            step,
            learning_rate,
            self.options.weight_decay,
        );
        self.trainable.set(&values)?;
        self.state.step = step;
        Ok(TuningEvent::Step {
            step,
            loss: loss.with_end,
            gradient_norm,
            learning_rate,
        })
    }

    /// The examples of a step, counted from 0: a function of the seed alone, so that a resumed run meets the same ones.
    fn batch(&self, step: usize) -> Vec<usize> {
        let count = self.train.len();
        let mut batch = Vec::with_capacity(self.options.batch);
        let mut shuffled: Option<(usize, Vec<usize>)> = None;
        for position in step * self.options.batch..(step + 1) * self.options.batch {
            let epoch = position / count;
            if shuffled.as_ref().is_none_or(|(of, _)| *of != epoch) {
                shuffled = Some((epoch, Random::new(self.options.seed, epoch as u64).order(count)));
            }
            batch.extend(shuffled.as_ref().map(|(_, order)| order[position % count]));
        }
        batch
    }

    /// What has to be equal for a run to go on with another's state.
    fn identity(&self) -> Value {
        let digest = |examples: &[TrainingExample]| {
            let bytes: Vec<u8> = examples
                .iter()
                .flat_map(|example| example.prompt.iter().chain([&u32::MAX]).chain(&example.target))
                .flat_map(|token| token.to_le_bytes())
                .collect();
            crate::verify::sha256(&bytes)
        };
        json!({
            "method": self.method,
            "options": self.options,
            "base_sha256": self.decoder.base.sha256,
            "training_examples": digest(&self.train),
            "held_out_examples": digest(&self.held_out),
        })
    }
}

fn add(sums: &mut [Vec<f32>], addends: &[Vec<f32>]) {
    for (sum, addend) in sums.iter_mut().flatten().zip(addends.iter().flatten()) {
        *sum += addend;
    }
}

fn scale(values: &mut [Vec<f32>], factor: f32) {
    values.iter_mut().flatten().for_each(|value| *value *= factor);
}

#[cfg(test)]
mod tests;
