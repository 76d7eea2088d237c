//! The page about a run: it says what the tables say, needs nothing from outside, and shows hostile text as text.

mod html;

use std::path::{Path, PathBuf};

use datafusion::prelude::SessionContext;
use serde_json::Value;
use wayfare_tables::{JOURNEYS, TableRoot, load_table};
use wayfare_tests::contents::{query, session, snapshot};
use wayfare_tests::program::{assert_success, command, finish, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, job_file, run, try_run};

use self::html::Element;

const MOST_USERS: usize = 8;
/// So that the program loads no language model.
const NO_MODEL: &str = "name.max_model_names=0";

/// The page that the program makes of a run, the newest one if none is named.
fn page(world: &SmallWorld, run_id: Option<&str>) -> String {
    let tables = world.tables("tables");
    let file = world.path("page.html").display().to_string();
    let mut arguments = vec!["report", &tables, "--out", &file];
    arguments.extend(run_id);
    assert_success(&finish(&mut command(&arguments)), "wayfare report");
    std::fs::read_to_string(&file).expect("the page is written")
}

/// Only value of a query.
async fn one(session: &SessionContext, sql: &str) -> String {
    let rows = query(session, sql).await;
    let [row] = rows.as_slice() else {
        panic!("{sql}: {rows:?}")
    };
    row.clone()
}

/// The numbers in the last but `from_end` column of the table's body.
fn column(table: &Element, from_end: usize) -> Vec<u64> {
    let body = table.named("tbody");
    let rows = body.first().expect("a table has a body").named("tr");
    let number = |row: &&Element| {
        let cells = row.named("td");
        let text = cells[cells.len() - 1 - from_end].text();
        text.replace(',', "")
            .parse()
            .unwrap_or_else(|_| panic!("`{text}` is not a number"))
    };
    rows.iter().map(number).collect()
}

fn with_class<'p>(page: &'p Element, name: &str, class: &str) -> Vec<&'p Element> {
    let mut found = page.named(name);
    found.retain(|element| element.has_class(class));
    found
}

/// Nothing that a browser would fetch, and nothing that it would run.
#[track_caller]
fn assert_self_contained(text: &str, page: &Element) {
    for forbidden in [
        "http:", "https:", "@import", "url(", "<script", "<iframe", "<object", "srcset",
    ] {
        assert!(!text.contains(forbidden), "the page has `{forbidden}`");
    }
    for element in page.all() {
        assert_eq!(element.attribute("src"), "", "<{}> has a source", element.name);
        let target = element.attribute("href");
        assert!(
            ["", "data:,", "#content"].contains(&target),
            "<{}> leads to {target}",
            element.name
        );
        let active = element.attributes.iter().find(|(name, _)| name.starts_with("on"));
        assert!(active.is_none(), "<{}> has {active:?}", element.name);
    }
    assert!(text.len() < 300_000, "{} bytes", text.len());
}

