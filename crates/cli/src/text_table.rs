//! Plain text columns for people: no lines, two spaces between, numbers to the right.

/// Rows below a header; every row has as many cells as the header.
#[derive(Debug)]
pub(crate) struct TextTable {
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self {
            rows: vec![header.iter().map(ToString::to_string).collect()],
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, each ended.
    pub(crate) fn render(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<usize> = (0..columns)
            .map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        let numeric: Vec<bool> = (0..columns)
            .map(|column| self.rows.len() > 1 && cells(column).skip(1).all(|cell| is_number(cell)))
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or_default();
                let padded = if numeric.get(column).copied().unwrap_or_default() {
                    format!("{cell:>width$}  ")
                } else {
                    format!("{cell:<width$}  ")
                };
                line.push_str(&padded);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::TextTable;

    #[test]
    fn numbers_are_right_aligned_and_lines_have_no_trailing_space() {
        let mut table = TextTable::new(&["stage", "seconds", "counts"]);
        table.row(["load".to_owned(), "1.5".to_owned(), "rows 3".to_owned()]);
        table.row(["segment".to_owned(), "12.0".to_owned(), String::new()]);
        assert_eq!(
            table.render(),
            "stage    seconds  counts\nload         1.5  rows 3\nsegment     12.0\n"
        );
    }
}
