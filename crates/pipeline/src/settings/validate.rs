//! What a complete set of settings must hold beyond the types of its values.

use wayfare_inference::Prompt;

use super::{JobSettings, NameSettings};

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

    validate_name(&settings.name)
}

/// Every file that names depend on comes with its hash.
fn validate_name(name: &NameSettings) -> Result<(), (String, String)> {
    let prompt = (!name.has_built_in_prompt()).then_some(&name.prompt);
    for (key, file, digest) in [
        ("model", name.model.as_ref(), ("sha256", name.sha256.as_ref())),
        (
            "adapter",
            name.adapter.as_ref(),
            ("adapter_sha256", name.adapter_sha256.as_ref()),
        ),
        ("prompt", prompt, ("prompt_sha256", name.prompt_sha256.as_ref())),
        (
            "blocked_topics",
            name.blocked_topics.as_ref(),
            ("blocked_topics_sha256", name.blocked_topics_sha256.as_ref()),
        ),
    ] {
        let (digest_key, digest) = digest;
        let digest_key = format!("name.{digest_key}");
        if let (Some(file), None) = (file, digest) {
            let problem = match key {
                "prompt" => format!(
                    "is not set; it is required with `name.prompt`, since `{file}` is none of the built-in prompts ({})",
                    Prompt::built_in_names().collect::<Vec<_>>().join(", ")
                ),
                _ => format!("is not set; it is required with `name.{key}`"),
            };
            return Err((digest_key, problem));
        }
        if let Some(digest) = digest {
            check_digest(&digest_key, digest)?;
        }
    }
    check(
        "name.adapter",
        name.adapter.is_none() || name.model.is_some(),
        "is of no use without `name.model`",
    )
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
