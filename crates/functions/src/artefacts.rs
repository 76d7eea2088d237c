//! What functions need beside their arguments: models and item packs, loaded once per process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wayfare_inference::{JourneyName, TokenCounts};

use crate::error::FunctionError;
use crate::item_pack::{ItemPack, PackReference};
use crate::models::{ModelProvider, ModelReference};
use crate::namer_reference::NamerReference;
use crate::pack_cache;

/// Models and packs of one process, and counts of what the functions did with them.
#[derive(Debug)]
pub struct Artefacts {
    models: Arc<dyn ModelProvider>,
    cache: PathBuf,
    packs: Mutex<HashMap<String, Arc<ItemPack>>>,
    packs_fetched: AtomicU64,
    texts_encoded: AtomicU64,
    journeys_named: AtomicU64,
    tokens_read: AtomicU64,
    tokens_written: AtomicU64,
    stopped: AtomicBool,
}

impl Artefacts {
    /// Nothing is loaded until a function asks for it. Copies of packs that lie in a bucket go to the folder for temporary
    /// files.
    pub fn new(models: Arc<dyn ModelProvider>) -> Self {
        Self::with_cache(models, std::env::temp_dir().join("wayfare-packs"))
    }

    /// The same with a folder for the copies of packs that lie in a bucket, which other processes may share.
    pub fn with_cache(models: Arc<dyn ModelProvider>, cache: PathBuf) -> Self {
        Self {
            models,
            cache,
            packs: Mutex::default(),
            packs_fetched: AtomicU64::new(0),
            texts_encoded: AtomicU64::new(0),
            journeys_named: AtomicU64::new(0),
            tokens_read: AtomicU64::new(0),
            tokens_written: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// The door to the models.
    pub fn models(&self) -> &Arc<dyn ModelProvider> {
        &self.models
    }

    /// The pack with exactly the referenced content. Of callers at the same time, one fetches it and the others wait.
    pub fn pack(&self, reference: &PackReference) -> Result<Arc<ItemPack>, FunctionError> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = packs.get(&reference.hash) {
            return Ok(Arc::clone(pack));
        }
        let pack = Arc::new(self.open(reference)?);
        // One job needs one pack at a time; older ones stay alive only while a task still holds them.
        packs.clear();
        packs.insert(reference.hash.clone(), Arc::clone(&pack));
        Ok(pack)
    }

    fn open(&self, reference: &PackReference) -> Result<ItemPack, FunctionError> {
        if let Some(path) = reference.local_path() {
            return ItemPack::open_at(reference, path);
        }
        let (copy, fetched) = self.copy_of(reference)?;
        match ItemPack::open_at(reference, &copy) {
            // Another process may have removed an old copy, and a disk may damage one: one that was just made is neither.
            Err(_) if !fetched => {
                pack_cache::forget(&copy);
                let (copy, _) = self.copy_of(reference)?;
                ItemPack::open_at(reference, &copy)
            }
            opened => opened,
        }
    }

    fn copy_of(&self, reference: &PackReference) -> Result<(PathBuf, bool), FunctionError> {
        let (copy, fetched) = pack_cache::copy_of(reference, &self.cache)?;
        self.packs_fetched
            .fetch_add(u64::from(fetched), Ordering::Relaxed);
        Ok((copy, fetched))
    }

    /// Packs that had to be fetched from a bucket in this process.
    pub fn packs_fetched(&self) -> u64 {
        self.packs_fetched.load(Ordering::Relaxed)
    }

    /// Lets model calls under way end with an error before their next batch: a thread that computes cannot be aborted.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn check_stopped(&self) -> Result<(), FunctionError> {
        if self.stopped.load(Ordering::Relaxed) {
            Err(FunctionError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Texts encoded by `embed` in this process.
    pub fn texts_encoded(&self) -> u64 {
        self.texts_encoded.load(Ordering::Relaxed)
    }

    /// Journeys named by `name_journey` in this process.
    pub fn journeys_named(&self) -> u64 {
        self.journeys_named.load(Ordering::Relaxed)
    }

    /// Tokens that language models read and wrote in this process.
    pub fn tokens(&self) -> TokenCounts {
        TokenCounts {
            read: self.tokens_read.load(Ordering::Relaxed),
            written: self.tokens_written.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn add_texts_encoded(&self, count: usize) {
        self.texts_encoded.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_names(&self, names: &[JourneyName]) {
        self.journeys_named
            .fetch_add(names.len() as u64, Ordering::Relaxed);
        let sum = |of: fn(&TokenCounts) -> u64| names.iter().map(|name| of(&name.tokens)).sum();
        self.tokens_read
            .fetch_add(sum(|tokens| tokens.read), Ordering::Relaxed);
        self.tokens_written
            .fetch_add(sum(|tokens| tokens.written), Ordering::Relaxed);
    }
}

/// What functions take where a call does not say it: set for analysts from the snapshot they query.
/// The defaults are written into the plan as literals, so that a plan always names what it uses.
#[derive(Debug, Clone, Default)]
pub struct FunctionDefaults {
    pub encoder: Option<ModelReference>,
    pub namer: Option<NamerReference>,
    /// JSON of [`SegmentSettings`](crate::segment_settings::SegmentSettings).
    pub segment_settings: Option<String>,
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::datatypes::{DataType, Field, Schema};
    use tempfile::TempDir;
    use wayfare_inference::{Encoder, InferenceError, Namer, Salience};

    use super::*;
    use crate::item_pack::encode_pack;
    use crate::list_arguments::{concepts_type, vector_type};

    #[derive(Debug)]
    struct NoModels;

    impl ModelProvider for NoModels {
        fn encoder(&self, _reference: &ModelReference) -> Result<Arc<dyn Encoder>, InferenceError> {
            unreachable!("packs need no model")
        }
        fn namer(&self, _reference: &NamerReference) -> Result<Arc<Namer>, InferenceError> {
            unreachable!("packs need no model")
        }
        fn salience(&self, _encoder: &ModelReference) -> Result<Arc<dyn Salience>, InferenceError> {
            unreachable!("packs need no model")
        }
    }

    /// A pack that is not mapped where it lies: of URLs of files, only those that begin with `file://` are.
    fn far_pack(bucket: &TempDir) -> PackReference {
        let schema = Schema::new(vec![
            Field::new("item_id", DataType::Utf8, false),
            Field::new("title", DataType::Utf8, true),
            Field::new("vector", vector_type(), false),
            Field::new("concepts", concepts_type(), false),
        ]);
        let (bytes, hash) = encode_pack(vec![RecordBatch::new_empty(Arc::new(schema))], 3).unwrap();
        let path = bucket.path().join("pack");
        std::fs::write(&path, bytes).unwrap();
        PackReference {
            uri: format!("file:{}", path.display()),
            hash,
        }
    }

    fn artefacts(cache: &TempDir) -> Artefacts {
        Artefacts::with_cache(Arc::new(NoModels), cache.path().to_owned())
    }

    #[test]
    fn callers_at_the_same_time_fetch_a_pack_once() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let reference = far_pack(&bucket);
        let artefacts = artefacts(&cache);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(artefacts.pack(&reference).unwrap().is_empty()));
            }
        });
        assert_eq!(artefacts.packs_fetched(), 1);
    }

    #[test]
    fn a_copy_is_used_by_other_processes_unless_it_is_damaged() {
        let (bucket, cache) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let reference = far_pack(&bucket);
        artefacts(&cache).pack(&reference).unwrap();
        let second = artefacts(&cache);
        second.pack(&reference).unwrap();
        assert_eq!(second.packs_fetched(), 0);
        drop(second);
        let copy = cache.path().join(format!("packs/{}.arrow", reference.hash));
        std::fs::write(&copy, "damaged").unwrap();
        let third = artefacts(&cache);
        third.pack(&reference).unwrap();
        assert_eq!(third.packs_fetched(), 1);
    }
}
