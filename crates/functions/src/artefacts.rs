//! What functions need beside their arguments: models and item packs, loaded once per process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wayfare_inference::{JourneyName, TokenCounts};

use crate::error::FunctionError;
use crate::item_pack::{ItemPack, PackReference};
use crate::models::{ModelProvider, ModelReference};

/// Models and packs of one process, and counts of what the functions did with them.
#[derive(Debug)]
pub struct Artefacts {
    models: Arc<dyn ModelProvider>,
    packs: Mutex<HashMap<String, Arc<ItemPack>>>,
    texts_encoded: AtomicU64,
    journeys_named: AtomicU64,
    tokens_read: AtomicU64,
    tokens_written: AtomicU64,
    stopped: AtomicBool,
}

impl Artefacts {
    /// Nothing is loaded until a function asks for it.
    pub fn new(models: Arc<dyn ModelProvider>) -> Self {
        Self {
            models,
            packs: Mutex::default(),
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

    /// The pack with exactly the referenced content.
    pub fn pack(&self, reference: &PackReference) -> Result<Arc<ItemPack>, FunctionError> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pack) = packs.get(&reference.hash) {
            return Ok(Arc::clone(pack));
        }
        let pack = Arc::new(ItemPack::open(reference)?);
        // One job needs one pack at a time; older ones stay alive only while a task still holds them.
        packs.clear();
        packs.insert(reference.hash.clone(), Arc::clone(&pack));
        Ok(pack)
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
    pub namer: Option<ModelReference>,
    /// JSON of [`SegmentSettings`](crate::segment_settings::SegmentSettings).
    pub segment_settings: Option<String>,
}
