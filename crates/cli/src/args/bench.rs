//! The arguments of `wayfare bench`.

pub(crate) mod segment;

use std::path::PathBuf;

use clap::Subcommand;

use self::segment::BenchSegmentArgs;
use super::OutputFormat;

/// What can be timed; each has its module in `commands/bench`.
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Time the encoder on a file of texts
    Embedding(BenchEmbeddingArgs),
    /// Time the language model on a file of prompts
    Naming(BenchNamingArgs),
    /// Time how journeys are found, on files of activities and item vectors
    Segment(BenchSegmentArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchEmbeddingArgs {
    /// Folder of a BERT-family sentence encoder
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: PathBuf,
    /// File with a text in each line
    #[arg(long, value_name = "FILE")]
    pub(crate) texts: PathBuf,
    /// Threads that compute
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    pub(crate) threads: usize,
    /// Write the vectors to this file, one text after the other, as 32-bit floats in the order of this machine's bytes
    #[arg(long, value_name = "FILE")]
    pub(crate) vectors: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}

#[derive(Debug, clap::Args)]
pub(crate) struct BenchNamingArgs {
    /// GGUF file of a language model
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) model: PathBuf,
    /// File with a JSON object in each line: `prefix`, `suffix` and `inputs`, whose prompts are prefix + input + suffix
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) prompts: PathBuf,
    /// Most tokens that are written for a prompt
    #[arg(long, value_name = "COUNT", default_value_t = 9)]
    pub(crate) max_tokens: usize,
    /// Threads that compute
    #[arg(long, value_name = "COUNT", default_value_t = 2)]
    pub(crate) threads: usize,
    /// Write what was generated to this file: a JSON object in each line, `text`, `tokens` and `prompt_tokens`
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) generations: Option<PathBuf>,
    /// Write each prompt's token ids to this file, a JSON array in each line, and generate nothing
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) token_ids: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}
