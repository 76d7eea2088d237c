//! The whole, at its public interfaces: runs, crashes, SQL, plans, other readers, and what the repository promises.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bad_jobs;
mod bad_models;
mod bad_rows;
mod bad_sources;
mod book;
mod crash;
mod delta_sources;
mod end_to_end;
mod house;
mod init;
mod interop;
mod plans;
mod real_models;
mod report;
mod resuming;
mod slt;
mod submitting;
