//! The repository's own rules, those that no compiler, formatter or linter checks.
//!
//! Each rule looks at the list of files and their text and returns what is wrong; it changes nothing.

mod decisions;
mod layout;
mod sources;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// A file that git would commit, with its text.
#[derive(Debug)]
pub(crate) struct TextFile {
    /// Path from the root, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A rule that does not hold somewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    path: String,
    line: Option<usize>,
    rule: String,
}

impl Violation {
    /// A file, or a path where a file is missing, that breaks a rule as a whole.
    fn in_file(path: &str, rule: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            rule: rule.into(),
        }
    }

    /// A line, counted from 1, that breaks a rule.
    fn on_line(path: &str, line: usize, rule: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.path, self.rule),
            None => write!(out, "{}: {}", self.path, self.rule),
        }
    }
}

/// Checks the checkout at `root`; prints each violation and fails when there is any.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = text_files(root)?;
    let violations = check(&files);
    for violation in &violations {
        eprintln!("{violation}");
    }
    match violations.len() {
        0 => {
            eprintln!("tidy: {} files follow the rules", files.len());
            Ok(())
        }
        1 => bail!("tidy found a violation, named above"),
        count => bail!("tidy found {count} violations, named above"),
    }
}

fn check(files: &[TextFile]) -> Vec<Violation> {
    let mut violations = layout::check(files);
    violations.extend(decisions::check(files));
    for file in files {
        violations.extend(sources::check(file));
    }
    violations
}

/// The files that are committed or would be by `git add .`; those that are not text are left out.
fn text_files(root: &Path) -> Result<Vec<TextFile>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root);
    let listed = process::capture(&mut git, "")?;
    let mut files = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let on_disk: PathBuf = root.join(path);
        // A deletion that is not committed yet is listed too, and a link to a folder cannot be read.
        if !on_disk.is_file() {
            continue;
        }
        if let Ok(text) = String::from_utf8(std::fs::read(&on_disk)?) {
            files.push(TextFile {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_files_are_those_that_git_would_commit() {
        let scratch = Scratch::new("tidy-files");
        let git = |arguments: &[&str]| {
            process::capture(
                Command::new("git").args(arguments).current_dir(scratch.root()),
                "",
            )
            .unwrap()
        };
        git(&["init", "--quiet"]);
        scratch.write(".gitignore", "target/\n");
        scratch.write("target/built.rs", "");
        scratch.write("sql/10_load.sql", "-- loads\n");
        scratch.write("gone.sql", "");
        git(&["add", "gone.sql"]);
        std::fs::remove_file(scratch.path("gone.sql")).unwrap();
        std::fs::write(scratch.path("picture.png"), [0xff, 0xfe, 0x00]).unwrap();

        let mut paths: Vec<_> = text_files(scratch.root())
            .unwrap()
            .into_iter()
            .map(|file| file.path)
            .collect();
        paths.sort();
        assert_eq!(paths, [".gitignore", "sql/10_load.sql"]);

        let message = run(scratch.root()).unwrap_err().to_string();
        assert!(
            message.contains("violations"),
            "the folder has no map and no READMEs: {message}"
        );
    }

    #[test]
    fn a_violation_reads_like_a_compiler_message() {
        assert_eq!(Violation::on_line("a/b.rs", 7, "no").to_string(), "a/b.rs:7: no");
        assert_eq!(Violation::in_file("a/b.rs", "no").to_string(), "a/b.rs: no");
    }
}
