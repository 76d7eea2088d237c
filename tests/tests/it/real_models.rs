//! The program with its real models, from the job file to the analyst's prompt.

use serde_json::Value;
use tempfile::TempDir;
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::small_world::job_file;

/// One call of the program; what it printed.
fn call(assets: &str, arguments: &[&str]) -> String {
    let output = finish(command(arguments).env("WAYFARE_ASSETS", assets));
    assert_success(&output, &arguments.join(" "));
    String::from_utf8(output.stdout.clone()).unwrap_or_else(|_| panic!("{}", said(&output)))
}

#[test]
fn two_months_of_activity_become_named_journeys() {
    let assets = std::env::var("WAYFARE_ASSETS")
        .expect("WAYFARE_ASSETS is not set: run `cargo xtask test`, which installs the models and sets it to their folder");
    let folder = TempDir::new().expect("a temporary folder");
    let tables = folder.path().join("tables").display().to_string();
    let (job, url) = (job_file().display().to_string(), format!("tables.url={tables}"));
    let monthly = [
        "run",
        &job,
        "--set",
        &url,
        "--set",
        "job.slice=month",
        "--from",
        "2026-01-01",
        "--to",
        "2026-02-28",
        "--output",
        "json",
    ];
    let result: Value = serde_json::from_str(&call(&assets, &monthly)).expect("one JSON object");
    assert_eq!(
        (&result["outcome"], result["runs"].as_array().map(Vec::len)),
        (&"done".into(), Some(2)),
        "{result}"
    );

    let sql = |query: &str| call(&assets, &["sql", &tables, "--format", "csv", "-c", query]);
    assert_eq!(
        sql("SELECT count(*) AS activities FROM activity_log"),
        "activities\n357\n"
    );
    // Whether a name passes the checks is the model's affair; that all have one, and none is unexplained, is ours.
    assert_eq!(
        sql(
            "SELECT count(*) AS odd FROM journeys WHERE name IS NULL OR name = '' OR namer IS NULL
             OR name_source NOT IN ('model', 'extractive')"
        ),
        "odd\n0\n"
    );
    let asked = sql("SELECT count(*) > 0 AS asked FROM journey_names WHERE namer LIKE 'SmolLM2%'");
    assert_eq!(asked, "asked\ntrue\n");
    // The encoder is trained, so it knows without a common word what is alike.
    assert_eq!(
        sql("SELECT split_part(item_id, '-', 1) AS nearest FROM item_vectors
             ORDER BY cosine_similarity(vector, embed('looking at planets and galaxies')) DESC LIMIT 1"),
        "nearest\nastronomy\n"
    );
    let of_one_interest = sql(
        "SELECT user_id, count(DISTINCT split_part(item_id, '-', 1)) AS interests
         FROM journey_activities GROUP BY user_id, journey_id ORDER BY interests DESC LIMIT 1",
    );
    let most: u32 = of_one_interest
        .trim()
        .rsplit(',')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(most <= 2, "a journey mixes {most} interests: {of_one_interest}");

    let again: Value = serde_json::from_str(&call(&assets, &monthly)).expect("one JSON object");
    assert_eq!(again["outcome"], "noop", "{again}");
}
