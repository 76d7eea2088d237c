//! Every family and format gives the probabilities and texts of the reference.

use std::path::Path;

use candle_core::DType;
use candle_core::quantized::GgmlDType;
use serde_json::json;
use tempfile::TempDir;
use wayfare_inference::{Alphabet, Generator, PromptBatch};
use wayfare_inference_candle::{CandleGenerator, ModelTokenizer};

use crate::reference::{continuation, log_probabilities};
use crate::tiny_model::{Family, TinyModel};
use crate::tiny_tokenizer;

const PREFIX: &str = "<|im_start|>the cat in the";
const SUFFIX: &str = " is<|im_end|>";

fn prompt<'a>(prefix: &'a str, inputs: &'a [String]) -> PromptBatch<'a> {
    PromptBatch {
        prefix,
        inputs,
        suffix: SUFFIX,
        max_tokens: 7,
        alphabet: Alphabet::Any,
    }
}

/// Generates and scores with the model at `path`, and compares both with the reference.
#[track_caller]
fn check(path: &Path, model: &TinyModel, tolerance: f64) {
    let generator = CandleGenerator::load(path).expect("loads");
    let tokenizer = ModelTokenizer::load(path).expect("loads");
    let inputs: Vec<String> = [" hat", " thin cat that sat on <|im_end|> mats in the hall", ""]
        .map(str::to_owned)
        .to_vec();
    let continuations: Vec<Vec<String>> = vec![
        vec![" the cat".to_owned(), String::new(), "x".to_owned()],
        vec!["in".to_owned()],
        vec![],
    ];
    let ends: Vec<u32> = (0_u32..)
        .zip(tiny_tokenizer::tokens())
        .filter(|(_, token)| token == "Ċ" || token.starts_with("<|"))
        .map(|(id, _)| id)
        .collect();
    let generations = generator.generate(&prompt(PREFIX, &inputs)).expect("generates");
    let scores = generator
        .score(&prompt(PREFIX, &inputs), &continuations)
        .expect("scores");
    for (index, input) in inputs.iter().enumerate() {
        let mut tokens = tokenizer.encode_template(PREFIX).expect("encodes");
        tokens.splice(
            0..0,
            tokenizer.first().filter(|first| tokens.first() != Some(first)),
        );
        tokens.extend(tokenizer.encode_text(input).expect("encodes"));
        tokens.extend(tokenizer.encode_template(SUFFIX).expect("encodes"));
        let (expected, mean) = continuation(model, &tokens, 7, &ends);
        let found = &generations[index];
        let text = tokenizer.decode(&expected).expect("decodes");
        assert_eq!(found.text, text.split('\n').next().expect("a line"), "{input:?}");
        assert_eq!(
            (found.tokens, found.prompt_tokens),
            (expected.len(), tokens.len())
        );
        assert!(
            (f64::from(found.mean_log_probability) - mean).abs() < tolerance,
            "{input:?}: {found:?} {mean}"
        );
        for (place, continuation) in continuations[index].iter().enumerate() {
            let own = tokenizer.encode_text(continuation).expect("encodes");
            let all = [tokens.as_slice(), &own].concat();
            let rows = log_probabilities(model, &all);
            let after = &rows[tokens.len() - 1..];
            let of_tokens: f64 = own
                .iter()
                .zip(after)
                .map(|(&token, row)| row[token as usize])
                .sum();
            let end: f64 = ends.iter().map(|&id| after[own.len()][id as usize].exp()).sum();
            let expected = (of_tokens + end.ln()) / (own.len() + 1) as f64;
            let found = f64::from(scores[index][place]);
            if own.is_empty() {
                assert!(found.is_infinite() && found < 0.0);
            } else {
                assert!(
                    (found - expected).abs() < tolerance,
                    "{continuation:?}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn gguf_files_of_every_family_agree_with_the_reference() {
    let folder = TempDir::new().expect("a folder");
    for family in [Family::Llama, Family::Mistral, Family::Qwen2, Family::Qwen3] {
        for (tied, flavour, add_first) in [(true, "gpt-2", false), (false, "smollm", true)] {
            let path = folder.path().join("model.gguf");
            let mut model = TinyModel::new(family, tied);
            model.write_gguf(&path, GgmlDType::F32, flavour, add_first);
            check(&path, &model, 2e-3);
        }
    }
}

#[test]
fn every_format_of_gguf_files_agrees_with_the_reference() {
    let folder = TempDir::new().expect("a folder");
    for format in [
        GgmlDType::F16,
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q8_0,
        GgmlDType::Q4K,
        GgmlDType::Q6K,
    ] {
        let path = folder.path().join("model.gguf");
        let mut model = TinyModel::new(Family::Llama, true);
        model.write_gguf(&path, format, "gpt-2", false);
        check(&path, &model, 2e-3);
    }
}

#[test]
fn folders_of_every_family_and_type_agree_with_the_reference() {
    for (family, tied, kind, files) in [
        (Family::Llama, true, DType::F32, 1),
        (Family::Mistral, false, DType::BF16, 3),
        (Family::Qwen2, true, DType::F16, 1),
        (Family::Qwen3, false, DType::F32, 2),
    ] {
        let folder = TempDir::new().expect("a folder");
        let mut model = TinyModel::new(family, tied);
        model.write_folder(folder.path(), kind, files, &json!({"sliding_window": null}));
        check(folder.path(), &model, 2e-3);
    }
}

#[test]
fn the_same_model_has_the_same_scores_from_both_kinds_of_files() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("model.gguf");
    let mut model = TinyModel::new(Family::Llama, false);
    model.write_gguf(&path, GgmlDType::Q4_1, "gpt-2", false);
    model.write_folder(folder.path(), DType::F32, 1, &json!({}));
    let inputs = vec![" hat".to_owned()];
    let scores = [path.as_path(), folder.path()].map(|path| {
        let generator = CandleGenerator::load(path).expect("loads");
        generator
            .score(&prompt(PREFIX, &inputs), &[vec![" the".to_owned()]])
            .expect("scores")[0][0]
    });
    assert!((scores[0] - scores[1]).abs() < 1e-4, "{scores:?}");
}

/// The formula is checked on the frequencies themselves: a fast one stays, a slow one becomes eight times slower.
#[test]
fn stretched_rotations_change_far_positions_and_keep_the_reference() {
    use crate::reference::{frequencies, log_probabilities_of};

    let folder = TempDir::new().expect("a folder");
    let mut model = TinyModel::new(Family::Llama, true);
    let scaling = json!({
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64
    });
    model.write_folder(folder.path(), DType::F32, 1, &json!({"rope_scaling": scaling}));
    let stretched: Vec<f64> = frequencies(&model)
        .into_iter()
        .map(|frequency| {
            let wavelength = 2.0 * std::f64::consts::PI / frequency;
            if wavelength < 64.0 / 4.0 {
                frequency
            } else if wavelength > 64.0 {
                frequency / 8.0
            } else {
                let smooth = (64.0 / wavelength - 1.0) / 3.0;
                (1.0 - smooth) * frequency / 8.0 + smooth * frequency
            }
        })
        .collect();
    let generator = CandleGenerator::load(folder.path()).expect("loads");
    let tokenizer = ModelTokenizer::load(folder.path()).expect("loads");
    let inputs = vec![" a cat that sat in the thin hat".repeat(3)];
    let score = generator
        .score(&prompt("", &inputs), &[vec!["x".to_owned()]])
        .expect("scores")[0][0];
    let mut tokens = tokenizer.encode_text(&inputs[0]).expect("encodes");
    tokens.extend(tokenizer.encode_template(SUFFIX).expect("encodes"));
    tokens.extend(tokenizer.encode_text("x").expect("encodes"));
    let expected = |frequencies: &[f64]| {
        let rows = tokens
            .iter()
            .map(|&token| {
                let row = &model.tensor("model.embed_tokens.weight")[token as usize * model.hidden..];
                row[..model.hidden]
                    .iter()
                    .map(|&value| f64::from(value))
                    .collect()
            })
            .collect();
        let rows = log_probabilities_of(&model, rows, frequencies);
        let last = tokens.len() - 1;
        let ends: f64 = (0_u32..)
            .zip(tiny_tokenizer::tokens())
            .filter(|(_, token)| token == "Ċ" || token.starts_with("<|"))
            .map(|(id, _)| rows[last][id as usize].exp())
            .sum();
        f64::midpoint(rows[last - 1][tokens[last] as usize], ends.ln())
    };
    let (with, without) = (expected(&stretched), expected(&frequencies(&model)));
    assert!((f64::from(score) - with).abs() < 2e-3, "{score} {with}");
    assert!((with - without).abs() > 5e-3, "{with} {without}");
}
