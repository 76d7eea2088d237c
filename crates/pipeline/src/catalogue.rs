//! The SQL of the pipeline and of analysts: the files of `sql/`, part of the program.

use std::collections::BTreeMap;

/// One file of `sql/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its path below `sql/`, without `.sql`.
    pub name: &'static str,
    /// Its text; `$name` stands for a parameter.
    pub text: &'static str,
}

macro_rules! statements {
    ($($constant:ident = $name:literal,)*) => {
        $(
            #[doc = concat!("`sql/", $name, ".sql`")]
            pub const $constant: Statement = Statement {
                name: $name,
                text: include_str!(concat!("../../../sql/", $name, ".sql")),
            };
        )*
        /// Every statement, in the order of their names.
        pub const ALL: &[Statement] = &[$($constant,)*];
    };
}

statements! {
    VIEW_JOURNEY_STATUS = "analyst/views/journey_status",
    VIEW_NAME_COUNTS = "analyst/views/name_counts",
    CHANGED_ITEMS = "pipeline/embed/04_changed_items",
    FRESH_ITEMS = "pipeline/embed/01_fresh_items",
    ITEM_PACK = "pipeline/embed/03_item_pack",
    ITEM_VECTORS = "pipeline/embed/02_item_vectors",
    ACTIVITY_LOG = "pipeline/load/03_activity_log",
    CHECKED_ACTIVITIES = "pipeline/load/02_checked_activities",
    REJECTED_ROWS = "pipeline/load/04_rejected_rows",
    SLICE_DIGEST = "pipeline/load/05_slice_digest",
    USABLE_ITEMS = "pipeline/load/01_usable_items",
    CHOSEN_NAMES = "pipeline/name/04_chosen_names",
    JOURNEYS_CARRIED = "pipeline/name/07_journeys_carried",
    JOURNEYS_FRESH = "pipeline/name/06_journeys_fresh",
    NAMING_INPUTS = "pipeline/name/01_naming_inputs",
    NEW_EXTRACTIVE_NAMES = "pipeline/name/02_new_extractive_names",
    NEW_MODEL_NAMES = "pipeline/name/03_new_model_names",
    RENAMED_BUCKETS = "pipeline/name/05_renamed_buckets",
    ACTIVITIES_CARRIED = "pipeline/segment/06_activities_carried",
    ACTIVITIES_FRESH = "pipeline/segment/05_activities_fresh",
    ALIASES_CARRIED = "pipeline/segment/08_aliases_carried",
    ALIASES_FRESH = "pipeline/segment/07_aliases_fresh",
    CHANGED_USERS = "pipeline/segment/02_changed_users",
    SEGMENTED = "pipeline/segment/01_segmented",
    STATE_CARRIED = "pipeline/segment/04_state_carried",
    STATE_FRESH = "pipeline/segment/03_state_fresh",
}

/// A value for a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Text(String),
    Integer(i64),
}

/// The parameters of a run, by name without the `$`.
pub type Parameters = BTreeMap<&'static str, Parameter>;

impl Statement {
    /// The text with its parameters as literals.
    ///
    /// # Errors
    /// The name of a parameter that the statement uses and `parameters` lacks.
    pub fn render(&self, parameters: &Parameters) -> Result<String, String> {
        render(self.text, &|name| parameters.get(name).map(Parameter::literal))
    }
}

impl Parameter {
    fn literal(&self) -> String {
        match self {
            Self::Text(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Integer(value) => value.to_string(),
        }
    }
}

/// Replaces each `$name` outside comments and quotes.
pub(crate) fn render(text: &str, literal: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut rendered = String::with_capacity(text.len());
    let mut quoted = false;
    for line in text.lines() {
        let mut rest = line;
        while let Some(character) = rest.chars().next() {
            let after = &rest[character.len_utf8()..];
            if !quoted && rest.starts_with("--") {
                break;
            }
            if character == '\'' {
                quoted = !quoted;
            }
            if character == '$' && !quoted {
                let end = after
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(after.len());
                let name = &after[..end];
                rendered.push_str(&literal(name).ok_or_else(|| name.to_owned())?);
                rest = &after[end..];
            } else {
                rendered.push(character);
                rest = after;
            }
        }
        rendered.push('\n');
    }
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_literals_and_comments_go() {
        let statement = Statement {
            name: "t",
            text: "-- uses $nothing\nSELECT $a, '$a', $b -- $c",
        };
        let parameters = Parameters::from([
            ("a", Parameter::Text("it's".to_owned())),
            ("b", Parameter::Integer(7)),
        ]);
        assert_eq!(
            statement.render(&parameters).as_deref(),
            Ok("\nSELECT 'it''s', '$a', 7 \n")
        );
        assert_eq!(statement.render(&Parameters::new()), Err("a".to_owned()));
    }
}
