//! How a CSV file is written: its delimiter, its quotes, the names in its first line.
//!
//! Looks at the beginning of the file only, and refuses what has no names or is no text.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use super::error::ProposalError;

/// The characters that may lie between columns, the likeliest first.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
const QUOTE: char = '"';
/// Of the beginning of the file that is looked at.
const MOST_BYTES: u64 = 4 << 20;
const MOST_LINES: usize = 2_000;

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: char,
    /// None if a quote is a character like any other.
    pub(super) quote: Option<char>,
    /// Whether values hold line breaks.
    pub(super) multiline: bool,
    /// The names of the columns, made unique.
    pub(super) names: Vec<String>,
}

impl Dialect {
    /// Finds out how a file is written.
    pub(super) fn of_file(path: &Path) -> Result<Self, ProposalError> {
        let unreadable = |error: std::io::Error| ProposalError::Unreadable {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut reader = BufReader::new(file.take(MOST_BYTES));
        let (mut text, mut complete) = (String::new(), false);
        for _ in 0..MOST_LINES {
            match reader.read_line(&mut text) {
                Ok(0) => {
                    complete = reader.get_ref().limit() > 0;
                    break;
                }
                Ok(_) => {}
                // The limit may cut a character in two.
                Err(error) if error.kind() == ErrorKind::InvalidData && reader.get_ref().limit() == 0 => {
                    break;
                }
                Err(error) if error.kind() == ErrorKind::InvalidData => return Err(not_text(path)),
                Err(error) => return Err(unreadable(error)),
            }
        }
        Self::of_text(&text, complete).map_err(|message| ProposalError::Unreadable {
            path: path.to_owned(),
            message,
        })
    }

    /// Finds out how the text of a file is written; the error says what is wrong with it. A text that is not `complete`
    /// may end anywhere.
    fn of_text(text: &str, complete: bool) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        let (delimiter, quote) = DELIMITERS
            .into_iter()
            .map(|delimiter| {
                let (quote, uniform, width) = quotes(text, delimiter, complete);
                ((uniform, width), delimiter, quote)
            })
            .filter(|((_, width), ..)| *width > 1)
            .max_by(|(left, ..), (right, ..)| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)))
            .map(|(_, delimiter, quote)| (delimiter, quote))
            .ok_or(
                "its first line has no `,`, `;`, `|` or tab between names of columns; is it a CSV file?",
            )?;
        let records = records(text, delimiter, quote);
        let multiline = records.rows.iter().flatten().any(|field| field.contains('\n'));
        let header = records.rows.into_iter().next().unwrap_or_default();
        let values = header.iter().filter(|name| is_value(name)).count();
        if values * 2 >= header.len() {
            return Err(format!(
                "its first line holds values and not the names of columns (`{}`); put a line with names before it",
                header.join("`, `")
            ));
        }
        Ok(Self {
            delimiter,
            quote,
            multiline,
            names: unique(header),
        })
    }
}

fn not_text(path: &Path) -> ProposalError {
    ProposalError::Unreadable {
        path: path.to_owned(),
        message:
            "it is not UTF-8 text; convert it (`iconv -f latin1 -t utf-8`) or point at the unpacked file"
                .to_owned(),
    }
}

/// Whether quotes are quotes for that delimiter, the share of rows as wide as the first, and that width.
fn quotes(text: &str, delimiter: char, complete: bool) -> (Option<char>, f64, usize) {
    let with = records(text, delimiter, Some(QUOTE));
    let without = records(text, delimiter, None);
    let (share_with, share_without) = (with.uniform(), without.uniform());
    // A quote where none can be, or rows that only fall into columns when quotes mean nothing.
    let misplaced = with.misplaced || (with.open && complete);
    if share_without > share_with || (misplaced && share_without >= share_with) {
        (None, share_without, without.width())
    } else {
        (Some(QUOTE), share_with, with.width())
    }
}

