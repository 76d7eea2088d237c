//! Folders that appear in the cache complete or not at all.
//!
//! Each attempt fills a folder of its own, which gets its final name only when everything in it is checked; whoever
//! finds the name finds all of it. One process at a time installs. The lock belongs to the operating system, so the
//! lock of a process that died is free at once.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const ATTEMPT_PREFIX: &str = ".attempt-";

/// Returns `cache/name`, calling `fill` with the path of a folder to create and fill where that is not there yet.
///
/// `fill` that fails or is killed leaves nothing under the name; what it had written is removed by the next
/// installation.
pub(crate) fn once(cache: &Path, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let installed = cache.join(name);
    if installed.is_dir() {
        if let Some(_lock) = lock_if_free(cache)? {
            remove_attempts(cache)?;
        }
        return Ok(installed);
    }
    let _lock = lock(cache)?;
    // Another process may have installed it while this one waited.
    if installed.is_dir() {
        return Ok(installed);
    }
    remove_attempts(cache)?;
    let attempt = cache.join(format!("{ATTEMPT_PREFIX}{name}-{}", std::process::id()));
    let filled = fill(&attempt).and_then(|()| {
        std::fs::rename(&attempt, &installed)
            .with_context(|| format!("cannot rename {} to {}", attempt.display(), installed.display()))
    });
    if let Err(error) = filled {
        remove_attempts(cache)?;
        return Err(error);
    }
    Ok(installed)
}

/// Waits for the one lock of this cache; it is released when the file is closed, however this process ends.
fn lock(cache: &Path) -> Result<File> {
    let mut file = match lock_if_free(cache)? {
        Some(file) => file,
        None => wait_for_lock(cache)?,
    };
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())?;
    Ok(file)
}

fn lock_if_free(cache: &Path) -> Result<Option<File>> {
    let file = open_lock_file(cache)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", lock_file(cache).display()))
        }
    }
}

fn wait_for_lock(cache: &Path) -> Result<File> {
    let mut file = open_lock_file(cache)?;
    let mut holder = String::new();
    file.read_to_string(&mut holder)?;
    // Empty when the holder has only just taken the lock.
    let holder = Some(holder.trim())
        .filter(|holder| !holder.is_empty())
        .unwrap_or("that came first");
    eprintln!("waiting for the set-up of process {holder}");
    file.lock()
        .with_context(|| format!("cannot lock {}", lock_file(cache).display()))?;
    Ok(file)
}

fn open_lock_file(cache: &Path) -> Result<File> {
    let path = lock_file(cache);
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))
}

fn lock_file(cache: &Path) -> PathBuf {
    cache.join("setup.lock")
}

/// Removes what interrupted installations left; only for the holder of the lock.
fn remove_attempts(cache: &Path) -> Result<()> {
    for entry in cache.read_dir()? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(ATTEMPT_PREFIX) {
            // An installer that outlived its parent may still be writing here: what it adds goes at the next set-up.
            if let Err(error) = std::fs::remove_dir_all(entry.path()) {
                eprintln!("left for the next set-up: {} ({error})", entry.path().display());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use anyhow::bail;

    use super::*;
    use crate::scratch::Scratch;

    fn fill(folder: &Path) -> Result<()> {
        std::fs::create_dir(folder)?;
        Ok(std::fs::write(folder.join("file"), "whole")?)
    }

    #[test]
    fn the_second_call_finds_what_the_first_installed() {
        let scratch = Scratch::new("install-once");
        let first = once(scratch.root(), "thing-1", fill).unwrap();
        let second = once(scratch.root(), "thing-1", |_| bail!("must not run")).unwrap();
        assert_eq!(first, second);
        assert_eq!(std::fs::read_to_string(second.join("file")).unwrap(), "whole");
    }

    #[test]
    fn a_failed_or_killed_attempt_leaves_nothing_under_the_name() {
        let scratch = Scratch::new("install-failed");
        scratch.write(".attempt-thing-1-99999999/half", "from a killed process");
        let failed = once(scratch.root(), "thing-1", |folder| {
            fill(folder)?;
            bail!("hash differs")
        });
        assert_eq!(failed.unwrap_err().to_string(), "hash differs");
        let left: Vec<_> = scratch
            .root()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["setup.lock"]);
        once(scratch.root(), "thing-1", fill).unwrap();

        scratch.write(
            ".attempt-thing-1-99999999/late",
            "from an installer that outlived its parent",
        );
        once(scratch.root(), "thing-1", |_| bail!("must not run")).unwrap();
        assert!(!scratch.path(".attempt-thing-1-99999999").exists());
    }

    #[test]
    fn of_many_at_once_one_installs() {
        let scratch = Scratch::new("install-race");
        let fills = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    once(scratch.root(), "thing-1", |folder| {
                        fills.fetch_add(1, Ordering::SeqCst);
                        fill(folder)
                    })
                    .unwrap()
                });
            }
        });
        assert_eq!(fills.load(Ordering::SeqCst), 1);
    }
}
