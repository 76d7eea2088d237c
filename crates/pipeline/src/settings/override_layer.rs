//! Settings from the environment and from `--set`: one dotted key and one text each.

use toml::{Table, Value};

use super::JobSettings;
use super::layer::nested;

const PREFIX: &str = "WAYFARE_";
/// Variables that say where this machine keeps things, or that are for tests; they are not settings.
const RESERVED: [&str; 5] = [
    "WAYFARE_ASSETS",
    "WAYFARE_CACHE",
    "WAYFARE_CRASH_AT",
    "WAYFARE_PYTHON",
    "WAYFARE_LOG",
];

/// The dotted key that an environment variable sets: `WAYFARE_TABLES__URL` sets `tables.url`. None for other variables.
pub(super) fn key_of_variable(variable: &str) -> Option<String> {
    if RESERVED.contains(&variable) {
        return None;
    }
    let name = variable.strip_prefix(PREFIX)?;
    // Every setting is in a section; without a section it cannot be meant as one.
    name.contains("__")
        .then(|| name.to_lowercase().replace("__", "."))
}

/// Splits `a.b=c`.
pub(super) fn split_flag(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=')
        .map(|(key, value)| (key.trim(), value))
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| {
            format!("`--set {text}` is not of the form key=value, for example `--set tables.url=out`")
        })
}

/// The layer with one key, checked: the text is read as a TOML value where that fits the key, else as plain text.
pub(super) fn override_layer(key: &str, text: &str) -> Result<Table, String> {
    if key.split('.').any(str::is_empty) {
        return Err(format!("`{key}` is not a dotted key"));
    }
    let plain = nested(key, Value::String(text.to_owned()));
    let Ok(value) = text.parse::<Value>() else {
        return check(plain);
    };
    check(nested(key, value)).or_else(|error| check(plain).map_err(|_| error))
}

fn check(layer: Table) -> Result<Table, String> {
    match layer.clone().try_into::<JobSettings>() {
        Ok(_) => Ok(layer),
        Err(error) => Err(error.message().trim().replace('\n', "; ")),
    }
}
