//! What every way of finding journeys must offer to be compared with the others.

use std::fmt;

use serde_json::Value;

use super::dataset::{Catalogue, UserHistory};
use crate::error::EvaluationError;

/// A way of finding the journeys of one user.
///
/// Users are given to it side by side, so it must not change with what it has seen; what it learns from the catalogue
/// as a whole it must learn deterministically.
pub trait Method: fmt::Debug + Send + Sync {
    /// The name on the command line and in reports.
    fn name(&self) -> String;

    /// What decides its results, as a JSON object.
    fn parameters(&self) -> Value;

    /// One label per activity, in the order of `user.activities`; none for an activity that belongs to no journey.
    ///
    /// Labels say which activities go together and nothing else. Must not look at `gold`, `gold_titles` and `bursts`.
    /// A user on whom the method fails gets no labels at all, which [`assigned`] takes for the error that it is.
    fn assign(&self, catalogue: &Catalogue, user: &UserHistory) -> Vec<Option<u32>>;
}

/// The method's labels, of which there is one per activity.
pub fn assigned(
    method: &dyn Method,
    catalogue: &Catalogue,
    user: &UserHistory,
) -> Result<Vec<Option<u32>>, EvaluationError> {
    let labels = method.assign(catalogue, user);
    if labels.len() == user.activities.len() {
        return Ok(labels);
    }
    Err(EvaluationError::Labels {
        method: method.name(),
        user_id: user.user_id.clone(),
        expected: user.activities.len(),
        found: labels.len(),
    })
}
