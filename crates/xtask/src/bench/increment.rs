//! What a day costs on which few users are active, against the run over all days before it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::cluster::weigh_folder;
use super::{job_text, stage_finished};
use crate::checkout::Checkout;
use crate::{assets, process, readers};

const USERS: u64 = 250_000;
const ACTIVITIES: u64 = 50_000_000;
const STAGES: [&str; 5] = ["load", "embed", "segment", "name", "publish"];
/// Folder of the activities, days of the run, share of the users that are active.
const RUNS: [(&str, &[&str], f64); 3] = [
    (
        "base",
        &["--from", "2024-01-01", "--to", "2024-06-28", "--one-run"],
        1.0,
    ),
    ("day-1", &["--date", "2024-06-29"], 0.01),
    ("day-10", &["--date", "2024-06-30"], 0.1),
];

/// A run over the base, then a day of one user in a hundred, then a day of one user in ten: seconds by stage, bytes
/// that the process read and wrote, and both as shares of the whole run and of the touched users' rows.
pub(crate) fn increment(checkout: &Checkout, arguments: &[String]) -> Result<()> {
    let number = |text: &String| {
        text.parse::<u64>()
            .with_context(|| format!("`{text}` is not a number"))
    };
    let (users, activities) = match arguments {
        [] => (USERS, ACTIVITIES),
        [users, activities] => (number(users)?, number(activities)?),
        _ => bail!("give a number of users and a number of activities"),
    };
    let assets = assets::set_up(checkout)?;
    process::run(&mut checkout.cargo(&["build", "--package", "wayfare-cli"])?)?;
    let wayfare = checkout.target.join("debug").join("wayfare");
    let data = checkout
        .cache
        .join("bench")
        .join(format!("increment-{users}-{activities}"));
    let job = prepare(checkout, &wayfare, &data, users, activities)?;
    let tables = data.join("tables");
    if tables.exists() {
        fs::remove_dir_all(&tables)?;
    }
    println!(
        "run       seconds  of base  load  embed  segment  name  publish   read MB  written MB  (read+written) / touched rows"
    );
    let mut base_seconds = None;
    for (name, dates, share) in RUNS {
        let before = user_table_bytes(&tables)?;
        let taken = measure(&wayfare, &assets, &job, &tables, name, dates)?;
        let whole = *base_seconds.get_or_insert(taken.seconds);
        let held = if before == 0 {
            user_table_bytes(&tables)?
        } else {
            before
        };
        let [load, embed, segment, naming, publish] = taken.stages;
        println!(
            "{name:<8} {:>8.1} {:>7.1}% {load:>5.1} {embed:>6.1} {segment:>8.1} {naming:>5.1} {publish:>8.1} {:>9.0} {:>11.0}  {:>8.1}",
            taken.seconds,
            100.0 * taken.seconds / whole,
            taken.read / 1e6,
            taken.written / 1e6,
            (taken.read + taken.written) / (share * held as f64),
        );
    }
    Ok(())
}

/// Generates, cuts and describes the data where that was not done yet; gives the job file.
fn prepare(checkout: &Checkout, wayfare: &Path, data: &Path, users: u64, activities: u64) -> Result<PathBuf> {
    let job = data.join("job.toml");
    if !job.exists() {
        if data.exists() {
            fs::remove_dir_all(data)?;
        }
        let generated = data.join("generated");
        let mut command = Command::new(wayfare);
        command
            .args(["generate", "--days", "194", "--users", &users.to_string()])
            .args(["--activities", &activities.to_string(), "--out"])
            .arg(&generated)
            .stdout(Stdio::null());
        process::run(&mut command)?;
        let python = readers::set_up(checkout)?.python;
        process::run(
            Command::new(python)
                .arg(checkout.file("tests/peers/split_days.py"))
                .arg(generated.join("activities"))
                .arg(data),
        )?;
        fs::rename(generated.join("items"), data.join("items"))?;
        fs::remove_dir_all(&generated)?;
    }
    let text = job_text(activities).replace(r#"slice = "all""#, r#"slice = "day""#);
    fs::write(&job, text).with_context(|| format!("cannot write {}", job.display()))?;
    Ok(job)
}

struct Taken {
    seconds: f64,
    stages: [f64; 5],
    read: f64,
    written: f64,
}

fn measure(
    wayfare: &Path,
    assets: &Path,
    job: &Path,
    tables: &Path,
    folder: &str,
    dates: &[&str],
) -> Result<Taken> {
    let started = Instant::now();
    let mut child = Command::new(wayfare)
        .arg("run")
        .arg(job)
        .args(dates)
        .args(["--set", &format!("sources.tables.activity_rows.path={folder}")])
        .args(["--set", &format!("tables.url={}", tables.display())])
        .env("WAYFARE_ASSETS", assets)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start wayfare")?;
    let mut stages = [0.0; 5];
    let mut talk = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            for (stage, seconds) in STAGES.iter().zip(&mut stages) {
                if let Some(found) = stage_finished(&line, stage) {
                    *seconds = found.seconds;
                }
            }
            talk.push(line);
        }
    }
    // The process has ended and is not waited for yet: what it read and wrote can still be asked.
    let counted = fs::read_to_string(format!("/proc/{}/io", child.id())).unwrap_or_default();
    let seconds = started.elapsed().as_secs_f64();
    if !child.wait()?.success() {
        bail!("the run `{folder}` failed: {}", talk.join("\n"));
    }
    let bytes = |key: &str| {
        let line = counted.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().parse().ok()
    };
    Ok(Taken {
        seconds,
        stages,
        read: bytes("rchar:").unwrap_or(f64::NAN),
        written: bytes("wchar:").unwrap_or(f64::NAN),
    })
}

/// Bytes of the tables that have a row per user.
fn user_table_bytes(tables: &Path) -> Result<u64> {
    const OF_USERS: [&str; 5] = [
        "activity_log",
        "segment_state",
        "journeys",
        "journey_activities",
        "journey_aliases",
    ];
    let mut bytes = 0;
    for table in OF_USERS {
        let folder = tables.join("restricted").join(table);
        if folder.exists() {
            bytes += weigh_folder(&folder)?;
        }
    }
    Ok(bytes)
}
