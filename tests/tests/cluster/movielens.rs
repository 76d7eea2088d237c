//! The demo job with its real models: the same tables from every cluster as from one process. Long, so only when asked.

use std::process::Command;
use std::time::{Duration, Instant};

use wayfare_tests::choice::{all_are_asked_for, say, say_skipped};
use wayfare_tests::cluster::{Cluster, Kind, Surroundings, Work};
use wayfare_tests::contents::{assert_same, contents};
use wayfare_tests::process::Process;
use wayfare_tests::program::command;
use wayfare_tests::runtime::block_on;
use wayfare_tests::s3::{self, S3};
use wayfare_tests::scene::assert_success;
use wayfare_tests::small_world::repository;

const ENDS_WITHIN: Duration = Duration::from_mins(20);
/// A few, so that the language model is among the models.
const MODEL_NAMES: &str = "name.max_model_names=4";

#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the program, what was installed for its tests"
)]
fn assets() -> String {
    std::env::var("WAYFARE_ASSETS")
        .expect("WAYFARE_ASSETS is not set: run `cargo xtask test`, which installs the models and sets it")
}

fn run(assets: &str, tables: &str, changes: &[String]) -> Command {
    let mut command = command(&["run"]);
    command.arg(repository().join("jobs/movielens/job.toml"));
    command.args(["--no-report", "--output", "json", "--set", MODEL_NAMES]);
    command.args(["--set", &format!("tables.url={tables}")]);
    for change in changes {
        command.args(["--set", change]);
    }
    command.env("WAYFARE_ASSETS", assets);
    command
}

#[test]
fn movielens_is_the_same_on_every_cluster() {
    if !all_are_asked_for() {
        say_skipped("movielens");
        return;
    }
    let assets = assets();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let local = folder.path().join("tables").display().to_string();
    let embedded = Process::start("the embedded run", &mut run(&assets, &local, &[])).finish(ENDS_WITHIN);
    assert!(embedded.status.success(), "{}", embedded.stderr);
    let expected = block_on(|| contents(&local));
    assert!(!expected["journeys"].is_empty());

    let s3 = S3::start();
    let mut cluster = Cluster::start(Surroundings {
        environment: s3::environment(&s3.endpoint()),
        allowed: vec![s3::url(""), format!("file://{assets}")],
        ..Surroundings::default()
    });
    for kind in [Kind::Plain, Kind::Accelerator, Kind::Plain] {
        cluster.add(Work::of(kind));
        for (buckets, per_group) in [(8, 4), (64, 16)] {
            let executors = cluster.executors().len();
            let what = format!("movielens executors={executors} buckets={buckets}");
            let tables = format!("{executors}-{buckets}");
            let changes = [
                format!("tables.bucket_count={buckets}"),
                format!("tables.buckets_per_group={per_group}"),
            ];
            let mut run = run(&assets, &s3::url(&tables), &changes);
            run.args(["--cluster", &cluster.address().to_string()])
                .envs(s3::environment(&s3.endpoint()));
            let since = Instant::now();
            let ended = Process::start("the driver", &mut run).finish(ENDS_WITHIN);
            assert_success(&ended, &cluster, &what);
            let seconds = since.elapsed().as_secs_f64();
            let published = s3.folder(&tables).display().to_string();
            assert_same(&expected, &block_on(|| contents(&published)), &what);
            let rows: usize = expected.values().map(Vec::len).sum();
            say(&format!("{what} rows={rows} equal=true seconds={seconds:.1}"));
        }
    }
}
