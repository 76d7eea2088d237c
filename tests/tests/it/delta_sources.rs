//! Delta tables of others as sources: a run reads the files of the newest version, and refuses what it cannot read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use serde_json::{Value, json};
use wayfare_pipeline::report::Outcome;
use wayfare_pipeline::settings::JobSettings;
use wayfare_tests::contents::{assert_same, contents, snapshot};
use wayfare_tests::delta_log::{Definition, DeltaLog, add, remove};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, run, try_run};

const COLUMNS: [(&str, &str); 5] = [
    ("user_id", "string"),
    ("shelf", "string"),
    ("number", "string"),
    ("occurred_at", "timestamp"),
    ("weight", "double"),
];
/// The shelf of a row is its item's interest with something that names of folders have to escape.
const SQL: &str = "SELECT user_id, replace(shelf, ' : 100 %', '') || '-' || number AS item_id, occurred_at, weight \
                   FROM activity_rows";

/// One activity of the small world.
type Row = [String; 4];

fn activities(world: &SmallWorld) -> Vec<Row> {
    let text = std::fs::read_to_string(world.path("activities.csv")).expect("the activities are readable");
    let row = |line: &str| -> Row {
        let mut cells = line.split(',').map(str::to_owned);
        std::array::from_fn(|_| cells.next().expect("a row has four cells"))
    };
    text.lines().skip(1).map(row).collect()
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter(
        values.map(|value| Some(value).filter(|value| !value.is_empty())),
    ))
}

/// The columns of a file; times in the unit that its writer liked.
fn batch(rows: &[&Row], unit: TimeUnit) -> RecordBatch {
    let times = cast(
        &texts(rows.iter().map(|row| row[2].as_str())),
        &DataType::Timestamp(unit, Some("UTC".into())),
    );
    let number = |row: &&Row| row[1].rsplit_once('-').map(|(_, number)| number.to_owned());
    let weights = rows.iter().map(|row| row[3].parse::<f64>().expect("a weight"));
    RecordBatch::try_from_iter_with_nullable([
        // Another order than the table's: files are read by name.
        (
            "weight",
            Arc::new(Float64Array::from_iter_values(weights)) as ArrayRef,
            true,
        ),
        ("user_id", texts(rows.iter().map(|row| row[0].as_str())), true),
        (
            "number",
            Arc::new(StringArray::from_iter(rows.iter().map(number))) as ArrayRef,
            true,
        ),
        ("occurred_at", times.expect("times are times"), true),
    ])
    .expect("columns of one length")
}

/// The activities as a table with one file for each shelf, and one for the rows without.
fn write_table(folder: &Path, rows: &[Row]) -> DeltaLog {
    let mut log = DeltaLog::create(folder, &Definition::plain(&COLUMNS, &["shelf"]));
    let mut shelves: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let shelf = row[1].split_once('-').map_or("", |(interest, _)| interest);
        shelves.entry(shelf).or_default().push(row);
    }
    for (shelf, rows) in shelves {
        let unit = if shelf == "baking" {
            TimeUnit::Millisecond
        } else {
            TimeUnit::Microsecond
        };
        let batch = batch(&rows, unit);
        // As Spark does: the folder escapes what file systems dislike, the log escapes the path once more.
        let (on_disk, in_log, value) = if shelf.is_empty() {
            let folder = "shelf=__HIVE_DEFAULT_PARTITION__".to_owned();
            (folder.clone(), folder, Value::Null)
        } else {
            let value = json!(format!("{shelf} : 100 %"));
            (
                format!("shelf={shelf} %3A 100 %25"),
                format!("shelf={shelf}%20%253A%20100%20%2525"),
                value,
            )
        };
        let size = log.write_file(&format!("{on_disk}/part 0.parquet"), &batch);
        log.commit(&[add(
            &format!("{in_log}/part%200.parquet"),
            size,
            &json!({ "shelf": value }),
        )]);
    }
    log
}

