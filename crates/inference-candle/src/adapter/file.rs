//! Adapters as safetensors files.
//!
//! What is not a tensor stands as one JSON text in the file's metadata: with several entries, their order and so the
//! file's hash would differ from write to write.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Adapter, AdapterKind, LowRankPair, Module, StoredAdapter};
use crate::caught::caught;
use crate::error::ModelError;
use crate::verify::{read_file, sha256};

/// The entry of the metadata.
const ENTRY: &str = "wayfare_adapter";
/// The layout that this file describes.
const FORMAT: u32 = 1;
/// The tensor of a soft prompt.
const SOFT_PROMPT: &str = "soft_prompt";

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    kind: Kind,
    base_sha256: String,
    prompt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<f32>,
    configuration: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    SoftPrompt,
    Lora,
}

pub(super) fn read(path: &Path) -> Result<StoredAdapter, ModelError> {
    // The reader of tensors trusts offsets less than it could, but it is not ours.
    caught(path, || {
        let bytes = read_file(path)?;
        let adapter = parse(&bytes).map_err(|reason| ModelError::Format {
            path: path.to_owned(),
            reason,
        })?;
        Ok(StoredAdapter {
            adapter,
            sha256: sha256(&bytes),
        })
    })
}

pub(super) fn write(adapter: &Adapter, path: &Path) -> Result<String, ModelError> {
    let mut tensors: Vec<(String, &Tensor)> = Vec::new();
    let (kind, scale) = match &adapter.kind {
        AdapterKind::SoftPrompt(vectors) => {
            tensors.push((SOFT_PROMPT.to_owned(), vectors));
            (Kind::SoftPrompt, None)
        }
        AdapterKind::LowRank { scale, pairs } => {
            for ((layer, module), pair) in pairs {
                tensors.push((format!("blk.{layer}.{module}.lora_a"), &pair.down));
                tensors.push((format!("blk.{layer}.{module}.lora_b"), &pair.up));
            }
            (Kind::Lora, Some(*scale))
        }
    };
    let header = Header {
        format: FORMAT,
        kind,
        base_sha256: adapter.base_sha256.clone(),
        prompt: adapter.prompt.clone(),
        scale,
        configuration: adapter.configuration.clone(),
    };
    let unusable = |reason: String| ModelError::Format {
        path: path.to_owned(),
        reason,
    };
    let header = serde_json::to_string(&header).map_err(|error| unusable(error.to_string()))?;
    let metadata = HashMap::from([(ENTRY.to_owned(), header)]);
    let bytes =
        safetensors::serialize(tensors, Some(metadata)).map_err(|error| unusable(error.to_string()))?;
    write_whole(path, &bytes)?;
    Ok(sha256(&bytes))
}

/// A reader sees the file's earlier content or all of the given one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|source| ModelError::Write {
            path: path.to_owned(),
            source,
        })
}

fn parse(bytes: &[u8]) -> Result<Adapter, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| format!("not a readable safetensors file: {error}"))?;
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY))
        .ok_or_else(|| format!("its metadata lack `{ENTRY}`: it is not an adapter of `wayfare tune`"))?;
    let header: Header = serde_json::from_str(header)
        .map_err(|error| format!("its metadata `{ENTRY}` are not understood: {error}"))?;
    if header.format != FORMAT {
        return Err(format!(
            "its format is {}, this program reads {FORMAT}",
            header.format
        ));
    }
    let tensors = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("not a readable safetensors file: {error}"))?;
    let load = |name: &str| -> Result<Tensor, String> {
        let tensor = tensors
            .tensor(name)
            .map_err(|_| format!("the tensor `{name}` is missing"))?
            .load(&Device::Cpu)
            .map_err(|error| format!("the tensor `{name}` is not usable: {error}"))?;
        if tensor.dtype() != DType::F32 || tensor.rank() != 2 {
            return Err(format!("the tensor `{name}` is not a matrix in f32"));
        }
        Ok(tensor)
    };
    let kind = match header.kind {
        Kind::SoftPrompt => AdapterKind::SoftPrompt(load(SOFT_PROMPT)?),
        Kind::Lora => {
            let scale = header
                .scale
                .filter(|scale| scale.is_finite())
                .ok_or("its metadata lack the scale of its changes")?;
            let mut pairs = BTreeMap::new();
            for name in tensors.names() {
                let stem = name.strip_suffix(".lora_a").or(name.strip_suffix(".lora_b"));
                let key = stem
                    .and_then(place)
                    .ok_or_else(|| format!("the tensor `{name}` is of no module"))?;
                let stem = stem.unwrap_or_default();
                if !pairs.contains_key(&key) {
                    let down = load(&format!("{stem}.lora_a"))?;
                    let up = load(&format!("{stem}.lora_b"))?;
                    pairs.insert(key, LowRankPair { down, up });
                }
            }
            if pairs.is_empty() {
                return Err("it changes nothing".to_owned());
            }
            AdapterKind::LowRank { scale, pairs }
        }
    };
    Ok(Adapter {
        kind,
        base_sha256: header.base_sha256,
        prompt: header.prompt,
        configuration: header.configuration,
    })
}

