//! Runs seen, stopped and gone on with by others than who started them, through the ledger beside the tables.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use wayfare_tests::contents::{Contents, assert_same, contents};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, job_file, run};

const SLICES: &[&str] = &[DATES[0], DATES[1], DATES[2], DATES[3]];
/// So that no language model is loaded.
const NO_MODEL: &str = "name.max_model_names=0";
const TABLES: &str = "tables";
/// Of what is waited for; it takes seconds.
const LIMIT: Duration = Duration::from_secs(120);
const CANCELLED: i32 = 143;
const WORTH_RETRYING: i32 = 75;

/// The small world, and its tables as an undisturbed run leaves them.
struct Scene {
    world: SmallWorld,
    undisturbed: Contents,
}

impl Scene {
    fn new() -> Self {
        let world = SmallWorld::new();
        let undisturbed = block_on(|| async {
            run(&world.settings("undisturbed", &[NO_MODEL]), SLICES).await;
            contents(&world.tables("undisturbed")).await
        });
        assert!(!undisturbed["journeys"].is_empty(), "the run makes no journey");
        Self { world, undisturbed }
    }

    fn tables(&self) -> String {
        self.world.tables(TABLES)
    }

    /// The run that is disturbed.
    fn run(&self) -> Command {
        let mut command = command(&["run"]);
        command.arg(job_file());
        command.args(["--from", SLICES[0], "--to", SLICES[3], "--one-run", "--no-report"]);
        for set in self
            .world
            .sets(TABLES)
            .iter()
            .map(String::as_str)
            .chain([NO_MODEL])
        {
            command.args(["--set", set]);
        }
        command
    }

    /// The run, dead after the first bucket group of `segment`.
    fn dead_run(&self) -> String {
        let output = finish(self.run().env("WAYFARE_CRASH_AT", "manifest:segment:after"));
        assert_eq!(output.status.signal(), Some(9), "{}", said(&output));
        self.run_id()
    }

    fn run_id(&self) -> String {
        let output = finish(&mut command(&[
            "runs",
            "list",
            &self.tables(),
            "--output",
            "json",
        ]));
        assert_success(&output, "runs list");
        let listed: Value = serde_json::from_slice(&output.stdout).expect("the list is JSON");
        let runs = listed["runs"].as_array().expect("it holds runs");
        assert_eq!(runs.len(), 1, "{listed}");
        let run_id = runs[0]["record"]["run_id"].as_str().expect("a run has an id");
        run_id.to_owned()
    }

    /// `wayfare runs VERB` of a run.
    fn runs(&self, verb: &str, run_id: &str) -> Output {
        let mut command = command(&["runs", verb, &self.tables(), run_id]);
        if verb == "resume" {
            command.args(["--no-report", "--output", "json"]);
        }
        finish(&mut command)
    }

    /// Goes on with a run, which leaves what an undisturbed one would have left.
    #[track_caller]
    fn resume(&self, run_id: &str) {
        let output = self.runs("resume", run_id);
        assert_success(&output, "runs resume");
        let result: Value = serde_json::from_slice(&output.stdout).expect("the result is JSON");
        assert_eq!(result["outcome"], "done", "{result}");
        assert_eq!(result["runs"][0]["run_id"], run_id, "{result}");
        let tables = self.tables();
        let found = block_on(|| contents(&tables));
        assert_same(&self.undisturbed, &found, "resumed");
        assert_success(&self.runs("watch", run_id), "watching a run that is done");
    }
}

#[track_caller]
fn assert_ends(output: &Output, code: i32, in_talk: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(in_talk), "`{in_talk}` is not in:\n{said}");
}

#[test]
fn a_run_is_cancelled_and_resumed_from_elsewhere() {
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut driver = scene
        .run()
        .envs([hold.variable()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    hold.wait(LIMIT);
    let run_id = scene.run_id();
    assert_ends(&scene.runs("cancel", &run_id), 0, "asked process");

    let mut talk = BufReader::new(driver.stderr.take().expect("standard error is piped"));
    let heard = talk
        .by_ref()
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("somebody cancelled the run"));
    assert!(heard.is_some(), "the driver ended without having heard it");
    hold.release();
    let mut rest = String::new();
    talk.read_to_string(&mut rest).expect("the program talks text");
    let status = driver.wait().expect("the program ends");
    assert_eq!(status.code(), Some(CANCELLED), "{rest}");

    assert_ends(&scene.runs("watch", &run_id), CANCELLED, "was cancelled");
    assert_ends(&scene.runs("cancel", &run_id), 0, "nothing to cancel");
    scene.resume(&run_id);
    assert_ends(&scene.runs("cancel", &run_id), 0, "nothing to cancel");
    assert_ends(&scene.runs("resume", &run_id), 0, "nothing to go on with");
}

#[test]
fn a_run_whose_driver_died_is_resumed_without_its_job_file() {
    let scene = Scene::new();
    let run_id = scene.dead_run();
    assert_ends(&scene.runs("watch", &run_id), WORTH_RETRYING, "runs resume");
    assert_ends(&scene.runs("cancel", &run_id), 0, "nothing to cancel");
    scene.resume(&run_id);
}

#[test]
fn a_run_of_other_sources_is_not_resumed() {
    let scene = Scene::new();
    let run_id = scene.dead_run();
    scene.world.correct_activities(|mut lines| {
        lines.pop();
        lines
    });
    assert_ends(&scene.runs("resume", &run_id), 1, "its sources have changed");
    assert_ends(&scene.runs("resume", "no-such-run"), 4, "is not in the ledger");
}
