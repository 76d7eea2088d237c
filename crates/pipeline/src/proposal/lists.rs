//! Several words in one text: how a column separates them, and the SQL that makes a list of them.

use std::collections::{BTreeMap, BTreeSet};

use super::words::says_space_separated;

/// How a text holds several words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListReading {
    /// Between separators, with or without spaces around them.
    Separated(char),
    /// As a list is printed: `["a", "b"]` or `['a', 'b']`.
    Printed,
}

impl ListReading {
    /// How the values of a column hold several words; `None` if each value is one thing.
    pub(super) fn of(name: &str, values: &[&str]) -> Option<Self> {
        let share = |fits: &dyn Fn(&str) -> bool| {
            values.iter().filter(|value| fits(value)).count() as f64 / values.len().max(1) as f64
        };
        if share(&|value| value.starts_with('[') && value.ends_with(']')) > 0.9 {
            return Some(Self::Printed);
        }
        let separator = ['|', ';', ','].into_iter().find(|separator| {
            let splits = share(&|value| value.contains(*separator));
            splits > 0.1 && are_short(values, *separator)
        });
        separator
            .or_else(|| (says_space_separated(name) || are_combined(values)).then_some(' '))
            .map(Self::Separated)
    }

    /// The expression that gives the list, from a quoted column.
    pub(super) fn sql(self, column: &str) -> String {
        match self {
            Self::Separated(' ') => format!("string_to_array(trim({column}), ' ')"),
            Self::Separated(separator) => {
                let pattern = if separator == '|' {
                    r" *\| *".to_owned()
                } else {
                    format!(" *{separator} *")
                };
                format!(
                    "string_to_array(regexp_replace(trim({column}), '{pattern}', '{separator}', 'g'), '{separator}')"
                )
            }
            Self::Printed => format!(
                "string_to_array(regexp_replace(regexp_replace({column}, '[\"''\\[\\]]', '', 'g'), ' *, *', ',', 'g'), ',')"
            ),
        }
    }
}

/// Whether the parts are as short as tags are; sentences have commas too.
fn are_short(values: &[&str], separator: char) -> bool {
    let parts: Vec<&str> = values.iter().flat_map(|value| value.split(separator)).collect();
    let words: usize = parts.iter().map(|part| part.split_whitespace().count()).sum();
    words as f64 <= 3.0 * parts.len() as f64
}

/// Whether the values are combinations of few words: each word appears in several values and with several others.
fn are_combined(values: &[&str]) -> bool {
    let distinct: BTreeSet<&str> = values.iter().copied().collect();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let mut several = 0;
    for value in &distinct {
        let words: BTreeSet<&str> = value.split_whitespace().collect();
        several += usize::from(words.len() > 1);
        for word in words {
            *uses.entry(word).or_default() += 1;
        }
    }
    let reused = uses.values().filter(|count| **count >= 3).count();
    several * 2 > distinct.len() && uses.len() * 3 < distinct.len() && reused * 2 > uses.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_told_from_prose() {
        for (values, expected) in [
            (&["Drama|Crime", "Comedy"][..], Some(ListReading::Separated('|'))),
            (&["rye bread; baking", "yeast"], Some(ListReading::Separated(';'))),
            (&["rock, pop", "jazz"], Some(ListReading::Separated(','))),
            (&["['a', 'b']", "[]"], Some(ListReading::Printed)),
            (
                &["When the boat sank, everybody who had been on it swam to the shore of the lake"],
                None,
            ),
            (&["FROZEN FOODS", "BAKED BREAD"], None),
        ] {
            assert_eq!(ListReading::of("genres", values), expected, "{values:?}");
        }
        let combined = [
            "a b", "a c", "b c", "a b c", "b d", "a d", "c d", "a b d", "b c d", "a c d", "a b c d", "d b a",
            "c b",
        ];
        assert_eq!(ListReading::of("x", &combined), Some(ListReading::Separated(' ')));
        assert_eq!(
            ListReading::of("class:token_seq", &["Animation Comedy"]),
            Some(ListReading::Separated(' '))
        );
    }
}