/// Layer and module of `blk.LAYER.MODULE`.
fn place(stem: &str) -> Option<(usize, Module)> {
    let (layer, module) = stem.strip_prefix("blk.")?.split_once('.')?;
    Some((layer.parse().ok()?, Module::from_name(module)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use candle_core::{Device, Tensor};
    use serde_json::json;
    use tempfile::TempDir;

    use crate::adapter::{Adapter, AdapterKind, BaseModel, LowRankPair, Module};
    use crate::verify::sha256_file;

    fn matrix(rows: usize, columns: usize) -> Tensor {
        Tensor::randn(0_f32, 1.0, (rows, columns), &Device::Cpu).expect("makes a tensor")
    }

    fn base() -> BaseModel {
        BaseModel {
            sha256: "ab".repeat(32),
            layers: 3,
            hidden: 8,
            query_width: 8,
            value_width: 4,
            feed_forward: 16,
        }
    }

    fn adapter(kind: AdapterKind) -> Adapter {
        Adapter {
            kind,
            base_sha256: base().sha256,
            prompt: "zero-shot".to_owned(),
            configuration: json!({"steps": 10, "seed": 1}),
        }
    }

    fn low_rank(layer: usize, module: Module, down: Tensor, up: Tensor) -> Adapter {
        adapter(AdapterKind::LowRank {
            scale: 2.0,
            pairs: BTreeMap::from([((layer, module), LowRankPair { down, up })]),
        })
    }

    fn values(tensor: &Tensor) -> Vec<Vec<f32>> {
        tensor.to_vec2().expect("is a matrix in f32")
    }

    #[test]
    fn what_is_written_is_read_and_equal_adapters_are_equal_files() {
        let folder = TempDir::new().expect("a folder");
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        let written = low_rank(2, Module::FfnDown, matrix(2, 16), matrix(8, 2));
        let sha256 = written.write(&first).expect("writes");
        assert_eq!(written.write(&second).expect("writes"), sha256);
        assert_eq!(sha256_file(&first).expect("hashes"), sha256);

        let read = Adapter::read(&first).expect("reads");
        assert_eq!(read.sha256, sha256);
        let read = read.adapter;
        assert_eq!(read.configuration, written.configuration);
        assert_eq!(
            (read.prompt.as_str(), read.base_sha256.as_str()),
            ("zero-shot", base().sha256.as_str())
        );
        let (AdapterKind::LowRank { scale, pairs }, AdapterKind::LowRank { pairs: expected, .. }) =
            (&read.kind, &written.kind)
        else {
            panic!("another kind was read");
        };
        assert!((scale - 2.0).abs() < f32::EPSILON);
        let (found, expected) = (&pairs[&(2, Module::FfnDown)], &expected[&(2, Module::FfnDown)]);
        assert_eq!(values(&found.down), values(&expected.down));
        assert_eq!(values(&found.up), values(&expected.up));
        read.check_fits(&first, &base()).expect("fits");
    }

    #[test]
    fn a_soft_prompt_is_read_as_it_was_written() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("a");
        let vectors = matrix(5, 8);
        adapter(AdapterKind::SoftPrompt(vectors.clone()))
            .write(&path)
            .expect("writes");
        let read = Adapter::read(&path).expect("reads").adapter;
        read.check_fits(&path, &base()).expect("fits");
        let AdapterKind::SoftPrompt(found) = read.kind else {
            panic!("another kind was read");
        };
        assert_eq!(values(&found), values(&vectors));
    }

    #[test]
    fn what_does_not_fit_the_base_model_is_named() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("adapter.safetensors");
        let mut other_base = adapter(AdapterKind::SoftPrompt(matrix(5, 8)));
        other_base.base_sha256 = "cd".repeat(32);
        for (adapter, part) in [
            (other_base, "cdcd"),
            (adapter(AdapterKind::SoftPrompt(matrix(5, 9))), "[5, 9]"),
            (low_rank(3, Module::AttnQ, matrix(2, 8), matrix(8, 2)), "layer 3"),
            (low_rank(0, Module::AttnK, matrix(2, 8), matrix(8, 2)), "attn_k"),
            (low_rank(0, Module::AttnQ, matrix(2, 8), matrix(8, 3)), "[8, 3]"),
        ] {
            let message = adapter
                .check_fits(&path, &base())
                .expect_err("is refused")
                .to_string();
            assert!(
                message.contains(part) && message.contains("adapter.safetensors"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_damaged_or_foreign_file_is_refused_and_named() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("adapter.safetensors");
        adapter(AdapterKind::SoftPrompt(matrix(5, 8)))
            .write(&path)
            .expect("writes");
        let bytes = std::fs::read(&path).expect("reads");
        for length in [0, 7, 8, 40, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).expect("writes");
            let message = Adapter::read(&path).expect_err("is refused").to_string();
            assert!(message.contains("adapter.safetensors"), "{message}");
        }
        let foreign = safetensors::serialize([("x", &matrix(1, 1))], None).expect("serializes");
        std::fs::write(&path, foreign).expect("writes");
        let message = Adapter::read(&path).expect_err("is refused").to_string();
        assert!(message.contains("wayfare_adapter"), "{message}");
    }
}
