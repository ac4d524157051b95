//! Tables of odours and labels as people write them: CSV with one row per odour.
//!
//! | table | header | row |
//! |---|---|---|
//! | panel | `odour`, then the channels | an odour and its response in each channel |
//! | labels | `odour,label` | an odour and its class |
//!
//! Every fault names its file and line.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use serde::{Deserialize, Serialize};

/// Largest table, bytes.
const LARGEST: u64 = 256 << 20;

/// The first column of both tables.
const ODOUR: &str = "odour";
/// The second column of labels.
const LABEL: &str = "label";

/// Why a table of odours or labels cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read.
    #[error("cannot read {file}: {source}", file = file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The table as a whole is wrong.
    #[error("{table}: {problem}")]
    Table {
        /// The file, or the part of a study file.
        table: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A row is wrong.
    #[error("{table}, line {line}: {problem}")]
    Row {
        /// The file.
        table: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl TableError {
    pub(crate) fn table(table: &str, problem: impl Into<String>) -> Self {
        Self::Table {
            table: table.to_owned(),
            problem: problem.into(),
        }
    }
}

/// An odour with its responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdourResponses {
    /// Its name.
    pub name: String,
    /// Response in each channel.
    pub responses: Vec<f64>,
}

/// A panel of odours.
#[derive(Clone, Debug, PartialEq)]
pub struct PanelTable {
    /// Names of the channels, as in the header.
    pub channels: Vec<String>,
    /// The odours, in the order of the rows.
    pub odours: Vec<OdourResponses>,
}

/// An odour and its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdourLabel {
    /// Name of the odour.
    pub odour: String,
    /// Name of its class.
    pub label: String,
}

impl PanelTable {
    /// Reads a panel.
    ///
    /// # Errors
    /// Files that cannot be read, and tables with a fault; see [`TableError`].
    pub fn read(file: &Path) -> Result<Self, TableError> {
        Self::parse(&shown(file), &text(file)?)
    }

    /// Reads a panel from the text of a table that errors call `table`.
    ///
    /// # Errors
    /// As [`PanelTable::read`].
    pub fn parse(table: &str, text: &str) -> Result<Self, TableError> {
        let rows = rows(table, text)?;
        let (_, header) = &rows[0];
        if header.len() < 2 || !header[0].eq_ignore_ascii_case(ODOUR) {
            return Err(TableError::Row {
                table: table.to_owned(),
                line: 1,
                problem: format!(
                    "the header must be \"{ODOUR}\" and the names of the channels, but it is \"{}\"",
                    header.iter().collect::<Vec<_>>().join(",")
                ),
            });
        }
        let channels: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
        let fault = |line: u64, problem: String| TableError::Row {
            table: table.to_owned(),
            line,
            problem,
        };
        for (index, channel) in channels.iter().enumerate() {
            if channel.is_empty() {
                return Err(fault(1, format!("column {} has no name", index + 2)));
            }
            if channels[..index].contains(channel) {
                return Err(fault(1, format!("two columns are called \"{channel}\"")));
            }
        }
        let mut odours: Vec<OdourResponses> = Vec::with_capacity(rows.len() - 1);
        let mut names = std::collections::HashMap::new();
        for (line, row) in &rows[1..] {
            let name = named(table, *line, row, channels.len() + 1)?;
            if let Some(first) = names.insert(name.to_lowercase(), *line) {
                let problem =
                    format!("\"{name}\" stands in line {first} already; every odour has one row");
                return Err(fault(*line, problem));
            }
            let responses = (row.iter().skip(1).zip(&channels))
                .map(|(cell, channel)| {
                    let value = cell.parse::<f64>().ok().filter(|value| value.is_finite());
                    value.ok_or_else(|| {
                        let problem = format!(
                            "the response of \"{channel}\" is \"{cell}\"; it must be a finite number"
                        );
                        fault(*line, problem)
                    })
                })
                .collect::<Result<_, _>>()?;
            odours.push(OdourResponses { name, responses });
        }
        if odours.is_empty() {
            return Err(TableError::table(
                table,
                "it has no odour; add at least two rows",
            ));
        }
        Ok(Self { channels, odours })
    }
}

/// Reads labels.
///
/// # Errors
/// Files that cannot be read, and tables with a fault; see [`TableError`].
pub fn read_labels(file: &Path) -> Result<Vec<OdourLabel>, TableError> {
    parse_labels(&shown(file), &text(file)?)
}

