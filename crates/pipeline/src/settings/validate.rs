//! What a complete set of settings must hold beyond the types of its values.

use super::JobSettings;

/// Checks all settings; the error is the dotted key of the first that cannot be used, and why.
pub(super) fn validate(settings: &JobSettings) -> Result<(), (String, String)> {
    required("job.name", &settings.job.name)?;
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    check(
        "job.name",
        settings.job.name.chars().all(plain),
        "holds something else than letters, digits, `_`, `-` and `.`",
    )?;

    required("tables.url", &settings.tables.url)?;
    check(
        "tables.bucket_count",
        settings.tables.bucket_count >= 1,
        "must be at least 1",
    )?;
    check(
        "tables.buckets_per_group",
        settings.tables.buckets_per_group >= 1,
        "must be at least 1",
    )?;

    check(
        "tables.max_deleted_share",
        (0.0..=1.0).contains(&settings.tables.max_deleted_share),
        "must be a number from 0 to 1",
    )?;

    for (name, table) in &settings.sources.tables {
        required(&format!("sources.tables.{name}.path"), &table.path)?;
        for (key, character) in [("delimiter", table.delimiter), ("quote", table.quote)] {
            check(
                &format!("sources.tables.{name}.{key}"),
                character.is_ascii(),
                "must be an ASCII character",
            )?;
        }
    }
    required("sources.activities.sql", &settings.sources.activities.sql)?;
    required("sources.items.sql", &settings.sources.items.sql)?;

    let share = settings.load.max_rejected_share;
    check(
        "load.max_rejected_share",
        (0.0..=1.0).contains(&share),
        "must be a number from 0 to 1",
    )?;

    required("encoder.path", &settings.encoder.path)?;
    required("encoder.sha256", &settings.encoder.sha256)?;
    check_digest("encoder.sha256", &settings.encoder.sha256)?;

    settings
        .segment
        .validate()
        .map_err(|error| ("segment".to_owned(), error.to_string()))?;

    if settings.name.model.is_some() && settings.name.sha256.is_none() {
        return Err((
            "name.sha256".to_owned(),
            "is not set; it is required with `name.model`".to_owned(),
        ));
    }
    settings
        .name
        .sha256
        .as_deref()
        .map_or(Ok(()), |digest| check_digest("name.sha256", digest))
}

fn required(key: &str, value: &str) -> Result<(), (String, String)> {
    check(key, !value.trim().is_empty(), "is not set; it has no default")
}

fn check_digest(key: &str, digest: &str) -> Result<(), (String, String)> {
    let lower_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let valid = digest.len() == 64 && digest.bytes().all(lower_hexadecimal);
    check(
        key,
        valid,
        "must be 64 lower-case hexadecimal digits; `sha256sum FILE` prints them",
    )
}

fn check(key: &str, valid: bool, problem: &str) -> Result<(), (String, String)> {
    if valid {
        Ok(())
    } else {
        Err((key.to_owned(), problem.to_owned()))
    }
}