fn settings(world: &SmallWorld, tables: &str, log: &DeltaLog) -> JobSettings {
    let path = format!("sources.tables.activity_rows.path={}", log.folder().display());
    let sql = format!("sources.activities.sql={SQL}");
    world.settings(
        tables,
        &["sources.tables.activity_rows.format=delta", &path, &sql],
    )
}

#[test]
fn a_run_reads_the_files_of_the_newest_version_and_no_others() {
    block_on(|| async {
        let world = SmallWorld::new();
        run(&world.settings("plain", &[]), &DATES).await;
        let rows = activities(&world);
        let mut log = write_table(&world.path("a folder/table"), &rows);
        // A file that was removed, one that was never added, and one that is of no table.
        let ghosts: Vec<Row> = rows
            .iter()
            .map(|row| ["ghost".to_owned(), row[1].clone(), row[2].clone(), row[3].clone()])
            .collect();
        let ghosts = batch(&ghosts.iter().collect::<Vec<_>>(), TimeUnit::Microsecond);
        let size = log.write_file("removed.parquet", &ghosts);
        log.commit(&[add("removed.parquet", size, &json!({ "shelf": "baking" }))]);
        log.commit(&[remove("removed.parquet")]);
        log.write_file("never-added.parquet", &ghosts);
        std::fs::write(log.folder().join("_SUCCESS"), "").expect("a marker");

        let settings = settings(&world, "delta", &log);
        assert_eq!(run(&settings, &DATES).await.outcome, Outcome::Done);
        let expected = contents(&world.tables("plain")).await;
        assert_same(
            &expected,
            &contents(&world.tables("delta")).await,
            "the same rows from Delta",
        );
    });
}

#[test]
fn what_changes_no_file_of_the_table_changes_nothing() {
    block_on(|| async {
        let world = SmallWorld::new();
        let rows = activities(&world);
        let mut log = write_table(&world.path("table"), &rows);
        let settings = settings(&world, "tables", &log);
        run(&settings, &DATES[..3]).await;
        let before = snapshot(&world.tables("tables")).await;

        let late = [
            "u13".to_owned(),
            "coffee-1".to_owned(),
            format!("{}T12:00:00Z", DATES[1]),
            "1".to_owned(),
        ];
        let late = batch(&[&late], TimeUnit::Microsecond);
        let size = log.write_file("late.parquet", &late);
        log.commit(&[json!({ "commitInfo": { "operation": "VACUUM START", "timestamp": 0 } })]);
        assert_eq!(run(&settings, &DATES[..3]).await.outcome, Outcome::Noop);
        assert_eq!(snapshot(&world.tables("tables")).await, before);

        log.commit(&[add("late.parquet", size, &json!({ "shelf": "coffee : 100 %" }))]);
        assert_eq!(run(&settings, &DATES[..3]).await.outcome, Outcome::Done);
        let log = &contents(&world.tables("tables")).await["activity_log"];
        assert!(
            log.iter()
                .any(|row| row.starts_with("u13 |") && row.contains("coffee-1")),
            "the added file is read"
        );
    });
}

#[test]
fn an_empty_table_has_no_rows() {
    block_on(|| async {
        let world = SmallWorld::new();
        let log = DeltaLog::create(&world.path("table"), &Definition::plain(&COLUMNS, &["shelf"]));
        let report = run(&settings(&world, "tables", &log), &DATES[..1]).await;
        assert_eq!(report.counts.get("activities"), Some(&0), "{:?}", report.counts);
    });
}

/// The error of a run over a table, which must name the source and hold all `parts`.
async fn refuse(world: &SmallWorld, changes: &[&str], exit_code: u8, parts: &[&str]) {
    let error = try_run(&world.settings("tables", changes), &DATES[..1])
        .await
        .expect_err("the source is refused");
    let said = format!("{error}; {}", error.hint().unwrap_or_default());
    assert_eq!(error.exit_code(), exit_code, "{said}");
    for part in ["activity_rows"].iter().chain(parts) {
        assert!(said.contains(part), "`{part}` is not in `{said}`");
    }
    assert_eq!(snapshot(&world.tables("tables")).await, None);
}

