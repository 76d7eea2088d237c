//! What a cluster publishes to object storage is what the embedded engine publishes to a folder.

use serde_json::Value;
use wayfare_tables::{JOURNEY_NAMES, all_tables};
use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::contents::{RESULTS, query, select, session};
use wayfare_tests::moto::Moto;
use wayfare_tests::program::{assert_success, command, finish};
use wayfare_tests::runtime::block_on;
use wayfare_tests::s3;
use wayfare_tests::scene::{Scene, succeeds};
use wayfare_tests::small_world::DATES;

use super::placement;

/// The names that were made, without the run that made them.
fn names(tables_url: &str) -> Vec<String> {
    let sql = select(&JOURNEY_NAMES);
    let mut names = block_on(|| async { query(&session(tables_url).await, &sql).await });
    names.sort();
    names
}

#[test]
fn executors_and_buckets_do_not_show() {
    let scene = Scene::new();
    let expected_names = names(&scene.undisturbed());
    assert!(!expected_names.is_empty());
    let mut cluster = Cluster::start(scene.surroundings());
    // Alone, the first one does all the work; then the models are the second one's.
    for kind in [Kind::Plain, Kind::Accelerator, Kind::Plain] {
        cluster.add(Work::of(kind));
        // As many tasks as without any setting, and few.
        for (buckets, per_group, threads) in [(8, 4, 0), (64, 32, 3)] {
            let what = format!("{} executors, {buckets} buckets", cluster.executors().len());
            let tables = format!("{}-{buckets}", cluster.executors().len());
            let changes = [
                format!("tables.bucket_count={buckets}"),
                format!("tables.buckets_per_group={per_group}"),
                format!("engine.threads={threads}"),
            ];
            let changes = changes.each_ref().map(String::as_str);
            let ended = succeeds(&mut scene.run_on(&cluster, &tables, &changes), &cluster, &what);
            assert_eq!(ended.result()["outcome"], "done", "{what}");
            scene.assert_undisturbed(&tables, &what);
            let folder = scene.s3.folder(&tables).display().to_string();
            assert_eq!(names(&folder), expected_names, "{what}");
        }
        if cluster.executors().len() == 1 {
            placement::assert_the_only_executor_takes_all_work(&cluster);
        }
    }
}

#[test]
fn two_runs_on_a_cluster_end_like_one() {
    let scene = Scene::new();
    let cluster = Cluster::of(scene.surroundings(), 2, 1);
    for dates in [[DATES[0], DATES[7]], [DATES[8], DATES[14]]] {
        let what = format!("{dates:?}");
        // Executors have to pass over rows that the second run deletes in place.
        let mut run = scene.run_over(dates, "by-month", &["tables.max_deleted_share=1"]);
        run.args(["--cluster", &cluster.address().to_string()])
            .envs(s3::environment(&scene.s3.endpoint()));
        let ended = succeeds(&mut run, &cluster, &what);
        assert_eq!(ended.result()["outcome"], "done", "{what}");
    }
    scene.assert_contents("by-month", "two runs");
    placement::assert_models_work_on_the_accelerator_and_nothing_else_does(&cluster);
    let again = succeeds(&mut scene.run_on(&cluster, "by-month", &[]), &cluster, "again");
    assert_eq!(again.result()["outcome"], "noop");
}

/// The tables as the program itself reads them, sorted.
fn read(environment: &[(String, String)], url: &str) -> Vec<String> {
    let statements: Vec<String> = all_tables()
        .into_iter()
        .filter(|spec| RESULTS.contains(&spec.name))
        .map(select)
        .collect();
    let mut rows = Vec::new();
    for sql in &statements {
        let mut read = command(&["sql", url, "-c", sql, "--format", "csv"]);
        let output = finish(read.envs(environment.iter().cloned()));
        assert_success(&output, sql);
        let text = String::from_utf8(output.stdout).expect("the program writes text");
        rows.extend(text.lines().map(str::to_owned));
    }
    rows.sort();
    rows
}

#[test]
fn another_s3_server_is_as_good() {
    let scene = Scene::new();
    let moto = Moto::start();
    let variables = s3::environment(&moto.endpoint());
    let cluster = Cluster::of(scene.surroundings_through(&moto.endpoint()), 1, 1);
    let mut run = scene.run_through(&moto.endpoint(), &cluster, "moto", &[]);
    succeeds(&mut run, &cluster, "over moto");
    assert_eq!(
        read(&variables, &s3::url("moto")),
        read(&[], &scene.undisturbed())
    );
}

#[test]
fn the_embedded_engine_works_on_object_storage_too() {
    let scene = Scene::new();
    let variables = || s3::environment(&scene.s3.endpoint());
    let mut run = scene.run_over([DATES[0], DATES[14]], "embedded", &[]);
    assert_success(&finish(run.envs(variables())), "embedded over S3");
    scene.assert_undisturbed("embedded", "embedded over S3");

    let sql = "SELECT count(*) AS journeys FROM journeys";
    let url = s3::url("embedded");
    let mut read = command(&["sql", &url, "-c", sql, "--format", "json"]);
    let output = finish(read.envs(variables()));
    assert_success(&output, sql);
    let row: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!(row["journeys"], scene.rows("journeys"), "{row}");
}
