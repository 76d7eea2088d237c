//! Evaluation of extraction: users whose journeys are known, the methods that look for them, and how well each does.
//!
//! Owns: what is read of a folder of users, what a method is given and owes, how scores are averaged and compared.
//! Refuses to do: encoding texts; vectors come from the caller.

pub mod baselines;
pub mod comparison;
pub mod dataset;
pub mod method;
pub mod report;
pub mod scores;
pub mod tuning;
pub mod wayfare;