/// Reads labels from the text of a table that errors call `table`.
///
/// # Errors
/// As [`read_labels`].
pub fn parse_labels(table: &str, text: &str) -> Result<Vec<OdourLabel>, TableError> {
    let rows = rows(table, text)?;
    let (_, header) = &rows[0];
    let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
    if names != [ODOUR, LABEL] {
        return Err(TableError::Row {
            table: table.to_owned(),
            line: 1,
            problem: format!(
                "the header must be \"{ODOUR},{LABEL}\", but it is \"{}\"",
                names.join(",")
            ),
        });
    }
    let mut labels: Vec<OdourLabel> = Vec::with_capacity(rows.len() - 1);
    let mut seen = std::collections::HashMap::new();
    for (line, row) in &rows[1..] {
        let odour = named(table, *line, row, 2)?;
        let problem = if row[1].is_empty() {
            Some(format!("\"{odour}\" has no label"))
        } else {
            let first = seen.insert(odour.to_lowercase(), *line);
            first.map(|first| format!("\"{odour}\" has a label in line {first} already"))
        };
        if let Some(problem) = problem {
            return Err(TableError::Row {
                table: table.to_owned(),
                line: *line,
                problem,
            });
        }
        labels.push(OdourLabel {
            odour,
            label: row[1].to_owned(),
        });
    }
    Ok(labels)
}

/// The odour of a row that must have so many cells.
fn named(table: &str, line: u64, row: &StringRecord, cells: usize) -> Result<String, TableError> {
    let fault = |problem: String| TableError::Row {
        table: table.to_owned(),
        line,
        problem,
    };
    if row.len() != cells {
        return Err(fault(format!(
            "it has {} cells, but the header has {cells}",
            row.len()
        )));
    }
    if row[0].is_empty() {
        return Err(fault("the odour has no name".to_owned()));
    }
    Ok(row[0].to_owned())
}

/// Header and rows with their lines; there is at least the header.
fn rows(table: &str, text: &str) -> Result<Vec<(u64, StringRecord)>, TableError> {
    // Spreadsheets begin UTF-8 files with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| TableError::table(table, error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, record));
    }
    if rows.is_empty() {
        return Err(TableError::table(table, "it is empty"));
    }
    Ok(rows)
}

pub(crate) fn shown(file: &Path) -> String {
    file.display().to_string()
}

pub(crate) fn text(file: &Path) -> Result<String, TableError> {
    let mut text = String::new();
    File::open(file)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|source| TableError::Read {
            file: file.to_owned(),
            source,
        })?;
    if text.len() as u64 > LARGEST {
        let problem = format!("it is larger than {LARGEST} bytes, so it is no table of odours");
        return Err(TableError::table(&shown(file), problem));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::fmt::Debug>(result: Result<T, TableError>) -> String {
        result.expect_err("a fault").to_string()
    }

    #[test]
    fn a_panel_is_read_as_written() {
        let text =
            "\u{feff}odour,Or1a,Or7a\n\"ethyl acetate, pure\",12.5, 3\n# left out\nblank,0,1e1\n";
        let panel = PanelTable::parse("p.csv", text).expect("a panel");
        assert_eq!(panel.channels, ["Or1a", "Or7a"]);
        assert_eq!(panel.odours[0].name, "ethyl acetate, pure");
        assert_eq!(panel.odours[0].responses, [12.5, 3.0]);
        assert_eq!(panel.odours[1].responses, [0.0, 10.0]);
    }

    #[test]
    fn faults_of_a_panel_name_file_and_line() {
        for (text, telling) in [
            ("", "p.csv: it is empty"),
            ("odour,a\n", "p.csv: it has no odour"),
            (
                "name,a\nx,1\n",
                "p.csv, line 1: the header must be \"odour\"",
            ),
            ("odour\nx\n", "line 1: the header"),
            ("odour,a,a\nx,1,2\n", "line 1: two columns are called \"a\""),
            ("odour,a,\nx,1,2\n", "line 1: column 3 has no name"),
            (
                "odour,a,b\nx,1,2\ny,1\n",
                "line 3: it has 2 cells, but the header has 3",
            ),
            (
                "odour,a\nx,NaN\n",
                "line 2: the response of \"a\" is \"NaN\"",
            ),
            (
                "odour,a\nx,inf\n",
                "line 2: the response of \"a\" is \"inf\"",
            ),
            ("odour,a\nx,\n", "line 2: the response of \"a\" is \"\""),
            (
                "odour,a\nx,1\nX,2\n",
                "line 3: \"X\" stands in line 2 already",
            ),
            ("odour,a\n,1\n", "line 2: the odour has no name"),
        ] {
            let message = refused(PanelTable::parse("p.csv", text));
            assert!(message.contains(telling), "{text:?}: {message}");
        }
    }

    #[test]
    fn faults_of_labels_name_file_and_line() {
        for (text, telling) in [
            (
                "odour,valence\nx,1\n",
                "l.csv, line 1: the header must be \"odour,label\"",
            ),
            ("odour,label\nx,\n", "line 2: \"x\" has no label"),
            (
                "odour,label\nx,1\nx,1\n",
                "line 3: \"x\" has a label in line 2",
            ),
            ("odour,label\nx\n", "line 2: it has 1 cells"),
        ] {
            let message = refused(parse_labels("l.csv", text));
            assert!(message.contains(telling), "{text:?}: {message}");
        }
        assert!(read_labels(Path::new("no such file")).is_err());
    }
}
