//! Parameters as a table that people can read and edit.
//!
//! One row per value, under the header of [`ParameterRow`]. `stored` is what the model's file holds and
//! `realised` what the circuit uses; whoever edits one leaves the other empty. Numbers have all their
//! digits, so a table that is read back gives the same model.

use std::collections::HashMap;
use std::path::Path;

use kenyon_circuit::{Network, ParameterGroup, Parameters};
use kenyon_connectome::Connectome;
use serde::{Deserialize, Serialize};

use crate::Subject;
use crate::table::{TableError, shown, text};

/// Relative difference up to which `realised` and `stored` are the same value: spreadsheets keep 15
/// digits.
const SAME: f64 = 1e-9;

/// A value of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterRow {
    /// Name of the parameter group.
    pub group: String,
    /// Place in the group, from 0; decoder weights are ordered by class, then by neuron.
    pub index: usize,
    /// Identity of the neuron in the data; empty if the value is not a neuron's.
    #[serde(default)]
    pub neuron: String,
    /// Name of the class; empty outside the decoder.
    #[serde(default)]
    pub class: String,
    /// Unit of the realised value.
    #[serde(default)]
    pub unit: String,
    /// The value as the circuit uses it.
    #[serde(default)]
    pub realised: Option<f64>,
    /// The value as it is stored and learned.
    #[serde(default)]
    pub stored: Option<f64>,
    /// Lower bound of the realised value.
    #[serde(default)]
    pub lower: Option<f64>,
    /// Upper bound of the realised value.
    #[serde(default)]
    pub upper: Option<f64>,
    /// Whether training changes it.
    #[serde(default)]
    pub learned: Option<bool>,
}

/// The columns that a table must have.
const NEEDED: [&str; 4] = ["group", "index", "realised", "stored"];

/// How a table of parameters is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterFormat {
    /// CSV, one row per value.
    Csv,
    /// TOML, one `[[parameter]]` per value.
    Toml,
}

impl ParameterFormat {
    /// The format that a file's name ends with, if it is one.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlTable {
    parameter: Vec<ParameterRow>,
}

/// All values of a model, in the order of its groups.
///
/// # Panics
/// If the parameters are not those of the subject's network.
#[must_use]
pub fn parameter_rows(
    subject: &Subject,
    connectome: &Connectome,
    parameters: &Parameters,
) -> Vec<ParameterRow> {
    let owners = Owners::new(subject, connectome);
    let groups = subject.network.table().groups().iter();
    groups
        .flat_map(|group| {
            let values = parameters.values[group.range.clone()].iter().enumerate();
            let row = |(index, &stored): (usize, &f64)| {
                let (neuron, class) = owners.of(group, index);
                ParameterRow {
                    group: group.name.clone(),
                    index,
                    neuron,
                    class,
                    unit: group.unit.to_owned(),
                    realised: Some(group.form.realise(stored)),
                    stored: Some(stored),
                    lower: group.bounds.map(|bounds| bounds.0),
                    upper: group.bounds.map(|bounds| bounds.1),
                    learned: Some(group.learned),
                }
            };
            values.map(row).collect::<Vec<_>>()
        })
        .collect()
}

/// The text of a table.
///
/// # Errors
/// Never in practice: rows are plain numbers and words.
pub fn write_parameters(
    rows: &[ParameterRow],
    format: ParameterFormat,
) -> Result<String, TableError> {
    let fault = |error: String| TableError::table("the table of parameters", error);
    match format {
        ParameterFormat::Toml => {
            let table = TomlTable {
                parameter: rows.to_vec(),
            };
            toml::to_string(&table).map_err(|error| fault(error.to_string()))
        }
        ParameterFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in rows {
                let written = writer.serialize(row);
                written.map_err(|error| fault(error.to_string()))?;
            }
            let bytes = writer
                .into_inner()
                .map_err(|error| fault(error.to_string()))?;
            String::from_utf8(bytes).map_err(|error| fault(error.to_string()))
        }
    }
}

