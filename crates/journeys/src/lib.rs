//! Segmentation of one user's activities into interest journeys.
//!
//! Owns: the clustering algorithm, the state that lets it go on later as if it had never stopped, and
//! the rows that follow from it. Refuses to do: input and output, clocks, threads, and anything that knows
//! about more than one user. The same activities give the same bytes on every machine and for every way of
//! cutting them into increments, because every step uses exactly rounded operations in a fixed order.
//!
//! ```
//! use wayfare_journeys::{Activity, Items, Params, Segmenter};
//!
//! struct OneItem;
//!
//! impl Items for OneItem {
//!     fn locate(&self, _item_id: &str) -> Option<usize> {
//!         Some(0)
//!     }
//!     fn vector(&self, _place: usize, into: &mut Vec<f32>) {
//!         into.clear();
//!         into.extend([1.0, 0.0]);
//!     }
//!     fn concepts(&self, _place: usize) -> Vec<(&str, f32)> {
//!         vec![("ukulele", 1.0)]
//!     }
//! }
//!
//! let mut segmenter = Segmenter::start(&Params::default(), "user");
//! let activity = Activity { item_id: "video-1", occurred_at_us: 0, weight: 1.0 };
//! segmenter.push(activity, &OneItem)?;
//! let segmented = segmenter.finish(&OneItem)?;
//! assert!(segmented.journeys.is_empty(), "one activity is a transient");
//! # Ok::<(), wayfare_journeys::SegmentError>(())
//! ```

mod activity;
mod affinity;
mod candidates;
mod concepts;
mod description;
mod dots;
mod error;
mod fit;
mod icpc;
mod journey;
mod journey_id;
mod likeness_rank;
mod linkage;
mod naming_snapshot;
mod open_activities;
mod params;
mod partition;
mod publication;
mod reassignment;
mod segmenter;
mod settled_journey;
mod settling;
mod similarity;
mod sketches;
mod state;
mod summary;
mod wide_registers;

pub use activity::{Activity, Items, MAXIMUM_WEIGHT, MINIMUM_WEIGHT};
pub use candidates::MAXIMUM_CANDIDATES;
pub use concepts::CONCEPTS_AFTER_PRUNING;
pub use error::{JourneyIdError, ParamsError, SegmentError, StateError};
pub use icpc::Icpc;
pub use journey::{Alias, AliasReason, Assignment, Before, Concept, Journey, Representative, Segmented};
pub use journey_id::JourneyId;
pub use naming_snapshot::NamingSnapshot;
pub use params::Params;
pub use segmenter::Segmenter;
pub use similarity::dot;
pub use state::UserState;
