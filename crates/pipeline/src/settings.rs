//! The job: what it reads, what it computes, where it writes.
//!
//! Owns the shape of the job file, its defaults and the hash of everything in it that changes results. [`resolve`] makes
//! [`JobSettings`] from a job file, the environment and flags. Refuses to touch what the settings point at: whether a
//! file exists or a table can be written is found out by whoever uses it.

mod layer;
mod logical_date;
mod namer;
mod override_layer;
mod recorded;
mod reference;
mod resolve;
mod schema;
mod sources;
mod substitute;
mod validate;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wayfare_inference::DEFAULT_PROMPT;
use wayfare_journeys::Params;
use xxhash_rust::xxh3::xxh3_64;

pub use self::logical_date::{InvalidDate, LogicalDate, Slice};
pub use self::reference::reference_markdown;
pub use self::resolve::{Origin, Resolved, resolve};
pub use self::schema::job_file_schema;
pub use self::sources::{ColumnType, SourceFormat, SourceQuery, SourceTable, SourcesSettings};

/// Everything a job file can say. A key that is missing has its default; a key that is not listed here is an error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Job file of Wayfare", extend("required" = ["job", "tables", "sources", "encoder"]))]
pub struct JobSettings {
    /// What the job is.
    pub job: JobIdentity,
    /// Where the tables lie and how they are divided.
    pub tables: TablesSettings,
    /// The source tables and the queries over them.
    pub sources: SourcesSettings,
    /// What is accepted from the sources.
    pub load: LoadSettings,
    /// The model that turns texts into vectors.
    pub encoder: EncoderSettings,
    /// How activities become journeys.
    pub segment: Params,
    /// How journeys get their names.
    pub name: NameSettings,
    /// What the run may use of this machine.
    pub engine: EngineSettings,
}

/// `[job]`: what the job is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct JobIdentity {
    /// Names the job in the ledger: letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// A sentence that must accompany results of this data, for example its licence's attribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The part of the sources that belongs to one logical date.
    pub slice: Slice,
}

/// `[tables]`: where the tables lie and how they are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub struct TablesSettings {
    /// Where the tables lie: a path, relative to the current directory, a `file://` URL, or a place in a bucket,
    /// `s3://bucket/prefix`.
    pub url: String,
    /// Buckets that users are hashed into; fixed once the tables exist.
    pub bucket_count: u32,
    /// Buckets that are computed, committed to the ledger and restarted together.
    pub buckets_per_group: u32,
    /// Share of a bucket's rows, 0 to 1, that may be deleted by Delta deletion vectors before the bucket is written anew.
    /// 0 writes every touched bucket anew: for readers that do not know deletion vectors.
    pub max_deleted_share: f64,
}

impl TablesSettings {
    /// How many bucket groups a stage has; the last group may be smaller.
    pub fn bucket_groups(&self) -> u32 {
        self.bucket_count.div_ceil(self.buckets_per_group.max(1))
    }
}

impl Default for TablesSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            bucket_count: 16,
            buckets_per_group: 4,
            max_deleted_share: 0.3,
        }
    }
}

/// `[load]`: what is accepted from the sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoadSettings {
    /// Share of a logical date's rows, 0 to 1, that may be rejected before the run fails.
    pub max_rejected_share: f64,
}

impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            max_rejected_share: 0.05,
        }
    }
}

/// `[encoder]`: the model that turns texts into vectors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["path", "sha256"]))]
pub struct EncoderSettings {
    /// Directory of the model, relative to the job file's folder.
    pub path: String,
    /// SHA-256 of its `model.safetensors`, 64 hexadecimal digits; another model is refused.
    pub sha256: String,
}

/// `[name]`: how journeys get their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NameSettings {
    /// GGUF file of the language model, relative to the job file's folder. Without it, names are put together from the
    /// journeys' own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// SHA-256 of that file, 64 hexadecimal digits. Required with `model`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Safetensors file with what tuning has added to the model, relative to the job file's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// SHA-256 of that file. Required with `adapter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_sha256: Option<String>,
    /// How a journey is put to the model: `few-shot`, `zero-shot` or `chat`, or a prompt file of your own, relative to the
    /// job file's folder.
    pub prompt: String,
    /// SHA-256 of the prompt file. Required if `prompt` is a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_sha256: Option<String>,
    /// File with the topics that no name may speak of, one term a line, relative to the job file's folder. Without it, the
    /// list that comes with the program is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_topics: Option<String>,
    /// SHA-256 of that file. Required with `blocked_topics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_topics_sha256: Option<String>,
    /// Whether the model's name is compared with names from the journey's own words, by the job's encoder and by how likely
    /// the model finds each. Otherwise the model's name is taken if it passes the checks.
    pub compare: bool,
    /// Most distinct journeys, the strongest of all published ones, that the language model names; the others get
    /// extractive names.
    pub max_model_names: u64,
}

impl Default for NameSettings {
    fn default() -> Self {
        Self {
            model: None,
            sha256: None,
            adapter: None,
            adapter_sha256: None,
            prompt: DEFAULT_PROMPT.to_owned(),
            prompt_sha256: None,
            blocked_topics: None,
            blocked_topics_sha256: None,
            compare: false,
            max_model_names: 200,
        }
    }
}

/// `[engine]`: what the run may use of this machine. Never changes a result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// Threads that compute; 0 for one per core.
    pub threads: usize,
    /// Mebibytes that queries may hold before they spill to disk; 0 for no limit.
    pub memory_limit_mb: u64,
}

/// The part of the settings that results depend on, in the order in which it is hashed.
#[derive(Serialize)]
struct ResultSettings<'a> {
    slice: Slice,
    sources: SourcesSettings,
    load: &'a LoadSettings,
    encoder_sha256: &'a str,
    segment: &'a Params,
    /// What the model names by, and what the other names leave unsaid: by hash, without places.
    namers: [Vec<String>; 2],
    max_model_names: u64,
}

impl JobSettings {
    /// 16 hexadecimal digits that differ when a setting differs that changes results.
    ///
    /// Where things lie (`tables.url`, every `path`, the files of `name`), how the work is divided (`tables.*`, `engine`) and
    /// how the job is called do not count.
    pub fn configuration_hash(&self) -> String {
        let mut sources = self.sources.clone();
        for table in sources.tables.values_mut() {
            table.path.clear();
        }
        let relevant = ResultSettings {
            slice: self.job.slice,
            sources,
            load: &self.load,
            encoder_sha256: &self.encoder.sha256,
            segment: &self.segment,
            namers: self.namer_hashes(),
            max_model_names: self.name.max_model_names,
        };
        // Plain structs, strings and numbers always have a JSON form.
        let canonical = serde_json::to_string(&relevant).unwrap_or_default();
        debug_assert!(!canonical.is_empty(), "settings have no JSON form");
        format!("{:016x}", xxh3_64(canonical.as_bytes()))
    }
}
