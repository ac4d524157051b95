//! Tables of text with aligned columns.

use std::fmt;

/// Rows of cells; the first column is aligned left, the others as declared.
pub(crate) struct Table {
    alignment: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alignment {
    Left,
    Right,
}

impl Table {
    /// A table with this header; a column whose name starts with `>` is aligned right.
    pub(crate) fn new(header: &[&str]) -> Self {
        let alignment = header
            .iter()
            .map(|name| {
                if name.starts_with('>') {
                    Alignment::Right
                } else {
                    Alignment::Left
                }
            })
            .collect();
        let names = header
            .iter()
            .map(|name| name.trim_start_matches('>').to_owned())
            .collect();
        Self {
            alignment,
            rows: vec![names],
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.alignment.len()).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::from(" ");
            for ((cell, &width), alignment) in row.iter().zip(&widths).zip(&self.alignment) {
                match alignment {
                    Alignment::Left => line.push_str(&format!(" {cell:<width$} ")),
                    Alignment::Right => line.push_str(&format!(" {cell:>width$} ")),
                }
            }
            let end = if index + 1 == self.rows.len() {
                ""
            } else {
                "\n"
            };
            write!(formatter, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with thousands separated by commas.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["name", ">edges"]);
        table.row(["a", "12"]);
        table.row(["long name", "1,234"]);
        assert_eq!(
            table.to_string(),
            "  name       edges\n  a             12\n  long name  1,234"
        );
        assert_eq!(
            (thousands(7), thousands(4509)),
            ("7".to_owned(), "4,509".to_owned())
        );
    }
}
