//! Drives one user's activities: takes them in, settles the older ones when there are too many, publishes at the end.

use std::collections::BTreeMap;

use crate::activity::{Activity, Items, check_weight};
use crate::error::SegmentError;
use crate::journey::{Before, Segmented};
use crate::journey_id::JourneyId;
use crate::open_activities::{OpenActivities, OpenActivity};
use crate::params::Params;
use crate::publication::publish;
use crate::settling::{Outcome, Settling};
use crate::state::{Settled, UserState};

/// Segments one user's activities, pushed in the total order (occurred_at_us, item_id).
#[derive(Debug)]
pub struct Segmenter {
    params: Params,
    user_id: String,
    settled: Settled,
    open: OpenActivities,
    before: Before,
    outcome: Outcome,
}

impl Segmenter {
    /// Begins with the user's first activity. The parameters are those that [`Params::validate`] accepts.
    pub fn start(params: &Params, user_id: &str) -> Self {
        Self {
            params: *params,
            user_id: user_id.to_owned(),
            settled: Settled::default(),
            open: OpenActivities::default(),
            before: Before::default(),
            outcome: Outcome::default(),
        }
    }

    /// Goes on where the state was left, under the same parameters and for the same user.
    pub fn resume(
        params: &Params,
        user_id: &str,
        state: UserState,
        items: &dyn Items,
    ) -> Result<Self, SegmentError> {
        let mut segmenter = Self::start(params, user_id);
        segmenter.before = state.settled.before();
        let dimension = state.settled.dimension().unwrap_or(0);
        segmenter.open = OpenActivities::restore(state.open, dimension, items)?;
        segmenter.settled = state.settled;
        Ok(segmenter)
    }

    /// Time and item of the last activity taken in, in this increment or an earlier one.
    pub fn watermark(&self) -> Option<(i64, &str)> {
        let last = self.open.last().map(OpenActivity::key);
        last.or_else(|| self.settled.until())
    }

    /// Takes in the next activity. After an error the segmenter must not be used further.
    pub fn push(&mut self, activity: Activity<'_>, items: &dyn Items) -> Result<(), SegmentError> {
        if let Some((watermark_us, watermark_item_id)) = self.watermark()
            && (activity.occurred_at_us, activity.item_id) <= (watermark_us, watermark_item_id)
        {
            return Err(SegmentError::OutOfOrder {
                item_id: activity.item_id.to_owned(),
                occurred_at_us: activity.occurred_at_us,
                watermark_item_id: watermark_item_id.to_owned(),
                watermark_us,
            });
        }
        check_weight(&activity)?;
        self.open.push(&activity, items)?;
        if self.open.len() > self.params.max_open_activities as usize {
            let settling = Settling {
                user_id: &self.user_id,
                params: &self.params,
                items,
            };
            settling.settle(&mut self.settled, &mut self.open, &mut self.outcome)?;
        }
        Ok(())
    }

    /// Gives out what holds now, and the state to resume from.
    pub fn finish(self, items: &dyn Items) -> Result<Segmented, SegmentError> {
        let published = publish(
            &self.user_id,
            &self.settled.journeys,
            &self.open,
            &self.params,
            items,
        )?;
        let Outcome {
            mut assignments,
            mut aliases,
            retired,
        } = self.outcome;
        let became = last_ids(aliases.iter().map(|alias| (alias.old, alias.new)).rev());
        for assignment in &mut assignments {
            if let Some(&last) = became.get(&assignment.journey_id) {
                assignment.journey_id = last;
            }
        }
        assignments.extend(published.assignments);
        assignments.sort_by(|a, b| {
            (a.journey_id, a.occurred_at_us, &a.item_id).cmp(&(b.journey_id, b.occurred_at_us, &b.item_id))
        });
        aliases.extend(published.aliases);
        let mut journeys = retired;
        journeys.extend(published.journeys);
        journeys.sort_by_key(|journey| journey.journey_id);
        Ok(Segmented {
            state: UserState {
                settled: self.settled,
                open: self.open.into_activities(),
            },
            before: self.before,
            journeys,
            assignments,
            aliases,
        })
    }
}

/// What became of each id in the end. Latest first: what a journey became is known before what was merged into it
/// earlier is looked at.
fn last_ids(latest_first: impl Iterator<Item = (JourneyId, JourneyId)>) -> BTreeMap<JourneyId, JourneyId> {
    let mut became: BTreeMap<JourneyId, JourneyId> = BTreeMap::new();
    for (old, new) in latest_first {
        let last = became.get(&new).copied().unwrap_or(new);
        became.insert(old, last);
    }
    became
}
