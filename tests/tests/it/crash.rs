//! Processes that die in the middle of a run: readers see the old or the new, and the same command then ends right.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use wayfare_tests::contents::{Contents, assert_same, contents};
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, job_file, run};

const CRASH_VARIABLE: &str = "WAYFARE_CRASH_AT";
const SIGKILL: i32 = 9;
/// What was published before the run that dies.
const BEFORE: &[&str] = &[DATES[0], DATES[1], DATES[2]];
/// What that run brings: new items, journeys that reach their size, and rows that are rejected.
const DATE: &str = DATES[3];
/// So that no language model is loaded.
const NO_MODEL: &str = "name.max_model_names=0";

/// The small world with tables as they are before the run that dies, and how they have to be after it.
struct Scene {
    world: SmallWorld,
    before: Contents,
    after: Contents,
}

impl Scene {
    fn new(published: &[&str]) -> Self {
        let world = SmallWorld::new();
        let (before, after) = block_on(|| async {
            if !published.is_empty() {
                run(&world.settings("before", &[NO_MODEL]), published).await;
            }
            let before = contents(&world.tables("before")).await;
            copy_tables(&world, "before", "after");
            run(&world.settings("after", &[NO_MODEL]), &[DATE]).await;
            (before, contents(&world.tables("after")).await)
        });
        assert_ne!(before, after, "the run has to change something");
        Self { world, before, after }
    }

    /// The command that a scheduler would repeat.
    fn command(&self, tables: &str) -> Command {
        let job_file = job_file().display().to_string();
        let mut arguments = vec![
            "run", &job_file, "--date", DATE, "--output", "json", "--set", NO_MODEL,
        ];
        let sets = self.world.sets(tables);
        for set in &sets {
            arguments.extend(["--set", set]);
        }
        command(&arguments)
    }

    fn contents(&self, tables: &str) -> Contents {
        let url = self.world.tables(tables);
        block_on(|| contents(&url))
    }

    /// Readers see all of the old or all of the new; says whether it is the new.
    fn sees_new(&self, tables: &str, what: &str) -> bool {
        let seen = self.contents(tables);
        let new = seen == self.after;
        if !new {
            assert_same(
                &self.before,
                &seen,
                &format!("{what}: neither as before nor as after"),
            );
        }
        new
    }

    /// Repeats the command, which must now end as if nothing had happened.
    fn repeat(&self, tables: &str, what: &str) -> Value {
        let output = finish(&mut self.command(tables));
        assert_success(&output, what);
        assert_same(&self.after, &self.contents(tables), what);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{what}: {}", said(&output)))
    }

    fn dies_at(&self, point: &str) {
        let tables = point.replace(':', "-");
        copy_tables(&self.world, "before", &tables);
        let output = finish(self.command(&tables).env(CRASH_VARIABLE, point));
        assert_killed(&output, point);
        assert_eq!(
            self.sees_new(&tables, point),
            point == "snapshot:after",
            "{point}"
        );
        let result = self.repeat(&tables, point);
        let expected = if point == "snapshot:after" { "noop" } else { "done" };
        assert_eq!(result["outcome"], expected, "{point}: {result}");
        std::fs::remove_dir_all(self.world.path(&tables)).expect("the tables are removed");
    }
}

#[track_caller]
fn assert_killed(output: &Output, what: &str) {
    let (status, said) = (output.status, said(output));
    assert_eq!(
        status.signal(),
        Some(SIGKILL),
        "{what} was not reached: {status}\n{said}"
    );
}

fn copy_tables(world: &SmallWorld, from: &str, to: &str) {
    if world.path(from).exists() {
        copy_folder(&world.path(from), &world.path(to));
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder is made");
    for entry in std::fs::read_dir(from).expect("a folder is readable") {
        let entry = entry.expect("its entries are readable");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file is copied");
        }
    }
}

#[test]
fn death_at_a_manifest_costs_at_most_its_group() {
    let scene = Scene::new(BEFORE);
    for stage in [
        "load-scatter",
        "load-rows",
        "load",
        "embed",
        "segment",
        "name",
        "name-rows",
    ] {
        for moment in ["before", "after"] {
            scene.dies_at(&format!("manifest:{stage}:{moment}"));
        }
    }
    // Between the two groups of the stage.
    scene.dies_at("manifest:segment:before:2");
}

#[test]
fn death_between_commits_is_not_seen_by_readers() {
    let scene = Scene::new(BEFORE);
    for table in [
        "activity_log",
        "rejected_rows",
        "item_vectors",
        "segment_state",
        "journey_activities",
        "journey_names",
        "journeys",
        "runs",
    ] {
        for moment in ["before", "after"] {
            scene.dies_at(&format!("commit:{table}:{moment}"));
        }
    }
    scene.dies_at("snapshot:before");
    scene.dies_at("snapshot:after");
}

#[test]
fn death_in_the_first_run_leaves_nothing_to_see() {
    let scene = Scene::new(&[]);
    assert!(scene.before.is_empty());
    for point in [
        "manifest:load:before",
        "commit:activity_log:after",
        "commit:journey_aliases:before",
        "commit:journey_aliases:after",
        "snapshot:before",
        "snapshot:after",
    ] {
        scene.dies_at(point);
    }
}

#[test]
fn kill_9_during_a_stage_is_made_good_by_the_same_command() {
    let scene = Scene::new(BEFORE);
    for stage in ["load", "segment", "publish"] {
        let tables = format!("killed-in-{stage}");
        copy_tables(&scene.world, "before", &tables);
        let mut program = scene.command(&tables);
        let mut child = program
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let talk = BufReader::new(child.stderr.take().expect("standard error is piped"));
        for line in talk.lines() {
            let line = line.expect("the program talks text");
            let event: Value = serde_json::from_str(&line).unwrap_or_default();
            if event["event"] == "stage_started" && event["stage"] == stage {
                child.kill().expect("the program can be killed");
                break;
            }
        }
        let status = child.wait().expect("the program ends");
        assert_eq!(
            status.signal(),
            Some(SIGKILL),
            "it ended before stage `{stage}` was seen: {status}"
        );
        scene.sees_new(&tables, stage);
        scene.repeat(&tables, stage);
    }
}
