//! Model files: GGUF with its tokenizer, and an encoder's configuration, tokenizer, vocabulary and weights.

use tempfile::TempDir;
use wayfare_inference::Encoder;
use wayfare_inference_candle::{CandleEncoder, CandleGenerator, WordpieceSalience};
use wayfare_tests::tiny_encoder;

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const UINT32: u32 = 4;
const INT32: u32 = 5;
const FLOAT32: u32 = 6;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
const ALIGNMENT: usize = 32;
const WIDTH: usize = 4;

/// Writes the parts of a GGUF file.
#[derive(Default)]
struct Gguf {
    metadata: Vec<u8>,
    keys: u64,
    infos: Vec<u8>,
    tensors: u64,
    data: Vec<u8>,
}

impl Gguf {
    fn key(&mut self, name: &str, kind: u32, value: &[u8]) {
        self.metadata.extend(text(name));
        self.metadata.extend(kind.to_le_bytes());
        self.metadata.extend(value);
        self.keys += 1;
    }

    fn list(&mut self, name: &str, kind: u32, values: &[Vec<u8>]) {
        let mut list = kind.to_le_bytes().to_vec();
        list.extend((values.len() as u64).to_le_bytes());
        list.extend(values.concat());
        self.key(name, ARRAY, &list);
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) {
        self.infos.extend(text(name));
        self.infos
            .extend(u32::try_from(shape.len()).expect("two at most").to_le_bytes());
        for size in shape.iter().rev() {
            self.infos.extend((*size as u64).to_le_bytes());
        }
        self.infos.extend(0_u32.to_le_bytes());
        self.infos.extend((self.data.len() as u64).to_le_bytes());
        self.tensors += 1;
        let count: usize = shape.iter().product();
        self.data.extend((0..count).flat_map(|_| 0.5_f32.to_le_bytes()));
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(self.tensors.to_le_bytes());
        bytes.extend(self.keys.to_le_bytes());
        bytes.extend(self.metadata);
        bytes.extend(self.infos);
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend(self.data);
        bytes
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

/// The smallest language model that there can be: one layer of one head, four tokens.
fn language_model() -> Vec<u8> {
    let mut gguf = Gguf::default();
    for (name, value) in [
        ("general.architecture", "llama"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "smollm"),
    ] {
        gguf.key(name, STRING, &text(value));
    }
    let width = u32::try_from(WIDTH).expect("a small number");
    for (name, value) in [
        ("llama.block_count", 1),
        ("llama.embedding_length", width),
        ("llama.feed_forward_length", width),
        ("llama.attention.head_count", 1),
        ("llama.attention.head_count_kv", 1),
        ("llama.context_length", 4096),
    ] {
        gguf.key(name, UINT32, &value.to_le_bytes());
    }
    gguf.key(
        "llama.attention.layer_norm_rms_epsilon",
        FLOAT32,
        &1e-5_f32.to_le_bytes(),
    );
    gguf.key("llama.rope.freq_base", FLOAT32, &10_000_f32.to_le_bytes());
    gguf.list(
        "tokenizer.ggml.tokens",
        STRING,
        &["a", "b", "ab", "<|end|>"].map(text),
    );
    gguf.list(
        "tokenizer.ggml.token_type",
        INT32,
        &[1_i32, 1, 1, 3].map(|kind| kind.to_le_bytes().to_vec()),
    );
    gguf.list("tokenizer.ggml.merges", STRING, &["a b"].map(text));
    for name in [
        "attn_q",
        "attn_k",
        "attn_v",
        "attn_output",
        "ffn_gate",
        "ffn_up",
        "ffn_down",
    ] {
        gguf.tensor(&format!("blk.0.{name}.weight"), &[WIDTH, WIDTH]);
    }
    for name in [
        "blk.0.attn_norm.weight",
        "blk.0.ffn_norm.weight",
        "output_norm.weight",
    ] {
        gguf.tensor(name, &[WIDTH]);
    }
    gguf.tensor("token_embd.weight", &[4, WIDTH]);
    gguf.bytes()
}

#[test]
fn language_models() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("model.gguf");
    let sound = language_model();
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("the model is written");
        CandleGenerator::load(&path)
    };
    load(&sound).expect("the sound model loads");
    let words: [&[u8]; 4] = [
        b"general.alignment",
        b"\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\0\0\0\0",
        b"a b",
    ];
    fuzz!(usual: 3_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        let loaded = match input.split_first() {
            Some((choice, bytes)) if choice % 8 == 0 => load(&[b"GGUF\x03\0\0\0", bytes].concat()),
            Some((_, script)) => load(&mutated(&sound, script, &words)),
            None => load(&[]),
        };
        if let Err(error) = loaded {
            assert!(error.to_string().contains("model.gguf"), "{error}");
        }
    });
}

#[test]
fn encoders() {
    const FILES: [&str; 4] = ["config.json", "tokenizer.json", "vocab.txt", "model.safetensors"];
    let folder = TempDir::new().expect("a temporary folder");
    tiny_encoder::write(folder.path(), "sourdough bread, road bicycle");
    let sound = FILES.map(|name| std::fs::read(folder.path().join(name)).expect("the encoder is readable"));
    let words: [&[u8]; 6] = [
        b"null",
        b"-1",
        b"[]",
        b"{}",
        b"18446744073709551616",
        b"\"[UNK]\"",
    ];
    fuzz!(usual: 1_500, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        let (choice, script) = input.split_first().unwrap_or((&0, &[]));
        let spoiled = usize::from(*choice) % FILES.len();
        let path = folder.path().join(FILES[spoiled]);
        std::fs::write(&path, mutated(&sound[spoiled], script, &words)).expect("the file is written");
        // What loads must compute, whatever it computes, or say why it does not.
        if let Ok(encoder) = CandleEncoder::load(folder.path()) {
            match encoder.encode(&["rye bread", ""]) {
                Ok(vectors) => assert_eq!(vectors.len(), 2),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        if let Err(error) = WordpieceSalience::load(&folder.path().join("vocab.txt")) {
            assert!(error.to_string().contains("vocab.txt"), "{error}");
        }
        std::fs::write(&path, &sound[spoiled]).expect("the file is restored");
    });
}
