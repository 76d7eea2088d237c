//! A CSV file with a header, whose errors name file, line and column.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use crate::error::EvaluationError;

#[derive(Debug)]
pub(super) struct CsvFile {
    path: PathBuf,
    header: StringRecord,
    records: Vec<StringRecord>,
}

/// A column that the file has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    position: usize,
}

/// One line, or several where a text goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    path: &'a Path,
    record: &'a StringRecord,
}

impl CsvFile {
    /// Reads the whole file; every row must have as many cells as the header.
    pub(super) fn read(path: &Path) -> Result<Self, EvaluationError> {
        let file = File::open(path).map_err(|source| unread(path, source))?;
        let refused = |source: csv::Error| match source.into_kind() {
            csv::ErrorKind::Io(source) => unread(path, source),
            kind => EvaluationError::Csv {
                path: path.to_owned(),
                reason: reason(&kind),
            },
        };
        let mut reader = ReaderBuilder::new().from_reader(file);
        let header = reader.headers().map_err(refused)?.clone();
        let records = reader.records().collect::<Result<_, _>>().map_err(refused)?;
        Ok(Self {
            path: path.to_owned(),
            header,
            records,
        })
    }

    /// The column with this name, which must be there.
    pub(super) fn column(&self, name: &'static str) -> Result<Column, EvaluationError> {
        self.column_if_any(name)
            .ok_or_else(|| EvaluationError::MissingColumn {
                path: self.path.clone(),
                column: name,
                found: self.header.iter().collect::<Vec<_>>().join(", "),
            })
    }

    pub(super) fn column_if_any(&self, name: &'static str) -> Option<Column> {
        let position = self.header.iter().position(|found| found == name)?;
        Some(Column { name, position })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row {
            path: &self.path,
            record,
        })
    }
}

impl<'a> Row<'a> {
    /// The text of the cell.
    pub(super) fn text(self, column: Column) -> &'a str {
        self.record.get(column.position).unwrap_or_default()
    }

    /// The text of the cell, which must not be empty.
    pub(super) fn id(self, column: Column) -> Result<&'a str, EvaluationError> {
        match self.text(column) {
            "" => Err(self.refuse(column, "an id")),
            id => Ok(id),
        }
    }

    /// Microseconds since 1970-01-01 UTC.
    pub(super) fn time_us(self, column: Column) -> Result<i64, EvaluationError> {
        chrono::DateTime::parse_from_rfc3339(self.text(column))
            .map(|time| time.timestamp_micros())
            .map_err(|_| self.refuse(column, "a time with its zone, such as 2024-01-31T08:00:00Z"))
    }

    /// The error that the cell is not what was expected.
    pub(super) fn refuse(self, column: Column, expected: &'static str) -> EvaluationError {
        EvaluationError::Value {
            path: self.path.to_owned(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: column.name,
            value: self.text(column).to_owned(),
            expected,
        }
    }
}

fn unread(path: &Path, source: io::Error) -> EvaluationError {
    EvaluationError::Read {
        path: path.to_owned(),
        source,
    }
}

fn reason(kind: &csv::ErrorKind) -> String {
    let line = |position: &Option<csv::Position>| position.as_ref().map_or(0, csv::Position::line);
    match kind {
        csv::ErrorKind::Utf8 { pos, err } => {
            format!("line {}, column {} is not UTF-8", line(pos), err.field() + 1)
        }
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => format!(
            "line {} has {len} cells where the header has {expected_len}",
            line(pos)
        ),
        other => format!("{other:?}"),
    }
}