/// Reads a table of all parameters of a subject's network.
///
/// # Errors
/// Rows that are unknown, missing, twice there, out of bounds or no numbers, and rows whose two values
/// disagree; all with their line.
pub fn read_parameters(
    file: &Path,
    subject: &Subject,
    connectome: &Connectome,
) -> Result<Parameters, TableError> {
    let name = shown(file);
    let format = ParameterFormat::of(file).ok_or_else(|| {
        TableError::table(
            &name,
            "its name must end with .csv or .toml, which says what it is",
        )
    })?;
    let text = text(file)?;
    parse_parameters(&name, &text, format, subject, connectome)
}

/// Reads parameters from the text of a table that errors call `table`.
///
/// # Errors
/// As [`read_parameters`].
pub fn parse_parameters(
    table: &str,
    text: &str,
    format: ParameterFormat,
    subject: &Subject,
    connectome: &Connectome,
) -> Result<Parameters, TableError> {
    let rows = match format {
        ParameterFormat::Csv => csv_rows(table, text)?,
        ParameterFormat::Toml => {
            let found: TomlTable = toml::from_str(text)
                .map_err(|error| TableError::table(table, error.to_string()))?;
            (1..).map(Place::Entry).zip(found.parameter).collect()
        }
    };
    let owners = Owners::new(subject, connectome);
    let layout = subject.network.table();
    let mut values: Vec<Option<f64>> = vec![None; layout.len()];
    let mut seen: HashMap<usize, Place> = HashMap::new();
    for (place, row) in rows {
        let fault = |problem: String| place.fault(table, problem);
        let ParameterRow { group, index, .. } = &row;
        let known = layout.group(group);
        let known = known.ok_or_else(|| {
            fault(format!(
                "the circuit has no parameter group \"{group}\"; `kenyon inspect` lists those it has"
            ))
        })?;
        if *index >= known.range.len() {
            let last = known.range.len().saturating_sub(1);
            return Err(fault(format!(
                "\"{group}\" has no value {index}; they are numbered 0 to {last}"
            )));
        }
        let slot = known.range.start + index;
        if let Some(first) = seen.insert(slot, place) {
            return Err(fault(format!(
                "value {index} of \"{group}\" stands in {first} already"
            )));
        }
        let (neuron, class) = owners.of(known, *index);
        for (what, given, own) in [
            ("neuron", &row.neuron, neuron),
            ("class", &row.class, class),
        ] {
            if !given.is_empty() && *given != own {
                return Err(fault(format!(
                    "value {index} of \"{group}\" belongs to the {what} \"{own}\", not to \"{given}\""
                )));
            }
        }
        values[slot] = Some(value(known, &row).map_err(fault)?);
    }
    for group in layout.groups() {
        let places = group.range.clone().enumerate();
        if let Some((index, _)) = { places }.find(|&(_, slot)| values[slot].is_none()) {
            return Err(TableError::table(
                table,
                format!(
                    "value {index} of \"{}\" is missing; every value has a row",
                    group.name
                ),
            ));
        }
    }
    Ok(Parameters {
        values: values.into_iter().flatten().collect(),
    })
}

/// The stored value that a row states.
fn value(group: &ParameterGroup, row: &ParameterRow) -> Result<f64, String> {
    let name = format!("value {} of \"{}\"", row.index, group.name);
    for (what, value) in [("realised", row.realised), ("stored", row.stored)] {
        if let Some(value) = value.filter(|value| !value.is_finite()) {
            return Err(format!(
                "{name} is {value} ({what}); it must be a finite number"
            ));
        }
    }
    let stored = match (row.stored, row.realised) {
        (None, None) => return Err(format!("{name} is neither realised nor stored")),
        (Some(stored), None) => group.precision.round(stored),
        (None, Some(realised)) => {
            let stored = group.precision.round(group.form.store(realised));
            if !stored.is_finite() {
                return Err(format!(
                    "{name} is {realised}, which cannot be stored as {:?}",
                    group.form
                ));
            }
            stored
        }
        (Some(stored), Some(realised)) => {
            let stored = group.precision.round(stored);
            let of_stored = group.form.realise(stored);
            let size = of_stored.abs().max(realised.abs());
            if (of_stored - realised).abs() > SAME * size {
                return Err(format!(
                    "{name} is realised {realised:?}, but stored {stored:?} means {of_stored:?}; leave the \
                     one empty that you did not mean"
                ));
            }
            stored
        }
    };
    if !stored.is_finite() {
        return Err(format!("{name} is too large"));
    }
    // A start value may lie outside its bounds, and a model that never moved holds it.
    let start = group.precision.round(group.start);
    match group.stored_bounds() {
        Some((low, high)) if !(low..=high).contains(&stored) && stored != start => {
            let (lower, upper) = group.bounds.unwrap_or_default();
            Err(format!(
                "{name} is {:?} {}, outside its bounds {lower:?} to {upper:?}",
                group.form.realise(stored),
                group.unit
            ))
        }
        _ => Ok(stored),
    }
}

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Line of a CSV file.
    Line(u64),
    /// Number of a TOML entry.
    Entry(u64),
}

