//! Evaluation of naming: collections whose titles are known, the methods that name them, and how good the names are.
//!
//! Owns: which half of a collection a method sees, what a name is measured by, how scores are averaged and compared.
//! Refuses to do: encoding and generating texts, which come through the contracts of `wayfare-inference`.

pub mod comparison;
pub mod journeys;
pub mod method;
pub mod methods;
pub mod metrics;
pub mod report;
pub mod retrieval;
pub mod scores;
