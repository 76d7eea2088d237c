//! Resolution through the public function, with job files in a folder of their own.

use std::path::PathBuf;

use super::{ColumnType, JobSettings, Origin, Resolved, Slice, SourceFormat, resolve};
use crate::error::PipelineError;

const JOB: &str = r#"[job]
name = "films"
slice = "month"

[tables]
url = "out"
bucket_count = 8

[sources.tables.ratings]
path = "${DATA}/ratings.csv"
format = "csv"
delimiter = "\t"
header = false
columns = [["user_id", "utf8"], ["item_id", "int64"], ["rating", "float32"]]

[sources.activities]
sql = "select * from ratings"

[sources.items]
sql = "select * from ratings"

[encoder]
path = "encoder"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[segment]
join_threshold = 0.5
"#;

/// A job file in a folder that is removed with the value.
struct JobFile {
    path: PathBuf,
}

impl JobFile {
    fn new(text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("wayfare-settings-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("job.toml");
        std::fs::write(&path, text).unwrap();
        Self { path }
    }
}

impl Drop for JobFile {
    fn drop(&mut self) {
        std::fs::remove_dir_all(self.path.parent().unwrap()).ok();
    }
}

fn try_resolve(text: &str, environment: &[(&str, &str)], sets: &[&str]) -> Result<Resolved, String> {
    let file = JobFile::new(text);
    let variables: Vec<(String, String)> = [("DATA", "/data")]
        .iter()
        .chain(environment)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    resolve(&file.path, &sets, &|| variables.clone()).map_err(|error| {
        assert_eq!(error.exit_code(), 3, "{error}");
        error.to_string()
    })
}

#[track_caller]
fn check_error(text: &str, environment: &[(&str, &str)], sets: &[&str], expected: &[&str]) {
    let error = try_resolve(text, environment, sets).unwrap_err();
    for part in expected {
        assert!(error.contains(part), "`{part}` is not in `{error}`");
    }
}

fn configuration_hash(change: impl Fn(&mut JobSettings)) -> String {
    let mut settings = try_resolve(JOB, &[], &[]).unwrap().settings;
    change(&mut settings);
    settings.configuration_hash()
}

#[test]
fn a_job_file_is_read_and_the_rest_has_defaults() {
    let resolved = try_resolve(JOB, &[], &[]).unwrap();
    let settings = &resolved.settings;
    assert_eq!(
        (
            settings.job.slice,
            settings.tables.bucket_count,
            settings.tables.buckets_per_group
        ),
        (Slice::Month, 8, 4)
    );
    let ratings = &settings.sources.tables["ratings"];
    assert_eq!(
        (ratings.format, ratings.delimiter, ratings.header),
        (SourceFormat::Csv, '\t', false)
    );
    let columns: Vec<_> = ratings
        .columns
        .iter()
        .flatten()
        .map(|(name, kind)| (name.as_str(), *kind))
        .collect();
    let expected = [
        ("user_id", ColumnType::Utf8),
        ("item_id", ColumnType::Int64),
        ("rating", ColumnType::Float32),
    ];
    assert_eq!(columns, expected);
    assert_eq!(
        resolved.origins["load.max_rejected_share"],
        ("0.05".to_owned(), Origin::Default)
    );
    assert_eq!(
        resolved.origins["tables.bucket_count"],
        ("8".to_owned(), Origin::JobFile { line: 7 })
    );
    assert_eq!(
        resolved.origins["segment.session_bonus"],
        ("0.2".to_owned(), Origin::Default)
    );
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_job_file() {
    let environment = [
        ("WAYFARE_TABLES__BUCKET_COUNT", "32"),
        ("WAYFARE_SEGMENT__JOIN_THRESHOLD", "1"),
    ];
    let resolved = try_resolve(JOB, &environment, &["tables.bucket_count=64", "job.name=2024"]).unwrap();
    assert_eq!(resolved.settings.tables.bucket_count, 64);
    assert_eq!(resolved.settings.job.name, "2024");
    assert!((resolved.settings.segment.join_threshold - 1.0).abs() < f32::EPSILON);
    assert_eq!(resolved.origins["tables.bucket_count"].1, Origin::Flag);
    let variable = "WAYFARE_SEGMENT__JOIN_THRESHOLD".to_owned();
    assert_eq!(
        resolved.origins["segment.join_threshold"].1,
        Origin::Environment { variable }
    );
    assert_eq!(resolved.origins["tables.url"].1, Origin::JobFile { line: 6 });
}

#[test]
fn unknown_keys_and_wrong_types_name_the_line() {
    let unknown = JOB.replace("bucket_count", "bucket_counts");
    check_error(
        &unknown,
        &[],
        &[],
        &["line 7", "bucket_counts", "unknown field", "bucket_count"],
    );
    check_error(&format!("{JOB}\n[extra]\n"), &[], &[], &["line 29", "extra"]);
    check_error(
        &JOB.replace("0.5", "\"high\""),
        &[],
        &[],
        &["line 27", "invalid type", "join_threshold"],
    );
    check_error(
        &JOB.replace("\"month\"", "\"week\""),
        &[],
        &[],
        &["line 3", "week", "month"],
    );
    check_error(
        &JOB.replace("\"int64\"", "\"int\""),
        &[],
        &[],
        &["line 14", "int64"],
    );
    check_error(
        &JOB.replace("name = \"films\"", "name = \"films"),
        &[],
        &[],
        &["line 2"],
    );
    check_error(
        &JOB.replace("bucket_count = 8", "bucket_count = -8"),
        &[],
        &[],
        &["line 7", "-8"],
    );
}

#[test]
fn errors_in_the_environment_and_in_flags_name_them() {
    check_error(
        JOB,
        &[("WAYFARE_TABLES__URI", "x")],
        &[],
        &["WAYFARE_TABLES__URI", "tables.uri", "unknown field"],
    );
    check_error(
        JOB,
        &[("WAYFARE_ENGINE__THREADS", "many")],
        &[],
        &["WAYFARE_ENGINE__THREADS", "invalid type"],
    );
    check_error(
        JOB,
        &[],
        &["engine.thread=2"],
        &["--set engine.thread=2", "unknown field"],
    );
    check_error(
        JOB,
        &[],
        &["engine.threads"],
        &["--set engine.threads", "key=value"],
    );
    check_error(JOB, &[], &["engine=2"], &["--set engine=2", "invalid type"]);
    check_error(JOB, &[], &["engine..threads=2"], &["dotted key"]);
}

#[test]
fn reserved_and_foreign_variables_are_not_settings() {
    let environment = [
        ("WAYFARE_LOG", "info"),
        ("WAYFARE_ASSETS", "/assets"),
        ("OTHER_TABLES__URL", "x"),
    ];
    assert!(try_resolve(JOB, &environment, &[]).is_ok());
}

#[test]
fn variables_are_replaced_and_an_unset_one_is_named_with_its_line() {
    let resolved = try_resolve(JOB, &[("DATA", "/elsewhere")], &["tables.url=${DATA}/out"]).unwrap();
    assert_eq!(
        resolved.settings.sources.tables["ratings"].path,
        "/elsewhere/ratings.csv"
    );
    assert_eq!(resolved.settings.tables.url, "/elsewhere/out");
    let unset = JOB.replace("${DATA}", "${NOT_SET_ANYWHERE}");
    check_error(
        &unset,
        &[],
        &[],
        &["line 10", "sources.tables.ratings.path", "NOT_SET_ANYWHERE"],
    );
    check_error(
        &JOB.replace("${DATA}", "${DATA"),
        &[],
        &[],
        &["line 10", "no closing"],
    );
}

#[test]
fn paths_start_from_the_job_file_and_the_tables_from_the_current_directory() {
    let file = JobFile::new(&JOB.replace("${DATA}/", "../"));
    let settings = resolve(
        &file.path,
        &[
            "name.model=s3://models/m.gguf".to_owned(),
            format!("name.sha256={}", "a".repeat(64)),
        ],
        &Vec::new,
    )
    .unwrap()
    .settings;
    let folder = file.path.parent().unwrap().display().to_string();
    assert_eq!(settings.encoder.path, format!("{folder}/encoder"));
    assert_eq!(
        settings.sources.tables["ratings"].path,
        format!("{folder}/../ratings.csv")
    );
    assert_eq!(settings.name.model.as_deref(), Some("s3://models/m.gguf"));
    assert_eq!(settings.tables.url, "out");
}

#[test]
fn settings_that_cannot_be_used_are_refused_with_their_line() {
    check_error(
        &JOB.replace("url = \"out\"\n", ""),
        &[],
        &[],
        &["`tables.url` is not set"],
    );
    check_error(
        &JOB.replace("bucket_count = 8", "bucket_count = 0"),
        &[],
        &[],
        &["line 7", "at least 1"],
    );
    check_error(
        &JOB.replace("films", "films/2"),
        &[],
        &[],
        &["line 2", "job.name"],
    );
    check_error(
        JOB,
        &[],
        &["encoder.sha256=abc"],
        &["flag", "encoder.sha256", "hexadecimal"],
    );
    check_error(
        JOB,
        &[],
        &["load.max_rejected_share=2"],
        &["load.max_rejected_share"],
    );
    check_error(JOB, &[], &["segment.gap_days=0"], &["gap_days"]);
    check_error(JOB, &[], &["name.model=m.gguf"], &["name.sha256", "required"]);
}

#[test]
fn a_missing_job_file_is_a_missing_input() {
    let missing = std::env::temp_dir().join("wayfare-no-such-job.toml");
    let error = resolve(&missing, &[], &Vec::new).unwrap_err();
    assert!(matches!(error, PipelineError::InputMissing { .. }), "{error}");
    assert_eq!(error.exit_code(), 4);
}

#[test]
fn the_configuration_hash_follows_results_and_not_places() {
    let hash = configuration_hash(|_| ());
    assert_eq!(hash.len(), 16);
    let same: [fn(&mut JobSettings); 4] = [
        |settings| settings.tables.url = "elsewhere".to_owned(),
        |settings| settings.engine.threads = 3,
        |settings| settings.encoder.path = "moved".to_owned(),
        |settings| {
            settings
                .sources
                .tables
                .values_mut()
                .for_each(|table| table.path = "moved".to_owned())
        },
    ];
    for change in same {
        assert_eq!(configuration_hash(change), hash);
    }
    let different: [fn(&mut JobSettings); 5] = [
        |settings| settings.sources.items.sql.push_str(" limit 1"),
        |settings| settings.encoder.sha256 = "1".repeat(64),
        |settings| settings.segment.join_threshold = 0.51,
        |settings| settings.name.max_model_names = 7,
        |settings| {
            settings
                .sources
                .tables
                .values_mut()
                .for_each(|table| table.header = true)
        },
    ];
    for change in different {
        assert_ne!(configuration_hash(change), hash);
    }
}

/// The dotted keys that the schema requires, in the sections of [`JOB`].
fn required_keys(schema: &serde_json::Value, table: &toml::Table, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        let of_key = schema["properties"]
            .get(name)
            .unwrap_or(&schema["additionalProperties"]);
        match value {
            toml::Value::Table(inner) => found.extend(required_keys(of_key, inner, &format!("{key}."))),
            _ if schema["required"]
                .as_array()
                .is_some_and(|keys| keys.iter().any(|key| key == name)) =>
            {
                found.push(key);
            }
            _ => {}
        }
    }
    found
}

/// [`JOB`] with those of its keys that are to be kept.
fn with_keys(keep: &dyn Fn(&str) -> bool, table: toml::Table, prefix: &str) -> toml::Table {
    let kept = table.into_iter().filter_map(|(name, value)| {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(inner) => Some((name, with_keys(keep, inner, &format!("{key}.")).into())),
            value => keep(&key).then_some((name, value)),
        }
    });
    kept.collect()
}

#[test]
fn what_the_schema_requires_is_what_resolving_requires() {
    let job: toml::Table = JOB.parse().unwrap();
    let required = required_keys(&super::job_file_schema().to_value(), &job, "");
    assert_eq!(required.len(), 7, "{required:?}");
    let text = |keep: &dyn Fn(&str) -> bool| with_keys(keep, job.clone(), "").to_string();
    let only_required = text(&|key| required.iter().any(|required| required == key));
    try_resolve(&only_required, &[], &[]).unwrap();
    for missing in &required {
        let expected = format!("`{missing}` is not set");
        check_error(&text(&|key| key != missing), &[], &[], &[&expected]);
    }
}
