//! What attempts that were lost have left in the tables' folders, and that `wayfare maintain` removes exactly that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wayfare_tables::all_tables;
use wayfare_tests::program::{assert_success, command, finish};
use wayfare_tests::s3;
use wayfare_tests::scene::Scene;

/// Removes what nobody refers to, however young: `tables` hold files that lost attempts wrote before, none after, and readers
/// see no difference.
#[track_caller]
pub(super) fn assert_maintain_removes_them(scene: &Scene, tables: &str) {
    let folder = scene.s3.folder(tables);
    let referenced = referenced(&folder);
    let before = data_files(&folder);
    let left_over: BTreeSet<&String> = before.difference(&referenced).collect();
    assert!(
        !left_over.is_empty(),
        "no lost attempt has left a file: {before:?}"
    );
    assert!(
        referenced.is_subset(&before),
        "tables refer to files that are not there"
    );

    let url = s3::url(tables);
    let mut maintain = command(&["maintain", &url, "--retention-hours", "0", "--output", "json"]);
    let output = finish(maintain.envs(s3::environment(&scene.s3.endpoint())));
    assert_success(&output, "maintain");
    let text = String::from_utf8(output.stdout).expect("the program writes text");
    let report: Value = serde_json::from_str(&text).expect("one JSON object");
    let mut removed = BTreeSet::new();
    for spec in all_tables() {
        let files = report["tables"][spec.name]["files_removed"].as_array();
        for file in files.into_iter().flatten() {
            let file = file.as_str().expect("a path");
            removed.insert(format!("{}/{file}", spec.directory));
        }
    }
    assert_eq!(removed.iter().collect::<BTreeSet<_>>(), left_over, "{report}");
    assert_eq!(
        data_files(&folder),
        referenced,
        "what is left is what tables refer to"
    );
    let intermediate = files_below(&folder.join("_wayfare/work"));
    assert!(
        intermediate.is_empty(),
        "intermediate files are left: {intermediate:?}"
    );
    scene.assert_contents(tables, "after maintain");
}

/// Files of the tables, as paths below `folder`.
fn data_files(folder: &Path) -> BTreeSet<String> {
    let of_table = |directory: &str| {
        let files = files_below(&folder.join(directory));
        files
            .into_iter()
            .filter(|file| !file.components().any(|part| part.as_os_str() == "_delta_log"))
            .map(|file| {
                file.strip_prefix(folder)
                    .expect("it is below")
                    .display()
                    .to_string()
            })
            .collect::<Vec<_>>()
    };
    all_tables()
        .into_iter()
        .flat_map(|spec| of_table(spec.directory))
        .collect()
}

/// Files that any version of any table adds: one run has published, so that none is replaced.
fn referenced(folder: &Path) -> BTreeSet<String> {
    let mut referenced = BTreeSet::new();
    for spec in all_tables() {
        let log = folder.join(spec.directory).join("_delta_log");
        let commits = files_below(&log).into_iter();
        for commit in commits.filter(|file| file.extension().is_some_and(|kind| kind == "json")) {
            let text = std::fs::read_to_string(&commit).expect("a commit is text");
            for action in text.lines() {
                let action: Value = serde_json::from_str(action).expect("actions are JSON");
                assert!(action["remove"].is_null(), "a file was replaced: {action}");
                if let Some(path) = action["add"]["path"].as_str() {
                    referenced.insert(format!("{}/{path}", spec.directory));
                }
            }
        }
    }
    referenced
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
