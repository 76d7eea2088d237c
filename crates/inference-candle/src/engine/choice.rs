//! From scores of all tokens to one token and to probabilities.

use crate::alphabet_mask::{AlphabetMask, NameState};
use crate::kernel::COLUMNS;
use crate::steps::{exponential, exponentials, largest};
use crate::tokenizer::ModelTokenizer;

/// What may come next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Allowed<'a> {
    /// Any token of the tokenizer; a model may have scores for more.
    Any,
    /// What continues a name.
    Name(&'a AlphabetMask, &'a NameState),
}

/// The likeliest of the allowed tokens and the logarithm of its probability among all tokens; among equals, the lowest
/// id. None if no token is allowed. The scores are used up.
pub(super) fn likeliest(
    scores: &mut [f32],
    allowed: Allowed<'_>,
    tokenizer: &ModelTokenizer,
) -> Option<(u32, f64)> {
    let mut best: Option<(u32, f32)> = None;
    for (id, &score) in (0_u32..).zip(&scores[..tokenizer.size().min(scores.len())]) {
        if best.is_none_or(|(_, best)| score > best) {
            let fits = match allowed {
                Allowed::Any => true,
                Allowed::Name(mask, state) => mask.allows(state, mask.class(id), tokenizer.token_bytes(id)),
            };
            if fits {
                best = Some((id, score));
            }
        }
    }
    let total = logarithm_of_total(scores);
    best.map(|(id, score)| (id, f64::from(score) - total))
}

/// The logarithm of the sum of the exponentials of all scores, which are used up.
pub(super) fn logarithm_of_total(scores: &mut [f32]) -> f64 {
    let (whole, rest) = scores.split_at_mut(scores.len() / COLUMNS * COLUMNS);
    let top = rest.iter().fold(largest(whole), |top, &score| top.max(score));
    let total = exponentials(whole, top) + rest.iter().map(|score| exponential(score - top)).sum::<f32>();
    f64::from(top) + f64::from(total).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_total_is_that_of_double_precision() {
        for count in [1, 15, 16, 100] {
            let mut scores: Vec<f32> = (0..count).map(|index| (index as f32 * 1.3).sin() * 9.0).collect();
            let exact = scores
                .iter()
                .map(|&score| f64::from(score).exp())
                .sum::<f64>()
                .ln();
            assert!((logarithm_of_total(&mut scores) - exact).abs() < 1e-6, "{count}");
        }
    }
}