#[test]
fn what_files_alone_do_not_tell_is_refused() {
    block_on(|| async {
        let world = SmallWorld::new();
        let plain = Definition::plain(&[("user_id", "string")], &[]);
        let mut mapped = plain.clone();
        mapped.protocol = json!({ "minReaderVersion": 2, "minWriterVersion": 5 });
        mapped.configuration =
            json!({ "delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "1" });
        for (name, definition, part) in [
            (
                "unknown",
                plain.clone().with_feature("timeTravelToTheFuture"),
                "timeTravelToTheFuture",
            ),
            (
                "widened",
                plain.clone().with_feature("typeWidening"),
                "typeWidening",
            ),
            ("mapped", mapped, "column"),
        ] {
            let log = DeltaLog::create(&world.path(name), &definition);
            let path = format!("sources.tables.activity_rows.path={}", log.folder().display());
            let changes = ["sources.tables.activity_rows.format=delta", path.as_str()];
            refuse(&world, &changes, 3, &[part]).await;
        }

        let mut log = DeltaLog::create(&world.path("deleted"), &plain.with_feature("deletionVectors"));
        let path = format!("sources.tables.activity_rows.path={}", log.folder().display());
        let changes = ["sources.tables.activity_rows.format=delta", path.as_str()];
        let rows = RecordBatch::try_from_iter([("user_id", texts(["u01"].into_iter()))]).expect("one column");
        let size = log.write_file("part.parquet", &rows);
        let mut deleted = add("part.parquet", size, &json!({}));
        deleted["add"]["deletionVector"] = json!({
            "storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 4, "sizeInBytes": 40, "cardinality": 1,
        });
        log.commit(&[deleted]);
        refuse(&world, &changes, 3, &["deletion vectors", "REORG"]).await;
    });
}

#[test]
fn what_is_no_table_or_not_whole_is_named() {
    block_on(|| async {
        let world = SmallWorld::new();
        let rows = activities(&world);
        let log = write_table(&world.path("table"), &rows);
        let path = format!("sources.tables.activity_rows.path={}", log.folder().display());
        let delta = "sources.tables.activity_rows.format=delta";
        let folder = log.folder().display().to_string();

        refuse(
            &world,
            &["sources.tables.activity_rows.format=parquet", &path],
            3,
            &["format = \"delta\"", &folder],
        )
        .await;
        let csv = format!(
            "sources.tables.activity_rows.path={}",
            world.path("activities.csv").display()
        );
        refuse(&world, &[delta, &csv], 3, &["activities.csv"]).await;
        let nowhere = format!(
            "sources.tables.activity_rows.path={}",
            world.path("nowhere").display()
        );
        refuse(&world, &[delta, &nowhere], 4, &["nowhere"]).await;
        let file = log.folder().join("shelf=baking %3A 100 %25/part 0.parquet");
        let whole = std::fs::read(&file).expect("the file is readable");
        std::fs::write(&file, &whole[..whole.len() / 2]).expect("the file is cut");
        refuse(&world, &[delta, &path], 3, &["shelf=baking", "bytes"]).await;
        std::fs::remove_file(&file).expect("the file is removed");
        refuse(&world, &[delta, &path], 4, &["shelf=baking", "vacuumed"]).await;
        std::fs::remove_dir_all(log.folder().join("_delta_log")).expect("the log is removed");
        refuse(
            &world,
            &[delta, &path],
            3,
            &["not a Delta table", "format = \"parquet\""],
        )
        .await;
        std::fs::create_dir(log.folder().join("_delta_log")).expect("an empty log");
        refuse(&world, &[delta, &path], 3, &["not a Delta table"]).await;
        std::fs::write(
            log.folder().join("_delta_log/00000000000000000000.json"),
            "{ no json",
        )
        .expect("a log");
        refuse(&world, &[delta, &path], 3, &["cannot read the log"]).await;
    });
}
