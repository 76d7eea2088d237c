//! The rows that segmentation gives: journeys, assignments and aliases.

use crate::journey_id::JourneyId;
use crate::naming_snapshot::NamingSnapshot;
use crate::state::UserState;

/// The result of one increment for one user.
///
/// Over increments, a later row of `journeys` replaces an earlier one with the same id, rows of journeys that do
/// not come again are carried forward, and ids that are the `old` of an alias are removed. Assignments add up,
/// with `old` replaced by `new`, following chains of aliases.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmented {
    pub state: UserState,
    /// Every live journey and those retired in this increment, by id.
    pub journeys: Vec<Journey>,
    /// New in this increment, by (journey_id, occurred_at_us, item_id); ids are final as of this increment.
    pub assignments: Vec<Assignment>,
    /// New in this increment, in the order in which they came about; a `new` may be the `old` of a later one.
    pub aliases: Vec<Alias>,
}

/// A kept cluster as it stands, or as it stood when it was retired.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    pub journey_id: JourneyId,
    pub started_at_us: i64,
    pub last_active_at_us: i64,
    pub activity_count: u64,
    /// Distinct UTC days.
    pub active_days: u32,
    /// Unit length.
    pub vector: Vec<f32>,
    /// Most similar to the vector first, ties by item id.
    pub representatives: Vec<Representative>,
    /// Heaviest first, ties by term.
    pub concepts: Vec<Concept>,
    pub naming: NamingSnapshot,
}

/// An item that stands for a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Representative {
    pub item_id: String,
    /// Cosine to the journey's vector.
    pub similarity: f32,
    /// Activities on this item since it became a candidate.
    pub occurrences: u32,
}

/// A term that stands for a journey, with its weight in the journey's unit-length concept vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Concept {
    pub term: String,
    pub weight: f32,
}

/// An activity that belongs to a journey.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    pub journey_id: JourneyId,
    pub item_id: String,
    pub occurred_at_us: i64,
    /// To the cluster that the activity joined, when it joined; 1 where it opened the cluster.
    pub similarity: f32,
}

/// A journey that was merged into an older one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    pub old: JourneyId,
    pub new: JourneyId,
    /// Time of the activity that brought the two together.
    pub since_us: i64,
}
