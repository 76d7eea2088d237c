//! The job file, and values of `--set`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wayfare_pipeline::settings::resolve;
use wayfare_tests::small_world::{job_file, repository};

use crate::fuzz;
use crate::mutation::{LONGEST_SCRIPT, mutated};

const WORDS: [&[u8]; 14] = [
    b"[", b"]", b"[[", b"\"", b"\"\"\"", b"=", b"\n", b"'", b"${", b"${HOME}", b"1e999", b"0x", b".", b"\xff",
];

/// A place for job files.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("job.toml")
    }

    /// What can be resolved must be usable: it has a hash, and where each value came from.
    fn check(&self, job: &[u8], sets: &[String]) {
        std::fs::write(self.path(), job).expect("the job file is written");
        check(&self.path(), sets);
    }
}

fn check(job_file: &Path, sets: &[String]) {
    let variables = || {
        vec![
            ("HOME".to_owned(), "/folder".to_owned()),
            ("WAYFARE_ASSETS".to_owned(), "/assets".to_owned()),
        ]
    };
    match resolve(job_file, sets, &variables) {
        Ok(resolved) => {
            assert_eq!(resolved.settings.configuration_hash().len(), 16);
            assert!(!resolved.origins.is_empty());
        }
        Err(error) => {
            assert_eq!(error.exit_code(), 3, "{error}");
            assert!(error.to_string().contains("job.toml"), "{error}");
        }
    }
}

#[test]
fn any_bytes() {
    let place = Place::new();
    fuzz!(usual: 2_000, longest: 512, |input| place.check(input, &[]));
}

#[test]
fn changed_job_files() {
    let place = Place::new();
    let jobs: Vec<Vec<u8>> = [
        job_file(),
        repository().join("jobs/movielens/job.toml"),
        repository().join("jobs/complete-journey/job.toml"),
    ]
    .iter()
    .map(|path| std::fs::read(path).expect("the job file is readable"))
    .collect();
    fuzz!(usual: 1_000, longest: LONGEST_SCRIPT + 1, |input: &[u8]| {
        let (choice, script) = input.split_first().unwrap_or((&0, &[]));
        let job = &jobs[usize::from(*choice) % jobs.len()];
        place.check(&mutated(job, script, &WORDS), &[]);
    });
}

#[test]
fn any_value_of_set() {
    let keys = [
        "tables.url",
        "tables.bucket_count",
        "job.slice",
        "segment.join_threshold",
        "sources.tables.x.columns",
        "sources.tables.x.delimiter",
        "name.model",
        "load.max_rejected_share",
        "",
        "a..b",
    ];
    let job = job_file();
    fuzz!(usual: 1_000, longest: 64, |input: &[u8]| {
        let (choice, value) = input.split_first().unwrap_or((&0, &[]));
        let key = keys[usize::from(*choice) % keys.len()];
        check(&job, &[format!("{key}={}", String::from_utf8_lossy(value))]);
        check(&job, &[String::from_utf8_lossy(value).into_owned()]);
    });
}
