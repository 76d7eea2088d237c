//! What this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Finding;

const BYTES_PER_GIB: f64 = (1_u64 << 30) as f64;
const BYTES_PER_KIB: u64 = 1024;
/// Less is enough for a demo and not for a day of a platform.
const LITTLE_MEMORY_GIB: f64 = 2.0;
const LITTLE_DISK_GIB: f64 = 1.0;

/// Of this program and of what its results depend on.
pub(super) fn versions() -> String {
    format!(
        "wayfare {}, datafusion {}, arrow {}",
        env!("CARGO_PKG_VERSION"),
        datafusion::DATAFUSION_VERSION,
        arrow::ARROW_VERSION
    )
}

/// The cores that this process may use.
pub(super) fn cores() -> Finding {
    match std::thread::available_parallelism() {
        Ok(cores) => Finding::Good(cores.to_string()),
        Err(error) => Finding::Note(format!("unknown: {error}")),
    }
}

/// The memory that is available.
pub(super) fn memory() -> Finding {
    let Some(bytes) = available_memory_bytes() else {
        return Finding::Note("unknown on this system".to_owned());
    };
    sized(
        bytes,
        LITTLE_MEMORY_GIB,
        "available; consider `engine.memory_limit_mb`",
    )
}

/// The space left on the disk of a path, or of its nearest folder that exists. Where the place is in a bucket, the disk is
/// the one that runs use meanwhile, for what does not fit into memory and for item packs.
pub(super) fn disk(place: &str) -> Finding {
    let place = place.strip_prefix("file://").unwrap_or(place);
    let place = if place.contains("://") {
        std::env::temp_dir()
    } else {
        PathBuf::from(place)
    };
    let absolute = std::path::absolute(&place).unwrap_or(place);
    let existing = absolute
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"));
    // The standard library does not know the free space; the command is part of POSIX.
    let listing = Command::new("df").arg("-Pk").arg(existing).output().ok();
    let kibibytes = listing.and_then(|listing| {
        let text = String::from_utf8(listing.stdout).ok()?;
        text.lines()
            .nth(1)?
            .split_whitespace()
            .nth(3)?
            .parse::<u64>()
            .ok()
    });
    match kibibytes {
        Some(kibibytes) => sized(
            kibibytes.saturating_mul(BYTES_PER_KIB),
            LITTLE_DISK_GIB,
            &format!("free at {}", existing.display()),
        ),
        None => Finding::Note(format!("free space at {} is unknown", existing.display())),
    }
}

fn sized(bytes: u64, little_gib: f64, what: &str) -> Finding {
    let gib = bytes as f64 / BYTES_PER_GIB;
    if gib < little_gib {
        return Finding::Note(format!("only {gib:.1} GiB {what}"));
    }
    let what = what.split(';').next().unwrap_or_default();
    Finding::Good(format!("{gib:.1} GiB {what}"))
}

fn available_memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes.saturating_mul(BYTES_PER_KIB))
}
