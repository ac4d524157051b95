//! Reading a neutral folder.

use std::collections::HashMap;
use std::path::Path;

use super::descriptor::{ContactFile, DESCRIPTOR, NeuronFile, NeutralDescriptor};
use super::panel::read_panel;
use crate::check::{Check, Outcome};
use crate::manifest::{Manifest, ManifestFile, SourceKind};
use crate::stream::{Input, Limits, TableStream};
use crate::{
    Compartment, Connectome, Contact, DataError, DataSet, Individual, Neuron, OdourPanel, Side,
};

/// Largest descriptor, bytes.
const LARGEST_DESCRIPTOR: u64 = 1 << 20;

/// Columns of the table of neurons; the first two are required.
pub(super) const NEURON_COLUMNS: [&str; 8] = [
    "id",
    "population",
    "side",
    "class",
    "name",
    "glomerulus",
    "transmitter",
    "partner",
];

/// Columns of the table of contacts; the third is optional.
pub(super) const CONTACT_COLUMNS: [&str; 4] = ["source", "target", "compartment", "contacts"];

/// Whether a folder is in the neutral format.
#[must_use]
pub fn is_neutral(folder: &Path) -> bool {
    folder.join(DESCRIPTOR).is_file()
}

/// Reads a neutral folder and checks everything.
///
/// # Errors
/// The first fault found; see [`DataError`].
pub fn read(folder: &Path) -> Result<DataSet, DataError> {
    first_fault(read_folder(folder)?)
}

/// Reads a neutral data set from the text of its descriptor and its files, by name.
///
/// # Errors
/// The first fault found; see [`DataError`].
pub fn read_with(
    descriptor: &str,
    limits: &Limits,
    file: &dyn Fn(&str) -> Result<Input, DataError>,
) -> Result<DataSet, DataError> {
    first_fault(read_all(
        &NeutralDescriptor::from_toml(descriptor)?,
        limits,
        file,
    )?)
}

fn first_fault((data, outcomes): (DataSet, Vec<Outcome>)) -> Result<DataSet, DataError> {
    match outcomes.into_iter().find_map(|outcome| outcome.error) {
        Some(error) => Err(error),
        None => Ok(data),
    }
}

/// Compares a neutral folder with every expectation of its descriptor. A fault that makes further
/// reading impossible is the last check of the list.
#[must_use]
pub fn verify(folder: &Path) -> Vec<Check> {
    match read_folder(folder) {
        Ok((_, outcomes)) => outcomes.into_iter().map(|outcome| outcome.check).collect(),
        Err(error) => vec![Check {
            name: "data can be read".to_owned(),
            expected: "complete and well-formed files".to_owned(),
            actual: error.to_string(),
            ok: false,
        }],
    }
}

fn read_folder(folder: &Path) -> Result<(DataSet, Vec<Outcome>), DataError> {
    let file = |name: &str| {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(Input::file(&path).named(name));
        }
        Err(DataError::FileMissing {
            folder: folder.to_owned(),
            path: name.to_owned(),
            hint: format!("{DESCRIPTOR} names it"),
        })
    };
    let path = folder.join(DESCRIPTOR);
    let unreadable = |cause| DataError::Unreadable {
        path: path.clone(),
        cause,
    };
    let fault = |reason: &str| DataError::NeutralDescriptor {
        file: DESCRIPTOR.to_owned(),
        reason: reason.to_owned(),
    };
    if path.metadata().map_err(unreadable)?.len() > LARGEST_DESCRIPTOR {
        return Err(fault("it is too large to be a descriptor"));
    }
    let bytes = std::fs::read(&path).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| fault("it is not UTF-8"))?;
    read_all(
        &NeutralDescriptor::from_toml(&text)?,
        &Limits::default(),
        &file,
    )
}

/// Files with their hashes, and what was compared.
pub(super) struct Reading<'a> {
    file: &'a dyn Fn(&str) -> Result<Input, DataError>,
    pub limits: &'a Limits,
    files: Vec<ManifestFile>,
    pub outcomes: Vec<Outcome>,
}

