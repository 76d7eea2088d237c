//! Source files and queries that cannot be used: an error that names table, file and line, and tables as they were.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use wayfare_tests::program::{binary, finish};
use wayfare_tests::trial::{Trial, parquet, spoiled};

/// Somebody who owns nothing.
const NOBODY: u32 = 65_534;

/// Activities as a Parquet file in which every column is text.
fn text_file() -> Vec<u8> {
    let column = |values: [&str; 3]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let rows = RecordBatch::try_from_iter([
        ("user_id", column(["user-one", "user-one", "user-two"])),
        ("item_id", column(["b1", "b2", "c1"])),
        (
            "occurred_at",
            column(["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z", "2026-01-03"]),
        ),
    ]);
    parquet(&rows.expect("columns of one length"))
}

fn with_numbers_as_times() -> Vec<u8> {
    let texts = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let rows = RecordBatch::try_from_iter([
        ("user_id", texts(["u1", "u2"])),
        ("item_id", texts(["b1", "b2"])),
        (
            "occurred_at",
            Arc::new(Int64Array::from(vec![1_767_225_600, 1_767_225_601])) as ArrayRef,
        ),
    ]);
    parquet(&rows.expect("columns of one length"))
}

#[test]
fn queries_that_do_not_give_the_columns_are_refused() {
    let trial = Trial::new();
    let job = |sql: &str| trial.job.asking(sql);
    for (what, job, says) in [
        (
            "no column for the time",
            job("SELECT user_id, item_id FROM acts"),
            [
                "source `activities`",
                "no column `occurred_at`",
                "`user_id`, `item_id` and `occurred_at`",
            ],
        ),
        (
            "a column that the file lacks",
            job("SELECT uid AS user_id, item_id, occurred_at FROM acts"),
            ["source `activities`", "uid", "acts.user_id"],
        ),
        (
            "no such table",
            job("SELECT user_id, item_id, occurred_at FROM activity"),
            ["source `activities`", "activity", "not found"],
        ),
        (
            "a list of ids",
            job("SELECT make_array(user_id) AS user_id, item_id, occurred_at FROM acts"),
            ["column `user_id`", "List", "a text or a number"],
        ),
        (
            "a statement that writes",
            job("COPY acts TO 'elsewhere.csv'"),
            [
                "source `activities`",
                "DML not supported",
                "[sources.activities] sql",
            ],
        ),
        (
            "a conversion that fails on a row",
            job("SELECT CAST(item_id AS BIGINT) AS user_id, item_id, occurred_at FROM acts"),
            [
                "source `activities`: its query fails",
                "Cannot cast string 'b1'",
                "try_cast",
            ],
        ),
    ] {
        trial.refused(what, &job, 3, &says);
    }
    assert!(!trial.path("elsewhere.csv").exists());
}

#[test]
fn damaged_parquet_files_are_named() {
    let trial = Trial::new();
    let sound = text_file();
    trial.write("text.parquet", "user_id,item_id\nnot,parquet\n");
    trial.write("half.parquet", &sound[..sound.len() / 2]);
    trial.write("zero.parquet", "");
    trial.write(
        "not-utf8.parquet",
        spoiled(&sound, b"user-two", b"user-\xff\xfe\xfd"),
    );
    // The footer is sound: only reading the rows shows that they are not.
    let start = sound
        .windows(8)
        .position(|bytes| bytes == b"user-one")
        .expect("the values are in the file");
    let mut page = sound.clone();
    page[b"PAR1".len()..start].fill(0xff);
    trial.write("folder/part-1.parquet", &sound);
    trial.write("folder/part-2.parquet", page);
    trial.write("numbers.parquet", with_numbers_as_times());
    trial.write("mixed/part-1.parquet", &sound);
    trial.write("mixed/part-2.parquet", with_numbers_as_times());
    let sql = "SELECT user_id, item_id, occurred_at FROM acts";
    for (path, says) in [
        (
            "text.parquet",
            ["source table `acts`", "text.parquet", "as Parquet"],
        ),
        (
            "half.parquet",
            ["source table `acts`", "half.parquet", "as Parquet"],
        ),
        ("zero.parquet", ["source table `acts`", "zero.parquet", "0 bytes"]),
        (
            "not-utf8.parquet",
            ["source table `acts`", "not-utf8.parquet", "UTF-8"],
        ),
        (
            "folder",
            ["source table `acts`", "part-2.parquet", "write the file again"],
        ),
        (
            "numbers.parquet",
            ["source `activities`", "Int64", "to_timestamp_seconds"],
        ),
        ("mixed", ["source `acts`", "do not agree", "occurred_at"]),
    ] {
        trial.refused(path, &trial.job.over_parquet(path).asking(sql), 3, &says);
    }
}

