//! A comparison for people, and the names themselves.

mod names;
mod table;

pub use names::{sample_names, write_names};
pub use table::text;
