//! `${NAME}` in paths, URLs and SQL stands for an environment variable.

use super::{JobSettings, NameSettings};

/// The settings in which `${NAME}` is replaced, with their dotted keys.
pub(super) fn substitutable(settings: &mut JobSettings) -> Vec<(String, &mut String)> {
    let mut found = vec![
        ("tables.url".to_owned(), &mut settings.tables.url),
        (
            "sources.activities.sql".to_owned(),
            &mut settings.sources.activities.sql,
        ),
        ("sources.items.sql".to_owned(), &mut settings.sources.items.sql),
    ];
    found.extend(paths(
        settings.sources.tables.iter_mut(),
        &mut settings.encoder.path,
        &mut settings.name,
    ));
    found
}

/// The settings that hold paths relative to the job file.
pub(super) fn relative_to_job_file(settings: &mut JobSettings) -> Vec<(String, &mut String)> {
    paths(
        settings.sources.tables.iter_mut(),
        &mut settings.encoder.path,
        &mut settings.name,
    )
}

fn paths<'a>(
    tables: impl Iterator<Item = (&'a String, &'a mut super::SourceTable)>,
    encoder: &'a mut String,
    name: &'a mut NameSettings,
) -> Vec<(String, &'a mut String)> {
    let mut found: Vec<(String, &mut String)> = tables
        .map(|(name, table)| (format!("sources.tables.{name}.path"), &mut table.path))
        .collect();
    found.push(("encoder.path".to_owned(), encoder));
    let prompt = (!name.has_built_in_prompt()).then_some(&mut name.prompt);
    for (key, path) in [
        ("name.model", name.model.as_mut()),
        ("name.adapter", name.adapter.as_mut()),
        ("name.prompt", prompt),
        ("name.blocked_topics", name.blocked_topics.as_mut()),
    ] {
        found.extend(path.map(|path| (key.to_owned(), path)));
    }
    found
}

/// Replaces every `${NAME}`; the error names the variable that is not set.
pub(super) fn substitute(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, remaining) = after
            .split_once('}')
            .ok_or_else(|| "`${` has no closing `}`".to_owned())?;
        let value = variable(name).ok_or_else(|| {
            format!("it refers to the environment variable `{name}`, which is not set; set it with `export {name}=…`")
        })?;
        result.push_str(before);
        result.push_str(&value);
        rest = remaining;
    }
    result.push_str(rest);
    Ok(result)
}
