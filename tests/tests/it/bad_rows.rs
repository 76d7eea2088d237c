//! Rows that cannot be used: put aside with a reason, counted, and never the end of a run unless they are too many.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::record_batch::RecordBatch;
use wayfare_tests::program::{assert_success, said};
use wayfare_tests::trial::{Job, Trial, parquet};

const REASONS: &str = "SELECT reason, count(*) FROM rejected_rows GROUP BY reason ORDER BY reason";

/// Runs the job, which must end well, into tables of its own; the reasons in them with their counts.
fn rejected(trial: &Trial, job: &Job, tables: &str) -> Vec<String> {
    let output = trial.run(&job.into_tables(tables));
    assert_success(&output, tables);
    trial.query(tables, REASONS)
}

#[test]
fn every_kind_of_bad_row_has_its_reason() {
    let trial = Trial::unpublished();
    let huge = "x".repeat(1 << 20);
    let huge_user = format!("{huge},b1,2026-01-04T00:00:00Z,1");
    let huge_item = format!("u3,{huge},2026-01-04T00:00:00Z,1");
    let lines = [
        ",b1,2026-01-04T00:00:00Z,1",
        "\"\",b1,2026-01-04T00:00:00Z,1",
        "u3,,2026-01-04T00:00:00Z,1",
        "u3,b1,,1",
        "u3,b1,yesterday,1",
        "u3,b1,2026-02-30T00:00:00Z,1",
        "u3,b1,1969-12-31T23:59:59Z,1",
        "u3,b1,2100-01-01T00:00:00Z,1",
        "u3,b1,9999-12-31T00:00:00Z,1",
        "u3,b1,2026-01-04T00:00:00Z,",
        "u3,b1,2026-01-04T00:00:00Z,0",
        "u3,b1,2026-01-04T00:00:00Z,-1",
        "u3,b1,2026-01-04T00:00:00Z,NaN",
        "u3,b1,2026-01-04T00:00:00Z,inf",
        "u3,b1,2026-01-04T00:00:00Z,1e30",
        "u3,b1,2026-01-04T00:00:00Z,heavy",
        "u3,chess,2026-01-04T00:00:00Z,1",
        "u3,silent,2026-01-04T00:00:00Z,1",
        "u3\u{7},b1,2026-01-04T00:00:00Z,1",
        "u3,b1\u{1b}[31m,2026-01-04T00:00:00Z,1",
        &huge_user,
        &huge_item,
        // Not bad: the first of these three is kept, with the weight of the second.
        "u4,b1,2026-01-04T00:00:00Z,1",
        "u4,b1,2026-01-04T00:00:00Z,3",
        "u4,b1,2026-01-04T00:00:00Z,2",
    ];
    trial.write_activities("activities.csv", &lines);
    let expected = [
        "item_without_text | 1",
        "malformed_item_id | 2",
        "malformed_user_id | 2",
        "missing_item_id | 1",
        "missing_occurred_at | 1",
        "missing_user_id | 2",
        "occurred_at_out_of_range | 3",
        "unknown_item | 1",
        "unreadable_occurred_at | 2",
        "unreadable_weight | 1",
        "weight_out_of_range | 6",
    ];
    assert_eq!(rejected(&trial, &trial.job, "rows"), expected);
    let payload = "SELECT payload FROM rejected_rows WHERE reason LIKE 'unreadable%' ORDER BY payload";
    assert_eq!(
        trial.query("rows", payload),
        [
            "user_id=u3 | item_id=b1 | occurred_at= | weight=1.0 | unreadable occurred_at=2026-02-30T00:00:00Z",
            "user_id=u3 | item_id=b1 | occurred_at= | weight=1.0 | unreadable occurred_at=yesterday",
            "user_id=u3 | item_id=b1 | occurred_at=2026-01-04T00:00:00Z | weight= | unreadable weight=heavy",
        ]
    );
    let longest = trial.query(
        "rows",
        "SELECT max(char_length(payload)) < 400 FROM rejected_rows",
    );
    assert_eq!(longest, ["true"]);
    let once = "SELECT count(*), max(weight) FROM activity_log WHERE user_id = 'u4'";
    assert_eq!(trial.query("rows", once), ["1 | 3.0"]);
}

