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
    last: Option<(i64, String)>,
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
                let resumed = Segmenter::resume(&settings.params, user_id, state, settings.pack.as_ref());
                resumed.map_err(|source| failed(user_id, source))?
            }
        };
        Ok(Self {
            settings: settings.clone(),
            user_id: user_id.to_owned(),
            segmenter,
            last: None,
        })
    }

    /// Takes in one activity. A repetition of the one before is the same activity and counts once.
    pub(crate) fn push(
        &mut self,
        item_id: &str,
        occurred_at_us: i64,
        weight: f32,
    ) -> Result<(), FunctionError> {
        if self
            .last
            .as_ref()
            .is_some_and(|(at, item)| *at == occurred_at_us && item == item_id)
        {
            return Ok(());
        }
        let pack = self.settings.pack.as_ref();
        if pack.row(item_id).is_none() {
            return Err(FunctionError::ItemNotInPack {
                item_id: item_id.to_owned(),
                uri: pack.uri().to_owned(),
            });
        }
        let activity = Activity {
            item_id,
            occurred_at_us,
            weight,
        };
        self.segmenter
            .push(activity, pack)
            .map_err(|source| failed(&self.user_id, source))?;
        self.last = Some((occurred_at_us, item_id.to_owned()));
        Ok(())
    }

    /// Ends the increment.
    pub(crate) fn finish(self) -> Result<Segmented, FunctionError> {
        self.segmenter
            .finish(self.settings.pack.as_ref())
            .map_err(|source| failed(&self.user_id, source))
    }
}

fn failed(user_id: &str, source: SegmentError) -> FunctionError {
    FunctionError::Segment {
        user_id: user_id.to_owned(),
        source,
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
