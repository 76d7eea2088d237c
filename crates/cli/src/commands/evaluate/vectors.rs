//! The items' vectors and concepts, as the pipeline makes them; vectors can be kept in a file, for encoding takes minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wayfare_evaluation::extraction::dataset::{Catalogue, Items, VectorFile};
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::salient_terms::CONCEPTS_PER_ITEM;
use wayfare_inference::{Encoder, Salience, salient_terms};
use wayfare_inference_candle::sha256_file;

use crate::commands::init;
use crate::failure::Failure;
use crate::models::{CandleModels, ENCODER_WEIGHTS};
use crate::output;

/// Texts that are encoded between two words about it.
const TEXTS_PER_STEP: usize = 1_024;
/// Digits of the encoder's hash in the name of its file.
const HASH_DIGITS: usize = 12;

/// An encoder, and what it made of texts.
pub(super) struct ItemVectors {
    encoder: ModelReference,
    models: CandleModels,
}

impl ItemVectors {
    /// The encoder in the folder, or the installed one.
    pub(super) fn of_encoder(folder: Option<&Path>) -> Result<Self, Failure> {
        let encoder = match folder {
            Some(folder) => given(folder)?,
            None => init::models::installed_encoder().ok_or_else(|| {
                Failure::usage("there is no encoder: give its folder with `--encoder`, or set WAYFARE_ASSETS")
            })?,
        };
        Ok(Self {
            encoder,
            models: CandleModels::default(),
        })
    }

    pub(super) fn encoder_path(&self) -> &str {
        &self.encoder.path
    }

    pub(super) fn encoder_sha256(&self) -> &str {
        &self.encoder.sha256
    }

    /// The encoder itself, loaded once.
    pub(super) fn encoder(&self) -> Result<Arc<dyn Encoder>, Failure> {
        self.models.encoder(&self.encoder).map_err(Failure::configuration)
    }

    /// What words say, by the encoder's vocabulary.
    pub(super) fn salience(&self) -> Result<Arc<dyn Salience>, Failure> {
        self.models
            .salience(&self.encoder)
            .map_err(Failure::configuration)
    }

    /// The file of this encoder's vectors in the folder.
    pub(super) fn file_in(&self, folder: &Path) -> PathBuf {
        let digits: String = self.encoder.sha256.chars().take(HASH_DIGITS).collect();
        folder.join(format!("vectors-{digits}.parquet"))
    }

    /// The items with their vectors, of which those that the file does not hold are made and kept.
    pub(super) fn catalogue(&self, items: Items, file: &Path) -> Result<Catalogue, Failure> {
        let texts: Vec<String> = (0..items.ids.len()).map(|item| items.embed_text(item)).collect();
        let vectors = self.vectors(&texts, Some(file))?.concat();
        let dimension = vectors.len() / texts.len().max(1);
        let concepts = self.concepts(&items)?;
        Ok(Catalogue::new(items, dimension, vectors, concepts)?)
    }

    /// One vector per text; those that the file, if there is one, does not hold are made and kept.
    pub(super) fn vectors(&self, texts: &[String], file: Option<&Path>) -> Result<Vec<Vec<f32>>, Failure> {
        let mut file = file
            .map(|path| VectorFile::open(path, &self.encoder.sha256))
            .transpose()?;
        let mut made: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        let missing: BTreeSet<&str> = texts
            .iter()
            .map(String::as_str)
            .filter(|text| file.as_ref().is_none_or(|file| file.get(text).is_none()))
            .collect();
        if !missing.is_empty() {
            if let Some(file) = &file {
                file.check_writable()?;
                let path = file.path().display();
                output::talk(&format!("encoding {} texts, to be kept in {path}", missing.len()));
            } else {
                output::talk(&format!("encoding {} texts", missing.len()));
            }
            made = self.encode(missing)?;
            if let Some(file) = &mut file {
                for (text, vector) in &made {
                    file.insert((*text).to_owned(), vector.clone());
                }
                file.save()?;
            }
        }
        texts
            .iter()
            .map(|text| {
                let kept = || file.as_ref().and_then(|file| file.get(text));
                let made = made.get(text.as_str()).map(Vec::as_slice);
                let vector = made.or_else(kept);
                let vector = vector.ok_or_else(|| Failure::bug("a text has no vector"))?;
                Ok(vector.to_vec())
            })
            .collect()
    }

    fn encode<'a>(&self, missing: BTreeSet<&'a str>) -> Result<BTreeMap<&'a str, Vec<f32>>, Failure> {
        let encoder = self.encoder()?;
        // Texts of a length are encoded together, so steps of like texts are faster.
        let mut missing: Vec<&str> = missing.into_iter().collect();
        missing.sort_by_key(|text| text.len());
        let mut made = BTreeMap::new();
        for step in missing.chunks(TEXTS_PER_STEP) {
            let vectors = encoder.encode(step).map_err(Failure::failed_with)?;
            made.extend(step.iter().copied().zip(vectors));
            output::talk(&format!("  encoded {} of {}", made.len(), missing.len()));
        }
        Ok(made)
    }

    fn concepts(&self, items: &Items) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        let salience = self.salience()?;
        let of = |item: usize| {
            let (title, text) = (&items.titles[item], items.texts[item].as_deref());
            salient_terms(title, text, &[], salience.as_ref(), CONCEPTS_PER_ITEM)
                .into_iter()
                .map(|concept| (concept.term, concept.weight))
                .collect()
        };
        Ok((0..items.ids.len()).map(of).collect())
    }
}

fn given(folder: &Path) -> Result<ModelReference, Failure> {
    let weights = folder.join(ENCODER_WEIGHTS);
    let path = folder.display().to_string();
    if !weights.is_file() {
        return Err(Failure::input_missing("encoder", &weights.display().to_string()));
    }
    let sha256 = sha256_file(&weights).map_err(Failure::failed_with)?;
    Ok(ModelReference { path, sha256 })
}
