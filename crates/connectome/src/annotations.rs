//! The annotations: pairs of neurons with their cell types, and the selection of populations.

use std::collections::HashSet;
use std::io::Read;

use crate::descriptor::PopulationRule;
use crate::{DataError, Neuron, Side};

/// What stands where one side of a pair does not exist.
const NO_PAIR: &str = "no pair";

/// One row: a left/right pair, or a single neuron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    /// Row of the file, counted from 1 with the header.
    pub row: u64,
    pub left: Option<u64>,
    pub right: Option<u64>,
    pub celltype: String,
    /// Items of the annotation list.
    pub items: Vec<String>,
}

/// Reads all rows.
pub(crate) fn read_annotations(
    reader: impl Read,
    file: &str,
) -> Result<Vec<Annotation>, DataError> {
    let table = crate::table::read_table(reader, file, b',')?;
    let columns = table.columns(&["left_id", "right_id", "celltype", "additional_annotations"])?;
    let mut annotations = Vec::with_capacity(table.rows.len());
    for (row, cells) in table.numbered() {
        let identity = |column: usize| -> Result<Option<u64>, DataError> {
            match cells[column].trim() {
                NO_PAIR => Ok(None),
                text => text.parse().map(Some).map_err(|_| {
                    table.bad_value(
                        row,
                        column,
                        &format!("a neuron's identity or \"{NO_PAIR}\""),
                    )
                }),
            }
        };
        annotations.push(Annotation {
            row,
            left: identity(columns[0])?,
            right: identity(columns[1])?,
            celltype: cells[columns[2]].trim().to_owned(),
            items: cells[columns[3]]
                .split(';')
                .map(|item| item.trim().to_owned())
                .collect(),
        });
    }
    Ok(annotations)
}

/// The neurons of all populations in model order: row order, left before right. Sides are those of the
/// columns; names and classes are empty.
pub(crate) fn select(
    annotations: &[Annotation],
    rules: &[PopulationRule],
    file: &str,
) -> Result<Vec<Neuron>, DataError> {
    let mut neurons = Vec::new();
    let mut seen = HashSet::new();
    for rule in rules {
        let before = neurons.len();
        for annotation in annotations
            .iter()
            .filter(|annotation| matches(annotation, rule))
        {
            let sides = [
                (annotation.left, Side::Left, annotation.right),
                (annotation.right, Side::Right, annotation.left),
            ];
            for (id, side, partner) in sides {
                let Some(id) = id else { continue };
                if !seen.insert(id) {
                    return Err(DataError::DuplicateNeuron {
                        file: file.to_owned(),
                        place: format!("row {}", annotation.row),
                        id,
                    });
                }
                neurons.push(Neuron {
                    id,
                    population: rule.name.clone(),
                    side,
                    class: String::new(),
                    name: String::new(),
                    glomerulus: String::new(),
                    transmitter: String::new(),
                    partner,
                });
            }
        }
        let actual = neurons.len() - before;
        if actual != rule.size {
            return Err(DataError::PopulationSize {
                population: rule.name.clone(),
                expected: rule.size,
                actual,
            });
        }
    }
    Ok(neurons)
}

fn matches(annotation: &Annotation, rule: &PopulationRule) -> bool {
    let has = |item: &String| annotation.items.contains(item);
    rule.celltype
        .as_ref()
        .is_none_or(|celltype| *celltype == annotation.celltype)
        && rule.annotation.iter().all(has)
        && !rule.without.iter().any(has)
}
