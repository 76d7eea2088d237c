//! Job files, arguments, records and disks that are not as they should be.

use std::path::PathBuf;
use std::process::Command;

use wayfare_tables::{Claim, TableRoot};
use wayfare_tests::program::{binary, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::trial::Trial;

#[test]
fn job_files_are_refused_with_the_line() {
    let trial = Trial::new();
    trial.refused(
        "the sound job writes its file",
        &trial.job.asking("SELECT 1"),
        3,
        &["no column `user_id`"],
    );
    let sound = std::fs::read_to_string(trial.path("job.toml")).expect("the job file is readable");
    let mut latin = sound.clone().into_bytes();
    latin.extend(b"# caf\xe9\n");
    let last = sound.lines().count() + 1;
    let changed = |from: &str, to: &str| sound.replace(from, to).into_bytes();
    for (what, content, says) in [
        (
            "an unknown key",
            changed("bucket_count", "buckets"),
            ["line 7", "unknown field `buckets`", "bucket_count"],
        ),
        (
            "a wrong type",
            changed("bucket_count = 2", "bucket_count = \"two\""),
            ["line 7", "invalid type", "`bucket_count = \"two\"`"],
        ),
        (
            "a number out of range",
            changed("bucket_count = 2", "bucket_count = -2"),
            ["line 7", "bucket_count", "-2"],
        ),
        (
            "no TOML",
            changed("[job]", "[job"),
            ["line 1", "`[job`", "unclosed table"],
        ),
        ("not UTF-8", latin, [&format!("line {last}"), "UTF-8", "job.toml"]),
        (
            "empty",
            Vec::new(),
            ["`job.name` is not set", "job.toml", "no default"],
        ),
    ] {
        trial.write("job.toml", content);
        trial.was_refused(what, &finish(&mut trial.command_for("job.toml")), 3, &says);
    }
    std::fs::create_dir(trial.path("folder.toml")).expect("a folder is made");
    let folder = finish(&mut trial.command_for("folder.toml"));
    trial.was_refused("a folder", &folder, 3, &["folder.toml", "cannot be read"]);
    let missing = finish(&mut trial.command_for("nowhere.toml"));
    trial.was_refused("no file", &missing, 4, &["job file `nowhere.toml` is missing"]);
}

#[test]
fn dates_that_do_not_exist_or_run_backwards_are_wrong_usage() {
    let trial = Trial::unpublished();
    let mut command = trial.command(&trial.job);
    let output = finish(command.args(["--date", "2020-02-31"]));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("`2020-02-31` is not a date, write it as YYYY-MM-DD"),
        "{}",
        said(&output)
    );
    let mut command = trial.command(&trial.job);
    let backwards = [
        "--set",
        "job.slice=day",
        "--from",
        "2026-01-02",
        "--to",
        "2026-01-01",
    ];
    let output = finish(command.args(backwards));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    for part in ["`--to` is before `--from`", "hint: "] {
        assert!(said(&output).contains(part), "{}", said(&output));
    }
}

#[test]
fn the_second_of_two_runs_waits_for_another_time() {
    let trial = Trial::new();
    trial.write_activities("activities.csv", &["u3,b1,2026-01-04T00:00:00Z,1"]);
    let root = TableRoot::parse(&trial.url("published")).expect("the tables' place is usable");
    let now = std::fs::metadata(trial.path("activities.csv")).and_then(|file| file.modified());
    let now = now.expect("the time of a file that was just written").into();
    let claim = block_on(|| async { Claim::take(&root, "trial", "the-first-run", now).await });
    let claim = claim.expect("nobody has the job");
    let process = format!("process {}", std::process::id());
    trial.refused(
        "the second",
        &trial.job,
        75,
        &["job `trial` is being run by run `the-first-run`", &process],
    );
    block_on(|| async { claim.release().await }).expect("the job is given back");
    assert!(trial.run(&trial.job).status.success());
}

#[test]
fn another_number_of_buckets_is_refused() {
    let trial = Trial::new();
    let mut command = trial.command(&trial.job);
    let output = finish(command.args(["--set", "tables.bucket_count=3"]));
    let says = ["`tables.bucket_count` is 3", "made with 2", "set it to 2"];
    trial.was_refused("three buckets", &output, 3, &says);
}

