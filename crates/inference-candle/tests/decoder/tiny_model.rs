//! Random models of each family, written as GGUF files and as folders.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use serde_json::json;

use crate::tiny_tokenizer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
}

/// Sizes as small as the block sizes of all formats allow.
#[derive(Debug, Clone)]
pub(crate) struct TinyModel {
    pub(crate) family: Family,
    pub(crate) tied: bool,
    pub(crate) layers: usize,
    pub(crate) hidden: usize,
    pub(crate) inner: usize,
    pub(crate) heads: usize,
    pub(crate) value_heads: usize,
    pub(crate) head_size: usize,
    pub(crate) rotation_base: f32,
    pub(crate) positions: usize,
    /// By their names in folders, with shapes.
    pub(crate) tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

/// Numbers that look random and are the same everywhere.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32) / (1_u64 << 24) as f32 - 0.5
    }
}

impl TinyModel {
    pub(crate) fn new(family: Family, tied: bool) -> Self {
        let mut model = Self {
            family,
            tied,
            layers: 2,
            hidden: 256,
            inner: 256,
            heads: 4,
            value_heads: 2,
            // Not hidden / heads where the family says so itself.
            head_size: if family == Family::Qwen3 { 32 } else { 64 },
            rotation_base: 10_000.0,
            positions: 4096,
            tensors: BTreeMap::new(),
        };
        let mut noise = Noise(7);
        let (hidden, inner) = (model.hidden, model.inner);
        let (queries, values) = (model.heads * model.head_size, model.value_heads * model.head_size);
        let vocabulary = tiny_tokenizer::tokens().len();
        let mut add = |name: String, shape: &[usize], scale: f32, offset: f32| {
            let count = shape.iter().product();
            let values = (0..count).map(|_| noise.next() * scale + offset).collect();
            model.tensors.insert(name, (shape.to_vec(), values));
        };
        add(
            "model.embed_tokens.weight".to_owned(),
            &[vocabulary, hidden],
            2.0,
            0.0,
        );
        add("model.norm.weight".to_owned(), &[hidden], 0.5, 1.0);
        if !tied {
            add("lm_head.weight".to_owned(), &[vocabulary, hidden], 0.6, 0.0);
        }
        for layer in 0..2 {
            let name = |part: &str| format!("model.layers.{layer}.{part}");
            for (part, outputs) in [("q_proj", queries), ("k_proj", values), ("v_proj", values)] {
                add(
                    name(&format!("self_attn.{part}.weight")),
                    &[outputs, hidden],
                    0.4,
                    0.0,
                );
                if family == Family::Qwen2 {
                    add(name(&format!("self_attn.{part}.bias")), &[outputs], 1.0, 0.0);
                }
            }
            if family == Family::Qwen3 {
                add(name("self_attn.q_norm.weight"), &[32], 0.5, 1.0);
                add(name("self_attn.k_norm.weight"), &[32], 0.5, 1.0);
            }
            add(name("self_attn.o_proj.weight"), &[hidden, queries], 0.3, 0.0);
            add(name("input_layernorm.weight"), &[hidden], 0.5, 1.0);
            add(name("post_attention_layernorm.weight"), &[hidden], 0.5, 1.0);
            add(name("mlp.gate_proj.weight"), &[inner, hidden], 0.3, 0.0);
            add(name("mlp.up_proj.weight"), &[inner, hidden], 0.3, 0.0);
            add(name("mlp.down_proj.weight"), &[hidden, inner], 0.3, 0.0);
        }
        model
    }

    pub(crate) fn tensor(&self, name: &str) -> &[f32] {
        &self.tensors[name].1
    }

