//! What distribution costs: the same work on the embedded engine and on a cluster of this machine, in turn.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Measured, STAGES, generate, measure};
use crate::checkout::Checkout;
use crate::{assets, process};

/// Activities that the tax is measured over where none are given.
const TAXED: u64 = 10_000_000;
/// And those of a large run on the cluster alone.
const MANY: u64 = 100_000_000;
const ROUNDS: usize = 2;
const CORES: &str = "2";

/// Seconds of `load` and `segment` on the embedded engine with two threads and on a scheduler with two executors of one
/// core each, in turn, and the ratio of the best rounds.
pub(crate) fn tax(checkout: &Checkout, arguments: &[String]) -> Result<()> {
    let bench = Bench::prepare(checkout, arguments, TAXED)?;
    let mut best: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    println!("round  engine    stage      seconds");
    for round in 1..=ROUNDS {
        for engine in ["embedded", "cluster"] {
            let measured = if engine == "embedded" {
                bench.run(&["--set", &format!("engine.threads={CORES}")])?
            } else {
                let cluster = Cluster::up(&bench.wayfare, &bench.assets)?;
                bench.run(&["--cluster", &cluster.scheduler])?
            };
            for (stage, Measured { seconds, .. }) in STAGES.into_iter().zip(measured) {
                println!("{round:>5}  {engine:<8}  {stage:<8} {seconds:>9.1}");
                let least = best.entry((engine, stage)).or_insert(seconds);
                *least = least.min(seconds);
            }
        }
    }
    for stage in STAGES {
        let ratio = best[&("cluster", stage)] / best[&("embedded", stage)];
        println!("{stage}: cluster / embedded = {ratio:.2} (best of {ROUNDS})");
    }
    Ok(())
}

/// `load` and `segment` of many activities on the cluster, with the memory that each process needed at most.
pub(crate) fn big(checkout: &Checkout, arguments: &[String]) -> Result<()> {
    let bench = Bench::prepare(checkout, arguments, MANY)?;
    let cluster = Cluster::up(&bench.wayfare, &bench.assets)?;
    let measured = bench.measure(&["--cluster", &cluster.scheduler])?;
    println!("stage      seconds  activities/s  driver's peak memory");
    for (stage, measured) in STAGES.into_iter().zip(measured) {
        println!(
            "{stage:<8} {:>9.1} {:>13.0} {:>12.0} MiB",
            measured.seconds,
            bench.size as f64 / measured.seconds,
            measured.peak_memory_bytes / f64::from(1 << 20),
        );
    }
    for (process, mebibytes) in cluster.peaks()? {
        println!("{process:<12} {mebibytes:>6} MiB at most");
    }
    println!("files   mebibytes  below");
    let mut sizes = BTreeMap::new();
    weigh(&bench.tables, &bench.tables, &mut sizes)?;
    for (folder, (files, bytes)) in sizes {
        println!("{files:>5} {:>11}  {folder}", bytes >> 20);
    }
    bench.remove_tables()
}

/// Bytes of all files below a folder.
pub(super) fn weigh_folder(folder: &Path) -> Result<u64> {
    let mut sizes = BTreeMap::new();
    weigh(folder, folder, &mut sizes)?;
    Ok(sizes.values().map(|&(_, bytes)| bytes).sum())
}

/// Files and bytes by the two folders below `root` that they lie in.
fn weigh(root: &Path, folder: &Path, sizes: &mut BTreeMap<String, (u64, u64)>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            weigh(root, &path, sizes)?;
        } else {
            let below: PathBuf = path.strip_prefix(root)?.components().take(2).collect();
            let entry = sizes.entry(below.display().to_string()).or_default();
            *entry = (entry.0 + 1, entry.1 + path.metadata()?.len());
        }
    }
    Ok(())
}

struct Bench {
    wayfare: PathBuf,
    assets: PathBuf,
    size: u64,
    data: PathBuf,
    tables: PathBuf,
}

impl Bench {
    fn prepare(checkout: &Checkout, arguments: &[String], usual: u64) -> Result<Self> {
        let size = match arguments {
            [] => usual,
            [size] => size
                .parse()
                .with_context(|| format!("`{size}` is not a number of activities"))?,
            _ => bail!("one number of activities at most"),
        };
        let assets = assets::set_up(checkout)?;
        process::run(&mut checkout.cargo(&["build", "--package", "wayfare-cli"])?)?;
        let folder = checkout.cache.join("bench").join("scale");
        let bench = Self {
            wayfare: checkout.target.join("debug").join("wayfare"),
            assets,
            size,
            data: folder.join(format!("activities-{size}")),
            tables: folder.join("tables"),
        };
        generate(&bench.wayfare, size, &bench.data)?;
        Ok(bench)
    }

    fn measure(&self, more: &[&str]) -> Result<Vec<Measured>> {
        measure(
            &self.wayfare,
            &self.assets,
            self.size,
            &self.data,
            &self.tables,
            more,
        )
    }

    fn run(&self, more: &[&str]) -> Result<Vec<Measured>> {
        let measured = self.measure(more)?;
        self.remove_tables()?;
        Ok(measured)
    }

    fn remove_tables(&self) -> Result<()> {
        fs::remove_dir_all(&self.tables).with_context(|| format!("cannot remove {}", self.tables.display()))
    }
}

/// A scheduler and two executors of one core each; gone when this is.
struct Cluster {
    child: Child,
    scheduler: String,
}

impl Cluster {
    fn up(wayfare: &Path, assets: &Path) -> Result<Self> {
        let mut child = Command::new(wayfare)
            .args(["cluster", "up", "--executors", CORES, "--accelerators", "0"])
            .env("WAYFARE_ASSETS", assets)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start a cluster")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let (_, after) = line
            .split_once(r#""scheduler":""#)
            .context("the cluster did not get ready")?;
        let scheduler = after.split('"').next().unwrap_or_default().to_owned();
        Ok(Self { child, scheduler })
    }

    /// The largest resident set of each process so far, in mebibytes, by what the process is.
    fn peaks(&self) -> Result<Vec<(String, u64)>> {
        let mut peaks = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let folder = entry?.path();
            let Ok(status) = fs::read_to_string(folder.join("status")) else {
                continue;
            };
            let value = |key: &str| {
                let line = status.lines().find(|line| line.starts_with(key))?;
                line[key.len()..].split_whitespace().next()?.parse::<u64>().ok()
            };
            if value("PPid:") == Some(u64::from(self.child.id())) {
                let command = fs::read_to_string(folder.join("cmdline")).unwrap_or_default();
                let what = command.split('\0').nth(1).unwrap_or_default().to_owned();
                peaks.push((what, value("VmHWM:").unwrap_or_default() / 1024));
            }
        }
        peaks.sort();
        Ok(peaks)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Its children end with it.
        let killed = self.child.kill().and_then(|()| self.child.wait());
        drop(killed);
    }
}
