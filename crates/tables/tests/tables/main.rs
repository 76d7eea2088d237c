//! Tests of the tables at their public functions, on a directory of this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "claims are compared with the times of real files, and the dying process is told what to do by its environment"
)]

mod claims;
mod commits;
mod crashes;
mod faults;
mod faulty_store;
mod location;
mod maintenance;
mod manifests;
mod ownership;
mod schemas;
mod snapshots;
mod support;
