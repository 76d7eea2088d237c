//! The map is the territory: crates and their mention in ARCHITECTURE.md, folders and their README.

use std::collections::BTreeSet;

use super::{TextFile, Violation};

const MAP: &str = "ARCHITECTURE.md";
const FOLDERS_WITH_README: [&str; 6] = ["crates", "sql", "jobs", "infra", "tests", "docs"];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let mut violations = code_map(files);
    for folder in FOLDERS_WITH_README {
        let readme = format!("{folder}/README.md");
        if !files.iter().any(|file| file.path == readme) {
            violations.push(Violation::in_file(
                &readme,
                "missing: it says what belongs in the folder",
            ));
        }
    }
    violations
}

fn code_map(files: &[TextFile]) -> Vec<Violation> {
    let Some(map) = files.iter().find(|file| file.path == MAP) else {
        return vec![Violation::in_file(MAP, "missing: it maps the crates")];
    };
    let existing: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| crate_of_manifest(&file.path))
        .collect();
    let named: BTreeSet<&str> = map.text.lines().flat_map(crates_named).collect();
    let mut violations = Vec::new();
    for unnamed in existing.difference(&named) {
        violations.push(Violation::in_file(
            MAP,
            format!("does not name `crates/{unnamed}`"),
        ));
    }
    for (index, line) in map.text.lines().enumerate() {
        for absent in crates_named(line).filter(|name| !existing.contains(name)) {
            violations.push(Violation::on_line(
                MAP,
                index + 1,
                format!("there is no `crates/{absent}`"),
            ));
        }
    }
    violations
}

fn crate_of_manifest(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?
        .strip_suffix("/Cargo.toml")
        .filter(|name| !name.contains('/'))
}

/// The `name` of each `crates/name` in a line; `crates/` alone and placeholders in it name none.
fn crates_named(line: &str) -> impl Iterator<Item = &str> {
    line.split("crates/").skip(1).filter_map(|rest| {
        let end = rest
            .find(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'))
            .unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(map: &str, paths: &[&str]) -> Vec<String> {
        let mut files: Vec<TextFile> = paths
            .iter()
            .map(|path| TextFile {
                path: (*path).to_owned(),
                text: String::new(),
            })
            .collect();
        files.push(TextFile {
            path: MAP.to_owned(),
            text: map.to_owned(),
        });
        super::check(&files).iter().map(ToString::to_string).collect()
    }

    const READMES: [&str; 6] = [
        "crates/README.md",
        "sql/README.md",
        "jobs/README.md",
        "infra/README.md",
        "tests/README.md",
        "docs/README.md",
    ];

    fn with_readmes<'a>(more: &[&'a str]) -> Vec<&'a str> {
        READMES.iter().chain(more).copied().collect()
    }

    #[test]
    fn a_map_that_names_each_crate_and_no_other_passes() {
        let map =
            "`crates/tables` and crates/inference-candle/src/lib.rs; see crates/README.md, `crates/<name>`.";
        let files = with_readmes(&["crates/tables/Cargo.toml", "crates/inference-candle/Cargo.toml"]);
        assert_eq!(check(map, &files), [""; 0]);
    }

    #[test]
    fn a_crate_without_mention_and_a_mention_without_crate_are_found() {
        let files = with_readmes(&["crates/tables/Cargo.toml"]);
        let expected = [
            "ARCHITECTURE.md: does not name `crates/tables`",
            "ARCHITECTURE.md:2: there is no `crates/table`",
        ];
        assert_eq!(check("map\ncrates/table", &files), expected);
    }

    #[test]
    fn a_folder_without_readme_is_found() {
        let found = check("", &READMES[..5]);
        assert_eq!(
            found,
            ["docs/README.md: missing: it says what belongs in the folder"]
        );
        assert_eq!(
            super::check(&[]).len(),
            7,
            "a checkout without anything lacks the map as well"
        );
    }
}
