//! Whole runs over the small world: whatever the order, the number of runs and the buckets, the tables end the same.

use wayfare_pipeline::report::Outcome;
use wayfare_tests::contents::{Contents, assert_same, contents, query, session, snapshot};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, run, try_run};
use wayfare_tests::tiny_encoder;

/// One run per date, in the given order; what readers see in the end.
async fn run_by_run(world: &SmallWorld, tables: &str, dates: &[&str], changes: &[&str]) -> Contents {
    let settings = world.settings(tables, changes);
    for date in dates {
        let report = run(&settings, &[date]).await;
        assert_eq!(report.outcome, Outcome::Done, "{date}");
    }
    contents(&world.tables(tables)).await
}

/// One run over all dates.
async fn at_once(world: &SmallWorld, tables: &str, changes: &[&str]) -> Contents {
    let settings = world.settings(tables, changes);
    assert_eq!(run(&settings, &DATES).await.outcome, Outcome::Done);
    contents(&world.tables(tables)).await
}

/// Every third date first, then those between: most runs bring activities that are older than what is known.
fn out_of_order() -> Vec<&'static str> {
    (0..3)
        .rev()
        .flat_map(|first| DATES.iter().skip(first).step_by(3).copied())
        .collect()
}

#[test]
fn many_small_steps_and_one_big_one_end_the_same() {
    block_on(|| async {
        let world = SmallWorld::new();
        let expected = at_once(&world, "at-once", &[]).await;
        assert!(
            expected["journeys"].len() >= 15,
            "{} journeys",
            expected["journeys"].len()
        );
        assert_same(
            &expected,
            &run_by_run(&world, "in-order", &DATES, &[]).await,
            "dates in order",
        );
    });
}

#[test]
fn rows_deleted_in_place_do_not_show() {
    block_on(|| async {
        let world = SmallWorld::new();
        let expected = at_once(&world, "at-once", &[]).await;
        for (tables, share) in [("never", "0"), ("always", "1")] {
            let change = format!("tables.max_deleted_share={share}");
            let steps = run_by_run(&world, tables, &DATES, &[&change]).await;
            assert_same(&expected, &steps, &change);
            let shuffled = format!("{tables}-shuffled");
            let steps = run_by_run(&world, &shuffled, &out_of_order(), &[&change]).await;
            assert_same(&expected, &steps, &format!("{change}, dates out of order"));
            assert_eq!(
                deletion_vectors(&world.tables(tables)) > 0,
                share != "0",
                "{change}"
            );
        }
    });
}

/// Entries of the tables' logs that delete rows in place.
fn deletion_vectors(tables: &str) -> usize {
    [
        "segment_state",
        "journeys",
        "journey_activities",
        "journey_aliases",
    ]
    .iter()
    .flat_map(|table| {
        let log = std::path::Path::new(tables)
            .join("restricted")
            .join(table)
            .join("_delta_log");
        std::fs::read_dir(log).expect("the table has a log")
    })
    .map(|entry| std::fs::read_to_string(entry.expect("readable").path()).expect("an entry is text"))
    .map(|entry| entry.matches("\"deletionVector\":{").count())
    .sum()
}

#[test]
fn the_order_of_dates_does_not_show() {
    block_on(|| async {
        let world = SmallWorld::new();
        let expected = at_once(&world, "at-once", &[]).await;
        let shuffled = run_by_run(&world, "out-of-order", &out_of_order(), &[]).await;
        assert_same(&expected, &shuffled, "dates out of order");
    });
}

#[test]
fn another_encoder_computes_everyone_anew_with_the_run_of_any_date() {
    block_on(|| async {
        let world = SmallWorld::new();
        let items = std::fs::read_to_string(world.path("items.csv")).expect("the items are readable");
        let other = tiny_encoder::write(&world.path("other-encoder"), &format!("{items} another word"));
        let changes = [
            format!("encoder.path={}", other.folder.display()),
            format!("encoder.sha256={}", other.sha256),
        ];
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let expected = at_once(&world, "expected", &changes).await;
        at_once(&world, "tables", &[]).await;
        let report = run(&world.settings("tables", &changes), &DATES[3..4]).await;
        assert_eq!(report.outcome, Outcome::Done);
        let mut actual = contents(&world.tables("tables")).await;
        // The vectors of the encoder before stay in the table, under its name.
        let vectors = actual.get_mut("item_vectors").expect("a result table");
        assert_eq!(vectors.len(), 2 * expected["item_vectors"].len());
        vectors.retain(|row| expected["item_vectors"].binary_search(row).is_ok());
        assert_same(&expected, &actual, "another encoder");
    });
}

