//! Rules for the text of a single file: Rust, SQL, and what no file may contain.

use std::ffi::OsStr;
use std::path::Path;

use super::{TextFile, Violation};

const LINES_PER_RUST_FILE: usize = 600;

// Written in two parts so that this file does not break the rules it states.
const UNFINISHED: [&str; 2] = [concat!("to", "do!("), concat!("unimple", "mented!(")];
const PARKED_TEST: &str = concat!("#[ig", "nore");
const MACHINE_PATHS: [&str; 4] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/work/", "main"),
    concat!("/work/", "shared"),
];
const REGISTRY_HOSTS: [&str; 6] = [
    concat!("crates.io", "/api"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("files.python", "hosted"),
    concat!("registry.", "npmjs"),
];

pub(super) fn check(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let extension = Path::new(&file.path).extension().and_then(OsStr::to_str);
    if extension == Some("rs") {
        violations.extend(rust(file));
    }
    if extension == Some("sql") && !file.text.starts_with("--") {
        let rule = "begins with a `--` comment: purpose, inputs, output columns, parameters";
        violations.push(Violation::in_file(&file.path, rule));
    }
    for (index, line) in file.text.lines().enumerate() {
        for path in MACHINE_PATHS.iter().filter(|path| contains_absolute(line, path)) {
            let rule = format!("`{path}` is a path of one machine");
            violations.push(Violation::on_line(&file.path, index + 1, rule));
        }
        for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
            let rule =
                format!("`{host}` is a registry's host: name packages, and leave the registry to the client");
            violations.push(Violation::on_line(&file.path, index + 1, rule));
        }
    }
    violations
}

fn rust(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let line_count = file.text.lines().count();
    if line_count > LINES_PER_RUST_FILE {
        let rule = format!("has {line_count} lines; more than {LINES_PER_RUST_FILE} hold more than one idea");
        violations.push(Violation::in_file(&file.path, rule));
    }
    if !file.text.starts_with("//!") {
        let rule = "begins with `//!`: what the module owns, what it refuses to do";
        violations.push(Violation::in_file(&file.path, rule));
    }
    for (index, line) in file.text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with(PARKED_TEST) {
            violations.push(Violation::on_line(
                &file.path,
                index + 1,
                "a test that does not run proves nothing",
            ));
        }
        if !code.starts_with("//") && UNFINISHED.iter().any(|unfinished| code.contains(unfinished)) {
            violations.push(Violation::on_line(&file.path, index + 1, "unfinished code"));
        }
    }
    violations
}

/// Whether `line` has `path` where a path begins, so not as the end of a longer or relative one.
fn contains_absolute(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|before| before.is_alphanumeric() || "._-~}>".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        super::check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_rust_file_states_its_purpose_and_stays_short() {
        assert_eq!(check("a.rs", "//! Owns a.\n"), [""; 0]);
        assert!(check("a.rs", "use std::fmt;\n")[0].starts_with("a.rs: begins with `//!`"));
        assert_eq!(
            check("a.rs", &format!("//! Owns a.\n{}", "\n".repeat(599))),
            [""; 0]
        );
        assert!(check("a.rs", &format!("//! Owns a.\n{}", "\n".repeat(600)))[0].contains("601 lines"));
    }

    #[test]
    fn parked_tests_and_unfinished_code_are_found_where_they_are_code() {
        let parked = format!("//! Owns a.\n    {PARKED_TEST}]\n");
        assert_eq!(
            check("a.rs", &parked),
            ["a.rs:2: a test that does not run proves nothing"]
        );
        for unfinished in UNFINISHED {
            assert_eq!(
                check("a.rs", &format!("//! A.\nlet a = {unfinished});\n")),
                ["a.rs:2: unfinished code"]
            );
            assert_eq!(
                check("a.rs", &format!("//! A.\n// Not {unfinished}).\n")),
                [""; 0]
            );
        }
    }

    #[test]
    fn sql_begins_with_a_comment() {
        assert_eq!(check("a.sql", "-- Loads.\nselect 1\n"), [""; 0]);
        assert_eq!(check("a.sql", "select 1\n").len(), 1);
    }

    #[test]
    fn paths_of_a_machine_are_found_and_relative_ones_are_not() {
        for path in MACHINE_PATHS {
            assert_eq!(
                check("a.toml", &format!("x = 1\ncache = \"{path}x\"")).len(),
                1,
                "{path}"
            );
            assert_eq!(check("a.md", &format!("file://{path}x")).len(), 1, "{path}");
            assert_eq!(
                check("a.md", &format!("${{BASE}}{path}x and tree{path}x")),
                [""; 0],
                "{path}"
            );
        }
    }

    #[test]
    fn registry_hosts_are_found() {
        for host in REGISTRY_HOSTS {
            let found = check("a.md", &format!("see {host}/x"));
            assert!(found[0].starts_with("a.md:1: "), "{found:?}");
        }
        assert_eq!(check("a.md", "on PyPI and crates.io"), [""; 0]);
    }
}
