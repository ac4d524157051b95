//! Receptor responses of a neutral folder, and tables of responses of one's own.

use std::collections::HashSet;

use super::descriptor::ResponseFiles;
use super::read::Reading;
use crate::stream::{Input, Limits};
use crate::{DataError, OdourPanel};

/// Names of the first column of a table of responses.
const ODOUR: [&str; 2] = ["odour", "odor"];

/// A table of rates: odours in rows, receptors (or pairs of neurons) in columns.
pub(crate) struct RateTable {
    pub odours: Vec<String>,
    pub columns: Vec<String>,
    pub rates: Vec<Vec<f64>>,
}

pub(super) fn read_panel(
    reading: &mut Reading,
    files: &ResponseFiles,
) -> Result<OdourPanel, DataError> {
    let input = reading.open(&files.file, files.sha256.as_ref())?;
    let table = read_rates(&input, reading.limits)?;
    let rates_by_name = match &files.by_name_file {
        None => Err("the data set has no responses by receptor name".to_owned()),
        Some(name) => {
            let input = reading.open(name, files.by_name_sha256.as_ref())?;
            let by_name = read_rates(&input, reading.limits)?;
            if by_name.odours != table.odours {
                return Err(DataError::TablesDisagree {
                    first: files.file.clone(),
                    second: name.clone(),
                    what: "the odours must be the same in the same order".to_owned(),
                });
            }
            Ok(by_name.rates)
        }
    };
    Ok(OdourPanel {
        odours: table.odours,
        receptors: table.columns,
        rates: table.rates,
        rates_by_name,
        clip_low: files.clip_low,
        clip_high: files.clip_high,
    })
}

/// Reads a table of rates in spikes/s.
pub(crate) fn read_rates(input: &Input, limits: &Limits) -> Result<RateTable, DataError> {
    input.table(limits, |table| {
        let malformed = |row: u64, reason: String| DataError::MalformedTable {
            file: table.file.clone(),
            row,
            reason,
        };
        if !ODOUR.contains(&table.header[0].as_str()) {
            return Err(malformed(
                1,
                format!(
                    "the first column must be \"odour\", but is \"{}\"",
                    table.header[0]
                ),
            ));
        }
        let columns = table.header[1..].to_vec();
        if columns.is_empty() {
            return Err(malformed(1, "there is no receptor".to_owned()));
        }
        let mut names = HashSet::new();
        if let Some(twice) = columns.iter().find(|name| !names.insert(name.as_str())) {
            return Err(malformed(1, format!("there are two columns \"{twice}\"")));
        }
        let mut odours = Vec::new();
        let mut seen = HashSet::new();
        let mut rates = Vec::new();
        while table.advance()? {
            let odour = table.text(0)?.to_owned();
            if odour.is_empty() {
                return Err(table.bad_value(0, "the name of an odour"));
            }
            if !seen.insert(odour.clone()) {
                return Err(DataError::OdourTwice {
                    file: table.file.clone(),
                    row: table.row(),
                    odour,
                });
            }
            odours.push(odour);
            let row = (1..=columns.len())
                .map(|column| {
                    let rate = table.text(column)?.trim().parse().ok();
                    rate.filter(|rate: &f64| rate.is_finite())
                        .ok_or_else(|| table.bad_value(column, "a finite rate in spikes/s"))
                })
                .collect::<Result<Vec<f64>, _>>()?;
            rates.push(row);
        }
        if odours.is_empty() {
            return Err(DataError::MalformedTable {
                file: table.file.clone(),
                row: 1,
                reason: "there is no odour below the header".to_owned(),
            });
        }
        Ok(RateTable {
            odours,
            columns,
            rates,
        })
    })
}
