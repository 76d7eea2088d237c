//! The arguments of `wayfare tune`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::OutputFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum TuneCommand {
    /// Learn a soft prompt: vectors that stand before every prompt; the cheapest to load, each step goes through all layers
    Prompt(TunePromptArgs),
    /// Learn low-rank changes of the model's matrices (LoRA); steps are cheaper the fewer layers are changed
    Lora(TuneLoraArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct TunePromptArgs {
    #[command(flatten)]
    pub(crate) tune: TuneArgs,
    /// Vectors of the soft prompt
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    pub(crate) virtual_tokens: usize,
    /// Text whose tokens the vectors begin as; more vectors than tokens begin as tokens of names
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "What do these items have in common? Say it as a short title, as in a library:"
    )]
    pub(crate) begin_as: String,
    /// Highest learning rate
    #[arg(long, value_name = "RATE", default_value_t = 0.01)]
    pub(crate) learning_rate: f64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TuneLoraArgs {
    #[command(flatten)]
    pub(crate) tune: TuneArgs,
    /// Rank of the changes
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub(crate) rank: usize,
    /// Changes are multiplied with this number divided by the rank
    #[arg(long, value_name = "NUMBER", default_value_t = 16.0)]
    pub(crate) alpha: f32,
    /// Matrices of a layer that are changed, of attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up and ffn_down
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "attn_q,attn_v,attn_output,ffn_gate,ffn_up,ffn_down"
    )]
    pub(crate) modules: Vec<String>,
    /// Layers that are changed, counted from the last
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) last_layers: usize,
    /// Highest learning rate
    #[arg(long, value_name = "RATE", default_value_t = 0.001)]
    pub(crate) learning_rate: f64,
}

/// The prompts that names can be learnt with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TuningPrompt {
    /// The prompt without its examples, which tuning makes superfluous
    #[default]
    ZeroShot,
    /// The prompt with its examples; each step takes several times as long
    FewShot,
}

/// What both ways of tuning need.
#[derive(Debug, clap::Args)]
pub(crate) struct TuneArgs {
    /// GGUF file of the base model, of the Llama family
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) model: PathBuf,
    /// Titled collections, one JSON object a line: collection_id, list, title, section, medium, items (item_id, title, text)
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) collections: PathBuf,
    /// Folder for `adapter.safetensors` and `checkpoint.safetensors`
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Go on from the checkpoint in the folder, if there is one; all other arguments have to be the same
    #[arg(long)]
    pub(crate) resume: bool,
    /// Prompt that names are learnt with, and that the adapter is then used with
    #[arg(long, value_enum, default_value_t)]
    pub(crate) prompt: TuningPrompt,
    /// Folder of the sentence encoder, whose vocabulary says which words are concepts; without it, the one in WAYFARE_ASSETS
    #[arg(long, value_name = "DIR")]
    pub(crate) encoder: Option<PathBuf>,
    /// Steps at most
    #[arg(long, value_name = "COUNT", default_value_t = 400)]
    pub(crate) steps: usize,
    /// Examples of a step
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub(crate) batch: usize,
    /// Steps in which the learning rate rises
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) warm_up_steps: usize,
    /// Pull of the trained values towards 0
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub(crate) weight_decay: f64,
    /// Steps between two looks at the held-out lists, each of which writes a checkpoint
    #[arg(long, value_name = "COUNT", default_value_t = 25)]
    pub(crate) held_out_every: usize,
    /// Stop after so many looks without a lower loss
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub(crate) patience: usize,
    /// Equal seeds and arguments give equal adapters
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Examples drawn of each collection that is trained on, each with other items
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    pub(crate) examples_per_collection: usize,
    /// Share of the examples in which an item or two are of another list
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    pub(crate) noise_share: f64,
    /// Seed by which lists are divided into those trained on, held out, and kept for tests
    #[arg(long, value_name = "SEED", default_value_t = 6)]
    pub(crate) split_seed: u64,
    /// Lists to hold out; without it, about 15 % of the collections in lists drawn by the split's seed
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) held_out_lists: Vec<String>,
    /// Lists that are neither trained on nor looked at; without it, about 30 % drawn by the split's seed
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) test_lists: Vec<String>,
    /// Also measure the held-out loss of the base model with the few-shot prompt, which takes a while
    #[arg(long)]
    pub(crate) compare_few_shot: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}
