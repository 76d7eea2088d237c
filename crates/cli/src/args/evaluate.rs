//! The arguments of `wayfare evaluate`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::OutputFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum EvaluateCommand {
    /// Measure how well journeys are found, for users whose journeys are known, against other methods
    Extraction(EvaluateExtractionArgs),
    /// Measure how good names are, for collections whose titles are known, against other ways of naming
    Naming(EvaluateNamingArgs),
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

#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateNamingArgs {
    /// File of titled collections, a JSON object a line: collection_id, list, title, section, and items with item_id,
    /// title and text
    #[arg(value_name = "COLLECTIONS.jsonl")]
    pub(crate) collections: PathBuf,
    /// Ways of naming to compare: `nearest-title`, `top-concept` and `extractive` without a language model, `zero-shot` and
    /// `few-shot` for its bare answer, `prompt-tuned` and `lora` for that with an adapter, `pipeline` for the names of a job
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "nearest-title,top-concept,extractive,zero-shot,few-shot,pipeline"
    )]
    pub(crate) methods: Vec<String>,
    /// Method that the others are compared with, journey by journey; compared too where --methods does not name it
    #[arg(long, value_name = "NAME", default_value = "few-shot")]
    pub(crate) reference: String,
    /// Language model as a GGUF file; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) model: Option<PathBuf>,
    /// Folder of the sentence encoder that journeys are made with; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: Option<PathBuf>,
    /// Folder of another sentence encoder, with which hidden halves are looked for, too
    #[arg(long, value_name = "DIR")]
    pub(crate) judge_encoder: Option<PathBuf>,
    /// Adapter of `wayfare tune prompt`, for the method `prompt-tuned`
    #[arg(long, value_name = "FILE")]
    pub(crate) adapter_prompt: Option<PathBuf>,
    /// Adapter of `wayfare tune lora`, for the method `lora`
    #[arg(long, value_name = "FILE")]
    pub(crate) adapter_lora: Option<PathBuf>,
    /// Adapter of either kind that the method `pipeline` uses; without it, the model as it is
    #[arg(long, value_name = "FILE")]
    pub(crate) adapter_pipeline: Option<PathBuf>,
    /// Name the collections of these lists; a list is never divided
    #[arg(long, value_enum, default_value_t)]
    pub(crate) part: CollectionsPart,
    /// Name exactly the collections of these lists instead of those that the split measures on
    #[arg(long, value_name = "LISTS", value_delimiter = ',')]
    pub(crate) test_lists: Vec<String>,
    /// Name so many collections of those at most; their hidden halves are still looked for among all
    #[arg(long, value_name = "COUNT")]
    pub(crate) collections_limit: Option<usize>,
    /// Decides the halves, which collections a limit leaves, and the draws of the intervals; not how lists are split
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder that keeps the items' vectors for the next evaluation; without it they are made anew
    #[arg(long, value_name = "DIR")]
    pub(crate) vectors: Option<PathBuf>,
    /// Show so many collections with what each method calls them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(crate) sample: usize,
    /// Write all names to this file as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) names: Option<PathBuf>,
    /// Also write the result to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}

/// Lists as `wayfare tune` divides them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CollectionsPart {
    /// Those that adapters are trained on
    Train,
    /// Those that are looked at while training
    HeldOut,
    /// Those that only evaluations see
    #[default]
    Test,
}
