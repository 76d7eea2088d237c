//! The Python environment of the interoperability tests: other projects' readers of the tables that we write.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::{fingerprint, install, process};

const REQUIREMENTS: &str = "requirements-tests.txt";
const SIZE: &str = "120 MB to download, 480 MB on disk";

/// Installs the readers where they are not there yet; returns the interpreter that has them, the value of
/// `WAYFARE_PYTHON`.
pub(crate) fn set_up(checkout: &Checkout) -> Result<PathBuf> {
    let requirements = checkout.file(REQUIREMENTS);
    let pinned = std::fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    // A virtual environment belongs to the interpreter that made it.
    let interpreter = process::capture(
        Command::new("python3").args(["-c", "import sys; print(sys.base_prefix, *sys.version_info[:3])"]),
        "",
    )?;
    let name = format!("python-{}", fingerprint::of_requirements(&pinned, &interpreter));
    let environment = install::once(&checkout.cache, &name, |attempt| {
        eprintln!("readers: installing {REQUIREMENTS} ({SIZE})");
        create(&requirements, attempt)
    })?;
    eprintln!("readers: present at {}", environment.display());
    Ok(interpreter_of(&environment))
}

/// Only the interpreter of the environment is used, never its scripts: those name the folder they were made in, which
/// is renamed.
fn create(requirements: &Path, environment: &Path) -> Result<()> {
    process::run(Command::new("python3").args(["-m", "venv"]).arg(environment))
        .context("cannot create a virtual environment: it needs python3 with its venv module")?;
    let mut pip = Command::new(interpreter_of(environment));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ])
    .args(["--no-compile", "--only-binary", ":all:", "--require-hashes", "-r"])
    .arg(requirements);
    process::run(&mut pip).with_context(|| {
        format!("cannot install {REQUIREMENTS}: it lists wheels for CPython 3.11 to 3.13 on Linux, from a package index")
    })
}

fn interpreter_of(environment: &Path) -> PathBuf {
    environment.join("bin").join("python")
}