#[test]
fn the_page_says_what_the_tables_say() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &["job.notice=Simulated, for tests"]);
        run(&settings, &DATES[..12]).await;
        let report = run(&settings, &DATES[12..]).await;
        let text = page(&world, None);
        let page = html::read(&text);
        assert_self_contained(&text, &page);
        let session = session(&world.tables("tables")).await;

        let seen = page.text();
        assert!(seen.contains("Notice Simulated, for tests"), "{seen:.400}");
        assert!(seen.contains("2026-02-18 to 2026-02-26 (3 dates)"), "{seen:.400}");
        assert!(seen.contains("snapshot 2") && text.contains(&report.run_id));
        for (what, sql) in [
            ("activities", "SELECT count(*) FROM activity_log"),
            ("users", "SELECT count(*) FROM segment_state"),
            ("items", "SELECT count(DISTINCT item_id) FROM item_vectors"),
            ("journeys", "SELECT count(*) FROM journeys"),
        ] {
            let expected = format!("{} {what}", one(&session, sql).await);
            let tiles: Vec<String> = with_class(&page, "ul", "tiles")[0]
                .named("li")
                .iter()
                .map(|tile| tile.text())
                .collect();
            assert!(
                tiles.iter().any(|tile| tile.starts_with(&expected)),
                "{expected}: {tiles:?}"
            );
        }

        let histograms = with_class(&page, "figure", "histogram");
        let sums: Vec<String> = histograms
            .iter()
            .map(|figure| {
                column(figure.named("table")[0], 1)
                    .iter()
                    .sum::<u64>()
                    .to_string()
            })
            .collect();
        let users = one(&session, "SELECT count(DISTINCT user_id) FROM journeys").await;
        let journeys = one(&session, "SELECT count(*) FROM journeys").await;
        assert_eq!(sums, [users, journeys.clone(), journeys]);
        let per_user = query(
            &session,
            "SELECT count(*) FROM (SELECT count(*) AS n FROM journeys GROUP BY user_id) GROUP BY n ORDER BY n",
        )
        .await;
        let drawn: Vec<String> = column(histograms[0].named("table")[0], 1)
            .iter()
            .map(u64::to_string)
            .collect();
        assert_eq!(drawn, per_user);

        let names = with_class(&page, "table", "names");
        let shared: Vec<String> = query(
            &session,
            "SELECT count(*) FROM journeys GROUP BY name ORDER BY count(*) DESC LIMIT 12",
        )
        .await;
        let drawn: Vec<String> = column(names[0], 1).iter().map(u64::to_string).collect();
        assert_eq!(drawn, shared);
        assert!(
            names[0].text().contains("More telescope model"),
            "{}",
            names[0].text()
        );

        let rejected = one(&session, "SELECT count(*) FROM rejected_rows").await;
        let table = page.named("table").into_iter().next_back().expect("a table");
        assert_eq!(column(table, 1).iter().sum::<u64>().to_string(), rejected);

        let articles = page.named("article");
        assert_eq!(articles.len(), MOST_USERS);
        for article in articles {
            let id = article.named("h3")[0].text();
            let id = id.strip_prefix("User ").expect("a user");
            let own = one(
                &session,
                &format!("SELECT count(*), sum(activity_count) FROM journeys WHERE user_id = '{id}'"),
            )
            .await;
            let (journeys, activities) = own.split_once(" | ").expect("two values");
            let heading = article.named("header")[0].text();
            assert!(
                heading.contains(&format!("{journeys} journey")),
                "{id}: {heading}"
            );
            assert!(
                heading.contains(&format!("{activities} activities in ")),
                "{id}: {heading}"
            );
            let lanes = with_class(article, "li", "lane");
            assert_eq!(lanes.len().to_string(), journeys, "{id}");
            let names: Vec<String> = lanes.iter().map(|lane| lane.named("h4")[0].text()).collect();
            let stored =
                format!("SELECT name FROM journeys WHERE user_id = '{id}' ORDER BY started_at, journey_id");
            assert_eq!(names, query(&session, &stored).await, "{id}");
        }
    });
}

#[test]
fn hostile_text_is_shown_as_text() {
    const TITLE: &str = r#"<script>alert(1)</script> "><img src=x onerror=alert(1)> '&amp; {{ 7 * 7 }}"#;
    let world = SmallWorld::new();
    let items = std::fs::read_to_string(world.path("items.csv")).expect("the items are readable");
    let quoted = TITLE.replace('"', "\"\"");
    let hostile: Vec<String> = items
        .lines()
        .enumerate()
        .map(|(place, line)| {
            let fields: Vec<&str> = line.splitn(3, ',').collect();
            if place == 0 {
                return line.to_owned();
            }
            format!("{},\"\u{202e}{} {quoted}\",{}", fields[0], fields[1], fields[2])
        })
        .collect();
    std::fs::write(world.path("items.csv"), hostile.join("\n") + "\n").expect("the items are written");
    world.correct_activities(|lines| {
        let renamed = lines.into_iter().map(|line| {
            if line.starts_with("user_id") {
                line
            } else {
                format!("<b>o'{line}")
            }
        });
        renamed.collect()
    });
    block_on(|| async {
        let notice = format!("job.notice={TITLE}");
        run(&world.settings("tables", &[&notice]), &DATES).await;
    });
    let text = page(&world, None);
    let page = html::read(&text);
    assert_self_contained(&text, &page);
    assert!(!text.contains('\u{202e}') && !text.contains("<img") && !text.contains("<b>"));
    assert!(page.text().contains("{{ 7 * 7 }}"));
    assert_eq!(
        with_class(&page, "p", "notice")[0].text(),
        format!("Notice {TITLE}")
    );
    let article = page.named("article").into_iter().next_back().expect("a user");
    assert!(article.named("h3")[0].text().starts_with("User <b>o'u"));
    let titles = with_class(article, "ul", "titles");
    assert!(
        titles[0].text().contains("<script>alert(1)</script>"),
        "{}",
        titles[0].text()
    );
}

