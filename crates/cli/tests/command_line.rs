//! The binary as its callers see it: arguments in; exit code, standard output and standard error out.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_wayfare");

const JOB: &str = r#"[job]
name = "films"
slice = "all"
[tables]
url = "out"
[sources.activities]
sql = "select 1"
[sources.items]
sql = "select 1"
[encoder]
path = "no-such-encoder"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
"#;

/// A folder with a job file, removed with the value.
struct Workplace(PathBuf);

impl Workplace {
    fn new(name: &str, job: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("wayfare-cli-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        std::fs::write(folder.join("job.toml"), job).expect("a job file");
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        finish(&mut self.command(arguments))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn finish(command: &mut Command) -> Finished {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is text");
    Finished {
        code: status.code(),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

#[track_caller]
fn check(finished: &Finished, code: i32, in_stderr: &[&str]) {
    assert_eq!(finished.code, Some(code), "{}", finished.stderr);
    for part in in_stderr {
        assert!(
            finished.stderr.contains(part),
            "`{part}` is not in:\n{}",
            finished.stderr
        );
    }
}

#[test]
fn wrong_usage_is_2() {
    let place = Workplace::new("usage", JOB);
    check(&place.run(&["run"]), 2, &["JOB.toml"]);
    check(
        &place.run(&["run", "job.toml", "--date", "2024-02-30"]),
        2,
        &["2024-02-30", "YYYY-MM-DD"],
    );
    check(
        &place.run(&["run", "job.toml", "--from", "2024-01-01"]),
        2,
        &["--to"],
    );
    check(
        &place.run(&[
            "run",
            "job.toml",
            "--set",
            "job.slice=day",
            "--from",
            "2024-01-02",
            "--to",
            "2024-01-01",
        ]),
        2,
        &["error:", "hint:"],
    );
    check(
        &place.run(&["sql", "out", "--format", "parquet", "-c", "select 1"]),
        2,
        &["--output"],
    );
}

#[test]
fn a_wrong_configuration_is_3_and_says_where() {
    let place = Workplace::new("configuration", &JOB.replace("slice", "slices"));
    let finished = place.run(&["run", "job.toml"]);
    check(
        &finished,
        3,
        &["error: ", "line 3", "unknown field `slices`", "hint: "],
    );
    assert_eq!(finished.stdout, "");
    let variable = finish(
        place
            .command(&["config", "show", "job.toml"])
            .env("WAYFARE_JOB__NAMES", "x"),
    );
    check(&variable, 3, &["line 3"]);
    std::fs::write(place.path().join("job.toml"), JOB).expect("a job file");
    let variable = finish(
        place
            .command(&["config", "show", "job.toml"])
            .env("WAYFARE_JOB__NAMES", "x"),
    );
    check(&variable, 3, &["WAYFARE_JOB__NAMES", "job.names"]);
}

#[test]
fn missing_inputs_are_4() {
    let place = Workplace::new("missing", JOB);
    check(
        &place.run(&["run", "other.toml"]),
        4,
        &["job file `other.toml` is missing", "hint: "],
    );
    check(
        &place.run(&["run", "job.toml"]),
        4,
        &["encoder", "no-such-encoder"],
    );
    check(
        &place.run(&["models", "verify", "job.toml"]),
        4,
        &["no-such-encoder"],
    );
    check(&place.run(&["runs", "list", "nowhere"]), 4, &["nowhere"]);
    check(&place.run(&["sql", "nowhere", "-c", "select 1"]), 4, &["nowhere"]);
}

#[test]
fn a_failed_run_hands_over_one_json_object() {
    let place = Workplace::new("json", JOB);
    let arguments = [
        "run",
        "job.toml",
        "--output",
        "json",
        "--run-key",
        "dag/1",
        "--result-file",
        "result.json",
    ];
    let finished = place.run(&arguments);
    check(&finished, 4, &["error: "]);
    let last = finished.stdout.lines().last().expect("a line of output");
    let result: serde_json::Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(
        (&result["outcome"], &result["exit_code"]),
        (&"failed".into(), &4.into())
    );
    assert_eq!(
        (&result["run_key"], &result["runs"]),
        (&"dag/1".into(), &serde_json::json!([]))
    );
    assert!(
        result["error"]
            .as_str()
            .is_some_and(|error| error.contains("no-such-encoder")),
        "{result}"
    );
    let file = std::fs::read_to_string(place.path().join("result.json")).expect("a result file");
    assert_eq!(file.trim_end(), last);
}

#[test]
fn config_show_says_where_values_come_from() {
    let place = Workplace::new("origin", JOB);
    let mut command = place.command(&[
        "config",
        "show",
        "--origin",
        "job.toml",
        "--set",
        "engine.threads=3",
    ]);
    let finished = finish(command.env("WAYFARE_TABLES__URL", "elsewhere"));
    check(&finished, 0, &[]);
    for line in [
        "job.name = \"films\"  # job file, line 2",
        "tables.url = \"elsewhere\"  # environment, WAYFARE_TABLES__URL",
        "tables.bucket_count = 16  # default",
        "engine.threads = 3  # flag --set",
    ] {
        assert!(
            finished.stdout.lines().any(|found| found == line),
            "`{line}` is not in:\n{}",
            finished.stdout
        );
    }
}

#[test]
fn shown_settings_are_a_job_file_again() {
    let place = Workplace::new("again", JOB);
    let first = place.run(&[
        "config",
        "show",
        "job.toml",
        "--set",
        "sources.items.sql=select '\"' as quote",
    ]);
    check(&first, 0, &[]);
    std::fs::write(place.path().join("again.toml"), &first.stdout).expect("a job file");
    let again = place.run(&["config", "show", "again.toml"]);
    check(&again, 0, &[]);
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn a_reader_that_leaves_is_not_a_failure() {
    let place = Workplace::new("pipe", JOB);
    let mut command = place.command(&["config", "show", "job.toml"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // Closed before the child can have written: it has a file to read first, and if it was faster, the test proves less.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut stderr)
        .expect("text");
    let status = child.wait().expect("the child ends");
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn evaluations_of_naming_refuse_what_they_cannot_measure() {
    let place = Workplace::new("naming", JOB);
    let run = |more: &[&str]| place.run(&[&["evaluate", "naming", "titled.jsonl"], more].concat());
    check(&run(&[]), 4, &["titled.jsonl"]);
    let collection =
        r#"{"collection_id": "a", "list": "l", "title": "T", "items": [{"item_id": "i", "title": "x"}]}"#;
    let write = |text: &str| std::fs::write(place.path().join("titled.jsonl"), text).expect("collections");
    write(collection);
    check(
        &run(&["--methods", "best"]),
        2,
        &["no way of naming `best`", "`few-shot`"],
    );
    check(&run(&["--test-lists", "m"]), 2, &["there is no list `m`"]);
    check(
        &run(&["--test-lists", "l"]),
        2,
        &["there is no encoder", "--encoder"],
    );
    write("{}");
    check(&run(&[]), 3, &["titled.jsonl line 1", "hint: "]);
}

#[test]
fn exit_codes_are_documented() {
    let place = Workplace::new("docs", JOB);
    let finished = place.run(&["docs", "exit-codes"]);
    check(&finished, 0, &[]);
    for code in [0, 1, 2, 3, 4, 5, 6, 75, 143] {
        assert!(finished.stdout.contains(&format!("| {code} |")), "{code}");
    }
    check(&place.run(&["docs", "tables"]), 0, &[]);
}

#[test]
fn the_schema_of_job_files_is_json() {
    let place = Workplace::new("schema", JOB);
    let finished = place.run(&["config", "schema"]);
    check(&finished, 0, &[]);
    let schema: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(
        schema["properties"]["job"]["properties"]["name"]["type"],
        "string"
    );
}

#[test]
fn tuning_says_what_it_lacks_and_spares_an_earlier_run() {
    let place = Workplace::new("tuning", JOB);
    let tune = |more: &[&str]| {
        let arguments = [
            "tune",
            "lora",
            "--model",
            "none.gguf",
            "--collections",
            "c.jsonl",
            "--out",
            "tuned",
        ];
        place.run(&[&arguments, more].concat())
    };
    check(&tune(&[]), 4, &["c.jsonl"]);
    std::fs::write(place.path().join("c.jsonl"), "{\"list\": 1}\n").expect("writes");
    check(&tune(&[]), 3, &["c.jsonl line 1", "hint: ", "`title`"]);
    let collection = r#"{"collection_id": "a", "list": "l", "title": "T", "items": []}"#;
    std::fs::write(place.path().join("c.jsonl"), collection).expect("writes");
    check(&tune(&[]), 2, &["--encoder"]);
    check(&tune(&["--test-lists", "x"]), 2, &["no list `x`"]);
    std::fs::write(place.path().join("tuned/checkpoint.safetensors"), "").expect("writes");
    check(&tune(&[]), 2, &["--resume"]);
}
