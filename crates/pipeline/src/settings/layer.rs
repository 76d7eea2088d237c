//! One layer of settings on top of another, and where each value came from.
//!
//! A layer is a TOML table that may leave anything out. Each is checked by itself before it is laid on the others, so
//! that an error names the line, variable or flag that caused it.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::JobSettings;
use super::resolve::Origin;

/// Settings laid on top of each other so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// The values, later layers winning.
    pub(super) values: Table,
    /// The origin of each leaf in `values`, by dotted key.
    pub(super) origins: BTreeMap<String, Origin>,
}

impl Layers {
    /// Reads the text of a job file as the lowest layer; the error says the line.
    pub(super) fn from_job_file(text: &str) -> Result<Self, String> {
        let describe = |error: &toml::de::Error| describe(text, error);
        toml::from_str::<JobSettings>(text).map_err(|error| describe(&error))?;
        let values: Table = toml::from_str(text).map_err(|error| describe(&error))?;
        let origins = leaves(text)
            .map_err(|error| describe(&error))?
            .into_iter()
            .map(|leaf| (leaf.key, Origin::JobFile { line: leaf.line }))
            .collect();
        Ok(Self { values, origins })
    }

    /// Lays a checked table on top.
    pub(super) fn lay(&mut self, layer: Table, origin: &Origin) {
        self.lay_within(layer, "", origin);
    }

    fn lay_within(&mut self, layer: Table, prefix: &str, origin: &Origin) {
        for (name, value) in layer {
            let key = join(prefix, &name);
            match value {
                Value::Table(inner) => self.lay_within(inner, &key, origin),
                leaf => {
                    insert(&mut self.values, &key, leaf);
                    self.origins.insert(key, origin.clone());
                }
            }
        }
    }

    /// Where the value of a dotted key came from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }
}

/// A value of a TOML text that is not a table.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Dotted key.
    pub(super) key: String,
    /// Line of the value's key, from 1.
    pub(super) line: usize,
    /// The value as it is written.
    pub(super) value: String,
}

/// All leaves of a TOML text.
pub(super) fn leaves(text: &str) -> Result<Vec<Leaf>, toml::de::Error> {
    let document = DeTable::parse(text)?;
    let mut found = Vec::new();
    collect(text, document.get_ref(), "", &mut found);
    Ok(found)
}

fn collect(text: &str, table: &DeTable<'_>, prefix: &str, found: &mut Vec<Leaf>) {
    for (name, value) in table {
        let key = join(prefix, name.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => collect(text, inner, &key, found),
            _ => found.push(Leaf {
                key,
                line: line_of(text, name.span().start),
                value: written(text, value),
            }),
        }
    }
}

fn written(text: &str, value: &Spanned<DeValue<'_>>) -> String {
    text.get(value.span()).unwrap_or_default().to_owned()
}

/// A table with one leaf at a dotted key.
pub(super) fn nested(key: &str, value: Value) -> Table {
    let mut table = Table::new();
    insert(&mut table, key, value);
    table
}

fn insert(table: &mut Table, key: &str, value: Value) {
    let Some((name, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let inner = table
        .entry(name.to_owned())
        .or_insert_with(|| Value::Table(Table::new()));
    // A layer that puts a table where another has a value is refused before it is laid.
    if let Value::Table(inner) = inner {
        insert(inner, rest, value);
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn describe(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim().replace('\n', "; ");
    let Some(span) = error.span() else {
        return message;
    };
    let line = line_of(text, span.start);
    let source = text.lines().nth(line - 1).unwrap_or_default().trim();
    format!("line {line}, `{source}`: {message}")
}
