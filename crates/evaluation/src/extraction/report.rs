//! A comparison for people, labels for other programs, and single users to look at.

mod labels;
mod sample;
mod table;

pub use labels::write_labels;
pub use sample::{SampleOrder, sample_users};
pub use table::text;
