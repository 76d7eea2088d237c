//! The arguments of `wayfare evaluate`.

use std::path::PathBuf;

use clap::Subcommand;

use super::OutputFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum EvaluateCommand {
    /// Measure how well journeys are found, for users whose journeys are known, against other methods
    Extraction(EvaluateExtractionArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateExtractionArgs {
    /// Folder with activities.csv (user_id, item_id, occurred_at), items.csv (item_id, title, text) and truth.csv
    /// (user_id, item_id, occurred_at, journey_label, journey_title; both empty for noise)
    #[arg(value_name = "USERS_DIR")]
    pub(crate) users_dir: PathBuf,
    /// Folder of a BERT-family sentence encoder; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: Option<PathBuf>,
    /// Methods to compare: `wayfare`, and the baselines `global-kmeans`, `icpc`, `icpc-terms`, `icpc-merge`, `ward` and
    /// `ward-reject`
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "wayfare,ward-reject,ward,icpc-merge,icpc,global-kmeans"
    )]
    pub(crate) methods: Vec<String>,
    /// Method that the others are compared with, user by user; compared too where --methods does not name it
    #[arg(long, value_name = "NAME", default_value = "ward-reject")]
    pub(crate) reference: String,
    /// Tune every method on the users of this folder first; without it, methods have their defaults
    #[arg(long, value_name = "USERS_DIR")]
    pub(crate) tune_on: Option<PathBuf>,
    /// Coverage that tuning must reach where a method can
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, requires = "tune_on")]
    pub(crate) coverage_floor: f64,
    /// File with a table `[segment]`, such as a job file: the parameters of `wayfare`
    #[arg(long, value_name = "FILE.toml", conflicts_with = "tune_on")]
    pub(crate) params: Option<PathBuf>,
    /// Replace a parameter of `wayfare`, for example `--set segment.join_threshold=0.4`; wins over --params
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "tune_on")]
    pub(crate) sets: Vec<String>,
    /// Journeys of fewer activities do not count as found, whatever the method
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub(crate) min_activities: u32,
    /// File that keeps the items' vectors for the next evaluation; without it, `vectors-HASH.parquet` in the folder of
    /// the users, with the first digits of the encoder's hash
    #[arg(long, value_name = "FILE.parquet")]
    pub(crate) vectors: Option<PathBuf>,
    /// Show so many users with their journeys, item by item, as the first method found them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) sample: usize,
    /// Show the users with the lowest BCubed F1 instead of those with the first ids
    #[arg(long, requires = "sample")]
    pub(crate) worst: bool,
    /// Also write the result to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the label that each method gave to each activity to this file as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}
