//! The Python environment of the tests: other projects' readers of the tables that we write, and the program that
//! builds the book.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::checkout::Checkout;
use crate::{fingerprint, install, process};

const REQUIREMENTS: &str = "requirements-tests.txt";
const SIZE: &str = "125 MB to download, 490 MB on disk";

/// What the environment holds.
#[derive(Debug)]
pub(crate) struct Readers {
    /// The interpreter that has the readers, the value of `WAYFARE_PYTHON`.
    pub(crate) python: PathBuf,
    /// The program that builds the book, the value of `WAYFARE_MDBOOK`.
    pub(crate) mdbook: PathBuf,
}

/// Installs the environment where it is not there yet.
pub(crate) fn set_up(checkout: &Checkout) -> Result<Readers> {
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
    Ok(Readers {
        python: program_of(&environment, "python"),
        mdbook: program_of(&environment, "mdbook"),
    })
}

/// Only native programs of the environment are used, never its scripts: those name the folder they were made in, which
/// is renamed.
fn create(requirements: &Path, environment: &Path) -> Result<()> {
    process::run(Command::new("python3").args(["-m", "venv"]).arg(environment))
        .context("cannot create a virtual environment: it needs python3 with its venv module")?;
    let mut pip = Command::new(program_of(environment, "python"));
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

fn program_of(environment: &Path, name: &str) -> PathBuf {
    environment.join("bin").join(name)
}