#[test]
fn unreadable_cells_are_traced_through_queries() {
    let trial = Trial::unpublished();
    let lines = ["u3,b1,never,1", "u3,b2,2026-01-04T00:00:00Z,much"];
    trial.write_activities("activities.csv", &lines);
    let undeclared = Job {
        activities: "path = \"activities.csv\"\nformat = \"csv\"".to_owned(),
        ..trial.job.clone()
    };
    let texts = Job {
        activities: "path = \"activities.csv\"\nformat = \"csv\"\ncolumns = [[\"user_id\", \"utf8\"], [\"item_id\", \"utf8\"], \
                     [\"occurred_at\", \"utf8\"], [\"weight\", \"utf8\"]]"
            .to_owned(),
        ..trial.job.clone()
    };
    let both = ["unreadable_occurred_at | 1", "unreadable_weight | 1"];
    let cases: [(&str, Job, &[&str]); 7] = [
        ("types from the data", undeclared, &both),
        ("columns of text", texts.clone(), &both),
        (
            "a computed weight",
            trial.job.asking("SELECT a.user_id, a.item_id, a.occurred_at, a.weight / 2 AS weight FROM acts a"),
            &both,
        ),
        (
            "a subquery",
            trial.job.asking("SELECT * FROM (SELECT * FROM acts) WHERE user_id <> 'nobody'"),
            &both,
        ),
        (
            "a cast of the query's own",
            texts.asking("SELECT user_id, item_id, try_cast(occurred_at AS TIMESTAMP) AS occurred_at FROM acts"),
            &["unreadable_occurred_at | 1"],
        ),
        (
            "a condition on a cell that cannot be read",
            trial.job.asking("SELECT user_id, item_id, occurred_at FROM acts WHERE weight > 0.1"),
            &["unreadable_condition | 1", "unreadable_occurred_at | 1"],
        ),
        (
            "a join ends the trace",
            trial
                .job
                .asking("SELECT a.user_id, t.item_id, a.occurred_at FROM acts a JOIN things t ON t.item_id = a.item_id"),
            &["missing_occurred_at | 1"],
        ),
    ];
    for (number, (what, job, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            rejected(&trial, &job, &format!("case-{number}")),
            expected,
            "{what}"
        );
    }
}

#[test]
fn times_as_texts_in_parquet_are_read_and_the_others_put_aside() {
    let trial = Trial::unpublished();
    let column = |values: [Option<&str>; 4]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let rows = RecordBatch::try_from_iter([
        (
            "user_id",
            column([Some("u1"), Some("u1"), Some("u1"), Some("u1")]),
        ),
        (
            "item_id",
            column([Some("b1"), Some("b2"), Some("b3"), Some("b1")]),
        ),
        (
            "occurred_at",
            column([
                Some("2026-01-01 10:00:00"),
                Some("2026-01-02"),
                Some("soon"),
                None,
            ]),
        ),
    ]);
    trial.write("texts.parquet", parquet(&rows.expect("columns of one length")));
    let job = trial.job.over_parquet("texts.parquet");
    let job = job.asking("SELECT user_id, item_id, occurred_at FROM acts");
    assert_eq!(
        rejected(&trial, &job, "texts"),
        ["missing_occurred_at | 1", "unreadable_occurred_at | 1"]
    );
    let log = "SELECT item_id, occurred_at FROM activity_log ORDER BY occurred_at";
    assert_eq!(
        trial.query("texts", log),
        ["b1 | 2026-01-01T10:00:00Z", "b2 | 2026-01-02T00:00:00Z"]
    );
}

#[test]
fn too_many_bad_rows_are_told_by_reason_and_publish_nothing() {
    let trial = Trial::new();
    trial.write_activities(
        "bad.csv",
        &[
            "u3,chess,2026-01-04T00:00:00Z,1",
            "u3,go,2026-01-04T00:00:00Z,1",
            "u3,,,1",
        ],
    );
    let says = [
        "3 of 8 rows of logical date 1970-01-01 were rejected, the job allows 0.05 of them: unknown_item 2, missing_item_id 1",
        "scattered_activities/bucket_group=-1",
        "load.max_rejected_share",
    ];
    trial.refused("too many", &trial.job.over_csv("bad.csv"), 6, &says);
}

