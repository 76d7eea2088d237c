//! The one place of the program that reads environment variables.

/// All variables of the process whose name and value are text.
pub(crate) fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// One variable; none where it is not set or empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    variables()
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}
