//! Names and classes of the selected neurons: from the neuron table, or from the public metadata.

use std::collections::HashMap;
use std::io::Read;

use crate::descriptor::ClassRule;
use crate::table::{Table, read_table};
use crate::{DataError, Neuron, Side};

/// Copies names, classes, glomeruli, transmitters and hemispheres of the neuron table into `neurons`,
/// which must be the same neurons in the same order.
pub(crate) fn apply_neuron_table(
    reader: impl Read,
    file: &str,
    annotations: &str,
    neurons: &mut [Neuron],
) -> Result<(), DataError> {
    let table = read_table(reader, file, b',')?;
    let [
        population,
        index,
        id,
        side,
        partner,
        name,
        class,
        glomerulus,
        transmitter,
    ] = table.columns(&[
        "population",
        "index",
        "skid",
        "hemisphere",
        "partner_skid",
        "name",
        "cell_class",
        "glomerulus",
        "ln_transmitter",
    ])?;
    let disagree = |what: String| DataError::TablesDisagree {
        first: file.to_owned(),
        second: annotations.to_owned(),
        what,
    };
    let mut seen = std::collections::HashSet::new();
    for (row, cells) in table.numbered() {
        let stated = parse_id(&table, row, id)?;
        if !seen.insert(stated) {
            return Err(DataError::DuplicateNeuron {
                file: file.to_owned(),
                place: format!("row {row}"),
                id: stated,
            });
        }
        if !neurons.iter().any(|neuron| neuron.id == stated) {
            return Err(DataError::UnknownNeuron {
                file: file.to_owned(),
                row,
                id: stated,
                context: "the selection rules do not select it".to_owned(),
            });
        }
        let number = row as usize - 2;
        let neuron = &neurons[number];
        if neuron.id != stated || neuron.population != cells[population] {
            return Err(disagree(format!(
                "row {row} is {} {stated}, but the selection rules give {} {}",
                cells[population], neuron.population, neuron.id
            )));
        }
        let first = neurons
            .iter()
            .position(|other| other.population == neuron.population);
        if cells[index].parse().ok() != first.map(|first| number - first) {
            return Err(table.bad_value(row, index, "the neuron's position in its population"));
        }
        let stated_partner = match cells[partner].as_str() {
            "" => None,
            _ => Some(parse_id(&table, row, partner)?),
        };
        if stated_partner != neuron.partner {
            return Err(disagree(format!(
                "row {row}: the partner of neuron {stated}"
            )));
        }
        let side = parse_side(&table, row, side)?;
        let neuron = &mut neurons[number];
        neuron.side = side;
        neuron.name.clone_from(&cells[name]);
        neuron.class.clone_from(&cells[class]);
        neuron.glomerulus.clone_from(&cells[glomerulus]);
        neuron.transmitter.clone_from(&cells[transmitter]);
    }
    if let Some(missing) = neurons.iter().find(|neuron| !seen.contains(&neuron.id)) {
        return Err(DataError::MissingNeuron {
            file: file.to_owned(),
            id: missing.id,
            population: missing.population.clone(),
        });
    }
    Ok(())
}

/// Copies names and hemispheres of the metadata (one row per neuron of the brain, identity in the first
/// column) into `neurons` and derives receptor types, glomeruli and classes from the names.
pub(crate) fn apply_metadata(
    reader: impl Read,
    file: &str,
    driven: &str,
    classes: &[ClassRule],
    neurons: &mut [Neuron],
) -> Result<(), DataError> {
    let table = read_table(reader, file, b',')?;
    let name = table.column("name")?;
    let side = table.find("hemisphere");
    let mut rows = HashMap::new();
    for (row, _) in table.numbered() {
        let id = parse_id(&table, row, 0)?;
        if rows.insert(id, row).is_some() {
            return Err(DataError::DuplicateNeuron {
                file: file.to_owned(),
                place: format!("row {row}"),
                id,
            });
        }
    }
    for neuron in neurons {
        let Some(&row) = rows.get(&neuron.id) else {
            return Err(DataError::MissingNeuron {
                file: file.to_owned(),
                id: neuron.id,
                population: neuron.population.clone(),
            });
        };
        neuron.name.clone_from(&table.rows[row as usize - 2][name]);
        // Without a stated hemisphere that of the annotations stands.
        if let Some(side) = side {
            neuron.side = parse_side(&table, row, side)?;
        }
        classify(neuron, driven, classes);
    }
    Ok(())
}

/// Receptor type or glomerulus and class by name: `94a & 94b ORN left` is of type `94a&94b`, `33a PN
/// left` of glomerulus `33a`, a PN without glomerulus is multiglomerular.
fn classify(neuron: &mut Neuron, driven: &str, classes: &[ClassRule]) {
    let lower = neuron.name.to_lowercase();
    let rule = classes.iter().find(|rule| {
        rule.population == neuron.population && lower.contains(&rule.name_contains.to_lowercase())
    });
    if let Some(rule) = rule {
        neuron.class.clone_from(&rule.class);
        neuron.transmitter.clone_from(&rule.transmitter);
    }
    let marker = format!(" {} ", neuron.population);
    let kind = neuron
        .name
        .split_once(&marker)
        .map(|(kind, _)| kind.replace(' ', ""));
    // Receptor types start with their number; "mPN" and the like are no glomeruli.
    let kind = kind.filter(|kind| kind.starts_with(|first: char| first.is_ascii_digit()));
    if neuron.population == driven || neuron.population == "PN" {
        neuron.glomerulus = kind.unwrap_or_default();
    }
    if neuron.class.is_empty() {
        neuron.class = match (neuron.population.as_str(), neuron.glomerulus.is_empty()) {
            ("PN", true) => "mPN".to_owned(),
            ("PN", false) => "uPN".to_owned(),
            ("LN", _) => String::new(),
            (population, _) => population.to_owned(),
        };
    }
}

fn parse_id(table: &Table, row: u64, column: usize) -> Result<u64, DataError> {
    table.rows[row as usize - 2][column]
        .trim()
        .parse()
        .map_err(|_| table.bad_value(row, column, "a neuron's identity (a whole number)"))
}

fn parse_side(table: &Table, row: u64, column: usize) -> Result<Side, DataError> {
    match table.rows[row as usize - 2][column].as_str() {
        "L" => Ok(Side::Left),
        "R" => Ok(Side::Right),
        "" | "C" => Ok(Side::Unknown),
        _ => Err(table.bad_value(row, column, "L, R, C or empty")),
    }
}
