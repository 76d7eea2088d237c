//! A small job in a folder of its own whose sources, models and job file a test may spoil, run by the program.
//!
//! Its tables are published once, from sound sources; what a spoiled run leaves of them is compared with that.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use tempfile::TempDir;
use wayfare_pipeline::engine::EmbeddedEngine;
use wayfare_tables::SnapshotRecord;

use crate::contents::{Contents, assert_same, contents, query, session, snapshot};
use crate::fake_models::FakeModels;
use crate::program::{command, finish, said};
use crate::runtime::block_on;
use crate::tiny_encoder::{self, TinyEncoder};

const ITEMS: &str = "\
item_id,title,text
b1,Sourdough starter jar,everything for baking bread
b2,Rye bread flour,everything for baking bread
b3,Proofing basket,everything for baking bread
c1,Road bicycle tyres,gear for cycling
c2,Bicycle chain oil,gear for cycling
silent,,
";

const ACTIVITIES: &str = "\
user_id,item_id,occurred_at,weight
u1,b1,2026-01-01T10:00:00Z,1
u1,b2,2026-01-02T10:00:00Z,1
u1,b3,2026-01-03T10:00:00Z,0.5
u2,c1,2026-01-01T11:00:00Z,2
u2,c2,2026-01-02T11:00:00Z,1
";

/// The CSV columns of [`ACTIVITIES`].
const COLUMNS: &str = r#"columns = [["user_id", "utf8"], ["item_id", "utf8"], ["occurred_at", "timestamp"], ["weight", "float32"]]"#;

/// What a job file says, as far as tests change it.
#[derive(Debug, Clone)]
pub struct Job {
    /// `[sources.tables.acts]`.
    pub activities: String,
    pub activities_sql: String,
    /// `[sources.tables.things]`.
    pub items: String,
    pub items_sql: String,
    pub max_rejected_share: f64,
    pub encoder_path: String,
    pub encoder_sha256: String,
    /// `[name]`.
    pub name: String,
    /// Below the folder of the trial.
    pub tables: String,
}

impl Job {
    /// The job over another file or folder of activities in CSV, with columns as the sound one has them.
    #[must_use]
    pub fn over_csv(&self, path: &str) -> Self {
        Self {
            activities: format!("path = \"{path}\"\nformat = \"csv\"\n{COLUMNS}"),
            ..self.clone()
        }
    }

    /// The job over another file or folder of activities in Parquet.
    #[must_use]
    pub fn over_parquet(&self, path: &str) -> Self {
        Self {
            activities: format!("path = \"{path}\""),
            ..self.clone()
        }
    }

    /// The job with another query for activities.
    #[must_use]
    pub fn asking(&self, sql: &str) -> Self {
        Self {
            activities_sql: sql.to_owned(),
            ..self.clone()
        }
    }

    /// The job for other tables, any share of whose rows may be rejected.
    #[must_use]
    pub fn into_tables(&self, tables: &str) -> Self {
        Self {
            tables: tables.to_owned(),
            max_rejected_share: 1.0,
            ..self.clone()
        }
    }

    fn text(&self) -> String {
        let Self {
            activities,
            activities_sql,
            items,
            items_sql,
            max_rejected_share,
            encoder_path,
            encoder_sha256,
            name,
            tables,
        } = self;
        format!(
            "[job]\nname = \"trial\"\nslice = \"all\"\n\n[tables]\nurl = \"{tables}\"\nbucket_count = 2\n\
             buckets_per_group = 1\n\n[sources.tables.acts]\n{activities}\n\n[sources.tables.things]\n{items}\n\n\
             [sources.activities]\nsql = \"\"\"{activities_sql}\"\"\"\n\n[sources.items]\nsql = \"\"\"{items_sql}\"\"\"\n\n\
             [load]\nmax_rejected_share = {max_rejected_share}\n\n[encoder]\npath = \"{encoder_path}\"\n\
             sha256 = \"{encoder_sha256}\"\n\n[segment]\nmin_activities = 2\nmin_active_days = 0\nmin_span_days = 0.0\n\n\
             [name]\n{name}\n"
        )
    }
}

/// The folder, the sound job, and what it published.
#[derive(Debug)]
pub struct Trial {
    folder: TempDir,
    /// Reads `activities.csv` and `items.csv`, writes the tables `published`.
    pub job: Job,
    published: Contents,
    record: Option<SnapshotRecord>,
}