impl Place {
    fn fault(self, table: &str, problem: String) -> TableError {
        match self {
            Self::Line(line) => TableError::Row {
                table: table.to_owned(),
                line,
                problem,
            },
            Self::Entry(_) => TableError::table(&format!("{table}, {self}"), problem),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "line {line}"),
            Self::Entry(number) => write!(formatter, "[[parameter]] {number}"),
        }
    }
}

fn csv_rows(table: &str, text: &str) -> Result<Vec<(Place, ParameterRow)>, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let whole = |error: csv::Error| TableError::table(table, error.to_string());
    let header = reader.headers().map_err(whole)?.clone();
    if let Some(missing) = NEEDED
        .iter()
        .find(|name| !header.iter().any(|own| own == **name))
    {
        let problem = format!("it has no column \"{missing}\"");
        return Err(Place::Line(1).fault(table, problem));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(whole)?;
        let place = Place::Line(record.position().map_or(0, csv::Position::line));
        let row = record.deserialize(Some(&header));
        let row: ParameterRow = row.map_err(|error| {
            let (field, reason) = match error.kind() {
                csv::ErrorKind::Deserialize { err, .. } => (err.field(), err.kind().to_string()),
                _ => (None, error.to_string()),
            };
            let column = field.and_then(|field| header.get(field as usize));
            let column = column.map_or_else(String::new, |name| format!("{name}: "));
            place.fault(table, format!("{column}{reason}"))
        })?;
        rows.push((place, row));
    }
    Ok(rows)
}

/// Whose a value is.
struct Owners<'a> {
    network: &'a Network,
    classes: &'a [String],
    /// Identities of the neurons of each population.
    neurons: HashMap<&'a str, Vec<String>>,
}

impl<'a> Owners<'a> {
    fn new(subject: &'a Subject, connectome: &Connectome) -> Self {
        let network = &subject.network;
        let ids = |name: &str| {
            let range = connectome.population(name).unwrap_or_default();
            let neurons = connectome.neurons()[range].iter();
            neurons.map(|neuron| neuron.id.to_string()).collect()
        };
        let populations = network.populations().iter();
        Self {
            network,
            classes: &subject.class_names,
            neurons: populations
                .map(|population| (population.name.as_str(), ids(&population.name)))
                .collect(),
        }
    }

    /// Neuron and class of a value; empty where there is none.
    fn of(&self, group: &ParameterGroup, index: usize) -> (String, String) {
        let owner = group.name.split('.').next().unwrap_or_default();
        let neuron = |population: &str, index: usize| {
            let neurons = self.neurons.get(population);
            neurons
                .and_then(|ids| ids.get(index))
                .cloned()
                .unwrap_or_default()
        };
        let class = |index: usize| self.classes.get(index).cloned().unwrap_or_default();
        let readout = &self.network.readout_population().name;
        match (group.name.as_str(), group.shape.as_slice()) {
            ("decoder.weight", &[_, cells]) => {
                (neuron(readout, index % cells), class(index / cells))
            }
            ("decoder.bias", _) => (String::new(), class(index)),
            (_, [_]) => (neuron(owner, index), String::new()),
            _ => (String::new(), String::new()),
        }
    }
}