impl Reading<'_> {
    /// The file, after its hash was compared.
    pub fn open(&mut self, name: &str, expected: Option<&String>) -> Result<Input, DataError> {
        let input = (self.file)(name)?;
        let actual = input.sha256()?;
        if let Some(expected) = expected {
            let outcome = Outcome::new(format!("SHA-256 of {name}"), expected, &actual, || {
                DataError::WrongHash {
                    file: name.to_owned(),
                    expected: expected.clone(),
                    actual: actual.clone(),
                }
            });
            // No table is looked at before its hash is right.
            match outcome.error {
                Some(error) => return Err(error),
                None => self.outcomes.push(outcome),
            }
        }
        self.files.push(ManifestFile {
            path: name.to_owned(),
            sha256: actual,
        });
        Ok(input)
    }

    fn compare(&mut self, file: &str, what: &'static str, expected: Option<u64>, actual: u64) {
        let Some(expected) = expected else { return };
        self.outcomes.push(Outcome::new(
            format!("{what} in {file}"),
            &expected,
            &actual,
            || DataError::WrongCount {
                file: file.to_owned(),
                what,
                expected,
                actual,
            },
        ));
    }
}

fn read_all(
    descriptor: &NeutralDescriptor,
    limits: &Limits,
    file: &dyn Fn(&str) -> Result<Input, DataError>,
) -> Result<(DataSet, Vec<Outcome>), DataError> {
    let mut reading = Reading {
        file,
        limits,
        files: Vec::new(),
        outcomes: Vec::new(),
    };
    let neurons = read_neurons(&mut reading, &descriptor.neurons)?;
    let contacts = read_contacts(&mut reading, &descriptor.contacts, &neurons)?;
    let connectome = Connectome::new(neurons, contacts)?;
    let panel = match &descriptor.responses {
        Some(responses) => read_panel(&mut reading, responses)?,
        None => OdourPanel::empty(),
    };
    let mut manifest =
        Manifest::describe(&descriptor.name, SourceKind::Neutral, &connectome, &panel);
    let contacts = &descriptor.contacts;
    reading.compare(
        &contacts.file,
        "edges",
        contacts.edges,
        manifest.edges as u64,
    );
    reading.compare(
        &contacts.file,
        "contacts",
        contacts.contacts,
        manifest.contacts,
    );
    manifest.files = reading.files;
    let mut individual = Individual::Real;
    if let Some(drawn) = descriptor.statistical {
        manifest.statistical = true;
        manifest.seed = Some(drawn.seed);
        manifest.scale = Some(drawn.scale);
        individual = Individual::Sampled {
            seed: drawn.seed,
            scale: drawn.scale,
        };
    }
    let data = DataSet {
        connectome,
        panel,
        manifest,
        individual,
    };
    Ok((data, reading.outcomes))
}

/// Refuses columns that nobody reads: they are spelling mistakes, or belong into an import.
fn only_known(table: &TableStream, known: &[&str]) -> Result<(), DataError> {
    match (table.header.iter()).find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(DataError::MalformedTable {
            file: table.file.clone(),
            row: 1,
            reason: format!(
                "unknown column \"{name}\"; the columns are {}",
                known.join(", ")
            ),
        }),
    }
}

