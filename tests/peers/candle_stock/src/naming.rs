//! The stock quantized Llama in a loop: each prompt whole, one after the other, the likeliest token each time.

use anyhow::{Context, Result};
use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use crate::Peer;

pub(crate) struct Namer {
    model: ModelWeights,
    tokenizer: Tokenizer,
    prompts: Vec<Vec<u32>>,
    most: usize,
    texts: Vec<String>,
}

impl Namer {
    pub(crate) fn load(model: &str, token_ids: &str, most: usize, limit: usize) -> Result<Self> {
        let mut file = std::fs::File::open(model)?;
        let content = Content::read(&mut file)?;
        // Only ids are decoded with it, for which its rules of splitting do not matter.
        let tokenizer = Tokenizer::from_gguf(&content)?;
        let prompts = std::fs::read_to_string(token_ids)?
            .lines()
            .take(limit)
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect::<Result<_>>()?;
        Ok(Self {
            model: ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?,
            tokenizer,
            prompts,
            most,
            texts: Vec::new(),
        })
    }
}

impl Peer for Namer {
    fn round(&mut self) -> Result<Map<String, Value>> {
        self.texts.clear();
        let (mut read, mut written) = (0, 0);
        for prompt in &self.prompts {
            read += prompt.len();
            let mut generated: Vec<u32> = Vec::new();
            let mut input = prompt.clone();
            let mut position = 0;
            while generated.len() < self.most {
                let ids = Tensor::new(input.as_slice(), &Device::Cpu)?.unsqueeze(0)?;
                let logits = self.model.forward(&ids, position)?.squeeze(0)?;
                position += input.len();
                let token = logits.argmax(0)?.to_scalar::<u32>().context("no token")?;
                generated.push(token);
                let text = self.tokenizer.decode(&[token], false).map_err(anyhow::Error::msg)?;
                if text.contains('\n') {
                    break;
                }
                input = vec![token];
            }
            written += generated.len();
            let text = self.tokenizer.decode(&generated, true).map_err(anyhow::Error::msg)?;
            self.texts.push(text.split('\n').next().unwrap_or_default().to_owned());
        }
        let facts = json!({ "items": self.prompts.len(), "prompt_tokens": read, "written_tokens": written });
        Ok(facts.as_object().cloned().unwrap_or_default())
    }

    fn write(&self, path: &str) -> Result<()> {
        let lines: String = self.texts.iter().map(|text| format!("{}\n", json!({ "text": text }))).collect();
        Ok(std::fs::write(path, lines)?)
    }
}
