//! The cluster, as real processes of the program over an S3 server: equal results, placement, refusals, and faults.
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod equal;
mod faults;
mod leftovers;
mod local;
mod movielens;
mod pack;
mod placement;
mod pull;
mod refusal;
mod tls;
mod tools;
