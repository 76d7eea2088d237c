//! One user's segmentation over Arrow columns: what the aggregate and the window function share.

use wayfare_journeys::{Activity, Features, Segmented, Segmenter, UserState};

use crate::error::FunctionError;
use crate::segment_settings::LoadedSettings;

/// Feeds one user's activities to the segmenter, looking features up in the pack.
#[derive(Debug)]
pub(crate) struct UserSegmentation {
    settings: LoadedSettings,
    user_id: String,
    segmenter: Segmenter,
    vector: Vec<f32>,
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
                Segmenter::resume(&settings.params, user_id, state)
            }
        };
        let (settings, user_id) = (settings.clone(), user_id.to_owned());
        Ok(Self {
            settings,
            user_id,
            segmenter,
            vector: Vec::new(),
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
        let pack = &self.settings.pack;
        let Some(row) = pack.row(item_id) else {
            return Err(FunctionError::ItemNotInPack {
                item_id: item_id.to_owned(),
                uri: pack.uri().to_owned(),
            });
        };
        pack.vector_into(row, &mut self.vector);
        let concepts: Vec<(&str, f32)> = pack.concepts(row).collect();
        let features = Features {
            vector: &self.vector,
            concepts: &concepts,
        };
        let activity = Activity {
            item_id,
            occurred_at_us,
            weight,
            features,
        };
        self.segmenter
            .push(activity, &mut |item, into| lookup(pack, item, into))
            .map_err(|source| FunctionError::Segment {
                user_id: self.user_id.clone(),
                source,
            })?;
        self.last = Some((occurred_at_us, item_id.to_owned()));
        Ok(())
    }

    /// Ends the increment.
    pub(crate) fn finish(self) -> Result<Segmented, FunctionError> {
        let pack = &self.settings.pack;
        self.segmenter
            .finish(&mut |item, into| lookup(pack, item, into))
            .map_err(|source| FunctionError::Segment {
                user_id: self.user_id.clone(),
                source,
            })
    }
}

fn lookup(pack: &crate::item_pack::ItemPack, item_id: &str, into: &mut Vec<f32>) -> bool {
    let row = pack.row(item_id);
    if let Some(row) = row {
        pack.vector_into(row, into);
    }
    row.is_some()
}