struct Records {
    rows: Vec<Vec<String>>,
    /// Whether something else than a delimiter follows a closing quote.
    misplaced: bool,
    /// Whether the text ends within quotes.
    open: bool,
}

impl Records {
    fn width(&self) -> usize {
        self.rows.first().map_or(0, Vec::len)
    }

    fn uniform(&self) -> f64 {
        let width = self.width();
        let same = self.rows.iter().filter(|row| row.len() == width).count();
        same as f64 / self.rows.len().max(1) as f64
    }
}

fn records(text: &str, delimiter: char, quote: Option<char>) -> Records {
    let mut rows = Vec::new();
    let (mut row, mut field) = (Vec::new(), String::new());
    let (mut quoted, mut misplaced, mut closed) = (false, false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if quoted {
            if Some(character) != quote {
                field.push(character);
            } else if characters.peek() == Some(&character) {
                characters.next();
                field.push(character);
            } else {
                (quoted, closed) = (false, true);
            }
        } else if character == delimiter {
            row.push(std::mem::take(&mut field));
            closed = false;
        } else if character == '\n' {
            row.push(std::mem::take(&mut field));
            let finished = std::mem::take(&mut row);
            if finished.len() > 1 || finished.iter().any(|field| !field.is_empty()) {
                rows.push(finished);
            }
            closed = false;
        } else if character == '\r' && characters.peek() == Some(&'\n') {
            // Part of the end of the line.
        } else if Some(character) == quote && field.is_empty() && !closed {
            quoted = true;
        } else {
            misplaced |= closed;
            field.push(character);
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    Records {
        rows,
        misplaced,
        open: quoted,
    }
}

/// Whether a cell of the first line is a number or a date, which no name is.
fn is_value(cell: &str) -> bool {
    let cell = cell.trim();
    let date = cell.get(.."2026-01-31".len()).unwrap_or_default();
    cell.parse::<f64>().is_ok() || chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok()
}

fn unique(names: Vec<String>) -> Vec<String> {
    let mut given: Vec<String> = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        // In a job file `${` would begin a variable.
        let name = match name.trim().replace("${", "$") {
            empty if empty.is_empty() => format!("column_{}", place + 1),
            name => name,
        };
        let mut candidate = name.clone();
        let mut repeated = 1;
        while given.contains(&candidate) {
            repeated += 1;
            candidate = format!("{name}_{repeated}");
        }
        given.push(candidate);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, delimiter: char, quote: Option<char>, names: &[&str]) {
        let expected = Dialect {
            delimiter,
            quote,
            multiline: text.contains("two\nlines"),
            names: names.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(Dialect::of_text(text, true), Ok(expected), "{text}");
    }

    #[test]
    fn delimiters_and_quotes_are_found() {
        let quote = Some('"');
        check("a,b\n1,2\n", ',', quote, &["a", "b"]);
        check(
            "\u{feff}Kunde;Titel\r\n1;\"Brot, Butter; Käse\"\r\n",
            ';',
            quote,
            &["Kunde", "Titel"],
        );
        check("a\tb,c\n1\tx\n", '\t', quote, &["a", "b,c"]);
        check("a|b\n1|2", '|', quote, &["a", "b"]);
        check("a,b\n1,\"two\nlines\"\n", ',', quote, &["a", "b"]);
        check(
            "id\ttitle\n1\t\"Very\" Natural\n2\t\"Open\n3\tx\n",
            '\t',
            None,
            &["id", "title"],
        );
        check("a,a,,b\n1,2,3,4\n", ',', quote, &["a", "a_2", "column_3", "b"]);
    }

    #[test]
    fn what_has_no_names_is_refused() {
        for (text, part) in [
            ("", "empty"),
            ("just words\nmore words\n", "is it a CSV file"),
            (
                "196\t242\t3\t881250949\n186\t302\t3\t891717742\n",
                "values and not the names",
            ),
        ] {
            let error = Dialect::of_text(text, true).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
