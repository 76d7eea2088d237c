//! Where things are: this checkout, the cache folder beside it, the folder that cargo builds into.
//!
//! The only reader of the environment in this crate.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One checkout of the repository and the folders that its developer commands use.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// Folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// `$WAYFARE_CACHE`, by default `~/.cache/wayfare`.
    pub(crate) cache: PathBuf,
    /// `$CARGO_TARGET_DIR`, by default `target` in the cache, so that every checkout shares built dependencies.
    pub(crate) target: PathBuf,
}

impl Checkout {
    /// Finds the folders; creates the cache folder.
    pub(crate) fn locate() -> Result<Self> {
        let root = workspace_root()?;
        let cache = match variable("WAYFARE_CACHE") {
            Some(cache) => std::path::absolute(cache)?,
            None => match variable("HOME") {
                Some(home) => home.join(".cache").join("wayfare"),
                None => bail!(
                    "neither WAYFARE_CACHE nor HOME is set: set WAYFARE_CACHE to a folder to install into"
                ),
            },
        };
        std::fs::create_dir_all(&cache)
            .with_context(|| format!("cannot create the cache {}", cache.display()))?;
        let target = match variable("CARGO_TARGET_DIR") {
            Some(target) => std::path::absolute(target)?,
            None => cache.join("target"),
        };
        Ok(Self { root, cache, target })
    }

    /// A file of the repository, by its path from the root.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// `cargo`, run at the root, building into [`Checkout::target`].
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<Command> {
        self.claim_target()?;
        let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` describes this crate to us through these; build scripts of the inner build would see them change
        // from one call to the next, and run again.
        for (name, _) in environment().filter(|(name, _)| describes_this_crate(name)) {
            command.env_remove(name);
        }
        Ok(command)
    }

    /// Makes cargo rebuild the workspace's own crates when another checkout built into the same folder last.
    ///
    /// Cargo names the crates of two checkouts alike and compares file times only: after a build of a newer clone it
    /// would take that clone's crates for those of an older checkout.
    fn claim_target(&self) -> Result<()> {
        let owner_file = self.target.join(".wayfare-checkout");
        let root = self.root.to_string_lossy();
        let owner = std::fs::read_to_string(&owner_file).ok();
        if owner.as_deref() == Some(root.as_ref()) {
            return Ok(());
        }
        std::fs::create_dir_all(&self.target)
            .with_context(|| format!("cannot create the build folder {}", self.target.display()))?;
        if owner.is_some() {
            forget_own_crates(&self.target.join("debug").join(".fingerprint"))?;
        }
        std::fs::write(&owner_file, root.as_bytes())
            .with_context(|| format!("cannot write {}", owner_file.display()))
    }
}

fn forget_own_crates(fingerprints: &Path) -> Result<()> {
    let Ok(entries) = fingerprints.read_dir() else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("wayfare-") {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn workspace_root() -> Result<PathBuf> {
    // Asked of the running cargo, not baked in at compile time: the built command may be shared by two checkouts.
    let start = match variable("CARGO_MANIFEST_DIR") {
        Some(manifest) => manifest,
        None => std::env::current_dir()?,
    };
    match start
        .ancestors()
        .find(|folder| folder.join("crates/xtask/Cargo.toml").is_file())
    {
        Some(root) => Ok(root.to_path_buf()),
        None => bail!("{} is not inside a checkout of wayfare", start.display()),
    }
}

fn describes_this_crate(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the developer commands' settings are resolved here"
)]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn environment() -> impl Iterator<Item = (String, std::ffi::OsString)> {
    std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().map(|name| (name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_build_folder_changes_hands_between_checkouts() {
        let scratch = Scratch::new("claim");
        let checkout = |root: &str| Checkout {
            root: scratch.path(root),
            cache: scratch.path("cache"),
            target: scratch.path("target"),
        };
        scratch.write("target/debug/.fingerprint/wayfare-cli-0123/lib", "");
        scratch.write("target/debug/.fingerprint/arrow-4567/lib", "");
        let own = scratch.path("target/debug/.fingerprint/wayfare-cli-0123");

        checkout("first").claim_target().unwrap();
        checkout("first").claim_target().unwrap();
        assert!(own.exists(), "the same checkout keeps what it built");

        checkout("second").claim_target().unwrap();
        assert!(!own.exists(), "another checkout's crates are built again");
        assert!(
            scratch.path("target/debug/.fingerprint/arrow-4567").exists(),
            "dependencies are shared"
        );
    }
}
