//! The items' vectors and concepts, as the pipeline makes them; vectors are kept in a file, for encoding takes minutes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wayfare_evaluation::extraction::dataset::{Catalogue, Items, VectorFile};
use wayfare_functions::models::{ModelProvider, ModelReference};
use wayfare_functions::salient_terms::CONCEPTS_PER_ITEM;
use wayfare_inference::salient_terms;
use wayfare_inference_candle::sha256_file;

use crate::commands::init;
use crate::failure::Failure;
use crate::models::{CandleModels, ENCODER_WEIGHTS};
use crate::output;

/// Texts that are encoded between two words about it.
const TEXTS_PER_STEP: usize = 1_024;
/// Digits of the encoder's hash in the name of its file.
const HASH_DIGITS: usize = 12;

/// An encoder, and where its vectors are kept.
pub(super) struct ItemVectors {
    encoder: ModelReference,
    models: CandleModels,
    /// One file for all folders, if the caller named one.
    file: Option<PathBuf>,
}

impl ItemVectors {
    /// The encoder in the folder, or the installed one.
    pub(super) fn of_encoder(folder: Option<&Path>, file: Option<&Path>) -> Result<Self, Failure> {
        let encoder = match folder {
            Some(folder) => given(folder)?,
            None => init::models::installed_encoder().ok_or_else(|| {
                Failure::usage("there is no encoder: give its folder with `--encoder`, or set WAYFARE_ASSETS")
            })?,
        };
        Ok(Self {
            encoder,
            models: CandleModels::default(),
            file: file.map(Path::to_owned),
        })
    }

    pub(super) fn encoder_path(&self) -> &str {
        &self.encoder.path
    }

    pub(super) fn encoder_sha256(&self) -> &str {
        &self.encoder.sha256
    }

    /// The items of the folder with their vectors, of which those that no file holds are made and kept.
    pub(super) fn catalogue(&self, items: Items, folder: &Path) -> Result<Catalogue, Failure> {
        let path = self.file.clone().unwrap_or_else(|| {
            let digits: String = self.encoder.sha256.chars().take(HASH_DIGITS).collect();
            folder.join(format!("vectors-{digits}.parquet"))
        });
        let mut file = VectorFile::open(&path, &self.encoder.sha256)?;
        let texts: Vec<String> = (0..items.ids.len()).map(|item| items.embed_text(item)).collect();
        self.encode_missing(&texts, &mut file)?;

        let mut vectors = Vec::new();
        for text in &texts {
            let vector = file
                .get(text)
                .ok_or_else(|| Failure::bug("a text has no vector"))?;
            vectors.extend_from_slice(vector);
        }
        let dimension = vectors.len() / texts.len().max(1);
        let concepts = self.concepts(&items)?;
        Ok(Catalogue::new(items, dimension, vectors, concepts)?)
    }

    fn encode_missing(&self, texts: &[String], file: &mut VectorFile) -> Result<(), Failure> {
        let missing: BTreeSet<&str> = texts
            .iter()
            .map(String::as_str)
            .filter(|text| file.get(text).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let path = file.path().display().to_string();
        file.check_writable()?;
        output::talk(&format!("encoding {} texts, to be kept in {path}", missing.len()));
        let encoder = self
            .models
            .encoder(&self.encoder)
            .map_err(Failure::configuration)?;
        // Texts of a length are encoded together, so steps of like texts are faster.
        let mut missing: Vec<&str> = missing.into_iter().collect();
        missing.sort_by_key(|text| text.len());
        let mut done = 0;
        for step in missing.chunks(TEXTS_PER_STEP) {
            let vectors = encoder.encode(step).map_err(Failure::failed_with)?;
            for (text, vector) in step.iter().zip(vectors) {
                file.insert((*text).to_owned(), vector);
            }
            done += step.len();
            output::talk(&format!("  encoded {done} of {}", missing.len()));
        }
        Ok(file.save()?)
    }

    fn concepts(&self, items: &Items) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        let salience = self
            .models
            .salience(&self.encoder)
            .map_err(Failure::configuration)?;
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
