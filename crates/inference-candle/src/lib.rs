//! Candle models for Wayfare: a BERT-family text encoder and a Llama-family text generator.
//!
//! Owns how the models compute and how their files are read and verified. It knows no prompts and no
//! journeys: what a name may look like is decided in `wayfare-inference`.

mod adapter;
mod bert;
mod caught;
mod elementwise;
mod encoder;
mod error;
mod generator;
mod gguf;
mod gguf_tokenizer;
mod linear;
mod llama;
mod salience;
pub mod tuning;
mod verify;

pub use adapter::{Adapter, AdapterKind, BaseModel, LowRankPair, Module, StoredAdapter};
pub use encoder::CandleEncoder;
pub use error::ModelError;
pub use generator::CandleGenerator;
pub use gguf_tokenizer::GgufTokenizer;
pub use salience::WordpieceSalience;
pub use verify::{ModelFile, sha256_file};
