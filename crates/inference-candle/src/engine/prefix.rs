//! The part that all prompts start with: computed once, attended to by all.

use std::sync::{Arc, PoisonError};

use super::{Engine, EngineError, EngineStats, TOKENS_PER_STEP};
use crate::llama::{KvCache, Piece, Workspace};

/// A computed prefix.
#[derive(Debug)]
pub(super) struct Prefix {
    text: String,
    /// None where there is nothing before the inputs.
    cache: Option<KvCache>,
}

impl Prefix {
    pub(super) fn cache(&self) -> Option<&KvCache> {
        self.cache.as_ref()
    }

    /// Its tokens, those of a soft prompt included.
    pub(super) fn length(&self) -> usize {
        self.cache.as_ref().map_or(0, KvCache::length)
    }
}

impl Engine {
    /// Nothing is locked while the prefix is computed: a thread that waits for a lock might be the one that has to
    /// compute. Two first callers at once both compute it.
    pub(super) fn prefix(&self, text: &str) -> Result<Arc<Prefix>, EngineError> {
        let known = self.prefix.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(prefix) = known.filter(|prefix| prefix.text == text) {
            return Ok(prefix);
        }
        let tokens = self.prefix_tokens(text)?;
        self.check_length(tokens.len())?;
        let prefix = Arc::new(Prefix {
            text: text.to_owned(),
            cache: (!tokens.is_empty()).then(|| self.compute_prefix(&tokens)),
        });
        *self.prefix.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&prefix));
        Ok(prefix)
    }

    /// The vectors of a soft prompt, the mark that the model wants before every text, and the text.
    fn prefix_tokens(&self, text: &str) -> Result<Vec<u32>, EngineError> {
        let own = self.tokenizer.encode_template(text)?;
        let mark = self.tokenizer.first().filter(|first| own.first() != Some(first));
        Ok(self.model.virtual_tokens().chain(mark).chain(own).collect())
    }

    fn compute_prefix(&self, tokens: &[u32]) -> KvCache {
        let mut caches = [KvCache::new(self.model.shape().cache(), tokens.len())];
        let mut work = Workspace::default();
        let mut stats = EngineStats::default();
        let mut first_position = 0;
        for part in tokens.chunks(TOKENS_PER_STEP) {
            let piece = Piece {
                cache: 0,
                parent: None,
                tokens: 0..part.len(),
                first_position,
            };
            self.model
                .extend(part, std::slice::from_ref(&piece), None, &mut caches, &mut work);
            stats.add_step(part.len());
            first_position += part.len();
        }
        stats.prefix_tokens = tokens.len() as u64;
        stats.real_tokens = tokens.len() as u64;
        self.count(stats);
        let [cache] = caches;
        cache
    }
}
