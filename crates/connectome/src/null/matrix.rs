//! Taking matrices out of a connectome and putting randomised ones in their place.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::null::selector::members;
use crate::null::{MatrixSelector, NullError};
use crate::{CompartmentSet, Connectome, Contact};

/// Contacts of one pair of neurons by compartment; those outside the set of the matrix are 0.
pub(crate) type Counts = [u32; 4];

/// One edge of a matrix: row, column and contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub source: u32,
    pub target: u32,
    pub counts: Counts,
}

/// A contact matrix by its edges, sorted by row and column.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    pub selector: MatrixSelector,
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    /// Number of the class of each row and column: one numbering for both. Neurons of which no class
    /// is known form a class of their own.
    pub row_classes: Vec<usize>,
    pub column_classes: Vec<usize>,
    pub entries: Vec<Entry>,
}

impl Matrix {
    /// The selected contacts of a connectome.
    pub fn extract(connectome: &Connectome, selector: &MatrixSelector) -> Result<Self, NullError> {
        if members(selector.compartments).is_empty() {
            return Err(NullError::NoCompartment {
                matrix: selector.to_string(),
            });
        }
        let range = |population: &str| {
            connectome
                .population(population)
                .ok_or_else(|| NullError::UnknownPopulation {
                    matrix: selector.to_string(),
                    population: population.to_owned(),
                    known: (connectome.populations().iter())
                        .map(|(name, _)| name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                })
        };
        let (rows, columns) = (range(&selector.source)?, range(&selector.target)?);
        let contacts = connectome.contacts();
        let first = contacts.partition_point(|contact| (contact.source as usize) < rows.start);
        let entries = contacts[first..]
            .iter()
            .take_while(|contact| (contact.source as usize) < rows.end)
            .filter(|contact| columns.contains(&(contact.target as usize)))
            .map(|contact| Entry {
                source: contact.source - rows.start as u32,
                target: contact.target - columns.start as u32,
                counts: restrict(contact.counts, selector.compartments),
            })
            .filter(|entry| entry.counts != [0; 4])
            .collect();
        let class = |neuron: usize| connectome.neurons()[neuron].class.as_str();
        let known: BTreeSet<&str> = rows.clone().chain(columns.clone()).map(class).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let number = |neuron| known.partition_point(|&other| other < class(neuron));
        Ok(Self {
            selector: selector.clone(),
            row_classes: rows.clone().map(number).collect(),
            column_classes: columns.clone().map(number).collect(),
            rows,
            columns,
            entries,
        })
    }

    /// Whether an edge is an autapse: a neuron's contact with itself.
    pub fn is_autapse(&self, entry: &Entry) -> bool {
        self.selector.is_square() && entry.source == entry.target
    }

    /// The edges that may move, and the autapses, which stay.
    pub fn split_autapses(&self) -> (Vec<Entry>, Vec<Entry>) {
        self.entries
            .iter()
            .partition(|entry| !self.is_autapse(entry))
    }

    /// The numbers of the classes that an edge connects.
    pub fn block(&self, entry: &Entry) -> (usize, usize) {
        (
            self.row_classes[entry.source as usize],
            self.column_classes[entry.target as usize],
        )
    }
}

/// The counts of the compartments of a set; the others are 0.
fn restrict(mut counts: Counts, set: CompartmentSet) -> Counts {
    let kept = members(set);
    for (place, count) in counts.iter_mut().enumerate() {
        if !kept.iter().any(|&member| member as usize == place) {
            *count = 0;
        }
    }
    counts
}

/// Which contacts belong to a list of matrices.
pub(crate) struct Selection {
    /// Number of the population of each neuron.
    population: Vec<usize>,
    /// Compartments selected, by numbers of source and target population.
    selected: Vec<[bool; 4]>,
    populations: usize,
}

impl Selection {
    /// The selection of all `matrices`, no two of which may have a contact in common.
    pub fn of(connectome: &Connectome, matrices: &[Matrix]) -> Result<Self, NullError> {
        let names = connectome.populations();
        let mut population = Vec::with_capacity(connectome.neurons().len());
        for (number, (_, range)) in names.iter().enumerate() {
            population.extend(range.clone().map(|_| number));
        }
        let number = |name: &str| names.iter().position(|(other, _)| other == name);
        let mut selection = Self {
            population,
            selected: vec![[false; 4]; names.len() * names.len()],
            populations: names.len(),
        };
        for matrix in matrices {
            let selector = &matrix.selector;
            let (Some(source), Some(target)) = (number(&selector.source), number(&selector.target))
            else {
                continue;
            };
            for member in members(selector.compartments) {
                let place = source * names.len() + target;
                let taken = &mut selection.selected[place][member as usize];
                if std::mem::replace(taken, true) {
                    return Err(NullError::Overlap {
                        matrix: selector.to_string(),
                        compartment: member.code().to_owned(),
                    });
                }
            }
        }
        Ok(selection)
    }

    /// Number of a contact's pair of populations.
    pub fn pair(&self, contact: &Contact) -> usize {
        let of = |neuron: u32| self.population[neuron as usize];
        of(contact.source) * self.populations + of(contact.target)
    }

    /// Number of pairs of populations.
    pub fn pairs(&self) -> usize {
        self.selected.len()
    }

    /// The counts of a contact that belong to no matrix.
    pub fn rest(&self, contact: &Contact) -> Counts {
        let selected = self.selected[self.pair(contact)];
        std::array::from_fn(|place| {
            if selected[place] {
                0
            } else {
                contact.counts[place]
            }
        })
    }
}

/// The connectome with these edges in place of those of the matrices; all else is untouched.
pub(crate) fn replace(
    connectome: &Connectome,
    selection: &Selection,
    matrices: &[(Matrix, Vec<Entry>)],
) -> Result<Connectome, NullError> {
    let mut contacts: Vec<Contact> = connectome
        .contacts()
        .iter()
        .map(|contact| Contact {
            counts: selection.rest(contact),
            ..*contact
        })
        .collect();
    for (matrix, entries) in matrices {
        contacts.extend(entries.iter().map(|entry| Contact {
            source: entry.source + matrix.rows.start as u32,
            target: entry.target + matrix.columns.start as u32,
            counts: entry.counts,
        }));
    }
    contacts.sort_unstable_by_key(|contact| (contact.source, contact.target));
    // Matrices and the rest share no compartment of a pair, so each sum has one term above zero.
    contacts.dedup_by(|next, kept| {
        let same = (next.source, next.target) == (kept.source, kept.target);
        if same {
            for (sum, count) in kept.counts.iter_mut().zip(next.counts) {
                *sum += count;
            }
        }
        same
    });
    Ok(Connectome::new(connectome.neurons().to_vec(), contacts)?)
}
