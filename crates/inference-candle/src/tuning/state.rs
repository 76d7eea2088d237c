//! What a run has seen: losses, the looks at the held-out examples, and the best values.

use serde::Serialize;

/// A mean loss over some examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Loss {
    /// Mean of minus the natural logarithm of the probability, over all tokens of names and their ends.
    pub with_end: f64,
    /// The same without the ends: what a name costs, however texts after it look.
    pub name: f64,
    /// Tokens, the ends included.
    pub tokens: usize,
}

/// Losses that are being added up.
#[derive(Debug, Default)]
pub(super) struct Sums {
    with_end: f64,
    name: f64,
    tokens: usize,
    names: usize,
}

impl Sums {
    /// The losses of an example's tokens, of which the last ends the name.
    pub(super) fn add(&mut self, losses: &[f32]) {
        let sum = |losses: &[f32]| losses.iter().map(|&loss| f64::from(loss)).sum::<f64>();
        self.with_end += sum(losses);
        self.name += sum(&losses[..losses.len() - 1]);
        self.tokens += losses.len();
        self.names += 1;
    }

    pub(super) fn loss(&self) -> Loss {
        Loss {
            with_end: self.with_end / self.tokens.max(1) as f64,
            name: self.name / self.tokens.saturating_sub(self.names).max(1) as f64,
            tokens: self.tokens,
        }
    }
}

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
