//! A connectivity matrix as comma-separated text: every cell checked, only the selected ones kept.
//!
//! The files are large (2952 rows of 12 KB) and nearly all cells are `0.0`, so rows are scanned by hand:
//! eight bytes at a time over zeros, digit by digit otherwise, and with the standard parser for
//! anything unusual, which then usually ends in an error.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use crate::stream::{LARGEST_COUNT, parse_count};
use crate::{DataError, Neuron};

/// One non-zero cell between selected neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Position of the presynaptic neuron in the selection.
    pub source: u32,
    /// Position of the postsynaptic neuron in the selection.
    pub target: u32,
    /// Number of contacts.
    pub count: u32,
}

/// What a matrix holds.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    /// Non-zero cells between the neurons to keep, in file order.
    pub cells: Vec<Cell>,
    /// Number of all other non-zero cells.
    pub other_cells: u64,
    /// Sum of their contacts.
    pub other_contacts: u64,
}

/// Reads a matrix (rows presynaptic); all neurons to keep must be listed. `row_read` is called after each
/// row.
pub(crate) fn read_matrix(
    reader: &mut dyn BufRead,
    file: &str,
    keep: &[Neuron],
    expected_size: Option<usize>,
    row_read: &dyn Fn(),
) -> Result<Cells, DataError> {
    let mut line = Vec::new();
    let broken = |row: usize, reason: String| DataError::MalformedTable {
        file: file.to_owned(),
        row: row as u64,
        reason,
    };
    let mut next = |line: &mut Vec<u8>, row: usize| -> Result<bool, DataError> {
        line.clear();
        reader
            .read_until(b'\n', line)
            .map_err(|error| broken(row, error.to_string()))?;
        while line
            .last()
            .is_some_and(|&byte| byte == b'\n' || byte == b'\r')
        {
            line.pop();
        }
        row_read();
        Ok(!line.is_empty())
    };
    if !next(&mut line, 1)? {
        return Err(broken(1, "the file is empty".to_owned()));
    }
    let columns = header(&line, file)?;
    if let Some(expected) = expected_size.filter(|&expected| expected != columns.len()) {
        return Err(DataError::MatrixSize {
            file: file.to_owned(),
            expected,
            actual: columns.len(),
        });
    }
    let known: HashSet<u64> = columns.iter().copied().collect();
    if let Some(neuron) = keep.iter().find(|neuron| !known.contains(&neuron.id)) {
        return Err(DataError::MissingNeuron {
            file: file.to_owned(),
            id: neuron.id,
            population: neuron.population.clone(),
        });
    }
    let selection: HashMap<u64, u32> = keep
        .iter()
        .enumerate()
        .map(|(index, neuron)| (neuron.id, index as u32))
        .collect();
    let targets: Vec<Option<u32>> = columns
        .iter()
        .map(|id| selection.get(id).copied())
        .collect();
    let mut found = Cells::default();
    let mut seen = HashSet::with_capacity(columns.len());
    let mut row = 1;
    while next(&mut line, row + 1)? {
        row += 1;
        let (id, rest) = row_identity(&line, file, row)?;
        if !known.contains(&id) {
            return Err(DataError::UnknownNeuron {
                file: file.to_owned(),
                row: row as u64,
                id,
                context: "it has a row but no column".to_owned(),
            });
        }
        if !seen.insert(id) {
            return Err(DataError::DuplicateNeuron {
                file: file.to_owned(),
                place: format!("row {row}"),
                id,
            });
        }
        let source = selection.get(&id).copied();
        let count = scan(rest, columns.len(), file, row, |column, count| {
            if let (Some(source), Some(target)) = (source, targets[column]) {
                found.cells.push(Cell {
                    source,
                    target,
                    count,
                });
            } else {
                found.other_cells += 1;
                found.other_contacts += u64::from(count);
            }
        })?;
        if count != columns.len() {
            return Err(DataError::RowLength {
                file: file.to_owned(),
                row,
                expected: columns.len() + 1,
                actual: count + 1,
            });
        }
    }
    if seen.len() != columns.len() {
        return Err(DataError::NotSquare {
            file: file.to_owned(),
            rows: seen.len(),
            columns: columns.len(),
        });
    }
    Ok(found)
}

