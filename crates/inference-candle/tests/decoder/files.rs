//! What the decoder does not compute is refused by name; tokenizers of both kinds of files agree; adapters apply.

use std::collections::BTreeMap;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use serde_json::json;
use tempfile::TempDir;
use wayfare_inference::{Alphabet, Generator, PromptBatch};
use wayfare_inference_candle::{
    Adapter, AdapterKind, CandleGenerator, LowRankPair, ModelTokenizer, Module, StoredAdapter, sha256_file,
};

use crate::tiny_model::{Family, TinyModel};
use crate::tiny_tokenizer;

#[test]
fn settings_that_are_not_computed_are_refused_by_name() {
    for (settings, part) in [
        (json!({"model_type": "gemma"}), "gemma"),
        (json!({"hidden_act": "gelu"}), "hidden_act"),
        (
            json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
            "yarn",
        ),
        (json!({"sliding_window": 64}), "window"),
        (json!({"num_key_value_heads": 3}), "key heads"),
        (json!({"vocab_size": 100}), "embed_tokens"),
        (json!({"num_hidden_layers": 3}), "model.layers.2"),
    ] {
        let folder = TempDir::new().expect("a folder");
        TinyModel::new(Family::Llama, true).write_folder(folder.path(), DType::F32, 1, &settings);
        let message = CandleGenerator::load(folder.path())
            .expect_err("is refused")
            .to_string();
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn both_tokenizers_read_texts_alike_and_strangers_write_no_control_tokens() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("model.gguf");
    let mut model = TinyModel::new(Family::Llama, true);
    model.write_gguf(&path, GgmlDType::F32, "gpt-2", true);
    std::fs::write(folder.path().join("tokenizer.json"), tiny_tokenizer::json(true)).expect("writes");
    let from_gguf = ModelTokenizer::load(&path).expect("loads");
    let from_json = ModelTokenizer::load(folder.path()).expect("loads");
    assert_eq!(from_gguf.size(), from_json.size());
    assert!(from_gguf.first().is_some());
    assert_eq!(from_gguf.first(), from_json.first());
    for text in [
        "the cat in the hat",
        " the  cats\n\n1234",
        "Amélie ½ 🎸 七人の侍",
        "don't <|im_start|> or <|im_end|>",
        "",
    ] {
        let ids = from_gguf.encode_text(text).expect("encodes");
        assert_eq!(ids, from_json.encode_text(text).expect("encodes"), "{text:?}");
        assert!(!ids.iter().any(|&id| from_json.is_control(id)), "{text:?}");
        assert_eq!(from_json.decode(&ids).expect("decodes"), text);
        let trusted = from_gguf.encode_template(text).expect("encodes");
        assert_eq!(trusted, from_json.encode_template(text).expect("encodes"));
        assert_eq!(
            trusted.iter().any(|&id| from_json.is_control(id)),
            text.contains("<|")
        );
    }
}

fn score(generator: &CandleGenerator) -> f32 {
    let inputs = vec![" hat".to_owned()];
    generator
        .score(
            &PromptBatch {
                prefix: "the cat",
                inputs: &inputs,
                suffix: ":",
                max_tokens: 4,
                alphabet: Alphabet::Any,
            },
            &[vec![" the".to_owned()]],
        )
        .expect("scores")[0][0]
}

fn stored(kind: AdapterKind, base_sha256: String) -> StoredAdapter {
    StoredAdapter {
        adapter: Adapter {
            kind,
            base_sha256,
            prompt: "test".to_owned(),
            configuration: json!({}),
        },
        sha256: "5".repeat(64),
    }
}

#[test]
fn a_low_rank_change_is_the_changed_matrix() {
    let folder = TempDir::new().expect("a folder");
    let (base, changed) = (
        folder.path().join("base.gguf"),
        folder.path().join("changed.gguf"),
    );
    let mut model = TinyModel::new(Family::Qwen2, true);
    model.write_gguf(&base, GgmlDType::F32, "gpt-2", false);
    let (rank, width) = (3, model.hidden);
    let values = |rows: usize, columns: usize, seed: usize| -> Vec<f32> {
        (0..rows * columns)
            .map(|index| ((index * 31 + seed) % 17) as f32 / 17.0 - 0.5)
            .collect()
    };
    let (down, up) = (values(rank, width, 1), values(width, rank, 5));
    let weight = &mut model
        .tensors
        .get_mut("model.layers.1.mlp.down_proj.weight")
        .expect("is there")
        .1;
    for row in 0..width {
        for column in 0..width {
            let change: f32 = (0..rank)
                .map(|index| up[row * rank + index] * down[index * width + column])
                .sum();
            weight[row * width + column] += 0.5 * change;
        }
    }
    model.write_gguf(&changed, GgmlDType::F32, "gpt-2", false);
    let tensor = |values: Vec<f32>, rows: usize, columns: usize| {
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).expect("a tensor")
    };
    let pair = LowRankPair {
        down: tensor(down, rank, width),
        up: tensor(up, width, rank),
    };
    let kind = AdapterKind::LowRank {
        scale: 0.5,
        pairs: BTreeMap::from([((1, Module::FfnDown), pair)]),
    };
    let adapter = stored(kind, sha256_file(&base).expect("hashes"));
    let adapted = CandleGenerator::load_with(&base, Some(&adapter)).expect("loads");
    let (with, written) = (
        score(&adapted),
        score(&CandleGenerator::load(&changed).expect("loads")),
    );
    let without = score(&CandleGenerator::load(&base).expect("loads"));
    assert!((with - written).abs() < 1e-4, "{with} {written}");
    assert!((with - without).abs() > 1e-3, "{with} {without}");
    assert!(adapted.id().ends_with("+lora@555555555555"), "{}", adapted.id());

    let message = CandleGenerator::load_with(&changed, Some(&adapter))
        .expect_err("is another base model")
        .to_string();
    assert!(message.contains("base model"), "{message}");
}

#[test]
fn a_soft_prompt_of_embeddings_is_the_text_of_their_tokens() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("base.gguf");
    let mut model = TinyModel::new(Family::Llama, true);
    model.write_gguf(&path, GgmlDType::F32, "gpt-2", false);
    let plain = CandleGenerator::load(&path).expect("loads");
    let tokens = ModelTokenizer::load(&path)
        .expect("loads")
        .encode_template("the cat")
        .expect("encodes");
    let embeddings = model.tensor("model.embed_tokens.weight");
    let vectors: Vec<f32> = tokens
        .iter()
        .flat_map(|&token| &embeddings[token as usize * model.hidden..][..model.hidden])
        .copied()
        .collect();
    let vectors = Tensor::from_vec(vectors, (tokens.len(), model.hidden), &Device::Cpu).expect("a tensor");
    let adapter = stored(
        AdapterKind::SoftPrompt(vectors),
        sha256_file(&path).expect("hashes"),
    );
    let tuned = CandleGenerator::load_with(&path, Some(&adapter)).expect("loads");
    assert!(
        tuned.id().ends_with("+soft-prompt@555555555555"),
        "{}",
        tuned.id()
    );
    let inputs = vec![" hat".to_owned(), " mat".to_owned()];
    let prompt = |prefix| PromptBatch {
        prefix,
        inputs: &inputs,
        suffix: ":",
        max_tokens: 5,
        alphabet: Alphabet::Any,
    };
    assert_eq!(
        tuned.generate(&prompt(" in")).expect("generates"),
        plain.generate(&prompt("the cat in")).expect("generates")
    );
}
