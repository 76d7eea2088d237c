//! A real encoder small enough to write in a test: BERT without a layer, one dimension per word of the small world.
//!
//! A text's vector says which words are in it and nothing else, so what is similar can be worked out by hand. It is
//! loaded by the same code as a trained model.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wayfare_inference_candle::sha256_file;

const MARKERS: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
/// Shorter words are "for", "the", "and" and say nothing.
const SHORTEST_WORD: usize = 4;
const MOST_TOKENS: usize = 64;

/// An encoder on disk.
#[derive(Debug, Clone)]
pub struct TinyEncoder {
    pub folder: PathBuf,
    /// Of its weights, as job files give it.
    pub sha256: String,
}

/// Writes an encoder that knows the words of `text` into `folder`.
pub fn write(folder: &Path, text: &str) -> TinyEncoder {
    let words: BTreeSet<String> = text
        .split(|character: char| !character.is_alphabetic())
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .map(str::to_lowercase)
        .collect();
    let words: Vec<String> = words.into_iter().collect();
    std::fs::create_dir_all(folder).expect("a folder for the encoder");
    let write = |name: &str, content: &[u8]| {
        std::fs::write(folder.join(name), content).expect("the encoder's files are written");
    };
    write("config.json", config(words.len()).to_string().as_bytes());
    write("tokenizer.json", tokenizer(&words).to_string().as_bytes());
    write("vocab.txt", words.join("\n").as_bytes());
    write("model.safetensors", &weights(words.len()));
    let sha256 = sha256_file(&folder.join("model.safetensors")).expect("the weights have a hash");
    TinyEncoder {
        folder: folder.to_owned(),
        sha256,
    }
}

fn config(words: usize) -> Value {
    json!({
        "model_type": "bert", "hidden_size": words, "hidden_act": "gelu", "num_hidden_layers": 0,
        "num_attention_heads": 1, "intermediate_size": 1, "max_position_embeddings": MOST_TOKENS,
        "vocab_size": MARKERS.len() + words, "type_vocab_size": 1, "layer_norm_eps": 1e-12,
    })
}

fn tokenizer(words: &[String]) -> Value {
    let marker = |id: usize| {
        json!({
            "id": id, "content": MARKERS[id], "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false,
        })
    };
    let special = |name: &str| json!({ "SpecialToken": { "id": name, "type_id": 0 } });
    let described = |id: usize| json!({ "id": MARKERS[id], "ids": [id], "tokens": [MARKERS[id]] });
    let sequence = json!({ "Sequence": { "id": "A", "type_id": 0 } });
    let second = json!({ "Sequence": { "id": "B", "type_id": 0 } });
    let tokens = MARKERS.iter().copied().chain(words.iter().map(String::as_str));
    let vocabulary: serde_json::Map<String, Value> = tokens
        .enumerate()
        .map(|(id, token)| (token.to_owned(), json!(id)))
        .collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "decoder": null,
        "added_tokens": (0..MARKERS.len()).map(marker).collect::<Vec<_>>(),
        "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("[CLS]"), sequence, special("[SEP]")],
            "pair": [special("[CLS]"), sequence, special("[SEP]"), second, special("[SEP]")],
            "special_tokens": { "[CLS]": described(2), "[SEP]": described(3) },
        },
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    })
}

/// The safetensors file: the length of the header, the header, the numbers.
fn weights(words: usize) -> Vec<u8> {
    let tokens = MARKERS.len() + words;
    let mut embeddings = vec![0.0_f32; tokens * words];
    for word in 0..words {
        embeddings[(MARKERS.len() + word) * words + word] = 1.0;
    }
    let tensors = [
        (
            "embeddings.word_embeddings.weight",
            vec![tokens, words],
            embeddings,
        ),
        (
            "embeddings.position_embeddings.weight",
            vec![MOST_TOKENS, words],
            vec![0.0; MOST_TOKENS * words],
        ),
        (
            "embeddings.token_type_embeddings.weight",
            vec![1, words],
            vec![0.0; words],
        ),
        ("embeddings.LayerNorm.weight", vec![words], vec![1.0; words]),
        ("embeddings.LayerNorm.bias", vec![words], vec![0.0; words]),
    ];
    let mut header = serde_json::Map::new();
    let mut data: Vec<u8> = Vec::new();
    for (name, shape, values) in tensors {
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        header.insert(name.to_owned(), entry);
    }
    let mut header = Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}
