//! Candle models for Wayfare: a BERT-family text encoder and a Llama-family text generator.
//!
//! Owns how the models compute and how their files are read and verified. It knows no prompts and no
//! journeys: what a name may look like is decided in `wayfare-inference`.

mod adapter;
mod alphabet_mask;
mod bert;
mod caught;
mod chat_template;
mod encoder;
mod engine;
mod error;
mod generator;
mod gguf;
mod kernel;
mod llama;
mod panels;
mod salience;
mod steps;
mod tokenizer;
pub mod tuning;
mod verify;
mod weights;
mod wide;

pub use adapter::{Adapter, AdapterKind, BaseModel, LowRankPair, Module, StoredAdapter};
pub use encoder::CandleEncoder;
pub use engine::EngineStats;
pub use error::ModelError;
pub use generator::CandleGenerator;
pub use salience::WordpieceSalience;
pub use tokenizer::{ModelTokenizer, ModelTokenizer as GgufTokenizer};
pub use verify::{ModelFile, sha256_file};
