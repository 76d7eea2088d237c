//! How good one name is, by measures that need no model.
//!
//! Case never counts: titles capitalise every word, and names only the first.

pub mod bm25;
pub mod character_ngrams;
pub mod chrf;
pub mod rouge_l;
mod terms;
pub mod wording;
