//! Receptor responses: the table of rates, or its reconstruction from the files of single receptors.

use std::collections::BTreeMap;
use std::io::Read;

use crate::DataError;
use crate::descriptor::{PerReceptorDescriptor, ResponsesDescriptor};
use crate::table::read_table;

/// Rates in spikes/s, one row per odour and one column per receptor.
pub(crate) type Rates = Vec<Vec<i32>>;

/// Reads the table of rates; rows and columns must be those of the descriptor, in order.
pub(crate) fn read_rates(
    reader: impl Read,
    file: &str,
    expected: &ResponsesDescriptor,
) -> Result<Rates, DataError> {
    read_values(
        reader,
        file,
        expected,
        "a whole number of spikes/s",
        |cell| cell.parse().ok(),
    )
}

/// Reads the normalised table, which must have the same rows and columns.
pub(crate) fn read_normalised(
    reader: impl Read,
    file: &str,
    expected: &ResponsesDescriptor,
) -> Result<Vec<Vec<f64>>, DataError> {
    read_values(reader, file, expected, "a finite number", |cell| {
        cell.parse().ok().filter(|value: &f64| value.is_finite())
    })
}

fn read_values<T>(
    reader: impl Read,
    file: &str,
    expected: &ResponsesDescriptor,
    meaning: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<Vec<T>>, DataError> {
    let table = read_table(reader, file, b',')?;
    let shape = |expected: String, found: String| DataError::ResponseShape {
        file: file.to_owned(),
        expected,
        found,
    };
    let receptors = &expected.receptors;
    if table.header.len() != receptors.len() + 1 || table.rows.len() != expected.odours.len() {
        return Err(shape(
            format!("{} x {}", expected.odours.len(), receptors.len()),
            format!(
                "{} odours x {} receptors",
                table.rows.len(),
                table.header.len().max(1) - 1
            ),
        ));
    }
    if let Some((found, wanted)) = table.header[1..]
        .iter()
        .zip(receptors)
        .find(|(found, wanted)| found != wanted)
    {
        return Err(shape(
            wanted.clone(),
            format!("receptor column \"{found}\""),
        ));
    }
    let mut values = Vec::with_capacity(table.rows.len());
    for ((row, cells), odour) in table.numbered().zip(&expected.odours) {
        if cells[0] != *odour {
            return Err(shape(
                odour.clone(),
                format!("row {row} is odour \"{}\"", cells[0]),
            ));
        }
        let line = (1..cells.len())
            .map(|column| {
                parse(cells[column].trim()).ok_or_else(|| table.bad_value(row, column, meaning))
            })
            .collect::<Result<Vec<T>, DataError>>()?;
        values.push(line);
    }
    Ok(values)
}

/// Rates of one receptor for all odours, from a file of DoOR: any of the usual separators, an unnamed
/// first column of row names allowed, other odours ignored.
pub(crate) fn read_receptor(
    text: &str,
    file: &str,
    odours: &[String],
    columns: &PerReceptorDescriptor,
) -> Result<Vec<i32>, DataError> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t', b' ']
        .into_iter()
        .max_by_key(|&delimiter| header.bytes().filter(|&byte| byte == delimiter).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut names: Vec<String> = Vec::new();
    let mut rates: BTreeMap<String, i32> = BTreeMap::new();
    let mut places = (0, 0);
    for (index, record) in reader.records().enumerate() {
        let row = index as u64 + 1;
        let record = record.map_err(|error| DataError::MalformedTable {
            file: file.to_owned(),
            row,
            reason: error.to_string(),
        })?;
        if index == 0 {
            names = record.iter().map(str::to_owned).collect();
            let place = |column: &String| {
                names.iter().position(|name| name == column).ok_or_else(|| {
                    DataError::MissingColumn {
                        file: file.to_owned(),
                        column: column.clone(),
                        found: names.join(", "),
                    }
                })
            };
            places = (place(&columns.name_column)?, place(&columns.rate_column)?);
            continue;
        }
        // R writes row names without a title, so that rows are one cell longer than the header.
        let shift = record.len().saturating_sub(names.len());
        if shift > 1 || record.len() < names.len() {
            return Err(DataError::MalformedTable {
                file: file.to_owned(),
                row,
                reason: format!("{} cells, but {} columns", record.len(), names.len()),
            });
        }
        let (odour, rate) = (&record[places.0 + shift], record[places.1 + shift].trim());
        if !odours.iter().any(|wanted| wanted == odour) || rate.is_empty() || rate == "NA" {
            continue;
        }
        let number = rate.parse::<f64>().ok().filter(|rate| rate.fract() == 0.0);
        let number = number
            .filter(|rate| rate.abs() < 1e6)
            .ok_or_else(|| DataError::BadValue {
                file: file.to_owned(),
                row,
                column: columns.rate_column.clone(),
                value: rate.to_owned(),
                expected: "a whole number of spikes/s".to_owned(),
            })?;
        if rates.insert(odour.to_owned(), number as i32).is_some() {
            return Err(DataError::OdourTwice {
                file: file.to_owned(),
                row,
                odour: odour.to_owned(),
            });
        }
    }
    collect_odours(&rates, file, odours)
}

/// Rates of several receptors from a table with cells between `|` in a text file: the first line whose
/// cells hold all names is the header.
pub(crate) fn read_notes(
    text: &str,
    file: &str,
    receptors: &[String],
    odours: &[String],
) -> Result<BTreeMap<String, Vec<i32>>, DataError> {
    let mut places: Option<Vec<usize>> = None;
    let mut rates: Vec<BTreeMap<String, i32>> = vec![BTreeMap::new(); receptors.len()];
    for (index, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim().split('|').map(str::trim).collect();
        let Some(places) = &places else {
            places = receptors
                .iter()
                .map(|receptor| cells.iter().position(|cell| cell == receptor))
                .collect();
            continue;
        };
        let odour = cells.get(1).copied().unwrap_or_default();
        if !odours.iter().any(|wanted| wanted == odour) {
            continue;
        }
        for ((place, receptor), rates) in places.iter().zip(receptors).zip(&mut rates) {
            let cell = cells.get(*place).copied().unwrap_or_default();
            let rate = cell.parse().map_err(|_| DataError::BadValue {
                file: file.to_owned(),
                row: index as u64 + 1,
                column: receptor.clone(),
                value: cell.to_owned(),
                expected: "a whole number of spikes/s".to_owned(),
            })?;
            if rates.insert(odour.to_owned(), rate).is_some() {
                return Err(DataError::OdourTwice {
                    file: file.to_owned(),
                    row: index as u64 + 1,
                    odour: odour.to_owned(),
                });
            }
        }
    }
    if places.is_none() {
        return Err(DataError::MissingColumn {
            file: file.to_owned(),
            column: receptors.join(", "),
            found: "no table with these columns".to_owned(),
        });
    }
    receptors
        .iter()
        .zip(&rates)
        .map(|(receptor, rates)| Ok((receptor.clone(), collect_odours(rates, file, odours)?)))
        .collect()
}

fn collect_odours(
    rates: &BTreeMap<String, i32>,
    file: &str,
    odours: &[String],
) -> Result<Vec<i32>, DataError> {
    odours
        .iter()
        .map(|odour| {
            rates
                .get(odour)
                .copied()
                .ok_or_else(|| DataError::OdourMissing {
                    file: file.to_owned(),
                    odour: odour.clone(),
                })
        })
        .collect()
}

/// The table as it is written to a file, byte for byte.
pub(crate) fn rates_text(rates: &Rates, expected: &ResponsesDescriptor) -> String {
    let mut text = String::from("odor");
    for receptor in &expected.receptors {
        text.push(',');
        text.push_str(receptor);
    }
    text.push('\n');
    for (odour, row) in expected.odours.iter().zip(rates) {
        if odour.contains(',') {
            text.push_str(&format!("\"{odour}\""));
        } else {
            text.push_str(odour);
        }
        for rate in row {
            text.push_str(&format!(",{rate}"));
        }
        text.push('\n');
    }
    text
}
