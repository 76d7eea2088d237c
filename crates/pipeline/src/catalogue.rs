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
    ACTIVITY_LOG = "pipeline/load/04_activity_log",
    CHECKED_ACTIVITIES = "pipeline/load/02_checked_activities",
    REJECTED_ROWS = "pipeline/load/05_rejected_rows",
    REJECTION_REASONS = "pipeline/load/08_rejection_reasons",
    SCATTERED_ACTIVITIES = "pipeline/load/03_scattered_activities",
    SLICE_DIGEST = "pipeline/load/06_slice_digest",
    SLICE_ITEMS_DIGEST = "pipeline/load/07_slice_items_digest",
    KNOWN_ITEMS = "pipeline/load/01_known_items",
    CHOSEN_NAMES = "pipeline/name/04_chosen_names",
    JOURNEYS_CARRIED = "pipeline/name/07_journeys_carried",
    JOURNEYS_FRESH = "pipeline/name/06_journeys_fresh",
    JOURNEYS_SUPERSEDED = "pipeline/name/07_journeys_superseded",
    NAMING_INPUTS = "pipeline/name/01_naming_inputs",
    NEW_EXTRACTIVE_NAMES = "pipeline/name/02_new_extractive_names",
    NEW_MODEL_NAMES = "pipeline/name/03_new_model_names",
    RENAMED_BUCKETS = "pipeline/name/05_renamed_buckets",
    SLICE_SIZE = "pipeline/plan/01_slice_size",
    FIRST_NEEDED = "pipeline/plan/02_first_needed",
    ACTIVITIES_CARRIED = "pipeline/segment/06_activities_carried",
    ACTIVITIES_FRESH = "pipeline/segment/05_activities_fresh",
    ACTIVITIES_MOVED = "pipeline/segment/06_activities_moved",
    ACTIVITIES_SUPERSEDED = "pipeline/segment/06_activities_superseded",
    ALIASES_CARRIED = "pipeline/segment/08_aliases_carried",
    ALIASES_FRESH = "pipeline/segment/07_aliases_fresh",
    ALIASES_SUPERSEDED = "pipeline/segment/08_aliases_superseded",
    CHANGED_USERS = "pipeline/segment/02_changed_users",
    LATE_BUCKETS = "pipeline/segment/00_late_buckets",
    SEGMENTED = "pipeline/segment/01_segmented",
    STATE_CARRIED = "pipeline/segment/04_state_carried",
    STATE_FRESH = "pipeline/segment/03_state_fresh",
    STATE_SUPERSEDED = "pipeline/segment/04_state_superseded",
    REPORT_OVERVIEW = "report/01_overview",
    REPORT_JOURNEYS_PER_USER = "report/02_journeys_per_user",
    REPORT_LENGTHS = "report/03_lengths",
    REPORT_SPANS = "report/04_spans",
    REPORT_NAMES_BY_SOURCE = "report/05_names_by_source",
    REPORT_COMMON_NAMES = "report/06_common_names",
    REPORT_REJECTED_ROWS = "report/07_rejected_rows",
    REPORT_SAMPLE_USERS = "report/08_sample_users",
    REPORT_SAMPLE_JOURNEYS = "report/09_sample_journeys",
    REPORT_SAMPLE_ACTIVITIES = "report/10_sample_activities",
}

/// A value for a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Text(String),
    Integer(i64),
    /// What stands after `IN`; must not be empty.
    Texts(Vec<String>),
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
            Self::Text(text) => quoted(text),
            Self::Integer(value) => value.to_string(),
            Self::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("({})", texts.join(", "))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Replaces each `$name` outside comments and quotes.
pub(crate) fn render(text: &str, literal: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut rendered = String::with_capacity(text.len());
    // The quote of the text or name that goes on here: a name in double quotes may hold anything as well.
    let mut quote: Option<char> = None;
    for line in text.lines() {
        let mut rest = line;
        while let Some(character) = rest.chars().next() {
            let after = &rest[character.len_utf8()..];
            if quote.is_none() && rest.starts_with("--") {
                break;
            }
            match quote {
                None if matches!(character, '\'' | '"') => quote = Some(character),
                Some(open) if open == character => quote = None,
                _ => {}
            }
            if character == '$' && quote.is_none() {
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
    fn quoted_names_are_left_alone() {
        let none = |_: &str| None;
        let sql = "SELECT \"it's -- $5\" AS \"a\"\"$b\", '\"' -- gone";
        assert_eq!(
            render(sql, &none).as_deref(),
            Ok("SELECT \"it's -- $5\" AS \"a\"\"$b\", '\"' \n")
        );
    }

    #[test]
    fn parameters_become_literals_and_comments_go() {
        let statement = Statement {
            name: "t",
            text: "-- uses $nothing\nSELECT $a, '$a', $b IN $d -- $c",
        };
        let parameters = Parameters::from([
            ("a", Parameter::Text("it's".to_owned())),
            ("b", Parameter::Integer(7)),
            ("d", Parameter::Texts(vec!["x".to_owned(), "it's".to_owned()])),
        ]);
        assert_eq!(
            statement.render(&parameters).as_deref(),
            Ok("\nSELECT 'it''s', '$a', 7 IN ('x', 'it''s') \n")
        );
        assert_eq!(statement.render(&Parameters::new()), Err("a".to_owned()));
    }
}