/// Every file of a kind below the tables' ledger.
fn records(trial: &Trial, below: &str, name: &str) -> Vec<PathBuf> {
    fn collect(folder: PathBuf, name: &str, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder is readable") {
            let path = entry.expect("its entries are readable").path();
            if path.is_dir() {
                collect(path, name, into);
            } else if path
                .file_name()
                .is_some_and(|found| found.to_string_lossy().contains(name))
            {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(
        trial.path(&format!("published/_wayfare/{below}")),
        name,
        &mut found,
    );
    found.sort();
    found
}

#[test]
fn damaged_records_are_named_and_nothing_is_written_over_them() {
    let trial = Trial::new();
    // A run that dies before it publishes leaves a run record and manifests, which the next attempt goes on from.
    trial.write_activities("activities.csv", &["u1,b1,2026-01-04T00:00:00Z,1"]);
    let died = finish(
        trial
            .command(&trial.job)
            .env("WAYFARE_CRASH_AT", "snapshot:before"),
    );
    assert!(!died.status.success());
    let newest = |below: &str, name: &str| records(&trial, below, name).pop().expect("there is a record");
    let run = records(&trial, "runs", "run.json")
        .into_iter()
        .find(|path| !path.with_file_name("outcome.json").exists())
        .expect("the run that died has no outcome");
    let folder = run.parent().expect("a folder of the run").to_owned();
    let manifest = folder.join("segment/group-00000.json");
    for (what, file) in [
        ("a run record", run),
        ("a manifest of `load`", folder.join("load/group-00000.json")),
        ("a manifest of `segment`", manifest),
        ("a snapshot record", newest("snapshots", ".json")),
    ] {
        let sound = std::fs::read(&file).expect("the record is readable");
        let other = String::from_utf8_lossy(&sound).replace("\"sequence\": 1", "\"sequence\": 7");
        let other = other.replace("\"run_id\": \"trial", "\"run_id\": \"other");
        for damage in [
            sound[..sound.len() / 2].to_vec(),
            b"{}".to_vec(),
            b"\xff\xfe".to_vec(),
            other.into_bytes(),
        ] {
            std::fs::write(&file, &damage).expect("the record is damaged");
            let output = trial.run(&trial.job);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(1), "{what}: {text}");
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            for part in ["is not a readable", &name, "hint: ", "doctor"] {
                assert!(text.contains(part), "{what}: `{part}` is not in {text}");
            }
            assert_eq!(std::fs::read(&file).expect("it is still there"), damage, "{what}");
        }
        std::fs::write(&file, &sound).expect("the record is restored");
        trial.assert_untouched(what);
    }
    assert!(trial.run(&trial.job).status.success());
}

#[test]
fn doctor_and_sql_name_a_damaged_snapshot_record_too() {
    let trial = Trial::new();
    let file = records(&trial, "snapshots", ".json")
        .pop()
        .expect("a snapshot record");
    std::fs::write(&file, "{").expect("the record is damaged");
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    trial.command(&trial.job);
    let tables = trial.url("published");
    for arguments in [
        vec!["doctor", "job.toml"],
        vec!["sql", &tables, "-c", "select 1"],
        vec!["maintain", &tables],
    ] {
        let output = finish(command(&arguments).current_dir(trial.path(".")));
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains(&name), "{arguments:?}: {text}");
        // Doctor says what to do about the first thing that is wrong; the tiny encoder is, to it.
        assert!(
            text.contains("hint: ") || arguments[0] == "doctor",
            "{arguments:?}: {text}"
        );
    }
}

#[test]
fn a_damaged_item_pack_is_made_again() {
    let trial = Trial::new();
    let pack = records(&trial, "packs", ".arrow").pop().expect("an item pack");
    let sound = std::fs::read(&pack).expect("the pack is readable");
    for damage in [Some(&sound[..sound.len() / 2]), None] {
        match damage {
            Some(bytes) => std::fs::write(&pack, bytes).expect("the pack is damaged"),
            None => std::fs::remove_file(&pack).expect("the pack is lost"),
        }
        let hour = if damage.is_some() { "11" } else { "12" };
        trial.write_activities("activities.csv", &[&format!("u1,b1,2026-01-04T{hour}:00:00Z,1")]);
        let output = trial.run(&trial.job);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(std::fs::read(&pack).expect("the pack is there"), sound);
    }
}

/// The command with a limit to the size of every file that it writes, in blocks of 512 bytes, that it is told of by an
/// error and not by a signal: the nearest thing to a full disk that anybody may set.
fn with_full_disk(command: &Command, blocks: u32) -> Command {
    let mut limited = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    limited
        .arg("-c")
        .arg(script)
        .arg(binary())
        .args(command.get_args())
        .env_clear();
    limited.current_dir(command.get_current_dir().expect("a folder"));
    limited
}

#[test]
fn a_full_disk_is_worth_another_try_and_costs_nothing() {
    let trial = Trial::new();
    let lines: Vec<String> = (0..60)
        .map(|minute| format!("u{minute},b1,2026-01-04T10:{minute:02}:00Z,1"))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    trial.write_activities("activities.csv", &lines);
    for blocks in [0, 2, 4] {
        let what = format!("files of {blocks} blocks");
        let output = finish(&mut with_full_disk(&trial.command(&trial.job), blocks));
        trial.was_refused(&what, &output, 75, &["full: free space", "nothing was published"]);
    }
    let output = trial.run(&trial.job);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        trial.query("published", "SELECT count(*) FROM activity_log"),
        ["65"]
    );
}
