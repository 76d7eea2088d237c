//! How likely given texts are after their prompts.
//!
//! A prompt is computed once and attended to by all its continuations, in the same step: they are pieces of one batch.

use rayon::prelude::*;
use wayfare_inference::PromptBatch;

use super::cache_pool::CachePool;
use super::choice::logarithm_of_total;
use super::prefix::Prefix;
use super::{Engine, EngineError, EngineStats, MOST_INPUT_TOKENS, TOKENS_PER_STEP};
use crate::llama::{Piece, Workspace};

/// Tokens whose scores for the whole vocabulary are held at a time.
const SCORED_AT_A_TIME: usize = 64;

/// An input and the alternatives for what follows it.
struct Case {
    index: usize,
    prompt: Vec<u32>,
    /// Those that have tokens, with their place among the alternatives.
    continuations: Vec<(usize, Vec<u32>)>,
}

/// A packed token, and what is asked of the scores after it.
struct Question {
    token: usize,
    /// A token, or None for the end of the text.
    next: Option<u32>,
    case: usize,
    continuation: usize,
}

impl Case {
    fn tokens(&self) -> usize {
        let continuations = self.continuations.iter().map(|(_, tokens)| tokens.len());
        self.prompt.len() + continuations.sum::<usize>()
    }
}

impl Engine {
    /// See [`wayfare_inference::Generator::score`]. The end of a text is whatever ends a generated one: the
    /// probabilities of all those tokens are added.
    pub(crate) fn score(
        &self,
        prompt: &PromptBatch<'_>,
        continuations: &[Vec<String>],
    ) -> Result<Vec<Vec<f32>>, EngineError> {
        if prompt.inputs.len() != continuations.len() {
            return Err(EngineError::MissingContinuations {
                inputs: prompt.inputs.len(),
                continuations: continuations.len(),
            });
        }
        let mut results: Vec<Vec<f32>> = continuations
            .iter()
            .map(|alternatives| vec![f32::NEG_INFINITY; alternatives.len()])
            .collect();
        if prompt.inputs.is_empty() {
            return Ok(results);
        }
        let prefix = self.prefix(prompt.prefix)?;
        let suffix = self.tokenizer.encode_template(prompt.suffix)?;
        let cases = self.cases(prompt, &suffix, continuations)?;
        let longest = cases
            .iter()
            .flat_map(|case| &case.continuations)
            .map(|(_, tokens)| tokens.len())
            .max()
            .unwrap_or_default();
        self.check_length(prefix.length() + suffix.len() + longest)?;

        let mut pool = self.cache_pool();
        let mut work = Workspace::default();
        let mut stats = EngineStats::default();
        let mut waiting = cases.as_slice();
        while !waiting.is_empty() {
            let (caches, count) = admit(waiting, &mut pool);
            let (now, later) = waiting.split_at(count);
            waiting = later;
            self.score_step(&prefix, now, &caches, &mut pool, &mut work, &mut results);
            for cache in caches.into_iter().flatten() {
                pool.give_back(cache);
            }
            let tokens = now.iter().map(Case::tokens).sum::<usize>();
            stats.add_step(tokens);
            stats.real_tokens += tokens as u64;
            stats.sequences += now.len() as u64;
        }
        stats.most_cache_bytes = pool.most_used_bytes() as u64;
        self.count(stats);
        Ok(results)
    }

    fn cases(
        &self,
        prompt: &PromptBatch<'_>,
        suffix: &[u32],
        continuations: &[Vec<String>],
    ) -> Result<Vec<Case>, EngineError> {
        let mut cases = Vec::new();
        let prompts = self.prompts(prompt.inputs, suffix)?;
        for (index, (prompt, alternatives)) in prompts.into_iter().zip(continuations).enumerate() {
            let mut of_case = Vec::new();
            for (place, text) in alternatives.iter().enumerate() {
                let tokens = self.tokenizer.encode_text(text)?;
                if tokens.len() > MOST_INPUT_TOKENS {
                    return Err(EngineError::ContinuationTooLong {
                        tokens: tokens.len(),
                        most: MOST_INPUT_TOKENS,
                    });
                }
                if !tokens.is_empty() {
                    of_case.push((place, tokens));
                }
            }
            if !of_case.is_empty() {
                cases.push(Case {
                    index,
                    prompt,
                    continuations: of_case,
                });
            }
        }
        Ok(cases)
    }

