//! What the tests of the whole share: the small world, fake models, the program, and tables as comparable rows.
//!
//! Holds no test. Everything here fails by panicking: a test that cannot be set up has failed.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed"
)]

pub mod book;
pub mod certificates;
pub mod choice;
pub mod cluster;
pub mod contents;
pub mod delta_log;
pub mod fake_models;
pub mod fault_proxy;
pub mod goldens;
pub mod hold_point;
pub mod installed;
pub mod listening;
pub mod moto;
pub mod namespace;
pub mod process;
pub mod program;
pub mod runtime;
pub mod s3;
pub mod scene;
pub mod small_world;
pub mod task_log;
pub mod tcp_proxy;
pub mod tiny_encoder;
pub mod trial;
