//! The names themselves: as rows for other programs, and some to look at.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::naming::comparison::Compared;
use crate::naming::journeys::Journey;

/// Titles of a journey that are shown with its names.
const SAMPLE_TITLES: usize = 5;

/// Writes CSV, a row per named journey: collection_id, list, title, section, the shown items' titles, then a column of
/// names per method.
pub fn write_names(out: impl Write, journeys: &[Journey<'_>], compared: &Compared) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let methods = compared.comparison.methods.iter();
    let names = methods.map(|method| method.name.as_str());
    csv.write_record(
        ["collection_id", "list", "title", "section", "shown"]
            .into_iter()
            .chain(names),
    )?;
    for (row, &number) in compared.chosen.iter().enumerate() {
        let journey = &journeys[number];
        let collection = journey.collection;
        let shown: Vec<&str> = journey.shown.iter().map(|item| item.title.as_str()).collect();
        let shown = shown.join(" | ");
        let known = [
            collection.collection_id.as_str(),
            &collection.list,
            &collection.title,
            &collection.section,
            &shown,
        ];
        let given = compared.names.iter().map(|names| names[row].name.as_str());
        csv.write_record(known.into_iter().chain(given))?;
    }
    csv.flush()
}

/// The first so many journeys with what each method calls them; texts are made fit for a terminal.
pub fn sample_names(journeys: &[Journey<'_>], compared: &Compared, count: usize) -> String {
    let mut text = String::new();
    for (row, &number) in compared.chosen.iter().enumerate().take(count) {
        let journey = &journeys[number];
        let titles = journey.shown.iter().take(SAMPLE_TITLES);
        let titles: Vec<String> = titles.map(|item| printable(&item.title)).collect();
        // Writing to a string cannot fail.
        writeln!(text, "{}", printable(&journey.collection.title)).ok();
        writeln!(text, "  {} items: {}", journey.shown.len(), titles.join(" | ")).ok();
        for (method, names) in compared.comparison.methods.iter().zip(&compared.names) {
            writeln!(text, "    {:<14}{}", method.name, printable(&names[row].name)).ok();
        }
    }
    text
}

/// Titles and what a model says are not ours: no line ends, and nothing that moves a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
