//! What is trained, and how.

use serde::{Deserialize, Serialize};

use super::error::TuningError;
use crate::adapter::Module;

/// What is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TuningMethod {
    /// Vectors before the prompt. They begin as the embeddings of the tokens of `text`, cut or filled up with tokens of
    /// names that are trained on.
    SoftPrompt {
        /// How many.
        tokens: usize,
        /// What they begin as.
        text: String,
    },
    /// Low-rank changes of matrices: A begins random, B as zero, so that training begins at the base model.
    LowRank {
        /// The rank of each change.
        rank: usize,
        /// Changes are multiplied with `alpha / rank`.
        alpha: f32,
        /// Names of the changed matrices of a layer, as GGUF files have them.
        modules: Vec<String>,
        /// How many layers, counted from the last; the fewer, the cheaper a step.
        last_layers: usize,
    },
}

impl TuningMethod {
    /// The modules by their names.
    pub(super) fn modules(names: &[String]) -> Result<Vec<Module>, TuningError> {
        names
            .iter()
            .map(|name| {
                Module::from_name(name).ok_or_else(|| TuningError::Option {
                    name: "modules",
                    value: name.clone(),
                    expected: "some of attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down",
                })
            })
            .collect()
    }
}

/// How it is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuningOptions {
    /// Steps of the optimiser at most.
    pub steps: usize,
    /// Examples of a step.
    pub batch: usize,
    /// The highest learning rate; it rises to it in a straight line and falls to a tenth of it along a cosine.
    pub learning_rate: f64,
    /// Steps in which the learning rate rises.
    pub warm_up_steps: usize,
    /// Pull of each value towards 0, by AdamW's rule.
    pub weight_decay: f64,
    /// Gradients that are longer are shortened to this length.
    pub most_gradient_norm: f64,
    /// Equal seeds, options, examples and base models give equal adapters.
    pub seed: u64,
    /// Steps between two looks at the held-out examples, after each of which a checkpoint is written.
    pub held_out_every: usize,
    /// Training stops after so many looks without a lower loss.
    pub patience: usize,
}

impl TuningOptions {
    pub(super) fn check(&self) -> Result<(), TuningError> {
        for (name, value) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("held-out-every", self.held_out_every),
            ("patience", self.patience),
        ] {
            if value == 0 {
                return Err(TuningError::Option {
                    name,
                    value: "0".to_owned(),
                    expected: "1 or more",
                });
            }
        }
        for (name, value) in [
            ("learning-rate", self.learning_rate),
            ("gradient norm", self.most_gradient_norm),
        ] {
            if !value.is_finite() || value <= 0.0 {
                return Err(TuningError::Option {
                    name,
                    value: value.to_string(),
                    expected: "a number above 0",
                });
            }
        }
        Ok(())
    }

    /// The learning rate of a step, counted from 1.
    pub(super) fn learning_rate_of(&self, step: usize) -> f64 {
        if step <= self.warm_up_steps {
            return self.learning_rate * step as f64 / self.warm_up_steps as f64;
        }
        let done = (step - self.warm_up_steps) as f64 / (self.steps - self.warm_up_steps).max(1) as f64;
        let height = 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos());
        self.learning_rate * (0.1 + 0.9 * height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_rises_and_falls() {
        let options = TuningOptions {
            steps: 110,
            batch: 1,
            learning_rate: 2.0,
            warm_up_steps: 10,
            weight_decay: 0.0,
            most_gradient_norm: 1.0,
            seed: 0,
            held_out_every: 1,
            patience: 1,
        };
        for (step, expected) in [(1, 0.2), (10, 2.0), (60, 1.1), (110, 0.2)] {
            let rate = options.learning_rate_of(step);
            assert!((rate - expected).abs() < 1e-9, "step {step}: {rate}");
        }
        let never_down = TuningOptions {
            warm_up_steps: 500,
            ..options
        };
        assert!((never_down.learning_rate_of(100) - 0.4).abs() < 1e-9);
    }
}
