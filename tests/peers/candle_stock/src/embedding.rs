//! The stock BERT: texts sorted by length, padded within a batch, mean over a text's own tokens, unit length.

use std::path::Path;

use anyhow::{Error, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, DTYPE};
use serde_json::{Map, Value, json};
use tokenizers::{Tokenizer, TruncationParams};

use crate::Peer;

const MOST_TOKENS: usize = 256;

pub(crate) struct Encoder {
    model: BertModel,
    tokenizer: Tokenizer,
    texts: Vec<String>,
    batch: usize,
    vectors: Vec<Vec<f32>>,
}

impl Encoder {
    pub(crate) fn load(folder: &str, texts: &str, batch: usize) -> Result<Self> {
        let folder = Path::new(folder);
        let config: Config = serde_json::from_slice(&std::fs::read(folder.join("config.json"))?)?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).map_err(Error::msg)?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: MOST_TOKENS,
                ..TruncationParams::default()
            }))
            .map_err(Error::msg)?;
        let weights = std::fs::read(folder.join("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DTYPE, &Device::Cpu)?;
        Ok(Self {
            model: BertModel::load(weights, &config)?,
            tokenizer,
            texts: std::fs::read_to_string(texts)?.lines().map(str::to_owned).collect(),
            batch,
            vectors: Vec::new(),
        })
    }

    fn encode(&self, ids: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let longest = ids.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let padded = |value: &dyn Fn(&[u32], usize) -> u32| -> Result<Tensor> {
            let values: Vec<u32> = ids
                .iter()
                .flat_map(|ids| (0..longest).map(move |index| value(ids, index)))
                .collect();
            Ok(Tensor::from_vec(values, (ids.len(), longest), &Device::Cpu)?)
        };
        let input = padded(&|ids, index| ids.get(index).copied().unwrap_or(0))?;
        let mask = padded(&|ids, index| u32::from(index < ids.len()))?;
        let hidden = self.model.forward(&input, &input.zeros_like()?, Some(&mask))?;
        let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
        let sums = hidden.broadcast_mul(&mask)?.sum(1)?;
        let lengths = sums.sqr()?.sum_keepdim(1)?.sqrt()?;
        Ok(sums.broadcast_div(&lengths)?.to_vec2()?)
    }
}

impl Peer for Encoder {
    fn round(&mut self) -> Result<Map<String, Value>> {
        let encodings = self
            .tokenizer
            .encode_batch_fast(self.texts.clone(), true)
            .map_err(Error::msg)?;
        let mut order: Vec<usize> = (0..encodings.len()).collect();
        order.sort_by_key(|&index| encodings[index].get_ids().len());
        let mut vectors = vec![Vec::new(); order.len()];
        for batch in order.chunks(self.batch) {
            let ids: Vec<&[u32]> = batch.iter().map(|&index| encodings[index].get_ids()).collect();
            for (index, vector) in batch.iter().zip(self.encode(&ids)?) {
                vectors[*index] = vector;
            }
        }
        self.vectors = vectors;
        let facts = json!({ "items": self.texts.len() });
        Ok(facts.as_object().cloned().unwrap_or_default())
    }

    fn write(&self, path: &str) -> Result<()> {
        let values = self.vectors.iter().flatten();
        Ok(std::fs::write(path, values.flat_map(|value| value.to_ne_bytes()).collect::<Vec<u8>>())?)
    }
}
