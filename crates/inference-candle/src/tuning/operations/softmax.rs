//! Probabilities from scores: over the tokens that a token may look at, and over the vocabulary.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};

use super::{contiguous, values};

/// Softmax of `factor · scores` over the columns up to the row's token: `[groups, rows, tokens]`, where row `r` belongs to
/// the token `r % tokens`.
#[derive(Debug, Clone, Copy)]
pub(in crate::tuning) struct CausalSoftmax {
    pub(in crate::tuning) factor: f32,
}

impl CustomOp1 for CausalSoftmax {
    fn name(&self) -> &'static str {
        "causal softmax"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, rows, tokens) = layout.shape().dims3()?;
        if tokens == 0 || !rows.is_multiple_of(tokens) {
            bail!("{rows} rows do not belong to {tokens} tokens")
        }
        let mut weights = contiguous(scores, layout)?.to_vec();
        for (index, row) in weights.chunks_exact_mut(tokens).enumerate() {
            let (seen, later) = row.split_at_mut(index % tokens + 1);
            for score in &mut *seen {
                *score *= self.factor;
            }
            softmax(seen);
            later.fill(0.0);
        }
        Ok((CpuStorage::F32(weights), layout.shape().clone()))
    }

    fn bwd(&self, scores: &Tensor, weights: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, _, tokens) = scores.dims3()?;
        let mut results = values(gradient)?;
        for (slopes, weights) in results
            .chunks_exact_mut(tokens)
            .zip(values(weights)?.chunks_exact(tokens))
        {
            let mean: f32 = slopes
                .iter()
                .zip(weights)
                .map(|(slope, weight)| slope * weight)
                .sum();
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = self.factor * weight * (*slope - mean);
            }
        }
        Ok(Some(Tensor::from_vec(results, scores.shape(), scores.device())?))
    }
}

/// Minus the logarithm of the probability of a token, row by row: `[rows, vocabulary]` becomes `[rows]`.
#[derive(Debug, Clone)]
pub(in crate::tuning) struct NegativeLogLikelihood {
    /// The token of each row.
    pub(in crate::tuning) tokens: Vec<u32>,
}

impl CustomOp1 for NegativeLogLikelihood {
    fn name(&self) -> &'static str {
        "negative log likelihood"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocabulary) = layout.shape().dims2()?;
        if rows != self.tokens.len() || self.tokens.iter().any(|&token| token as usize >= vocabulary) {
            bail!(
                "{rows} rows of a vocabulary of {vocabulary} do not tell {} tokens",
                self.tokens.len()
            )
        }
        let results = contiguous(logits, layout)?
            .chunks_exact(vocabulary)
            .zip(&self.tokens)
            .map(|(row, &token)| negative_log_likelihood(row, token))
            .collect();
        Ok((CpuStorage::F32(results), Shape::from(rows)))
    }

    fn bwd(&self, logits: &Tensor, _result: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (_, vocabulary) = logits.dims2()?;
        let mut results = values(logits)?;
        for ((row, &token), slope) in results
            .chunks_exact_mut(vocabulary)
            .zip(&self.tokens)
            .zip(values(gradient)?)
        {
            softmax(row);
            row[token as usize] -= 1.0;
            for value in row {
                *value *= slope;
            }
        }
        Ok(Some(Tensor::from_vec(results, logits.shape(), logits.device())?))
    }
}

fn softmax(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for value in &mut *row {
        *value = (*value - most).exp();
        total += *value;
    }
    for value in row {
        *value /= total;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a logarithm is small")]
fn negative_log_likelihood(row: &[f32], token: u32) -> f32 {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = row.iter().map(|&logit| f64::from((logit - most).exp())).sum();
    (total.ln() - f64::from(row[token as usize] - most)) as f32
}
