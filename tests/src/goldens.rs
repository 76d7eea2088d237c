//! Results held against files of the repository; with `WAYFARE_ACCEPT=1` the files are written instead.

use std::path::Path;

const ACCEPT_VARIABLE: &str = "WAYFARE_ACCEPT";

/// Whether expected files are to be written.
#[expect(
    clippy::disallowed_methods,
    reason = "not a setting of the program, a switch of its tests"
)]
pub fn accepting() -> bool {
    std::env::var_os(ACCEPT_VARIABLE).is_some_and(|value| value == "1")
}

/// Compares `actual` with a file, or writes it; what differs is added to `differences`.
pub fn compare(file: &Path, actual: &str, differences: &mut Vec<String>) {
    if accepting() {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).expect("the folder of expected files exists");
        }
        std::fs::write(file, actual).expect("the expected file is written");
        return;
    }
    match std::fs::read_to_string(file) {
        Ok(expected) if expected == actual => {}
        Ok(expected) => {
            differences.push(format!(
                "{} says\n{expected}\nbut it is now\n{actual}",
                file.display()
            ));
        }
        Err(error) => differences.push(format!("{}: {error}; it would be\n{actual}", file.display())),
    }
}

/// Panics with all differences and what to do about them.
#[track_caller]
pub fn assert_none(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{}\n\n`cargo xtask goldens --accept` writes the files anew; review the change like code",
        differences.join("\n\n")
    );
}
