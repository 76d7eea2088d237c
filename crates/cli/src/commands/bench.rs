//! `wayfare bench`: parts of the program on their own, timed for comparison with other programs.
//!
//! Times are of the work alone: reading files and loading models are measured apart or not at all.

mod embedding;
mod naming;
mod segment;

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::args::OutputFormat;
use crate::args::bench::BenchCommand;
use crate::failure::Failure;
use crate::output;

pub(super) fn bench(command: &BenchCommand) -> Result<(), Failure> {
    match command {
        BenchCommand::Embedding(args) => embedding::embedding(args),
        BenchCommand::Naming(args) => naming::naming(args),
        BenchCommand::Segment(args) => segment::segment(args),
    }
}

/// Does the work on so many threads.
fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R, Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(Failure::failed_with)?;
    Ok(pool.install(work))
}

/// What the work gives, and the seconds that it takes.
fn timed<R, E>(work: impl FnOnce() -> Result<R, E>) -> Result<(R, f64), E> {
    let since = Instant::now();
    let result = work()?;
    Ok((result, since.elapsed().as_secs_f64()))
}

/// The most bytes that this process has held in memory; nothing where the system does not say.
fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let number = kibibytes.trim().strip_suffix("kB")?.trim();
    number.parse::<u64>().ok().map(|number| number * 1024)
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::from(error).context(format!("cannot read `{}`", path.display())))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    fs::write(path, content)
        .map_err(|error| Failure::from(error).context(format!("cannot write `{}`", path.display())))
}

/// Prints the measurements, an object: as such, or a line for each.
fn print(measurements: &Value, format: OutputFormat) -> Result<(), Failure> {
    match (format, measurements) {
        (OutputFormat::Text, Value::Object(facts)) => {
            let lines: String = facts
                .iter()
                .map(|(name, value)| format!("{}: {value}\n", name.replace('_', " ")))
                .collect();
            output::data(&lines)
        }
        _ => output::data_line(&serde_json::to_string(measurements)?),
    }
}