#[test]
fn buckets_and_threads_do_not_show() {
    block_on(|| async {
        let world = SmallWorld::new();
        let expected = at_once(&world, "four", &[]).await;
        for (tables, changes) in [
            ("one", ["tables.bucket_count=1", "tables.buckets_per_group=1"]),
            ("seven", ["tables.bucket_count=7", "tables.buckets_per_group=3"]),
        ] {
            assert_same(&expected, &at_once(&world, tables, &changes).await, tables);
        }
    });
}

#[test]
fn journeys_that_are_settled_end_the_same_whatever_the_steps() {
    block_on(|| async {
        let world = SmallWorld::new();
        // So few open activities that every user's older ones are settled, and so few journeys that some are retired.
        let settling = [
            "segment.max_open_activities=20",
            "segment.max_live_journeys=1",
            "segment.min_activities=2",
            "segment.min_active_days=0",
            "segment.min_span_days=0",
        ];
        let expected = at_once(&world, "at-once", &settling).await;
        assert!(
            !expected["journey_aliases"].is_empty(),
            "no journey had another id"
        );
        assert_same(
            &expected,
            &run_by_run(&world, "in-order", &DATES, &settling).await,
            "dates in order",
        );
        // Aliases go, and come back, when an older day arrives for users who have them.
        let late = [DATES[12], DATES[14], DATES[3]];
        let three_at_once = world.settings("three-at-once", &settling);
        run(&three_at_once, &late).await;
        let expected = contents(&world.tables("three-at-once")).await;
        assert_same(
            &expected,
            &run_by_run(&world, "late", &late, &settling).await,
            "a late date",
        );
    });
}

#[test]
fn other_settings_recompute_every_user() {
    block_on(|| async {
        let world = SmallWorld::new();
        run(&world.settings("changed", &[]), &DATES[..8]).await;
        let other = ["segment.min_activities=6", "segment.join_threshold=0.6"];
        let before = contents(&world.tables("changed")).await;
        run(&world.settings("changed", &other), &DATES[8..9]).await;
        run(&world.settings("from-the-start", &other), &DATES[..9]).await;
        let expected = contents(&world.tables("from-the-start")).await;
        assert_same(
            &expected,
            &contents(&world.tables("changed")).await,
            "other settings",
        );
        assert_ne!(before["journeys"].len(), expected["journeys"].len());
    });
}

#[test]
fn an_item_with_another_text_is_another_item_for_everybody() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("changed", &[]);
        run(&settings, &DATES[..8]).await;
        // The item is seen again on the date that is run next.
        let items = std::fs::read_to_string(world.path("items.csv")).expect("the items are readable");
        let changed = items
            .replace("Bicycle lights", "Telescope lights")
            .replace("Espresso beans", "Espresso flour");
        assert_ne!(items, changed);
        std::fs::write(world.path("items.csv"), changed).expect("the items are written");
        run(&settings, &DATES[8..10]).await;
        run(&world.settings("from-the-start", &[]), &DATES[..10]).await;
        let expected = contents(&world.tables("from-the-start")).await;
        let mut actual = contents(&world.tables("changed")).await;
        // The vectors of the old texts stay: a text's vector never changes.
        let vectors = actual.get_mut("item_vectors").expect("a table of vectors");
        assert!(
            vectors.len() > expected["item_vectors"].len(),
            "{} vectors",
            vectors.len()
        );
        vectors.retain(|vector| expected["item_vectors"].contains(vector));
        assert_same(&expected, &actual, "other texts");
    });
}