    fn score_step(
        &self,
        prefix: &Prefix,
        cases: &[Case],
        caches: &[Vec<usize>],
        pool: &mut CachePool,
        work: &mut Workspace,
        results: &mut [Vec<f32>],
    ) {
        let (tokens, pieces, questions) = layout(prefix, cases, caches);
        self.model
            .extend(&tokens, &pieces, prefix.cache(), pool.caches_mut(), work);
        let vocabulary = self.model.shape().vocabulary;
        let mut sums: Vec<Vec<f64>> = cases
            .iter()
            .map(|case| vec![0.0; case.continuations.len()])
            .collect();
        for questions in questions.chunks(SCORED_AT_A_TIME) {
            let asked: Vec<usize> = questions.iter().map(|question| question.token).collect();
            let scores = self.model.logits(&asked, work);
            let answers: Vec<f64> = questions
                .par_iter()
                .zip(scores.par_chunks_exact_mut(vocabulary))
                .map(|(question, scores)| self.log_probability(question.next, scores))
                .collect();
            for (question, answer) in questions.iter().zip(answers) {
                sums[question.case][question.continuation] += answer;
            }
        }
        for (case, sums) in cases.iter().zip(sums) {
            for ((place, tokens), sum) in case.continuations.iter().zip(sums) {
                #[expect(clippy::cast_possible_truncation, reason = "a mean of logarithms is small")]
                let mean = (sum / (tokens.len() + 1) as f64) as f32;
                results[case.index][*place] = mean;
            }
        }
    }

    fn log_probability(&self, next: Option<u32>, scores: &mut [f32]) -> f64 {
        let chosen = match next {
            Some(token) => f64::from(scores[token as usize]),
            None => {
                let size = self.tokenizer.size().min(scores.len());
                let mut ends: Vec<f32> = (0_u32..)
                    .zip(&scores[..size])
                    .filter(|&(id, _)| self.tokenizer.ends(id))
                    .map(|(_, &score)| score)
                    .collect();
                logarithm_of_total(&mut ends)
            }
        };
        chosen - logarithm_of_total(scores)
    }
}

/// Takes caches for as many cases as fit a step, at least one: of each its prompt's, then its continuations'.
fn admit(cases: &[Case], pool: &mut CachePool) -> (Vec<Vec<usize>>, usize) {
    let mut taken: Vec<Vec<usize>> = Vec::new();
    let mut tokens = 0;
    for case in cases {
        if tokens > 0 && tokens + case.tokens() > TOKENS_PER_STEP {
            break;
        }
        let lengths = std::iter::once(case.prompt.len())
            .chain(case.continuations.iter().map(|(_, tokens)| tokens.len()));
        let mut caches = Vec::new();
        for length in lengths {
            let cache = if taken.is_empty() {
                Some(pool.take_beyond(length))
            } else {
                pool.take(length)
            };
            match cache {
                Some(cache) => caches.push(cache),
                None => {
                    for cache in caches {
                        pool.give_back(cache);
                    }
                    let count = taken.len();
                    return (taken, count);
                }
            }
        }
        tokens += case.tokens();
        taken.push(caches);
    }
    let count = taken.len();
    (taken, count)
}

fn layout(prefix: &Prefix, cases: &[Case], caches: &[Vec<usize>]) -> (Vec<u32>, Vec<Piece>, Vec<Question>) {
    let mut tokens: Vec<u32> = Vec::new();
    let (mut pieces, mut questions) = (Vec::new(), Vec::new());
    for (case_index, (case, caches)) in cases.iter().zip(caches).enumerate() {
        let mut add = |cache: usize, parent: Option<usize>, own: &[u32], first_position: usize| {
            let first = tokens.len();
            tokens.extend(own);
            pieces.push(Piece {
                cache,
                parent,
                tokens: first..tokens.len(),
                first_position,
            });
            first
        };
        let start = add(caches[0], None, &case.prompt, prefix.length());
        let after_prompt = start + case.prompt.len() - 1;
        let position = prefix.length() + case.prompt.len();
        for (continuation, ((_, own), &cache)) in case.continuations.iter().zip(&caches[1..]).enumerate() {
            let first = add(cache, Some(caches[0]), own, position);
            let mut ask = |token: usize, next: Option<u32>| {
                questions.push(Question {
                    token,
                    next,
                    case: case_index,
                    continuation,
                });
            };
            ask(after_prompt, own.first().copied());
            for index in 0..own.len() {
                ask(first + index, own.get(index + 1).copied());
            }
        }
    }
    (tokens, pieces, questions)
}
