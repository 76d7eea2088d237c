//! Segmentation of one user's activities into interest journeys.
//!
//! Owns: the online clustering algorithm, the state that lets it go on later as if it had never stopped, and
//! the rows that follow from it. Refuses to do: input and output, clocks, threads, and anything that knows
//! about more than one user. The same activities give the same bytes on every machine and for every way of
//! cutting them into increments, because every step uses exactly rounded operations in a fixed order.
//!
//! ```
//! use wayfare_journeys::{Activity, Features, Params, Segmenter};
//!
//! let mut vectors = |_item: &str, into: &mut Vec<f32>| {
//!     into.clear();
//!     into.extend([1.0, 0.0]);
//!     true
//! };
//! let mut segmenter = Segmenter::start(&Params::default(), "user");
//! let features = Features { vector: &[1.0, 0.0], concepts: &[("ukulele", 1.0)] };
//! let activity = Activity { item_id: "video-1", occurred_at_us: 0, weight: 1.0, features };
//! segmenter.push(activity, &mut vectors)?;
//! let segmented = segmenter.finish(&mut vectors)?;
//! assert!(segmented.journeys.is_empty(), "one activity is a transient");
//! # Ok::<(), wayfare_journeys::SegmentError>(())
//! ```

mod activity;
mod candidates;
mod cluster;
mod concepts;
mod description;
mod error;
mod journey;
mod journey_id;
mod merge;
mod naming_snapshot;
mod params;
mod segmenter;
mod similarity;
mod state;

pub use activity::{Activity, Features, MAXIMUM_WEIGHT, MINIMUM_WEIGHT, VectorLookup};
pub use candidates::MAXIMUM_CANDIDATES;
pub use concepts::CONCEPTS_AFTER_PRUNING;
pub use error::{JourneyIdError, ParamsError, SegmentError, StateError};
pub use journey::{Alias, Assignment, Concept, Journey, Representative, Segmented};
pub use journey_id::JourneyId;
pub use naming_snapshot::NamingSnapshot;
pub use params::Params;
pub use segmenter::Segmenter;
pub use similarity::{decay, dot};
pub use state::UserState;