#[test]
fn a_source_without_rows_is_published_as_such() {
    let trial = Trial::unpublished();
    trial.write("header.csv", "user_id,item_id,occurred_at,weight\n");
    let column = || Arc::new(StringArray::from(Vec::<&str>::new())) as ArrayRef;
    let none = RecordBatch::try_from_iter(["user_id", "item_id", "occurred_at"].map(|name| (name, column())));
    trial.write("none.parquet", parquet(&none.expect("columns of one length")));
    trial.write_activities("unknown.csv", &[]);
    let unknown = "SELECT user_id, 'chess' AS item_id, occurred_at FROM acts";
    let three = "SELECT user_id, item_id, occurred_at FROM acts";
    for (tables, job, says) in [
        (
            "csv",
            trial.job.over_csv("header.csv"),
            "the source `activities` has no rows",
        ),
        (
            "parquet",
            trial.job.over_parquet("none.parquet").asking(three),
            "the source `activities` has no rows",
        ),
        (
            "unusable",
            trial.job.over_csv("unknown.csv").asking(unknown),
            "5 of 5 activities cannot be used (unknown_item 5)",
        ),
    ] {
        let output = trial.run(&job.into_tables(tables));
        assert_success(&output, tables);
        assert!(said(&output).contains(says), "{tables}: {}", said(&output));
        let counts = "SELECT (SELECT count(*) FROM activity_log) AS a, (SELECT count(*) FROM journeys) AS j";
        assert_eq!(trial.query(tables, counts), ["0 | 0"], "{tables}");
    }
}

#[test]
fn a_title_of_ten_megabytes_is_cut_and_says_so() {
    let trial = Trial::unpublished();
    let huge = "bread ".repeat(10 << 20 >> 2);
    trial.write(
        "items.csv",
        format!("item_id,title,text\nb1,{huge},\"{huge}\"\nb2,Rye bread,\nb3,Rye flour,{huge}\nc1,Road bicycle,\nc2,Bicycle oil,\n"),
    );
    assert!(rejected(&trial, &trial.job, "huge").is_empty());
    let title = "SELECT char_length(title), right(title, 1) FROM item_vectors WHERE item_id = 'b1'";
    assert_eq!(trial.query("huge", title), ["300 | …"]);
    let longest = "SELECT max(char_length(item['title'])) FROM (SELECT unnest(representative_items) AS item FROM journeys)";
    assert_eq!(trial.query("huge", longest), ["300"]);
    let journeys = std::fs::read_dir(trial.path("huge/restricted/journeys")).expect("a table of journeys");
    assert!(journeys.count() > 0);
    let bytes = folder_bytes(&trial.path("huge"));
    assert!(bytes < 1 << 20, "the tables hold {bytes} bytes");
}

fn folder_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder is readable");
    entries
        .map(|entry| {
            let path = entry.expect("its entries are readable").path();
            if path.is_dir() {
                folder_bytes(&path)
            } else {
                std::fs::metadata(&path).map_or(0, |metadata| metadata.len())
            }
        })
        .sum()
}

#[test]
fn a_byte_order_mark_and_windows_lines_are_read() {
    let trial = Trial::unpublished();
    let windows = |name: &str| {
        let text = std::fs::read_to_string(trial.path(name)).expect("the file is readable");
        trial.write(name, format!("\u{feff}{}", text.replace('\n', "\r\n")));
    };
    windows("activities.csv");
    windows("items.csv");
    let undeclared = Job {
        activities: "path = \"activities.csv\"\nformat = \"csv\"".to_owned(),
        ..trial.job.clone()
    };
    for (tables, job) in [("declared", &trial.job), ("undeclared", &undeclared)] {
        assert!(rejected(&trial, job, tables).is_empty(), "{tables}");
        let users =
            "SELECT user_id, count(*), sum(weight) FROM activity_log GROUP BY user_id ORDER BY user_id";
        assert_eq!(
            trial.query(tables, users),
            ["u1 | 3 | 2.5", "u2 | 2 | 3.0"],
            "{tables}"
        );
    }
}
