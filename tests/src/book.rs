//! The documentation of `docs/`: its pages, what stands in them as code, and the book that they make.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::installed::mdbook;
use crate::program::{assert_success, said};
use crate::small_world::repository;

/// Lists the chapters; itself no page.
const SUMMARY: &str = "SUMMARY.md";

/// The folder of the documentation.
pub fn folder() -> PathBuf {
    repository().join("docs")
}

/// The chapters as `SUMMARY.md` lists them, by their paths below `docs/`.
pub fn chapters() -> Vec<String> {
    let summary = std::fs::read_to_string(folder().join(SUMMARY)).expect("there is a list of chapters");
    links(&summary)
}

/// Every page below `docs/` by its path from there, in the order of the paths.
pub fn pages() -> Vec<String> {
    let mut found = Vec::new();
    collect(&folder(), "", &mut found);
    found.retain(|page| page != SUMMARY);
    found.sort();
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("entries of a folder are readable").path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = format!("{prefix}{}", name.unwrap_or_default());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(name);
        }
    }
}

/// Where the links of a Markdown text lead, as they are written; what looks like a link in code is none.
pub fn links(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in markdown.lines() {
        in_block ^= line.trim_start().starts_with("```");
        // Every second part lies between backticks.
        for part in line.split('`').step_by(2).filter(|_| !in_block) {
            let targets = part.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// A fenced block of code.
#[derive(Debug, Clone)]
pub struct Block {
    /// File and line, for messages.
    pub place: String,
    /// What the fence calls the language.
    pub language: String,
    pub text: String,
}

/// The fenced blocks of the files, in order.
pub fn blocks(files: &[PathBuf]) -> Vec<Block> {
    let mut found = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(text.lines()) {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(language), None) => {
                    open = Some(Block {
                        place: format!("{}:{number}", file.display()),
                        language: language.trim().to_owned(),
                        text: String::new(),
                    });
                }
                (Some(_), Some(block)) => found.push(block),
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
    }
    found
}

/// A built book; removed with the value.
#[derive(Debug)]
pub struct Book {
    /// Where its pages lie.
    pub folder: TempDir,
    /// What mdBook said.
    pub said: String,
}

/// Builds the book.
pub fn build() -> Book {
    let destination = TempDir::new().expect("a temporary folder");
    let output = Command::new(mdbook())
        .arg("build")
        .arg(folder())
        .arg("--dest-dir")
        .arg(destination.path())
        .env_clear()
        .output()
        .expect("mdBook starts");
    assert_success(&output, "mdbook build");
    Book {
        said: said(&output),
        folder: destination,
    }
}
