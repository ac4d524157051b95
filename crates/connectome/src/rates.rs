//! The rates of all receptors from whichever files are there, which must agree.

use std::collections::HashMap;

use crate::archive::hash_of;
use crate::check::{check_normalised, check_rates};
use crate::descriptor::{Descriptor, FileDescriptor};
use crate::load::Source;
use crate::panel::{OdourPanel, rates_by_name};
use crate::responses::{Rates, rates_text, read_normalised, read_notes, read_rates, read_receptor};
use crate::{Connectome, DataError};

/// Reads or rebuilds the rates. Returns also whether the table was there.
pub(crate) fn read_panel(
    source: &mut Source,
    descriptor: &Descriptor,
    connectome: &Connectome,
) -> Result<(OdourPanel, bool), DataError> {
    let expected = &descriptor.responses;
    let single = read_single_receptors(source, descriptor)?;
    let table = source.optional(&expected.table)?;
    let stated = match &table {
        Some(bytes) => Some(read_rates(
            bytes.as_slice(),
            &expected.table.path,
            expected,
        )?),
        None => None,
    };
    let column = |receptor: &String| {
        let constant = || {
            expected
                .constant
                .get(receptor)
                .map(|&rate| vec![rate; expected.odours.len()])
        };
        single.get(receptor).cloned().or_else(constant)
    };
    let columns: Option<Vec<Vec<i32>>> = expected.receptors.iter().map(column).collect();
    let rebuilt: Option<Rates> = columns.map(|columns| {
        (0..expected.odours.len())
            .map(|odour| columns.iter().map(|column| column[odour]).collect())
            .collect()
    });
    if let Some(stated) = &stated {
        check_columns(stated, &single, descriptor)?;
    }
    let rates = match (stated, rebuilt) {
        (Some(rates), _) => rates,
        (None, Some(rates)) => {
            let actual = hash_of(rates_text(&rates, expected).as_bytes());
            if let Some(wanted) = expected
                .table
                .sha256
                .as_ref()
                .filter(|hash| **hash != actual)
            {
                return Err(DataError::WrongHash {
                    file: format!("{} rebuilt from the receptor files", expected.table.path),
                    expected: wanted.clone(),
                    actual,
                });
            }
            rates
        }
        (None, None) => {
            return Err(source.missing(
                &expected.table.path,
                "download it or the files of all single receptors, from which it is rebuilt",
            ));
        }
    };
    source
        .outcomes
        .extend(check_rates(&expected.table.path, &rates, expected));
    if let Some(bytes) = source.optional(&expected.normalised)? {
        let file = &expected.normalised.path;
        let normalised = read_normalised(bytes.as_slice(), file, expected)?;
        source
            .outcomes
            .push(check_normalised(file, &normalised, &rates, expected));
    }
    let as_f64 = |values: &[i32]| {
        values
            .iter()
            .map(|&rate| f64::from(rate))
            .collect::<Vec<_>>()
    };
    let further = further_receptors(source, descriptor, &single)?;
    let driven = connectome
        .population(&descriptor.mapping.population)
        .map_or(&[][..], |range| &connectome.neurons()[range]);
    let by_name = rates_by_name(
        driven,
        expected.odours.len(),
        &descriptor.mapping,
        |receptor| match expected
            .receptors
            .iter()
            .position(|other| other == receptor)
        {
            Some(place) => Some(rates.iter().map(|row| f64::from(row[place])).collect()),
            None => further.get(receptor).map(|rates| as_f64(rates)),
        },
    );
    let panel = OdourPanel {
        odours: expected.odours.clone(),
        receptors: expected.receptors.clone(),
        rates: rates.iter().map(|row| as_f64(row)).collect(),
        rates_by_name: by_name,
        clip_low: expected.clip_low,
        clip_high: expected.clip_high,
    };
    Ok((panel, table.is_some()))
}

/// Rates of the receptors whose own file is there.
fn read_single_receptors(
    source: &mut Source,
    descriptor: &Descriptor,
) -> Result<HashMap<String, Vec<i32>>, DataError> {
    let expected = &descriptor.responses;
    let mut single = HashMap::new();
    for receptor in expected.receptors.iter().chain(&expected.further.receptors) {
        if expected.constant.contains_key(receptor) {
            continue;
        }
        let file = expected.per_receptor.file(receptor);
        let Some(bytes) = source.optional(&file)? else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let rates = read_receptor(&text, &file.path, &expected.odours, &expected.per_receptor)?;
        single.insert(receptor.clone(), rates);
    }
    Ok(single)
}

/// The table and the files of single receptors must agree where both exist.
fn check_columns(
    stated: &Rates,
    single: &HashMap<String, Vec<i32>>,
    descriptor: &Descriptor,
) -> Result<(), DataError> {
    let expected = &descriptor.responses;
    for (place, receptor) in expected.receptors.iter().enumerate() {
        let Some(rates) = single.get(receptor) else {
            continue;
        };
        let different = stated
            .iter()
            .zip(rates)
            .position(|(row, rate)| row[place] != *rate);
        if let Some(odour) = different {
            return Err(DataError::TablesDisagree {
                first: expected.table.path.clone(),
                second: expected.per_receptor.file(receptor).path,
                what: format!(
                    "{} spikes/s against {} for {}",
                    stated[odour][place], rates[odour], expected.odours[odour]
                ),
            });
        }
    }
    Ok(())
}

/// Rates of the receptors outside the table: from their files, else from the notes, else unknown.
fn further_receptors(
    source: &mut Source,
    descriptor: &Descriptor,
    single: &HashMap<String, Vec<i32>>,
) -> Result<HashMap<String, Vec<i32>>, DataError> {
    let expected = &descriptor.responses;
    let wanted = &expected.further.receptors;
    if wanted.iter().all(|receptor| single.contains_key(receptor)) {
        return Ok(single.clone());
    }
    let Some(notes) = &expected.further.notes else {
        return Ok(single.clone());
    };
    let file = FileDescriptor {
        path: notes.clone(),
        sha256: None,
        address: None,
    };
    // The notes of another folder may lie here by their bare name: only those at the path count.
    if !source.folder.join(notes).is_file() {
        return Ok(single.clone());
    }
    let Some(bytes) = source.optional(&file)? else {
        return Ok(single.clone());
    };
    let table = read_notes(
        &String::from_utf8_lossy(&bytes),
        notes,
        wanted,
        &expected.odours,
    )?;
    let mut further = single.clone();
    for (receptor, rates) in table {
        let stated = further
            .entry(receptor.clone())
            .or_insert_with(|| rates.clone());
        if *stated != rates {
            return Err(DataError::TablesDisagree {
                first: notes.clone(),
                second: expected.per_receptor.file(&receptor).path,
                what: format!("the rates of {receptor}"),
            });
        }
    }
    Ok(further)
}
