//! The rows that segmentation gives: journeys, assignments and aliases.

use crate::journey_id::JourneyId;
use crate::naming_snapshot::NamingSnapshot;
use crate::state::UserState;

/// The result of one increment for one user.
///
/// What it gives replaces what earlier increments gave, but for what [`Before`] says of them: rows of `before.retired`
/// journeys are carried forward, and so are assignments not later than `before.settled_until` to journeys in
/// `before.kept` or `before.retired`, and aliases that were [`Merged`](AliasReason::Merged). Of those, an id that is the
/// `old` of a merged alias is replaced by the `new`, following chains.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmented {
    pub state: UserState,
    pub before: Before,
    /// By id.
    pub journeys: Vec<Journey>,
    /// By (journey_id, occurred_at_us, item_id); ids are final as of this increment.
    pub assignments: Vec<Assignment>,
    /// Those merged in this increment, in the order in which they came about; a `new` may be the `old` of a later one.
    /// Then the others that hold now.
    pub aliases: Vec<Alias>,
}

/// What of earlier increments still holds. Empty for a user who is computed from the first activity on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Time and item of the last activity whose journey was settled.
    pub settled_until: Option<(i64, String)>,
    /// Journeys whose settled activities have been given out.
    pub kept: Vec<JourneyId>,
    /// Journeys that are given out no more.
    pub retired: Vec<JourneyId>,
}

/// A journey as it stands, or as it stood when it was retired.
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
    /// Cosine to the journey's vector; that of the time when the activity was settled, if it is.
    pub similarity: f32,
}

/// Another id that a journey had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    pub old: JourneyId,
    pub new: JourneyId,
    /// Merged: time of the activity that brought the two together. Else: time of the activity that the journey may have
    /// begun with.
    pub since_us: i64,
    pub reason: AliasReason,
}

/// Why a journey is known by another id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AliasReason {
    /// It was merged into an older one, for good.
    Merged,
    /// It began with another activity as seen by an earlier run.
    OtherStart,
}
