//! The demo: a job of `jobs/` on real activity, from an empty cache to tables that answer questions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::tally::Steps;
use crate::{assets, process};

/// A job that runs on installed activity.
#[derive(Debug)]
struct Demo {
    name: &'static str,
    /// What the activity is, for the first line of output.
    activity: &'static str,
    job: &'static str,
    /// Arguments of `wayfare run` that say for which logical dates.
    dates: &'static [&'static str],
}

const DEMOS: &[Demo] = &[
    Demo {
        name: "movielens",
        activity: "MovieLens 100k: 100,000 ratings of 1,682 films by 943 people",
        job: "jobs/movielens/job.toml",
        // All of the activity as one slice: the last rating is of the day before.
        dates: &["--date", "1998-04-23"],
    },
    Demo {
        name: "complete-journey",
        activity: "Complete Journey: 1.5 million purchases by 2,469 households (its package states: simulated)",
        job: "jobs/complete-journey/job.toml",
        dates: &["--from", "2017-01-31", "--to", "2017-12-31"],
    },
];

/// Questions to ask of the result; each is printed as a command to copy.
const QUESTIONS: &[&str] = &[
    "select name, count(*) as users from journeys group by name order by users desc, name limit 20",
    "select user_id, name, activity_count, started_at, last_active_at from journeys order by activity_count desc limit 20",
];

/// What the caller of the demo asked for.
#[derive(Debug)]
pub(crate) struct Request {
    demo: &'static Demo,
    keep_tables: bool,
    run_arguments: Vec<String>,
}

impl Request {
    /// Reads `[--job NAME] [--keep] [-- ARGS]`.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut request = Self {
            demo: &DEMOS[0],
            keep_tables: false,
            run_arguments: Vec::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--job" => {
                    let name = arguments.next().context("--job needs the name of a demo")?;
                    request.demo = find(name)?;
                }
                "--keep" => request.keep_tables = true,
                "--" => request.run_arguments = arguments.by_ref().cloned().collect(),
                unknown => {
                    bail!("`demo` has no argument `{unknown}`; arguments of `wayfare run` go after --")
                }
            }
        }
        Ok(request)
    }
}

fn find(name: &str) -> Result<&'static Demo> {
    DEMOS.iter().find(|demo| demo.name == name).with_context(|| {
        let names: Vec<&str> = DEMOS.iter().map(|demo| demo.name).collect();
        format!("no demo `{name}`; there are {}", names.join(", "))
    })
}

/// Sets up, builds and runs; prints how long each took and how to look at the tables.
pub(crate) fn run(checkout: &Checkout, request: &Request) -> Result<()> {
    let demo = request.demo;
    let tables = checkout.cache.join("demo").join(demo.name);
    let tables_url = format!("file://{}", tables.display());
    let wayfare = checkout.target.join("debug").join("wayfare");
    let mut steps = Steps::default();

    eprintln!("demo: {}", demo.activity);
    let assets = steps.run("set-up", || assets::set_up(checkout))?;
    steps.run("build", || {
        process::run(&mut checkout.cargo(&["build", "--package", "wayfare-cli"])?)
    })?;
    if !request.keep_tables && tables.exists() {
        std::fs::remove_dir_all(&tables).with_context(|| format!("cannot remove {}", tables.display()))?;
    }
    let ran = steps.run("run", || {
        let mut command = Command::new(&wayfare);
        command
            .args(["run", demo.job])
            .args(demo.dates)
            .args(["--set", &format!("tables.url={tables_url}")])
            .args(&request.run_arguments)
            .current_dir(&checkout.root)
            .env("WAYFARE_ASSETS", assets);
        process::run(&mut command)
    });
    eprint!("\n{steps}");
    ran?;
    print_questions(&wayfare, &tables_url);
    if let Some(page) = newest_report(&tables)? {
        println!("\nLook at the report in a browser: file://{}", page.display());
    }
    Ok(())
}

fn print_questions(wayfare: &Path, tables_url: &str) {
    println!("\nLook at the journeys:");
    for question in QUESTIONS {
        println!("  {} sql -c \"{question}\" {tables_url}", wayfare.display());
    }
}

/// The page about the last run that changed the tables; none if the run was told not to write it.
fn newest_report(tables: &Path) -> Result<Option<PathBuf>> {
    let folder = tables.join("restricted/reports");
    if !folder.exists() {
        return Ok(None);
    }
    let mut newest = None;
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        newest = newest.max(Some((entry.metadata()?.modified()?, entry.path())));
    }
    Ok(newest.map(|(_, page)| page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn parse(line: &str) -> Result<Request> {
        Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn without_arguments_the_small_demo_starts_from_empty_tables() {
        let request = parse("").unwrap();
        assert_eq!(request.demo.name, "movielens");
        assert!(!request.keep_tables && request.run_arguments.is_empty());
    }

    #[test]
    fn what_follows_two_dashes_goes_to_the_run() {
        let request = parse("--job complete-journey --keep -- --output json --keep").unwrap();
        assert_eq!(request.demo.name, "complete-journey");
        assert!(request.keep_tables);
        assert_eq!(request.run_arguments, ["--output", "json", "--keep"]);
    }

    #[test]
    fn the_report_of_the_last_run_is_found() {
        let tables = Scratch::new("newest-report");
        assert_eq!(newest_report(tables.root()).unwrap(), None);
        for (name, second) in [("b.html", 9), ("a.html", 10), ("c.html", 8)] {
            let path = format!("restricted/reports/{name}");
            tables.write(&path, "");
            let file = std::fs::File::options()
                .write(true)
                .open(tables.path(&path))
                .unwrap();
            let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
            file.set_modified(time).unwrap();
        }
        let newest = tables.path("restricted/reports/a.html");
        assert_eq!(newest_report(tables.root()).unwrap(), Some(newest));
    }

    #[test]
    fn a_wrong_argument_says_what_there_is() {
        assert!(
            parse("--job netflix")
                .unwrap_err()
                .to_string()
                .contains("movielens, complete-journey")
        );
        assert!(
            parse("--output json")
                .unwrap_err()
                .to_string()
                .contains("after --")
        );
        assert!(parse("--job").is_err());
    }
}