#[test]
fn the_small_world_has_the_interests_that_were_put_into_it() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &[]);
        let report = run(&settings, &DATES).await;
        assert_eq!(report.counts["activities"], 357, "{:?}", report.counts);
        let session = session(&world.tables("tables")).await;
        // The strongest two journeys of a user with two interests, by the interest of most of their activities.
        for (user, interests) in [
            ("u01", "baking, cycling"),
            ("u02", "astronomy, knitting"),
            ("u03", "baking, coffee"),
        ] {
            let sql = format!(
                "SELECT string_agg(interest, ', ' ORDER BY interest) FROM (
                   SELECT journey_id, split_part(item_id, '-', 1) AS interest, count(*) AS activities,
                     row_number() OVER (ORDER BY count(*) DESC) AS place
                   FROM journey_activities WHERE user_id = '{user}'
                   GROUP BY journey_id, split_part(item_id, '-', 1))
                 WHERE place <= 2"
            );
            assert_eq!(query(&session, &sql).await, [interests], "{user}");
        }
        let rejected = "SELECT reason, count(*) FROM rejected_rows GROUP BY reason ORDER BY reason";
        assert_eq!(
            query(&session, rejected).await,
            [
                "missing_item_id | 1",
                "missing_user_id | 1",
                "unknown_item | 2",
                "weight_out_of_range | 1"
            ]
        );
        let named =
            "SELECT name_source, count(DISTINCT naming_input) FROM journeys GROUP BY name_source ORDER BY 1";
        let named = query(&session, named).await;
        assert!(
            named.contains(&"model | 3".to_owned()),
            "three names are the language model's: {named:?}"
        );
    });
}

#[test]
fn running_again_changes_nothing() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &[]);
        for date in &DATES[..3] {
            run(&settings, &[date]).await;
        }
        let before = snapshot(&world.tables("tables")).await.expect("a snapshot");
        for date in &DATES[..3] {
            let report = run(&settings, &[date]).await;
            assert_eq!(
                (report.outcome, report.snapshot),
                (Outcome::Noop, before.sequence),
                "{date}"
            );
        }
        // The same rows in another file: they have to be read to be recognised, and change nothing either.
        world.correct_activities(|mut lines| {
            lines[1..].reverse();
            lines
        });
        let report = run(&settings, &[DATES[1]]).await;
        assert_eq!((report.outcome, &report.tables), (Outcome::Noop, &before.tables));
        assert_eq!(snapshot(&world.tables("tables")).await.as_ref(), Some(&before));
    });
}

#[test]
fn corrected_input_replaces_its_slice_and_nothing_else() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("corrected", &[]);
        for date in &DATES[..10] {
            run(&settings, &[date]).await;
        }
        // The one user of one date only goes, another's activities are replaced, and two users are seen more often.
        let date = DATES[6];
        world.correct_activities(|lines| {
            let kept = lines.into_iter().filter(|line| {
                let of_date = line.contains(date);
                !(of_date && (line.starts_with("u13,") || line.starts_with("u01,")))
            });
            let added = [
                format!("u01,astronomy-1,{date}T09:00:00Z,1"),
                format!("u01,baking-3,{date}T09:30:00Z,1"),
                format!("u04,cycling-2,{date}T23:59:59Z,2"),
                format!("u12,coffee-7,{date}T00:00:00Z,1"),
            ];
            kept.chain(added).collect()
        });
        let before = contents(&world.tables("corrected")).await;
        assert!(
            before["activity_log"].iter().any(|row| row.starts_with("u13 |")),
            "u13 is there before"
        );
        assert_eq!(run(&settings, &[date]).await.outcome, Outcome::Done);

        let fresh = world.settings("from-the-start", &[]);
        run(&fresh, &DATES[..10]).await;
        let expected = contents(&world.tables("from-the-start")).await;
        let actual = contents(&world.tables("corrected")).await;
        assert_same(&expected, &actual, "corrected");
        for (table, rows) in &actual {
            assert!(
                !rows.iter().any(|row| row.starts_with("u13 |")),
                "u13 is still in {table}"
            );
        }
        assert_ne!(before["journeys"], actual["journeys"]);
    });
}

#[test]
fn too_many_rejected_rows_publish_nothing() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &["load.max_rejected_share=0.01"]);
        let error = try_run(&settings, &[DATES[3]])
            .await
            .expect_err("two of 27 rows are rejected");
        assert_eq!(error.exit_code(), 6, "{error}");
        assert_eq!(snapshot(&world.tables("tables")).await, None);
    });
}

#[test]
fn a_bucket_count_cannot_change_under_existing_tables() {
    block_on(|| async {
        let world = SmallWorld::new();
        run(&world.settings("tables", &[]), &[DATES[0]]).await;
        let other = world.settings("tables", &["tables.bucket_count=8"]);
        let error = try_run(&other, &[DATES[1]])
            .await
            .expect_err("users would lie in other buckets");
        assert!(
            error.exit_code() == 3 && error.to_string().contains("bucket_count"),
            "{error}"
        );
    });
}
