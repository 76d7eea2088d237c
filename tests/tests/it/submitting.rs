//! Runs that a cluster drives by itself: given with `wayfare submit`, followed through the ledger.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use wayfare_tests::contents::{assert_same, contents};
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, job_file, run};

const SLICES: &[&str] = &[DATES[0], DATES[1], DATES[2], DATES[3]];
/// So that no language model is loaded.
const NO_MODEL: &str = "name.max_model_names=0";

/// A cluster on this machine that takes runs, killed when it is dropped.
struct Cluster {
    process: Child,
    scheduler: String,
    driver: String,
}

impl Cluster {
    fn up(allowed: &str) -> Self {
        let arguments = ["cluster", "up", "--executors", "1", "--accelerators", "0"];
        let process = command(&arguments)
            .args(["--driver-bind", "127.0.0.1:0", "--allow", allowed])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut cluster = Self {
            scheduler: String::new(),
            driver: String::new(),
            process,
        };
        let mut line = String::new();
        let stdout = cluster.process.stdout.take().expect("standard output is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the program says something");
        let ready: Value = serde_json::from_str(&line).expect("what it says is JSON");
        let address = |name: &str| ready[name].as_str().expect("an address").to_owned();
        cluster.scheduler = address("scheduler");
        cluster.driver = address("driver");
        cluster
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its children end with it.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn submission(world: &SmallWorld, tables: &str, to: &str) -> Command {
    let mut command = command(&["submit"]);
    command.arg(job_file());
    command.args(["--from", SLICES[0], "--to", SLICES[3], "--cluster", to]);
    for set in world.sets(tables).iter().map(String::as_str).chain([NO_MODEL]) {
        command.args(["--set", set]);
    }
    command
}

#[track_caller]
fn assert_refused(output: &Output, code: i32, part: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(part), "`{part}` is not in:\n{said}");
}

#[test]
fn a_submitted_run_leaves_what_a_run_of_ones_own_would() {
    let world = SmallWorld::new();
    let undisturbed = block_on(|| async {
        run(&world.settings("undisturbed", &[NO_MODEL]), SLICES).await;
        contents(&world.tables("undisturbed")).await
    });
    let cluster = Cluster::up(&world.path("").display().to_string());
    let submit = |tables: &str| finish(submission(&world, tables, &cluster.driver).arg("--one-run"));

    let submitted = submit("tables");
    assert_success(&submitted, "submit");
    let run_id = String::from_utf8(submitted.stdout).expect("an id is text");
    let run_id = run_id.trim();
    let tables = world.tables("tables");
    let watched = finish(&mut command(&["runs", "watch", &tables, run_id]));
    assert_success(&watched, "runs watch");
    let ended: Value = serde_json::from_slice(&watched.stdout).expect("the run is JSON");
    assert_eq!(ended["state"], "succeeded", "{ended}");
    assert_same(&undisturbed, &block_on(|| contents(&tables)), "submitted");

    let again = submit("tables");
    assert_success(&again, "submitting what is done");
    assert!(said(&again).contains("nothing to do"), "{}", said(&again));
    assert_refused(
        &finish(&mut submission(&world, "tables", &cluster.driver)),
        2,
        "--one-run",
    );
    assert_refused(
        &finish(submission(&world, "tables", &cluster.scheduler).arg("--one-run")),
        1,
        "not that of the scheduler itself",
    );
    let outside = tempfile::tempdir().expect("a temporary folder");
    let mut elsewhere = submission(&world, "tables", &cluster.driver);
    elsewhere.args([
        "--one-run",
        "--set",
        &format!("tables.url={}", outside.path().display()),
    ]);
    assert_refused(&finish(&mut elsewhere), 3, "the tables cannot be used here");
}
