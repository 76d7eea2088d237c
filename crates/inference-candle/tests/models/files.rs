//! Damaged, wrong and missing model files: an error that says what to do, never a panic.

use proptest::prelude::*;
use tempfile::TempDir;
use wayfare_inference_candle::{
    CandleEncoder, CandleGenerator, ModelError, ModelFile, WordpieceSalience, sha256_file,
};

use crate::assets::{encoder_folder, generator_file};

/// The encoder's folder with one file's content replaced.
fn damaged_encoder(file: &str, content: &[u8]) -> ModelError {
    let folder = TempDir::new().expect("a folder");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let target = folder.path().join(name);
        if name == file {
            std::fs::write(target, content).expect("writes");
        } else {
            std::fs::copy(encoder_folder().join(name), target).expect("copies");
        }
    }
    CandleEncoder::load(folder.path()).expect_err("the damaged model is refused")
}

#[test]
fn damaged_encoder_files_are_named() {
    let config = std::fs::read_to_string(encoder_folder().join("config.json")).expect("reads");
    for (file, content) in [
        ("config.json", "{".to_owned()),
        ("config.json", config.replace("\"gelu\"", "\"relu\"")),
        (
            "config.json",
            config.replace("\"num_attention_heads\": 12", "\"num_attention_heads\": 7"),
        ),
        ("tokenizer.json", "{}".to_owned()),
        ("model.safetensors", String::new()),
        ("model.safetensors", "garbage garbage garbage".to_owned()),
    ] {
        let message = damaged_encoder(file, content.as_bytes()).to_string();
        assert!(message.contains(file), "{message}");
    }
    // The configuration promises wider layers than the weights have.
    let wider = damaged_encoder(
        "config.json",
        config
            .replace("\"intermediate_size\": 1536", "\"intermediate_size\": 1537")
            .as_bytes(),
    );
    assert!(matches!(wider, ModelError::Tensors { .. }), "{wider}");
}

#[test]
fn missing_files_are_named() {
    let folder = TempDir::new().expect("a folder");
    let missing = folder.path().join("none.gguf");
    for error in [
        CandleEncoder::load(folder.path()).expect_err("no encoder"),
        CandleGenerator::load(&missing).expect_err("no generator"),
        WordpieceSalience::load(&missing).expect_err("no vocabulary"),
        sha256_file(&missing).expect_err("no file"),
    ] {
        assert!(matches!(error, ModelError::Read { .. }), "{error}");
        assert!(
            error.to_string().contains(&folder.path().display().to_string()),
            "{error}"
        );
    }
}

#[test]
fn a_hash_is_checked_in_either_case_and_a_wrong_one_says_what_was_found() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("weights");
    std::fs::write(&path, "abc").expect("writes");
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256_file(&path).expect("hashes"), sha256);
    ModelFile {
        path: path.clone(),
        sha256: sha256.to_uppercase(),
    }
    .verify()
    .expect("the hash is right");
    let wrong = "0".repeat(64);
    let message = ModelFile {
        path: path.clone(),
        sha256: wrong.clone(),
    }
    .verify()
    .expect_err("the hash is wrong")
    .to_string();
    for part in [
        path.to_str().expect("is text"),
        sha256,
        &wrong,
        "install it again",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

fn load_generator(bytes: &[u8]) -> Result<CandleGenerator, ModelError> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("writes");
    CandleGenerator::load(&path)
}

#[test]
fn a_cut_gguf_file_is_refused() {
    let bytes = std::fs::read(generator_file()).expect("reads");
    for length in [0, 3, 4, 24, 1000, 100_000, bytes.len() / 2, bytes.len() - 1] {
        load_generator(&bytes[..length]).expect_err("a part of the file is refused");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn garbage_after_a_good_start_is_refused(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tail);
        prop_assert!(load_generator(&bytes).is_err());
    }
}
