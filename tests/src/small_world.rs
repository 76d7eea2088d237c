//! The small world of `data/small` in a folder of its own, its job, and runs of it in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tempfile::TempDir;
use wayfare_pipeline::driver::{self, RunRequest};
use wayfare_pipeline::engine::EmbeddedEngine;
use wayfare_pipeline::error::PipelineError;
use wayfare_pipeline::observer::Silent;
use wayfare_pipeline::report::RunReport;
use wayfare_pipeline::settings::{JobSettings, LogicalDate, resolve};

use crate::fake_models::FakeModels;
use crate::tiny_encoder::{self, TinyEncoder};

/// The dates on which something happens in the small world.
pub const DATES: [&str; 15] = [
    "2026-01-01",
    "2026-01-05",
    "2026-01-09",
    "2026-01-13",
    "2026-01-17",
    "2026-01-21",
    "2026-01-25",
    "2026-01-29",
    "2026-02-02",
    "2026-02-06",
    "2026-02-10",
    "2026-02-14",
    "2026-02-18",
    "2026-02-22",
    "2026-02-26",
];

/// A file or folder of `data/`.
pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(path)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The job file of the small world; it asks for the real models.
pub fn job_file() -> PathBuf {
    data("jobs/small/job.toml")
}

/// A copy of the small world with the tiny encoder; removed with the value.
#[derive(Debug)]
pub struct SmallWorld {
    folder: TempDir,
    encoder: TinyEncoder,
}

impl SmallWorld {
    /// A fresh copy.
    #[expect(clippy::new_without_default, reason = "it writes files")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("wayfare-small-")
            .tempdir()
            .expect("a temporary folder");
        for file in ["activities.csv", "items.csv"] {
            std::fs::copy(data("small").join(file), folder.path().join(file))
                .expect("the small world is copied");
        }
        let items = std::fs::read_to_string(folder.path().join("items.csv")).expect("the items are readable");
        let encoder = tiny_encoder::write(&folder.path().join("tiny-encoder"), &items);
        Self { folder, encoder }
    }

    /// A path in the copy.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the tables of that name lie.
    pub fn tables(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The settings that make the job run on this copy into the tables of that name, as texts for `--set`.
    pub fn sets(&self, tables: &str) -> Vec<String> {
        let at = |file: &str| self.path(file).display().to_string();
        vec![
            format!("tables.url={}", self.tables(tables)),
            format!("sources.tables.activity_rows.path={}", at("activities.csv")),
            format!("sources.tables.item_rows.path={}", at("items.csv")),
            format!("encoder.path={}", self.encoder.folder.display()),
            format!("encoder.sha256={}", self.encoder.sha256),
            // Never read: the fake language model needs no weights, but a path that exists.
            format!("name.model={}", at("items.csv")),
        ]
    }

    /// The job's settings, with `changes` on top.
    pub fn settings(&self, tables: &str, changes: &[&str]) -> JobSettings {
        let mut sets = self.sets(tables);
        sets.extend(changes.iter().map(ToString::to_string));
        let variables = || vec![("WAYFARE_ASSETS".to_owned(), "not-installed".to_owned())];
        resolve(&job_file(), &sets, &variables)
            .expect("the job file is usable")
            .settings
    }

    /// Replaces the activities by what `correct` makes of their lines, the first of which is the header.
    pub fn correct_activities(&self, correct: impl FnOnce(Vec<String>) -> Vec<String>) {
        let file = self.path("activities.csv");
        let lines = std::fs::read_to_string(&file).expect("the activities are readable");
        let corrected = correct(lines.lines().map(str::to_owned).collect());
        std::fs::write(&file, corrected.join("\n") + "\n").expect("the activities are written");
    }
}

/// One run over `dates`, with the fake models.
pub async fn run(settings: &JobSettings, dates: &[&str]) -> RunReport {
    Box::pin(try_run(settings, dates))
        .await
        .unwrap_or_else(|error| panic!("{dates:?}: {}", with_causes(&error)))
}

/// One run over `dates` that may fail.
pub async fn try_run(settings: &JobSettings, dates: &[&str]) -> Result<RunReport, PipelineError> {
    let engine = EmbeddedEngine::new(Arc::new(FakeModels), 2, 0);
    let parse = |date: &&str| date.parse::<LogicalDate>().expect("a date");
    let request = RunRequest {
        settings: settings.clone(),
        dates: dates.iter().map(parse).collect(),
    };
    Box::pin(driver::run(
        &request,
        &engine,
        Arc::new(Silent),
        Arc::new(AtomicBool::new(false)),
    ))
    .await
}

/// An error with everything that caused it.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}\n  caused by: {error}");
        cause = error.source();
    }
    text
}