impl Trial {
    /// Sound files, and nothing published yet.
    pub fn unpublished() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wayfare-trial-")
            .tempdir()
            .expect("a temporary folder");
        let TinyEncoder {
            folder: encoder,
            sha256,
        } = tiny_encoder::write(&folder.path().join("encoder"), ITEMS);
        let job = Job {
            activities: String::new(),
            activities_sql: "SELECT user_id, item_id, occurred_at, weight FROM acts".to_owned(),
            items: "path = \"items.csv\"\nformat = \"csv\"".to_owned(),
            items_sql: "SELECT item_id, title, text FROM things".to_owned(),
            max_rejected_share: 0.05,
            encoder_path: encoder.display().to_string(),
            encoder_sha256: sha256,
            name: "max_model_names = 0".to_owned(),
            tables: "published".to_owned(),
        };
        let trial = Self {
            folder,
            job: job.over_csv("activities.csv"),
            published: Contents::new(),
            record: None,
        };
        trial.write("activities.csv", ACTIVITIES);
        trial.write("items.csv", ITEMS);
        trial
    }

    /// Sound files whose tables are published.
    pub fn new() -> Self {
        let mut trial = Self::unpublished();
        let output = trial.run(&trial.job);
        assert!(output.status.success(), "the sound job: {}", said(&output));
        let url = trial.url("published");
        (trial.published, trial.record) = block_on(|| async { (contents(&url).await, snapshot(&url).await) });
        assert!(
            !trial.published["journeys"].is_empty(),
            "the sound job finds a journey"
        );
        trial
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where tables lie.
    pub fn url(&self, tables: &str) -> String {
        self.path(tables).display().to_string()
    }

    /// Writes a file, and the folders that lead to it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        let folder = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).expect("the folder is made");
        std::fs::write(path, content).expect("the file is written");
    }

    /// The sound activities and these lines.
    pub fn write_activities(&self, name: &str, lines: &[&str]) {
        self.write(name, format!("{ACTIVITIES}{}\n", lines.join("\n")));
    }

    /// The command `wayfare run` for a job.
    pub fn command(&self, job: &Job) -> Command {
        self.write("job.toml", job.text());
        self.command_for("job.toml")
    }

    /// The command `wayfare run` for a job file of the folder.
    pub fn command_for(&self, job_file: &str) -> Command {
        let mut command = command(&["run", job_file]);
        command.current_dir(self.folder.path());
        command
    }

    /// Runs a job.
    pub fn run(&self, job: &Job) -> Output {
        finish(&mut self.command(job))
    }

    /// The rows of a query over tables, sorted by nothing but the query.
    pub fn query(&self, tables: &str, sql: &str) -> Vec<String> {
        let url = self.url(tables);
        block_on(|| async { query(&session(&url).await, sql).await })
    }

    /// Runs a job that must be refused with this code, saying all of `says` and what to do; what was published stays.
    #[track_caller]
    pub fn refused(&self, what: &str, job: &Job, code: i32, says: &[&str]) {
        let output = self.run(job);
        self.was_refused(what, &output, code, says);
    }

    /// See [`Trial::refused`], for an output that is there already.
    #[track_caller]
    pub fn was_refused(&self, what: &str, output: &Output, code: i32, says: &[&str]) {
        let text = said(output);
        assert_eq!(output.status.code(), Some(code), "{what}: {text}");
        for part in says.iter().chain(&["error: ", "hint: "]) {
            assert!(text.contains(part), "{what}: `{part}` is not in:\n{text}");
        }
        assert!(!text.contains("panicked"), "{what}: {text}");
        self.assert_untouched(what);
    }

    /// Readers see what the sound job published, in the same snapshot.
    #[track_caller]
    pub fn assert_untouched(&self, what: &str) {
        let url = self.url("published");
        let (now, record) = block_on(|| async { (contents(&url).await, snapshot(&url).await) });
        assert_eq!(record, self.record, "{what}");
        assert_same(&self.published, &now, what);
    }
}

impl Default for Trial {
    fn default() -> Self {
        Self::new()
    }
}

/// A batch as a Parquet file without compression, so that a test finds its values among the bytes.
pub fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .build();
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a Parquet writer");
    writer.write(batch).expect("the rows are written");
    writer.close().expect("the file is finished");
    bytes
}

/// The same bytes with each `from` replaced by as many bytes.
pub fn spoiled(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "offsets must not move");
    let mut spoiled = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len().saturating_sub(from.len()))
        .filter(|&start| bytes[start..].starts_with(from))
        .collect();
    assert!(
        !places.is_empty(),
        "`{}` is not there",
        String::from_utf8_lossy(from)
    );
    for start in places {
        spoiled[start..start + to.len()].copy_from_slice(to);
    }
    spoiled
}

/// An engine of this process with the fake models.
pub fn engine() -> EmbeddedEngine {
    EmbeddedEngine::new(Arc::new(FakeModels), 2, 0)
}

/// Appends to a file.
pub fn append(path: &Path, content: &str) {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(path)
        .expect("the file is there");
    file.write_all(content.as_bytes()).expect("the file grows");
}
