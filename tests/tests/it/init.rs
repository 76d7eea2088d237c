//! `wayfare init` on data that somebody else has laid out: what it proposes runs as it is, and gives the journeys that
//! the same rows give through a job that was written for them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wayfare_pipeline::settings::{JobSettings, LogicalDate, Slice, resolve};
use wayfare_tests::contents::{assert_same, contents, query, session};
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{SmallWorld, repository, run};

const FIRST: &str = "2026-01-01";
const LAST: &str = "2026-02-26";

/// Writes the small world anew with SQL; the statements see it as `activities` and `items`.
async fn lay_out(world: &SmallWorld, statements: &[&str]) {
    let session = datafusion::prelude::SessionContext::new();
    for table in ["activities", "items"] {
        let file = world.path(&format!("{table}.csv"));
        let sql = format!(
            "CREATE EXTERNAL TABLE {table} STORED AS CSV LOCATION '{}'",
            file.display()
        );
        execute(&session, &sql).await;
    }
    for statement in statements {
        execute(
            &session,
            &statement.replace("{out}", &world.path("").display().to_string()),
        )
        .await;
    }
}

async fn execute(session: &datafusion::prelude::SessionContext, sql: &str) {
    let rows = session
        .sql(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.collect()
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Calls `wayfare init` in the folder of the world, with its tiny encoder.
fn init(world: &SmallWorld, arguments: &[&str]) -> Output {
    let encoder = world.path("tiny-encoder").display().to_string();
    let mut all = vec!["init", "--encoder", encoder.as_str()];
    all.extend(arguments);
    finish(command(&all).current_dir(world.path("")))
}

/// Runs the proposed job, unedited, over everything.
fn run_proposal(world: &SmallWorld, job_file: &str) {
    let all = ["run", job_file, "--from", FIRST, "--to", LAST, "--one-run"];
    let output = finish(command(&all).current_dir(world.path("")));
    assert_success(&output, "the proposed job");
}

fn settings_of(job_file: &Path) -> JobSettings {
    let resolved = resolve(job_file, &[], &Vec::new).unwrap_or_else(|error| panic!("{error}"));
    resolved.settings
}

/// Runs the small world's own job with the settings that the proposal decided, into the tables `own`.
async fn run_own_job(world: &SmallWorld, proposed: &JobSettings) {
    let mut own = world.settings("own", &[]);
    own.job.slice = proposed.job.slice;
    own.load = proposed.load.clone();
    own.segment = proposed.segment;
    own.name = proposed.name.clone();
    let date = |text: &str| text.parse::<LogicalDate>().expect("a date");
    let dates: Vec<String> = own
        .job
        .slice
        .dates(date(FIRST), date(LAST))
        .iter()
        .map(ToString::to_string)
        .collect();
    run(&own, &dates.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

#[track_caller]
fn assert_says(output: &Output, parts: &[&str]) {
    let said = said(output);
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }
}

#[test]
fn csv_with_german_names_semicolons_and_milliseconds() {
    block_on(|| async {
        let world = SmallWorld::new();
        let csv = "STORED AS CSV OPTIONS ('format.delimiter' ';', 'format.has_header' 'true')";
        let purchases = format!(
            "COPY (SELECT user_id AS \"Kunden-Nr.\", weight AS \"Menge\", item_id AS \"Artikelnummer\", 7 AS \"Filiale\", \
             CAST(date_part('epoch', occurred_at) * 1000 AS BIGINT) AS \"Zeitpunkt (ms)\" FROM activities) \
             TO '{{out}}/kaeufe.csv' {csv}"
        );
        let articles = format!(
            "COPY (SELECT item_id AS \"Artikelnummer\", title AS \"Bezeichnung\", text AS \"Beschreibung\", \
             replace(tags, ' ', ' | ') AS \"Schlagworte\", 9.5 AS \"Preis\" FROM items) TO '{{out}}/artikel.csv' {csv}"
        );
        lay_out(&world, &[&purchases, &articles]).await;
        let output = init(
            &world,
            &[
                "--activities",
                "kaeufe.csv",
                "--items",
                "artikel.csv",
                "--tables",
                "proposed",
            ],
        );
        assert_success(&output, "wayfare init");
        assert_says(
            &output,
            &[
                "CSV with `;`",
                "milliseconds since 1970",
                "363 activities of about",
                "unknown_item 2",
                "next: wayfare run job.toml --from 2026-01-01 --to 2026-02-26 --one-run",
                "wayfare sql proposed",
            ],
        );
        let proposed = settings_of(&world.path("job.toml"));
        assert_eq!(
            (proposed.job.name.as_str(), proposed.job.slice),
            ("kaeufe", Slice::Day)
        );
        run_proposal(&world, "job.toml");
        run_own_job(&world, &proposed).await;
        let expected = contents(&world.tables("own")).await;
        assert!(
            expected["journeys"].len() >= 10,
            "{} journeys",
            expected["journeys"].len()
        );
        assert_same(
            &expected,
            &contents(&world.tables("proposed")).await,
            "the same rows from CSV",
        );
    });
}

/// What can be compared of journeys whose users and items have other ids: the user, the names, and what is in them.
const JOURNEYS: &str =
    "SELECT {user}, name, activity_count, active_days, started_at, last_active_at FROM journeys";

#[test]
fn parquet_with_numbers_dates_nanoseconds_and_lists() {
    block_on(|| async {
        let world = SmallWorld::new();
        lay_out(
            &world,
            &[
                "CREATE VIEW numbered AS SELECT *, row_number() OVER (ORDER BY item_id) + 94 AS number FROM items",
                "COPY (SELECT CAST(substr(user_id, 2) AS BIGINT) AS member, coalesce(number, CASE WHEN item_id <> '' THEN 9 END) \
                 AS sku, CAST(occurred_at AS DATE) AS day, CAST(occurred_at AS TIMESTAMP) AS seen_at, \
                 CAST(weight AS DOUBLE) AS quantity FROM activities LEFT JOIN numbered USING (item_id)) \
                 TO '{out}/purchases/part-0.parquet' STORED AS PARQUET",
                "COPY (SELECT number AS sku, title AS product_name, text AS about, string_to_array(tags, ' ') AS labels \
                 FROM numbered) TO '{out}/products.parquet' STORED AS PARQUET",
            ],
        )
        .await;
        let output = init(
            &world,
            &[
                "--activities",
                "purchases",
                "--items",
                "products.parquet",
                "--out",
                "jobs/shop.toml",
                "--name",
                "shop",
            ],
        );
        assert_success(&output, "wayfare init");
        assert_says(
            &output,
            &[
                "Parquet",
                "occurred_at",
                "seen_at",
                "it could also be `day`",
                "tables/shop",
            ],
        );
        let job_file = world.path("jobs/shop.toml");
        run_proposal(&world, "jobs/shop.toml");
        run_own_job(&world, &settings_of(&job_file)).await;
        let journeys = async |tables: &str, user: &str| {
            let session = session(&world.tables(tables)).await;
            let mut rows = query(&session, &JOURNEYS.replace("{user}", user)).await;
            rows.sort();
            rows
        };
        let expected = journeys("own", "CAST(substr(user_id, 2) AS BIGINT)").await;
        assert!(expected.len() >= 10, "{} journeys", expected.len());
        assert_eq!(journeys("tables/shop", "CAST(user_id AS BIGINT)").await, expected);
    });
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "where the test's interpreter lies is no setting of the program"
)]
fn delta_tables_of_another_writer() {
    let python = std::env::var_os("WAYFARE_PYTHON").expect(
        "WAYFARE_PYTHON is not set: run `cargo xtask test`, which installs the readers and sets it to their interpreter",
    );
    block_on(|| async {
        let world = SmallWorld::new();
        let written = Command::new(python)
            .arg(repository().join("tests/interop/write_delta.py"))
            .args([
                world.path("activities.csv"),
                world.path("items.csv"),
                world.path("lake"),
            ])
            .output()
            .expect("the interpreter starts");
        assert_success(&written, "write_delta.py");
        let output = init(
            &world,
            &[
                "--activities",
                "lake/plays",
                "--items",
                "lake/catalogue",
                "--tables",
                "proposed",
                "--out",
                "job",
            ],
        );
        assert_success(&output, "wayfare init");
        assert_says(&output, &["a Delta table", "Listener Id", "363 activities"]);
        run_proposal(&world, "job/job.toml");
        run_own_job(&world, &settings_of(&world.path("job/job.toml"))).await;
        let expected = contents(&world.tables("own")).await;
        assert_same(
            &expected,
            &contents(&world.tables("proposed")).await,
            "the same rows from Delta",
        );
    });
}

#[test]
fn one_file_that_carries_the_titles() {
    block_on(|| async {
        let world = SmallWorld::new();
        lay_out(
            &world,
            &["COPY (SELECT user_id AS \"viewerId\", title AS video_title, tags AS category, occurred_at AS watched_at \
               FROM activities JOIN items USING (item_id)) TO '{out}/history.csv' STORED AS CSV \
               OPTIONS ('format.has_header' 'true')"],
        )
        .await;
        let output = init(&world, &["--activities", "history.csv"]);
        assert_success(&output, "wayfare init");
        run_proposal(&world, "job.toml");
        let session = session(&world.tables("tables/history")).await;
        let items = query(&session, "SELECT count(DISTINCT item_id) FROM item_vectors").await;
        assert_eq!(items, ["40"]);
        let journeys = query(&session, "SELECT count(*) > 5 FROM journeys").await;
        assert_eq!(journeys, ["true"]);
    });
}

#[test]
fn ids_that_both_sides_write_in_another_way() {
    block_on(|| async {
        let world = SmallWorld::new();
        lay_out(
            &world,
            &[
                "CREATE VIEW numbered AS SELECT *, row_number() OVER (ORDER BY item_id) + 94 AS number FROM items",
                "COPY (SELECT user_id AS visitor, CAST(number AS DOUBLE) AS article, occurred_at AS time \
                 FROM activities LEFT JOIN numbered USING (item_id)) TO '{out}/visits.parquet' STORED AS PARQUET",
                "COPY (SELECT lpad(CAST(number AS VARCHAR), 6, '0') AS article_no, title FROM numbered) \
                 TO '{out}/articles.csv' STORED AS CSV OPTIONS ('format.has_header' 'true')",
            ],
        )
        .await;
        let output = init(
            &world,
            &["--activities", "visits.parquet", "--items", "articles.csv"],
        );
        assert_success(&output, "wayfare init");
        let sql = settings_of(&world.path("job.toml")).sources;
        assert!(
            sql.activities
                .sql
                .contains("TRY_CAST(article AS BIGINT) AS item_id"),
            "{}",
            sql.activities.sql
        );
        assert!(
            sql.items
                .sql
                .contains("TRY_CAST(article_no AS BIGINT) AS item_id"),
            "{}",
            sql.items.sql
        );
        // The rows without an item, of another item, and without a user.
        assert_says(
            &output,
            &["4 of them would be rejected: missing_item_id 3, missing_user_id 1"],
        );
        run_proposal(&world, "job.toml");
        let session = session(&world.tables("tables/visits")).await;
        let items = query(
            &session,
            "SELECT count(DISTINCT item_id), min(length(item_id)) FROM item_vectors",
        )
        .await;
        assert_eq!(items, ["40 | 2"]);
    });
}

/// Files of a world that hold the small world under its own names.
fn own_names() -> (SmallWorld, PathBuf) {
    let world = SmallWorld::new();
    let job_file = world.path("job.toml");
    (world, job_file)
}

#[test]
fn a_job_file_is_not_overwritten_unasked() {
    let (world, job_file) = own_names();
    let sources = ["--activities", "activities.csv", "--items", "items.csv"];
    std::fs::write(&job_file, "mine").expect("a job file");
    let output = init(&world, &sources);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_says(&output, &["job.toml` is there already", "--force"]);
    assert_eq!(std::fs::read_to_string(&job_file).expect("the job file"), "mine");
    let output = init(&world, &[&sources[..], &["--force"]].concat());
    assert_success(&output, "wayfare init --force");
    assert!(settings_of(&job_file).sources.activities.sql.contains("user_id"));
}

#[test]
fn what_is_not_understood_is_named_and_nothing_is_written() {
    let (world, job_file) = own_names();
    std::fs::write(world.path("opaque.csv"), "a,b,c\n1,x y z,2\n2,x,3\n1,u v,2\n").expect("a file");
    std::fs::write(world.path("headless.csv"), "1,2,881250949\n2,3,881250950\n").expect("a file");
    std::fs::write(world.path("latin1.csv"), b"user;titel\n1;K\xe4se\n").expect("a file");
    std::fs::write(world.path("empty.csv"), "user,item,time,title\n").expect("a file");
    for (arguments, code, parts) in [
        (
            &["--activities", "opaque.csv"][..],
            3,
            &["a user's id", "`a`, `b`, `c`", "--user-column"][..],
        ),
        (
            &["--activities", "headless.csv"],
            3,
            &["values and not the names"],
        ),
        (&["--activities", "latin1.csv"], 3, &["not UTF-8"]),
        (&["--activities", "empty.csv"], 3, &["have no rows"]),
        (&["--activities", "nowhere.csv"], 4, &["nowhere.csv"]),
        (
            &[
                "--activities",
                "activities.csv",
                "--items",
                "items.csv",
                "--title-column",
                "name",
            ],
            2,
            &["--title-column name", "`item_id`, `title`, `text`, `tags`"],
        ),
        (
            &[
                "--activities",
                "activities.csv",
                "--items",
                "items.csv",
                "--item-column",
                "user_id",
            ],
            3,
            &["no column of the activities holds ids of the items"],
        ),
    ] {
        let output = init(&world, arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            said(&output)
        );
        assert_says(&output, parts);
        assert!(!job_file.exists(), "{arguments:?} wrote a job file");
    }
}

#[test]
fn without_an_encoder_the_job_file_says_what_to_fill_in() {
    let (world, job_file) = own_names();
    let arguments = ["init", "--activities", "activities.csv", "--items", "items.csv"];
    let output = finish(command(&arguments).current_dir(world.path("")));
    assert_success(&output, "wayfare init without an encoder");
    assert_says(
        &output,
        &["not planned: the job needs an encoder", "--encoder DIR"],
    );
    let text = std::fs::read_to_string(&job_file).expect("the job file");
    assert!(text.contains("[encoder]\n# CHECK"), "{text}");
}