fn read_neurons(reading: &mut Reading, expected: &NeuronFile) -> Result<Vec<Neuron>, DataError> {
    let input = reading.open(&expected.file, expected.sha256.as_ref())?;
    let limits = *reading.limits;
    let neurons = input.table(&limits, |table| {
        only_known(table, &NEURON_COLUMNS)?;
        let [id, population] = [table.column("id")?, table.column("population")?];
        let mut places = [None; 6];
        for (place, name) in places.iter_mut().zip(&NEURON_COLUMNS[2..]) {
            *place = table.find(name)?;
        }
        let [side, class, name, glomerulus, transmitter, partner] = places;
        let mut neurons: Vec<Neuron> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut finished = std::collections::HashSet::new();
        while table.advance()? {
            let row = table.row();
            if neurons.len() >= limits.neurons || table.bytes() > limits.neuron_table_bytes {
                return Err(DataError::MalformedTable {
                    file: table.file.clone(),
                    row,
                    reason: "there are too many neurons".to_owned(),
                });
            }
            let text = |column: Option<usize>| match column {
                Some(column) => table.text(column).map(str::to_owned),
                None => Ok(String::new()),
            };
            let id = table.id(id)?;
            if !seen.insert(id) {
                return Err(DataError::DuplicateNeuron {
                    file: table.file.clone(),
                    place: format!("row {row}"),
                    id,
                });
            }
            let name_of = text(Some(population))?;
            if name_of.is_empty() {
                return Err(table.bad_value(population, "the name of a population"));
            }
            if let Some(last) = neurons.last().filter(|last| last.population != name_of) {
                finished.insert(last.population.clone());
            }
            if finished.contains(&name_of) {
                return Err(DataError::ScatteredRows {
                    file: table.file.clone(),
                    row,
                    population: name_of,
                });
            }
            neurons.push(Neuron {
                id,
                population: name_of,
                side: match side {
                    Some(column) => parse_side(table.text(column)?)
                        .ok_or_else(|| table.bad_value(column, "left, right, L, R or empty"))?,
                    None => Side::Unknown,
                },
                class: text(class)?,
                name: text(name)?,
                glomerulus: text(glomerulus)?,
                transmitter: text(transmitter)?,
                partner: match partner {
                    Some(column) if !table.cell(column).trim_ascii().is_empty() => {
                        Some(table.id(column)?)
                    }
                    _ => None,
                },
            });
        }
        if neurons.is_empty() {
            return Err(DataError::MalformedTable {
                file: table.file.clone(),
                row: 1,
                reason: "there is no neuron below the header".to_owned(),
            });
        }
        Ok(neurons)
    })?;
    reading.compare(
        &expected.file,
        "neurons",
        expected.count,
        neurons.len() as u64,
    );
    Ok(neurons)
}

/// A side as it is usually written.
pub(crate) fn parse_side(text: &str) -> Option<Side> {
    match text.trim().to_ascii_lowercase().as_str() {
        "left" | "l" | "lhs" => Some(Side::Left),
        "right" | "r" | "rhs" => Some(Side::Right),
        "" | "unknown" | "center" | "centre" | "c" | "m" | "middle" | "na" => Some(Side::Unknown),
        _ => None,
    }
}

fn read_contacts(
    reading: &mut Reading,
    expected: &ContactFile,
    neurons: &[Neuron],
) -> Result<Vec<Contact>, DataError> {
    let input = reading.open(&expected.file, expected.sha256.as_ref())?;
    let index: HashMap<u64, u32> = neurons
        .iter()
        .enumerate()
        .map(|(place, neuron)| (neuron.id, place as u32))
        .collect();
    let usual = Compartment::from_code(&expected.compartment).unwrap_or(Compartment::AxonDendrite);
    let counts = input.table(reading.limits, |table| {
        only_known(table, &CONTACT_COLUMNS)?;
        let [source, target] = [table.column("source")?, table.column("target")?];
        let contacts = table.column("contacts")?;
        let compartment = table.find("compartment")?;
        let mut counts: HashMap<(u32, u32), [u32; 4]> = HashMap::new();
        while table.advance()? {
            let known = |column: usize| {
                let id = table.id(column)?;
                index
                    .get(&id)
                    .copied()
                    .ok_or_else(|| DataError::UnknownNeuron {
                        file: table.file.clone(),
                        row: table.row(),
                        id,
                        context: "the table of neurons does not list it".to_owned(),
                    })
            };
            let pair = (known(source)?, known(target)?);
            let kind = match compartment {
                None => usual,
                Some(column) => Compartment::from_code(table.text(column)?.trim())
                    .ok_or_else(|| table.bad_value(column, "aa, ad, da or dd"))?,
            };
            let count = table.count(contacts)?;
            if count == 0 {
                return Err(table.bad_value(contacts, "at least one contact; leave the row out"));
            }
            let slot = &mut counts.entry(pair).or_default()[kind as usize];
            if *slot > 0 {
                return Err(DataError::ContactTwice {
                    file: table.file.clone(),
                    row: table.row(),
                    from: neurons[pair.0 as usize].id,
                    to: neurons[pair.1 as usize].id,
                    compartment: kind.code(),
                });
            }
            *slot = count;
        }
        Ok(counts)
    })?;
    Ok(counts
        .into_iter()
        .map(|((source, target), counts)| Contact {
            source,
            target,
            counts,
        })
        .collect())
}
