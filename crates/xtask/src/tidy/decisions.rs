//! Decision records: a numbered name, and all the parts that make a decision understandable years later.

use std::collections::BTreeMap;

use super::{TextFile, Violation};

const HEADINGS: [&str; 6] = ["Context", "Options", "Decision", "Why", "Why not", "Consequences"];

pub(super) fn check(files: &[TextFile]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for file in files {
        let Some(name) = file
            .path
            .strip_prefix("docs/decisions/")
            .filter(|name| *name != "README.md")
        else {
            continue;
        };
        let Some(number) = number_of(name) else {
            violations.push(Violation::in_file(
                &file.path,
                "a decision record is named NNNN-title.md",
            ));
            continue;
        };
        if let Some(other) = numbers.insert(number, &file.path) {
            violations.push(Violation::in_file(
                &file.path,
                format!("has the number of {other}"),
            ));
        }
        for heading in HEADINGS {
            if !has_heading(&file.text, heading) {
                violations.push(Violation::in_file(
                    &file.path,
                    format!("has no heading `{heading}`"),
                ));
            }
        }
    }
    violations
}

fn number_of(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let numbered = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !title.is_empty()).then_some(number)
}

fn has_heading(text: &str, heading: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with('#') && line.trim_start_matches('#').trim() == heading)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str =
        "# 1. Delta\n## Context\n## Options\n## Decision\n## Why\n## Why not\n## Consequences\n";

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(name, text)| TextFile {
                path: format!("docs/decisions/{name}"),
                text: (*text).to_owned(),
            })
            .collect();
        super::check(&files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_record_passes_and_so_does_a_readme() {
        assert_eq!(check(&[("0001-delta.md", RECORD), ("README.md", "")]), [""; 0]);
    }

    #[test]
    fn a_missing_part_a_wrong_name_and_a_number_used_twice_are_found() {
        let without_why = RECORD.replace("## Why\n", "");
        assert_eq!(
            check(&[
                ("0001-delta.md", &without_why),
                ("delta.md", RECORD),
                ("0001-other.md", RECORD)
            ]),
            [
                "docs/decisions/0001-delta.md: has no heading `Why`",
                "docs/decisions/delta.md: a decision record is named NNNN-title.md",
                "docs/decisions/0001-other.md: has the number of docs/decisions/0001-delta.md",
            ]
        );
    }
}
