//! The small world with its tables on S3, the run that a cluster does of it, and how its tables have to be then.
//!
//! The undisturbed run is one of the embedded engine in this process, over local files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::cluster::{Cluster, Surroundings};
use crate::contents::{Contents, assert_same, contents};
use crate::process::{Ended, Process};
use crate::program::command;
use crate::runtime::block_on;
use crate::s3::{self, S3};
use crate::small_world::{DATES, SmallWorld, job_file, run};

/// For a run on a cluster, with everything that may go wrong with it.
pub const ENDS_WITHIN: Duration = Duration::from_secs(240);
/// Two slices instead of one per day, no language model, and statements over whole tables in few tasks: there are few rows.
pub const CHANGES: [&str; 3] = ["job.slice=month", "name.max_model_names=0", "engine.threads=2"];
const ALL_DATES: [&str; 2] = [DATES[0], DATES[14]];
const UNDISTURBED: &str = "undisturbed";

/// Commits by the folder of the table.
pub type Commits = BTreeMap<String, usize>;

/// The world, and what the tables have to hold.
#[derive(Debug)]
struct Undisturbed {
    world: SmallWorld,
    expected: Contents,
    commits: Commits,
}

/// What tests that run at the same time share: nobody changes it, and the last one to use it removes it.
static SHARED: Mutex<Weak<Undisturbed>> = Mutex::new(Weak::new());

impl Undisturbed {
    fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = shared.upgrade() {
            return found;
        }
        let made = Arc::new(Self::make());
        *shared = Arc::downgrade(&made);
        made
    }

    fn make() -> Self {
        let world = SmallWorld::new();
        let settings = world.settings(UNDISTURBED, &CHANGES);
        let url = world.tables(UNDISTURBED);
        let expected = block_on(|| async {
            run(&settings, &DATES).await;
            contents(&url).await
        });
        assert!(!expected["journeys"].is_empty(), "the world has no journey");
        let commits = commits_below(&world.path(UNDISTURBED));
        Self {
            world,
            expected,
            commits,
        }
    }
}

/// The undisturbed run, and a store of one's own.
#[derive(Debug)]
pub struct Scene {
    undisturbed: Arc<Undisturbed>,
    pub s3: S3,
}

impl Scene {
    /// The undisturbed run is done, the store is empty.
    pub fn new() -> Self {
        Self {
            undisturbed: Undisturbed::shared(),
            s3: S3::start(),
        }
    }

    /// What a cluster needs that works on this world through the store itself.
    pub fn surroundings(&self) -> Surroundings {
        self.surroundings_through(&self.s3.endpoint())
    }

    /// What a cluster needs that reaches the store at `endpoint`.
    pub fn surroundings_through(&self, endpoint: &str) -> Surroundings {
        Surroundings {
            environment: s3::environment(endpoint),
            allowed: vec![s3::url(""), self.files()],
            ..Surroundings::default()
        }
    }

    /// The URL of the folder of the world.
    pub fn files(&self) -> String {
        format!("file://{}", self.undisturbed.world.path("").display())
    }

    /// `wayfare run` of all slices as one run on a cluster, into tables on the store at `endpoint`.
    pub fn run_through(&self, endpoint: &str, cluster: &Cluster, tables: &str, changes: &[&str]) -> Command {
        let mut command = self.run_over(ALL_DATES, tables, changes);
        command.args(["--cluster", &cluster.address().to_string()]);
        command.envs(s3::environment(endpoint));
        command
    }

    /// See [`Scene::run_through`], through the store itself.
    pub fn run_on(&self, cluster: &Cluster, tables: &str, changes: &[&str]) -> Command {
        self.run_through(&self.s3.endpoint(), cluster, tables, changes)
    }

    /// `wayfare run` of the slices of these dates, into tables on the store, with an environment that does not say where
    /// the store is.
    pub fn run_over(&self, [from, to]: [&str; 2], tables: &str, changes: &[&str]) -> Command {
        let mut command = command(&["run"]);
        command.arg(job_file());
        command.args([
            "--from",
            from,
            "--to",
            to,
            "--one-run",
            "--no-report",
            "--output",
            "json",
        ]);
        let place = format!("tables.url={}", s3::url(tables));
        let sets = self.undisturbed.world.sets(tables);
        let sets = sets.iter().map(String::as_str);
        for set in sets
            .chain(CHANGES)
            .chain([place.as_str()])
            .chain(changes.iter().copied())
        {
            command.args(["--set", set]);
        }
        command
    }

    /// Readers see what they see after the undisturbed run, and each table was committed to as often.
    #[track_caller]
    pub fn assert_undisturbed(&self, tables: &str, what: &str) {
        self.assert_contents(tables, what);
        assert_eq!(
            self.undisturbed.commits,
            self.commits(tables),
            "{what}: commits by table"
        );
    }

    /// Readers see what they see after the undisturbed run.
    #[track_caller]
    pub fn assert_contents(&self, tables: &str, what: &str) {
        let folder = self.s3.folder(tables).display().to_string();
        let found = block_on(|| contents(&folder));
        assert!(!found.is_empty(), "{what}: nothing was published");
        assert_same(&self.undisturbed.expected, &found, what);
    }

    /// How many rows readers see in a table after the undisturbed run.
    pub fn rows(&self, table: &str) -> usize {
        self.undisturbed.expected[table].len()
    }

    /// The URL of the tables of the undisturbed run.
    pub fn undisturbed(&self) -> String {
        self.undisturbed.world.tables(UNDISTURBED)
    }

    /// Nothing was published.
    #[track_caller]
    pub fn assert_unpublished(&self, tables: &str, what: &str) {
        let folder = self.s3.folder(tables).display().to_string();
        assert!(block_on(|| contents(&folder)).is_empty(), "{what}: published");
    }

    /// Commits to the tables so far.
    pub fn commits(&self, tables: &str) -> Commits {
        commits_below(&self.s3.folder(tables))
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs a command to its end, which must be good, and gives what it said.
#[track_caller]
pub fn succeeds(command: &mut Command, cluster: &Cluster, what: &str) -> Ended {
    let ended = Process::start(what, command).finish(ENDS_WITHIN);
    assert_success(&ended, cluster, what);
    ended
}

/// Panics with everything that any process said unless the run ended well.
#[track_caller]
pub fn assert_success(ended: &Ended, cluster: &Cluster, what: &str) {
    assert!(
        ended.status.success(),
        "{what}: {}\n{}\n{}\n{}",
        ended.status,
        ended.stdout,
        ended.stderr,
        cluster.said()
    );
}

fn commits_below(root: &Path) -> Commits {
    let mut commits = Commits::new();
    for kind in ["restricted", "shared"] {
        let Ok(tables) = std::fs::read_dir(root.join(kind)) else {
            continue;
        };
        for table in tables {
            let table = table.expect("the tables' folder is readable");
            let Ok(log) = std::fs::read_dir(table.path().join("_delta_log")) else {
                continue;
            };
            let is_commit = |name: &str| {
                name.strip_suffix(".json")
                    .is_some_and(|version| version.bytes().all(|byte| byte.is_ascii_digit()))
            };
            let count = log
                .map(|entry| entry.expect("the log is readable").file_name())
                .filter(|name| name.to_str().is_some_and(is_commit))
                .count();
            commits.insert(table.file_name().to_string_lossy().into_owned(), count);
        }
    }
    commits
}