    /// Writes a GGUF file whose matrices have this format, and takes over what they are after it.
    pub(crate) fn write_gguf(&mut self, path: &Path, format: GgmlDType, flavour: &str, add_first: bool) {
        let mut quantized = Vec::new();
        for (name, (shape, values)) in &mut self.tensors {
            let heads = match (self.family, name.contains("q_proj"), name.contains("k_proj")) {
                (Family::Llama | Family::Mistral, true, _) => self.heads,
                (Family::Llama | Family::Mistral, _, true) => self.value_heads,
                _ => 0,
            };
            let ordered = permuted(values, shape, heads, true);
            let tensor = Tensor::from_vec(ordered, shape.as_slice(), &Device::Cpu).expect("a tensor");
            let format = if shape.len() == 2 { format } else { GgmlDType::F32 };
            let tensor = QTensor::quantize(&tensor, format).expect("quantizes");
            let kept = tensor.dequantize(&Device::Cpu).expect("dequantizes");
            let kept: Vec<f32> = kept.flatten_all().expect("flat").to_vec1().expect("values");
            *values = permuted(&kept, shape, heads, false);
            quantized.push((gguf_name(name), tensor));
        }
        let architecture = match self.family {
            Family::Llama | Family::Mistral => "llama",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        };
        let count = |value: usize| Value::U32(u32::try_from(value).expect("small"));
        let mut settings = vec![
            ("block_count", count(self.layers)),
            ("context_length", count(self.positions)),
            ("embedding_length", count(self.hidden)),
            ("feed_forward_length", count(self.inner)),
            ("attention.head_count", count(self.heads)),
            ("attention.head_count_kv", count(self.value_heads)),
            ("attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
            ("rope.freq_base", Value::F32(self.rotation_base)),
        ];
        if self.family == Family::Qwen3 {
            settings.push(("attention.key_length", count(self.head_size)));
        }
        let mut metadata: Vec<(String, Value)> = settings
            .into_iter()
            .map(|(key, value)| (format!("{architecture}.{key}"), value))
            .collect();
        metadata.push((
            "general.architecture".to_owned(),
            Value::String(architecture.to_owned()),
        ));
        metadata.extend(
            tiny_tokenizer::metadata(flavour, add_first)
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value)),
        );
        let metadata: Vec<(&str, &Value)> = metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let tensors: Vec<(&str, &QTensor)> = quantized
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        gguf_file::write(&mut File::create(path).expect("creates"), &metadata, &tensors).expect("writes");
    }

    /// Writes a folder whose tensors are of this type, in `files` files, and takes over what they are after it.
    pub(crate) fn write_folder(
        &mut self,
        folder: &Path,
        kind: DType,
        files: usize,
        settings: &serde_json::Value,
    ) {
        let mut parts: Vec<HashMap<String, Tensor>> = vec![HashMap::new(); files];
        let mut places = serde_json::Map::new();
        for (index, (name, (shape, values))) in self.tensors.iter_mut().enumerate() {
            let tensor = Tensor::from_vec(values.clone(), shape.as_slice(), &Device::Cpu).expect("a tensor");
            let tensor = tensor.to_dtype(kind).expect("converts");
            let kept = tensor.to_dtype(DType::F32).expect("converts");
            *values = kept.flatten_all().expect("flat").to_vec1().expect("values");
            parts[index % files].insert(name.clone(), tensor);
            places.insert(name.clone(), json!(shard(index % files, files)));
        }
        for (index, part) in parts.iter().enumerate() {
            candle_core::safetensors::save(part, folder.join(shard(index, files))).expect("writes");
        }
        if files > 1 {
            let index = json!({"metadata": {}, "weight_map": places});
            std::fs::write(folder.join("model.safetensors.index.json"), index.to_string()).expect("writes");
        }
        let model_type = match self.family {
            Family::Llama => "llama",
            Family::Mistral => "mistral",
            Family::Qwen2 => "qwen2",
            Family::Qwen3 => "qwen3",
        };
        let mut config = json!({
            "model_type": model_type, "hidden_size": self.hidden, "intermediate_size": self.inner,
            "num_hidden_layers": self.layers, "num_attention_heads": self.heads,
            "num_key_value_heads": self.value_heads, "vocab_size": tiny_tokenizer::tokens().len(),
            "max_position_embeddings": self.positions, "rms_norm_eps": 1e-5, "hidden_act": "silu",
            "rope_theta": self.rotation_base, "tie_word_embeddings": self.tied, "torch_dtype": "float32"
        });
        if self.family == Family::Qwen3 {
            config["head_dim"] = json!(self.head_size);
        }
        for (key, value) in settings.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        std::fs::write(folder.join("config.json"), config.to_string()).expect("writes");
        std::fs::write(folder.join("tokenizer.json"), tiny_tokenizer::json(false)).expect("writes");
    }
}

fn shard(index: usize, files: usize) -> PathBuf {
    if files == 1 {
        PathBuf::from("model.safetensors")
    } else {
        PathBuf::from(format!("model-{:05}-of-{files:05}.safetensors", index + 1))
    }
}

/// GGUF files of the architecture `llama` have the two halves of a rotated pair as neighbours.
fn permuted(values: &[f32], shape: &[usize], heads: usize, forth: bool) -> Vec<f32> {
    if heads == 0 {
        return values.to_vec();
    }
    let (rows, columns) = (shape[0], shape[1]);
    let size = rows / heads;
    let mut result = vec![0.0; values.len()];
    for head in 0..heads {
        for half in 0..2 {
            for pair in 0..size / 2 {
                let folder_row = head * size + half * size / 2 + pair;
                let gguf_row = head * size + 2 * pair + half;
                let (from, to) = if forth {
                    (folder_row, gguf_row)
                } else {
                    (gguf_row, folder_row)
                };
                result[to * columns..(to + 1) * columns]
                    .copy_from_slice(&values[from * columns..(from + 1) * columns]);
            }
        }
    }
    result
}

fn gguf_name(name: &str) -> String {
    [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("model.layers", "blk"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ]
    .into_iter()
    .fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}