#[test]
fn csv_files_that_cannot_be_parsed_are_named_with_the_line() {
    let trial = Trial::new();
    trial.write_activities("few.csv", &["u3,b1"]);
    trial.write_activities("many.csv", &["u3,b1,2026-01-01T00:00:00Z,1,2"]);
    trial.write_activities(
        "open-last.csv",
        &["u3,b1,2026-01-01T00:00:00Z,\"1", "u4,b1,2026-01-01T00:00:00Z,1"],
    );
    trial.write_activities("open-first.csv", &["\"u3,b1,2026-01-01T00:00:00Z,1"]);
    let mut latin = b"user_id,item_id,occurred_at,weight\n".to_vec();
    latin.extend(b"J\xf6rg,b1,2026-01-01T00:00:00Z,1\n");
    trial.write("latin.csv", latin);
    trial.write_activities("folder/part-1.csv", &[]);
    trial.write_activities("folder/part-2.csv", &["u3"]);
    for (path, says) in [
        (
            "few.csv",
            ["source table `acts`: file", "few.csv", "line 7, expected 4 got 2"],
        ),
        (
            "many.csv",
            [
                "source table `acts`: file",
                "many.csv",
                "line 7, expected 4 got 5",
            ],
        ),
        (
            "open-last.csv",
            [
                "open-last.csv",
                "column `weight` holds a line break, row 6",
                "multiline = true",
            ],
        ),
        (
            "open-first.csv",
            ["open-first.csv", "line 7, expected 4 got 1", "multiline = true"],
        ),
        ("latin.csv", ["latin.csv", "invalid UTF-8", "line 2"]),
        ("folder", ["part-2.csv", "as CSV", "line 7"]),
    ] {
        trial.refused(path, &trial.job.over_csv(path), 3, &says);
    }
    // The columns are taken from the file: then its first lines have to be sound.
    let undeclared = |path: &str| format!("path = \"{path}\"\nformat = \"csv\"");
    let mut job = trial.job.clone();
    job.activities = undeclared("few.csv");
    trial.refused(
        "no columns declared",
        &job,
        3,
        &["source table `acts`", "few.csv", "found 2 records at line 7"],
    );
}

#[test]
fn a_value_with_a_line_break_is_read_where_the_job_says_so() {
    let trial = Trial::unpublished();
    trial.write("things.csv", "item_id,title,text\nb1,\"Sourdough\nstarter\",bread\nb2,Rye bread flour,\nb3,Basket,bread\nc1,Road bicycle,\nc2,Bicycle oil,\n");
    let mut job = trial.job.into_tables("multiline");
    job.items = "path = \"things.csv\"\nformat = \"csv\"\nmultiline = true".to_owned();
    let output = trial.run(&job);
    assert!(
        output.status.success(),
        "{}",
        wayfare_tests::program::said(&output)
    );
    let title = trial.query("multiline", "SELECT title FROM item_vectors WHERE item_id = 'b1'");
    assert_eq!(title, ["Sourdough\nstarter"]);
}

#[test]
fn files_that_are_not_there_are_missing_and_others_are_refused() {
    let trial = Trial::new();
    std::fs::create_dir(trial.path("empty")).expect("a folder is made");
    trial.write("hidden/_SUCCESS", "");
    trial.write("hidden/.part-1.parquet.crc", "crc");
    for path in ["nowhere.parquet", "empty", "hidden"] {
        let says = ["source table `acts`", path, "is missing", "check the path"];
        trial.refused(path, &trial.job.over_parquet(path), 4, &says);
    }
    std::fs::create_dir(trial.path("odd")).expect("a folder is made");
    let _socket = UnixListener::bind(trial.path("odd/part-1.parquet")).expect("a socket is made");
    let says = [
        "source table `acts`",
        "part-1.parquet",
        "neither a file nor a folder",
    ];
    trial.refused("a socket", &trial.job.over_parquet("odd"), 3, &says);
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let trial = Trial::new();
    trial.write("secret.parquet", text_file());
    std::fs::create_dir(trial.path("anybodys")).expect("a folder is made");
    let mut job = trial.job.over_parquet("secret.parquet");
    job.tables = "anybodys".to_owned();
    let mode = |path: &Path, bits| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(bits))
            .expect("permissions are ours to set");
    };
    mode(&trial.path("secret.parquet"), 0o000);
    mode(&trial.path("anybodys"), 0o777);
    let mut program = trial.command(&job);
    let owner = std::fs::metadata(trial.path("job.toml"))
        .expect("the job file is there")
        .uid();
    if owner == 0 {
        // Nothing is hidden from root, so the program has to run as somebody else, who must be able to reach it.
        let place = trial.path("wayfare");
        std::fs::hard_link(binary(), &place)
            .or_else(|_| std::fs::copy(binary(), &place).map(|_| ()))
            .expect("the program is put where anybody can reach it");
        mode(&trial.path("."), 0o755);
        let mut as_nobody = Command::new(place);
        as_nobody
            .args(program.get_args())
            .env_clear()
            .current_dir(trial.path("."));
        as_nobody.uid(NOBODY).gid(NOBODY);
        program = as_nobody;
    }
    let output = finish(&mut program);
    let says = ["source table `acts`", "secret.parquet", "Permission denied"];
    trial.was_refused("a file of mode 000", &output, 3, &says);
}
