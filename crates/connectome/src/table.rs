//! Small tables with a header, with errors that name file, row and column.

use std::io::Read;

use crate::DataError;

/// A table in memory.
pub(crate) struct Table {
    /// Name for messages.
    pub file: String,
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells, all rows as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// Reads a table; all rows must have as many cells as the header.
pub(crate) fn read_table(reader: impl Read, file: &str, delimiter: u8) -> Result<Table, DataError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(true)
        .from_reader(reader);
    let malformed = |row: u64, reason: String| DataError::MalformedTable {
        file: file.to_owned(),
        row,
        reason,
    };
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| malformed(1, error.to_string()))?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| malformed(index as u64 + 2, error.to_string()))?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok(Table {
        file: file.to_owned(),
        header,
        rows,
    })
}

impl Table {
    /// Position of a column.
    pub fn column(&self, name: &str) -> Result<usize, DataError> {
        self.find(name).ok_or_else(|| DataError::MissingColumn {
            file: self.file.clone(),
            column: name.to_owned(),
            found: self.header.join(", "),
        })
    }

    /// Position of a column that may be absent.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|other| other == name)
    }

    /// Positions of several columns.
    pub fn columns<const N: usize>(&self, names: &[&str; N]) -> Result<[usize; N], DataError> {
        let mut found = [0; N];
        for (slot, name) in found.iter_mut().zip(names) {
            *slot = self.column(name)?;
        }
        Ok(found)
    }

    /// Rows with their number in the file, the header being row 1.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &Vec<String>)> {
        self.rows
            .iter()
            .enumerate()
            .map(|(index, row)| (index as u64 + 2, row))
    }

    /// The error for a cell that is not what it should be.
    pub fn bad_value(&self, row: u64, column: usize, expected: &str) -> DataError {
        DataError::BadValue {
            file: self.file.clone(),
            row,
            column: self.header.get(column).cloned().unwrap_or_default(),
            value: self.rows[row as usize - 2]
                .get(column)
                .cloned()
                .unwrap_or_default(),
            expected: expected.to_owned(),
        }
    }
}
