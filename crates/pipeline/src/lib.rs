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
pub mod observer;
pub mod report;
mod run;
pub mod settings;
mod sources;
mod stages;
mod statement;