#[test]
fn a_run_leaves_its_page_among_the_restricted_tables() {
    let world = SmallWorld::new();
    let job_file = job_file().display().to_string();
    let sets = world.sets("tables");
    let arguments = |date: &'static str, more: &[&'static str]| {
        let mut arguments = vec![
            "run".to_owned(),
            job_file.clone(),
            "--date".to_owned(),
            date.to_owned(),
        ];
        for set in sets.iter().map(String::as_str).chain([NO_MODEL]) {
            arguments.extend(["--set".to_owned(), set.to_owned()]);
        }
        arguments.extend(more.iter().map(ToString::to_string));
        arguments
    };
    let call = |arguments: Vec<String>| {
        let output = finish(&mut command(
            &arguments.iter().map(String::as_str).collect::<Vec<_>>(),
        ));
        assert_success(&output, &arguments.join(" "));
        String::from_utf8(output.stdout.clone()).unwrap_or_else(|_| panic!("{}", said(&output)))
    };

    let result: Value =
        serde_json::from_str(&call(arguments(DATES[0], &["--output", "json"]))).expect("JSON");
    let path = result["report"].as_str().expect("a report");
    assert_eq!(result["runs"][0]["report"], path);
    let folder = world.path("tables").join("restricted/reports");
    let folder = folder.canonicalize().expect("the folder of the reports");
    assert_eq!(Path::new(path).parent(), Some(folder.as_path()));
    html::read(&std::fs::read_to_string(path).expect("the page is there"));

    let told = call(arguments(DATES[1], &[]));
    let last = told.lines().last().unwrap_or_default();
    let path = last.strip_prefix("report: ").unwrap_or_else(|| panic!("{told}"));
    assert!(Path::new(path).is_file(), "{path}");

    let told = call(arguments(DATES[2], &["--no-report"]));
    assert!(!told.contains("report: "), "{told}");
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 2);
    // What was left out can be made later.
    let made = call(vec!["report".to_owned(), world.tables("tables")]);
    assert!(Path::new(made.trim()).is_file(), "{made}");
    assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 3);
}

#[test]
fn an_earlier_run_is_shown_with_its_own_tables_or_without_any() {
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &[]);
        let first = run(&settings, &DATES[..12]).await;
        let before = page(&world, None);
        run(&settings, &DATES[12..]).await;
        assert!(
            page(&world, None) != before,
            "the newest run has a page of its own"
        );
        assert_eq!(
            page(&world, Some(&first.run_id)),
            before,
            "later runs do not change a page"
        );

        for file in only_in_first(&world).await {
            std::fs::remove_file(file).expect("a file is removed");
        }
        let text = page(&world, Some(&first.run_id));
        let page = html::read(&text);
        assert!(
            page.text().contains("(snapshot 1) are no longer kept"),
            "{}",
            page.text()
        );
        assert!(page.named("article").is_empty() && !with_class(&page, "table", "stages").is_empty());
    });
}

/// The files of the journeys that only the first snapshot has.
async fn only_in_first(world: &SmallWorld) -> Vec<PathBuf> {
    let root = TableRoot::parse(&world.tables("tables")).expect("the tables' place is usable");
    let newest = snapshot(&world.tables("tables"))
        .await
        .expect("a snapshot")
        .tables[JOURNEYS.name];
    let of = |version: u64| {
        let root = root.clone();
        async move {
            load_table(&root, &JOURNEYS, Some(version))
                .await
                .expect("a version")
                .files
        }
    };
    let (old, kept) = (of(0).await, of(newest).await);
    let gone: Vec<PathBuf> = old
        .iter()
        .filter(|file| kept.iter().all(|other| other.path != file.path))
        .map(|file| world.path("tables").join(JOURNEYS.directory).join(&file.path))
        .collect();
    assert!(!gone.is_empty(), "the second run replaces nothing");
    gone
}

#[test]
fn a_run_that_failed_has_a_page_with_its_error() {
    let world = SmallWorld::new();
    let error = block_on(|| async {
        let settings = world.settings("tables", &["load.max_rejected_share=0.01"]);
        try_run(&settings, &[DATES[3]])
            .await
            .expect_err("two of 27 rows are rejected")
    });
    let runs = world.path("tables").join("_wayfare/runs");
    let entry = std::fs::read_dir(runs)
        .expect("the ledger")
        .next()
        .expect("a run")
        .expect("its folder");
    let run_id = entry.file_name().into_string().expect("an id is text");
    let page = html::read(&page(&world, Some(&run_id)));
    let seen = page.text();
    assert!(
        seen.contains("failed") && seen.contains(&error.to_string()),
        "{seen}"
    );
    assert!(seen.contains("has published nothing"), "{seen}");
}

#[test]
fn a_run_that_does_not_exist_is_said_to_be_missing() {
    let world = SmallWorld::new();
    block_on(|| async {
        run(&world.settings("tables", &[]), &[DATES[0]]).await;
    });
    let output = finish(&mut command(&["report", &world.tables("tables"), "no-such-run"]));
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(
        said(&output).contains("no-such-run") && !said(&output).contains("hint"),
        "{}",
        said(&output)
    );
}
