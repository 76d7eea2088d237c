//! Continues prompts with their likeliest tokens; sequences join while others are under way, and leave when they end.

use rayon::prelude::*;
use wayfare_inference::{Alphabet, Generation, PromptBatch};

use super::cache_pool::CachePool;
use super::choice::{Allowed, likeliest};
use super::prefix::Prefix;
use super::{Engine, EngineError, EngineStats, MOST_SEQUENCES, TOKENS_PER_STEP};
use crate::alphabet_mask::NameState;
use crate::llama::{Piece, Workspace};

/// A sequence that is under way.
struct Sequence {
    index: usize,
    cache: usize,
    /// What its next step computes: the prompt, then the token that was chosen last.
    next: Vec<u32>,
    /// The position of the first of them.
    position: usize,
    generated: Vec<u32>,
    log_probability: f64,
    prompt_tokens: usize,
    name: NameState,
    ended: bool,
}

impl Engine {
    /// See [`wayfare_inference::Generator::generate`].
    pub(crate) fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, EngineError> {
        if prompt.inputs.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = self.prefix(prompt.prefix)?;
        let suffix = self.tokenizer.encode_template(prompt.suffix)?;
        self.check_length(prefix.length() + suffix.len() + prompt.max_tokens)?;
        let mut waiting = self
            .prompts(prompt.inputs, &suffix)?
            .into_iter()
            .enumerate()
            .peekable();
        let mut generations: Vec<Option<Generation>> = vec![None; prompt.inputs.len()];
        let mut under_way: Vec<Sequence> = Vec::new();
        let mut pool = self.cache_pool();
        let mut work = Workspace::default();
        let mut stats = EngineStats::default();
        loop {
            let mut tokens = under_way.len();
            while under_way.len() < MOST_SEQUENCES {
                let Some((_, next)) = waiting.peek() else { break };
                if tokens > 0 && tokens + next.len() > TOKENS_PER_STEP {
                    break;
                }
                let Some(cache) = pool.take(next.len() + prompt.max_tokens) else {
                    break;
                };
                if let Some((index, next)) = waiting.next() {
                    tokens += next.len();
                    under_way.push(Sequence::new(index, cache, next, &prefix));
                }
            }
            if under_way.is_empty() {
                break;
            }
            self.step(prompt, &prefix, &mut under_way, &mut pool, &mut work);
            stats.add_step(tokens);
            under_way.retain_mut(|sequence| {
                if sequence.ended {
                    pool.give_back(sequence.cache);
                    stats.sequences += 1;
                    stats.generated_tokens += sequence.generated.len() as u64;
                    stats.real_tokens += sequence.own_tokens(&prefix);
                    generations[sequence.index] = Some(self.finish(sequence, prompt.alphabet));
                }
                !sequence.ended
            });
        }
        stats.most_cache_bytes = pool.most_used_bytes() as u64;
        self.count(stats);
        Ok(generations.into_iter().flatten().collect())
    }

    /// Computes what every sequence has next, and chooses its next token.
    fn step(
        &self,
        prompt: &PromptBatch<'_>,
        prefix: &Prefix,
        sequences: &mut [Sequence],
        pool: &mut CachePool,
        work: &mut Workspace,
    ) {
        let mut tokens: Vec<u32> = Vec::new();
        let mut pieces = Vec::with_capacity(sequences.len());
        let mut last_tokens = Vec::with_capacity(sequences.len());
        for sequence in sequences.iter() {
            let first = tokens.len();
            tokens.extend(&sequence.next);
            pieces.push(Piece {
                cache: sequence.cache,
                parent: None,
                tokens: first..tokens.len(),
                first_position: sequence.position,
            });
            last_tokens.push(tokens.len() - 1);
        }
        self.model
            .extend(&tokens, &pieces, prefix.cache(), pool.caches_mut(), work);
        let vocabulary = self.model.shape().vocabulary;
        let scores = self.model.logits(&last_tokens, work);
        sequences
            .par_iter_mut()
            .zip(scores.par_chunks_exact_mut(vocabulary))
            .for_each(|(sequence, scores)| self.choose(sequence, scores, prompt));
    }

    fn choose(&self, sequence: &mut Sequence, scores: &mut [f32], prompt: &PromptBatch<'_>) {
        sequence.position += sequence.next.len();
        sequence.next.clear();
        let allowed = match prompt.alphabet {
            Alphabet::Any => Allowed::Any,
            Alphabet::Name => Allowed::Name(self.mask(), &sequence.name),
        };
        let Some((token, log_probability)) = likeliest(scores, allowed, &self.tokenizer) else {
            sequence.ended = true;
            return;
        };
        sequence.generated.push(token);
        sequence.log_probability += log_probability;
        sequence.ended = self.tokenizer.ends(token) || sequence.generated.len() >= prompt.max_tokens;
        if prompt.alphabet == Alphabet::Name && !self.tokenizer.ends(token) {
            match self
                .mask()
                .after(&sequence.name, self.tokenizer.token_bytes(token))
            {
                Some(name) => sequence.name = name,
                None => sequence.ended = true,
            }
        }
        sequence.next.push(token);
    }

    fn finish(&self, sequence: &Sequence, alphabet: Alphabet) -> Generation {
        let bytes: Vec<u8> = sequence
            .generated
            .iter()
            .flat_map(|&token| self.tokenizer.token_bytes(token))
            .copied()
            .take_while(|&byte| byte != b'\n')
            .collect();
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if alphabet == Alphabet::Name {
            // Where the last token that was allowed for ended it: a full stop, or the beginning of a character.
            let kept = text.trim_end_matches(['.', char::REPLACEMENT_CHARACTER]).len();
            text.truncate(kept);
        }
        let tokens = sequence.generated.len();
        Generation {
            text,
            #[expect(clippy::cast_possible_truncation, reason = "a mean of logarithms is small")]
            mean_log_probability: (sequence.log_probability / tokens.max(1) as f64) as f32,
            tokens,
            prompt_tokens: sequence.prompt_tokens,
        }
    }
}

impl Sequence {
    fn new(index: usize, cache: usize, prompt: Vec<u32>, prefix: &Prefix) -> Self {
        Self {
            index,
            cache,
            position: prefix.length(),
            prompt_tokens: prefix.length() + prompt.len(),
            next: prompt,
            generated: Vec::new(),
            log_probability: 0.0,
            name: NameState::default(),
            ended: false,
        }
    }

    /// The tokens that had to be computed for it: the last one that was generated need not be.
    fn own_tokens(&self, prefix: &Prefix) -> u64 {
        (self.prompt_tokens - prefix.length() + self.generated.len().saturating_sub(1)) as u64
    }
}