/// The identities of the columns; the first cell of the header is a title for the row identities.
fn header(line: &[u8], file: &str) -> Result<Vec<u64>, DataError> {
    let mut columns = Vec::new();
    let mut seen = HashSet::new();
    for (column, cell) in line.split(|&byte| byte == b',').enumerate().skip(1) {
        let id = parse_identity(cell).ok_or_else(|| DataError::BadValue {
            file: file.to_owned(),
            row: 1,
            column: (column + 1).to_string(),
            value: String::from_utf8_lossy(cell).into_owned(),
            expected: "a neuron's identity (a whole number)".to_owned(),
        })?;
        if !seen.insert(id) {
            return Err(DataError::DuplicateNeuron {
                file: file.to_owned(),
                place: format!("column {}", column + 1),
                id,
            });
        }
        columns.push(id);
    }
    Ok(columns)
}

fn row_identity<'a>(line: &'a [u8], file: &str, row: usize) -> Result<(u64, &'a [u8]), DataError> {
    let comma = line
        .iter()
        .position(|&byte| byte == b',')
        .unwrap_or(line.len());
    let id = parse_identity(&line[..comma]).ok_or_else(|| DataError::BadValue {
        file: file.to_owned(),
        row: row as u64,
        column: "1".to_owned(),
        value: String::from_utf8_lossy(&line[..comma]).into_owned(),
        expected: "a neuron's identity (a whole number)".to_owned(),
    })?;
    Ok((id, &line[comma..]))
}

fn parse_identity(cell: &[u8]) -> Option<u64> {
    std::str::from_utf8(cell).ok()?.trim().parse().ok()
}

/// Calls `keep` for every non-zero cell of `,1.0,0.0,...` and returns the number of cells. At most
/// `limit` cells are handed out; a longer row is only counted.
fn scan(
    rest: &[u8],
    limit: usize,
    file: &str,
    row: usize,
    mut keep: impl FnMut(usize, u32),
) -> Result<usize, DataError> {
    const ZERO: [u8; 4] = *b",0.0";
    const TWO_ZEROS: [u8; 8] = *b",0.0,0.0";
    let mut column = 0;
    let mut at = 0;
    while at < rest.len() {
        // A comma (or the end) must follow, or else this is the start of a longer number like 0.05.
        while rest.len() > at + 8 && rest[at..at + 8] == TWO_ZEROS && rest[at + 8] == b',' {
            at += 8;
            column += 2;
        }
        let ends = rest.len() == at + 4 || rest.get(at + 4) == Some(&b',');
        if ends && rest[at..at + 4] == ZERO {
            at += 4;
            column += 1;
            continue;
        }
        let start = at + 1;
        at = start;
        while at < rest.len() && rest[at] != b',' {
            at += 1;
        }
        let count = parse_count(&rest[start..at]).map_or_else(
            || unusual_count(&rest[start..at], file, row, column + 2),
            Ok,
        )?;
        if count > 0 && column < limit {
            keep(column, count);
        }
        column += 1;
    }
    Ok(column)
}

/// The count of a cell that is not plainly written, or what is wrong with it.
#[cold]
fn unusual_count(cell: &[u8], file: &str, row: usize, column: usize) -> Result<u32, DataError> {
    let value = String::from_utf8_lossy(cell).into_owned();
    let file = file.to_owned();
    let Ok(number) = value.trim().parse::<f64>() else {
        return Err(DataError::NotANumber {
            file,
            row,
            column,
            value,
        });
    };
    if !number.is_finite() {
        Err(DataError::NotFinite {
            file,
            row,
            column,
            value,
        })
    } else if number < 0.0 {
        Err(DataError::NegativeCount {
            file,
            row,
            column,
            value,
        })
    } else if number.fract() != 0.0 {
        Err(DataError::FractionalCount {
            file,
            row,
            column,
            value,
        })
    } else if number > f64::from(LARGEST_COUNT) {
        Err(DataError::CountTooLarge {
            file,
            row,
            column,
            value,
        })
    } else {
        Ok(number as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        scan(text.as_bytes(), 100, "m.csv", 2, |column, count| {
            found.push((column, count))
        })
        .unwrap_or_else(|error| panic!("{error}"));
        found
    }

    #[test]
    fn zeros_are_skipped_and_counts_found() {
        assert_eq!(cells(",0.0,0.0,0.0,12.0,0.0,0.0,3,0.00"), [(3, 12), (6, 3)]);
        assert_eq!(cells(",0.0,0.0,1.0"), [(2, 1)]);
        assert_eq!(cells(",1e2,0.0"), [(0, 100)]);
    }

    #[test]
    fn a_number_that_starts_like_zero_is_a_fraction() {
        for text in [",0.0,0.05", ",0.05", ",0.0,0.0,0.01,0.0"] {
            let result = scan(text.as_bytes(), 9, "m.csv", 2, |_, _| ());
            assert!(
                matches!(result, Err(DataError::FractionalCount { .. })),
                "{text}"
            );
        }
    }
}
