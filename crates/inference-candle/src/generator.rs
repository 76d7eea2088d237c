//! The decoder as a [`Generator`]: which files it is loaded from, what it is called, and its errors.

use std::path::Path;

use wayfare_inference::{ChatMessage, Generation, Generator, InferenceError, PromptBatch};

use crate::adapter::{AdapterKind, BaseModel, StoredAdapter};
use crate::caught::caught;
use crate::chat_template::ChatTemplate;
use crate::engine::{Engine, EngineStats};
use crate::error::ModelError;
use crate::gguf::Gguf;
use crate::llama::Llama;
use crate::tokenizer::ModelTokenizer;
use crate::verify::{read_file, sha256};
use crate::weights::ModelFiles;
use crate::weights::folder::Folder;

/// A model of the Llama family, computing in f32 on the processor.
#[derive(Debug)]
pub struct CandleGenerator {
    id: String,
    engine: Engine,
    chat_template: Option<ChatTemplate>,
}

impl CandleGenerator {
    /// Loads a GGUF file, or a folder with `config.json`, safetensors and `tokenizer.json`; weights take four bytes
    /// each in memory, whatever their format on disk.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::load_with(path, None)
    }

    /// Loads a model with an adapter, which was trained for this very model. The generator's id names both.
    pub fn load_with(path: &Path, adapter: Option<&StoredAdapter>) -> Result<Self, ModelError> {
        caught(path, || {
            let loaded = if path.is_dir() {
                Self::from_folder(path, adapter)
            } else {
                Self::from_gguf(path, adapter)
            }?;
            tracing::debug!(id = loaded.id, "generator loaded");
            Ok(loaded)
        })
    }

    fn from_gguf(path: &Path, adapter: Option<&StoredAdapter>) -> Result<Self, ModelError> {
        let bytes = read_file(path)?;
        let sha256 = sha256(&bytes);
        let gguf = Gguf::parse(path, bytes)?;
        let tokenizer = ModelTokenizer::from_gguf(&gguf)?;
        let chat_template = ChatTemplate::from_gguf(&gguf)?;
        let files = ModelFiles::Gguf(gguf);
        Self::assemble(
            path.file_stem(),
            &files,
            &sha256,
            tokenizer,
            chat_template,
            adapter,
        )
    }

    fn from_folder(path: &Path, adapter: Option<&StoredAdapter>) -> Result<Self, ModelError> {
        let folder = Folder::open(path)?;
        let sha256 = folder.sha256().to_owned();
        let tokenizer = ModelTokenizer::from_folder(path)?;
        let chat_template = ChatTemplate::from_folder(path)?;
        let files = ModelFiles::Folder(folder);
        Self::assemble(
            path.file_name(),
            &files,
            &sha256,
            tokenizer,
            chat_template,
            adapter,
        )
    }

    fn assemble(
        name: Option<&std::ffi::OsStr>,
        files: &ModelFiles,
        sha256: &str,
        tokenizer: ModelTokenizer,
        chat_template: Option<ChatTemplate>,
        adapter: Option<&StoredAdapter>,
    ) -> Result<Self, ModelError> {
        let model = Llama::load(files, tokenizer.size(), adapter.map(|stored| &stored.adapter))?;
        if tokenizer.size() > model.shape().vocabulary {
            return Err(files.format_error(format!(
                "its tokenizer has {} tokens, the model {}",
                tokenizer.size(),
                model.shape().vocabulary
            )));
        }
        let name = name.and_then(|name| name.to_str()).unwrap_or("generator");
        let mut id = format!("{name}@{}", &sha256[..12]);
        if let Some(stored) = adapter {
            stored
                .adapter
                .check_fits(files.path(), &base_model(sha256, &model))?;
            let kind = match stored.adapter.kind {
                AdapterKind::SoftPrompt(_) => "soft-prompt",
                AdapterKind::LowRank { .. } => "lora",
            };
            let hash = stored.sha256.get(..12).unwrap_or(&stored.sha256);
            id = format!("{id}+{kind}@{hash}");
        }
        Ok(Self {
            id,
            engine: Engine::new(tokenizer, model),
            chat_template,
        })
    }

    /// What the engine has computed since the model was loaded.
    pub fn stats(&self) -> EngineStats {
        self.engine.stats()
    }

    fn failed<E>(&self, operation: &'static str) -> impl FnOnce(E) -> InferenceError
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let model = self.id.clone();
        move |source| InferenceError::Model {
            model,
            operation,
            source: Box::new(source),
        }
    }
}

fn base_model(sha256: &str, model: &Llama) -> BaseModel {
    let shape = model.shape();
    BaseModel {
        sha256: sha256.to_owned(),
        layers: shape.layers,
        hidden: shape.hidden,
        query_width: shape.query_width(),
        value_width: shape.value_width(),
        feed_forward: shape.feed_forward,
    }
}

impl Generator for CandleGenerator {
    fn id(&self) -> &str {
        &self.id
    }

    fn generate(&self, prompt: &PromptBatch<'_>) -> Result<Vec<Generation>, InferenceError> {
        self.engine.generate(prompt).map_err(self.failed("names"))
    }

    fn score(
        &self,
        prompt: &PromptBatch<'_>,
        continuations: &[Vec<String>],
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        self.engine
            .score(prompt, continuations)
            .map_err(self.failed("scores of names"))
    }

    fn render_chat(&self, messages: &[ChatMessage]) -> Result<String, InferenceError> {
        let template = self
            .chat_template
            .as_ref()
            .ok_or_else(|| InferenceError::Unsupported {
                model: self.id.clone(),
                what: "chat template",
            })?;
        template
            .render(messages)
            .map_err(self.failed("a prompt from its chat template"))
    }
}
