//! A byte-level vocabulary of 256 bytes, some merges and two control tokens, as GGUF metadata and as `tokenizer.json`.

use candle_core::quantized::gguf_file::Value;
use serde_json::json;

pub(crate) const START: &str = "<|im_start|>";
pub(crate) const END: &str = "<|im_end|>";

const MERGES: &[(&str, &str)] = &[
    ("t", "h"),
    ("th", "e"),
    ("Ġ", "the"),
    ("Ġ", "c"),
    ("a", "t"),
    ("Ġc", "at"),
    ("i", "n"),
];

/// All tokens by id; the control tokens come last.
pub(crate) fn tokens() -> Vec<String> {
    let mut shifted = 256..;
    let bytes = (0_u32..256).map(|byte| {
        let code = if matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff) {
            byte
        } else {
            shifted.next().expect("never ends")
        };
        char::from_u32(code).expect("a character").to_string()
    });
    bytes
        .chain(MERGES.iter().map(|(left, right)| format!("{left}{right}")))
        .chain([START.to_owned(), END.to_owned()])
        .collect()
}

pub(crate) fn metadata(flavour: &str, add_first: bool) -> Vec<(&'static str, Value)> {
    let tokens = tokens();
    let (start, end) = (tokens.len() - 2, tokens.len() - 1);
    let id = |token: usize| Value::U32(u32::try_from(token).expect("small"));
    let types = (0..tokens.len()).map(|id| Value::I32(if id >= start { 3 } else { 1 }));
    let merges = MERGES
        .iter()
        .map(|(left, right)| Value::String(format!("{left} {right}")));
    vec![
        ("tokenizer.ggml.model", Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.pre", Value::String(flavour.to_owned())),
        ("tokenizer.ggml.token_type", Value::Array(types.collect())),
        ("tokenizer.ggml.merges", Value::Array(merges.collect())),
        ("tokenizer.ggml.add_bos_token", Value::Bool(add_first)),
        ("tokenizer.ggml.bos_token_id", id(start)),
        ("tokenizer.ggml.eos_token_id", id(end)),
        (
            "tokenizer.ggml.tokens",
            Value::Array(tokens.into_iter().map(Value::String).collect()),
        ),
    ]
}

/// The same tokenizer as GPT-2's flavour, with an added token that the file calls a part of texts.
pub(crate) fn json(add_first: bool) -> String {
    let tokens = tokens();
    let (start, end) = (tokens.len() - 2, tokens.len() - 1);
    let vocabulary: serde_json::Map<String, serde_json::Value> = tokens
        .iter()
        .enumerate()
        .take(start)
        .map(|(id, token)| (token.clone(), json!(id)))
        .collect();
    let added = |id: usize, special: bool| {
        json!({
            "id": id, "content": tokens[id], "special": special, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false
        })
    };
    let byte_level =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true});
    let template = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": START, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {START: {"id": START, "ids": [start], "tokens": [START]}}
    });
    json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": null,
        "added_tokens": [added(start, false), added(end, true)],
        "normalizer": null,
        "pre_tokenizer": byte_level,
        "post_processor": if add_first { template } else { json!(null) },
        "decoder": byte_level,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": vocabulary,
            "merges": MERGES.iter().map(|(left, right)| format!("{left} {right}")).collect::<Vec<_>>()
        }
    })
    .to_string()
}
