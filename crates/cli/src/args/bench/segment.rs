//! The arguments of `wayfare bench segment`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::args::OutputFormat;

/// What is done for each user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SegmentMode {
    /// What jobs do, from no state
    #[default]
    Wayfare,
    /// ICPC as published, which is leader clustering with running means
    #[value(alias = "leader")]
    Icpc,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchSegmentArgs {
    /// Parquet with user_id, item_id (text or whole numbers) and occurred_at, sorted by user, time and item
    #[arg(long, value_name = "FILE.parquet")]
    pub(crate) activities: PathBuf,
    /// Parquet with item_id and vector, a list of numbers; read before the clock starts
    #[arg(long, value_name = "FILE.parquet")]
    pub(crate) vectors: PathBuf,
    /// What is done for each user
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: SegmentMode,
    /// Threads that users are divided between
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    pub(crate) threads: usize,
    /// Cosine that an activity needs to join a cluster, in the mode `icpc`
    #[arg(long, value_name = "COSINE", default_value_t = 0.5)]
    pub(crate) join_threshold: f64,
    /// Activities that a journey needs
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub(crate) min_activities: u32,
    /// Replace a parameter of the mode `wayfare`, for example `--set segment.max_open_activities=512`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Write the label of each activity to this file: user_id, occurred_at, label
    #[arg(long, value_name = "FILE.parquet")]
    pub(crate) labels: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}
