//! The whole, at its public interfaces: runs, crashes, SQL, plans, other readers, and what the repository promises.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod crash;
mod end_to_end;
mod house;
mod interop;
mod plans;
mod real_models;
mod slt;
