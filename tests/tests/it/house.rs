//! What the repository promises about its own files: jobs resolve, SQL is known, examples are tried.

use std::path::{Path, PathBuf};

use wayfare_pipeline::catalogue;
use wayfare_pipeline::settings::resolve;
use wayfare_tests::small_world::{repository, with_causes};

/// Every file below a folder, in the order of their paths.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("entries of a folder are readable").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The SQL files by their names in the catalogue: path below `sql/` without the extension.
fn sql_names() -> Vec<String> {
    let folder = repository().join("sql");
    files_below(&folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let below = path
                .strip_prefix(&folder)
                .expect("it lies below the folder")
                .with_extension("");
            below.display().to_string()
        })
        .collect()
}

#[test]
fn every_job_file_resolves() {
    let files = files_below(&repository().join("jobs"));
    let jobs: Vec<&PathBuf> = files.iter().filter(|path| path.ends_with("job.toml")).collect();
    assert!(jobs.len() >= 2, "{files:?}");
    for job in jobs {
        let variables = || vec![("WAYFARE_ASSETS".to_owned(), "/assets".to_owned())];
        let resolved = resolve(job, &[], &variables);
        let settings = resolved
            .unwrap_or_else(|error| panic!("{}", with_causes(&error)))
            .settings;
        // The folder is the name by which `cargo xtask demo --job` finds it.
        let folder = job
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        assert_eq!(Some(settings.job.name.as_str()), folder, "{}", job.display());
        assert!(settings.encoder.path.starts_with("/assets/"), "{}", job.display());
    }
}

#[test]
fn every_sql_file_is_in_the_catalogue_or_for_analysts() {
    let names = sql_names();
    assert!(names.len() > catalogue::ALL.len(), "{names:?}");
    let catalogued = |name: &str| catalogue::ALL.iter().any(|statement| statement.name == name);
    for name in names {
        let example = name.starts_with("analyst/") && !name.starts_with("analyst/views/");
        assert!(catalogued(&name) != example, "sql/{name}.sql is run by nobody");
    }
}

#[test]
fn every_query_for_analysts_is_tried() {
    let scripts: String = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slt"))
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("scripts are readable"))
        .collect();
    for name in sql_names()
        .iter()
        .filter(|name| name.starts_with("analyst/") && !name.contains("/views/"))
    {
        assert!(
            scripts.contains(&format!("RUN sql/{name}.sql")),
            "no script of tests/slt runs sql/{name}.sql"
        );
    }
}
