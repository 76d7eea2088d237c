//! The pipeline: from a job file to published tables.
//!
//! Owns the job's settings, the SQL catalogue, and the driver that decides what to run, in which order and what
//! can be skipped. Refuses to know how a statement is executed ([`engine`]) or what a model computes.

pub mod analyst;
pub mod catalogue;
mod clock;
mod dataset;
pub mod driver;
pub mod engine;
pub mod error;
pub mod explain;
pub mod maintain;
mod memory;
pub mod observer;
pub mod plan;
pub mod proposal;
pub mod report;
mod run;
pub mod run_page;
pub mod settings;
pub mod sources;
mod stages;
mod statement;
