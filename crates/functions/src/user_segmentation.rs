//! One user's segmentation over Arrow columns: what the aggregate and the window function share.

use wayfare_journeys::{Activity, Items, SegmentError, Segmented, Segmenter, UserState};

use crate::error::FunctionError;
use crate::item_pack::ItemPack;
use crate::segment_settings::LoadedSettings;

/// Feeds one user's activities to the segmenter, looking features up in the pack.
#[derive(Debug)]
pub(crate) struct UserSegmentation {
    settings: LoadedSettings,
    user_id: String,
    segmenter: Segmenter,
}

impl UserSegmentation {
    /// Starts from the given state, or from the user's first activity.
    pub(crate) fn start(
        settings: &LoadedSettings,
        user_id: &str,
        state: Option<&[u8]>,
    ) -> Result<Self, FunctionError> {
        let segmenter = match state {
            None => Segmenter::start(&settings.params, user_id),
            Some(bytes) => {
                let state = UserState::decode(bytes).map_err(|source| FunctionError::State {
                    user_id: user_id.to_owned(),
                    source,
                })?;
                let pack = settings.pack.as_ref();
                Segmenter::resume(&settings.params, user_id, state, pack)
                    .map_err(|source| failed(user_id, pack, source))?
            }
        };
        Ok(Self {
            settings: settings.clone(),
            user_id: user_id.to_owned(),
            segmenter,
        })
    }

    /// Takes in one activity. A repetition of the last one is the same activity and counts once.
    pub(crate) fn push(
        &mut self,
        item_id: &str,
        occurred_at_us: i64,
        weight: f32,
    ) -> Result<(), FunctionError> {
        if self.segmenter.watermark() == Some((occurred_at_us, item_id)) {
            return Ok(());
        }
        let activity = Activity {
            item_id,
            occurred_at_us,
            weight,
        };
        let pack = self.settings.pack.as_ref();
        self.segmenter
            .push(activity, pack)
            .map_err(|source| failed(&self.user_id, pack, source))
    }

    /// Ends the increment.
    pub(crate) fn finish(self) -> Result<Segmented, FunctionError> {
        let pack = self.settings.pack.as_ref();
        self.segmenter
            .finish(pack)
            .map_err(|source| failed(&self.user_id, pack, source))
    }
}

fn failed(user_id: &str, pack: &ItemPack, source: SegmentError) -> FunctionError {
    match source {
        SegmentError::UnknownItem { item_id } => FunctionError::ItemNotInPack {
            item_id,
            uri: pack.uri().to_owned(),
        },
        source => FunctionError::Segment {
            user_id: user_id.to_owned(),
            source,
        },
    }
}

impl Items for ItemPack {
    fn locate(&self, item_id: &str) -> Option<usize> {
        self.row(item_id)
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        self.vector_into(place, into);
    }

    fn concepts(&self, place: usize) -> Vec<(&str, f32)> {
        ItemPack::concepts(self, place).collect()
    }
}
