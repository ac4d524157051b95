//! The graph: neurons grouped by population, and their contacts by compartment.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::Neuron;

/// Where a contact leaves the presynaptic and reaches the postsynaptic neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Compartment {
    /// Axon to axon (`aa`).
    AxonAxon = 0,
    /// Axon to dendrite (`ad`).
    AxonDendrite = 1,
    /// Dendrite to axon (`da`).
    DendriteAxon = 2,
    /// Dendrite to dendrite (`dd`).
    DendriteDendrite = 3,
}

impl Compartment {
    /// All four, in the order in which [`Contact::counts`] stores them.
    pub const ALL: [Self; 4] = [
        Self::AxonAxon,
        Self::AxonDendrite,
        Self::DendriteAxon,
        Self::DendriteDendrite,
    ];

    /// The two-letter abbreviation of the field: `aa`, `ad`, `da` or `dd`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AxonAxon => "aa",
            Self::AxonDendrite => "ad",
            Self::DendriteAxon => "da",
            Self::DendriteDendrite => "dd",
        }
    }

    /// The compartment pair of a two-letter abbreviation.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|compartment| compartment.code() == code)
    }
}

/// A set of compartment pairs whose contacts are added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CompartmentSet([bool; 4]);

impl CompartmentSet {
    /// The set of the given compartment pairs.
    #[must_use]
    pub fn of(members: &[Compartment]) -> Self {
        let mut set = [false; 4];
        for &member in members {
            set[member as usize] = true;
        }
        Self(set)
    }

    /// Whether the set holds `member`.
    #[must_use]
    pub const fn contains(self, member: Compartment) -> bool {
        self.0[member as usize]
    }
}

/// All contacts between one ordered pair of neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Presynaptic neuron: index into [`Connectome::neurons`].
    pub source: u32,
    /// Postsynaptic neuron: index into [`Connectome::neurons`].
    pub target: u32,
    /// Number of contacts by compartment, in the order of [`Compartment::ALL`].
    pub counts: [u32; 4],
}

/// The contacts of one ordered pair of neurons within a selection of compartments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Presynaptic neuron: position in its population.
    pub source: u32,
    /// Postsynaptic neuron: position in its population.
    pub target: u32,
    /// Number of contacts, at least one.
    pub contacts: u32,
}

/// Why neurons and contacts do not form a connectome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectomeError {
    /// A neuron is listed twice.
    #[error("neuron {id} is listed twice")]
    DuplicateNeuron {
        /// The identity listed twice.
        id: u64,
    },
    /// The neurons of a population do not stand together.
    #[error("the neurons of population \"{population}\" do not stand together in the list")]
    ScatteredPopulation {
        /// The population.
        population: String,
    },
    /// A contact names a neuron that does not exist.
    #[error("a contact names neuron number {index}, but there are {neurons} neurons")]
    UnknownNeuron {
        /// The index given.
        index: u32,
        /// How many neurons there are.
        neurons: usize,
    },
    /// An ordered pair of neurons is listed twice.
    #[error("the contacts from neuron {source_id} to neuron {target_id} are listed twice")]
    DuplicateContact {
        /// Presynaptic identity.
        source_id: u64,
        /// Postsynaptic identity.
        target_id: u64,
    },
}

/// Neurons and their contacts. Invariants: identities are unique, the neurons of a population stand
/// together, contacts are sorted by source and target and refer to existing neurons.
#[derive(Clone, Debug)]
pub struct Connectome {
    neurons: Vec<Neuron>,
    populations: Vec<(String, Range<usize>)>,
    contacts: Vec<Contact>,
}

impl Connectome {
    /// Checks and sorts; pairs without any contact are dropped.
    ///
    /// # Errors
    /// Duplicate neurons or pairs, scattered populations, contacts of unknown neurons.
    pub fn new(neurons: Vec<Neuron>, mut contacts: Vec<Contact>) -> Result<Self, ConnectomeError> {
        let mut seen = HashSet::new();
        let mut ranges: BTreeMap<&str, Range<usize>> = BTreeMap::new();
        let mut order: Vec<&str> = Vec::new();
        for (index, neuron) in neurons.iter().enumerate() {
            if !seen.insert(neuron.id) {
                return Err(ConnectomeError::DuplicateNeuron { id: neuron.id });
            }
            let population = neuron.population.as_str();
            match ranges.get_mut(population) {
                None => {
                    order.push(population);
                    ranges.insert(population, index..index + 1);
                }
                Some(range) if range.end == index => range.end += 1,
                Some(_) => {
                    return Err(ConnectomeError::ScatteredPopulation {
                        population: population.to_owned(),
                    });
                }
            }
        }
        let populations = order
            .iter()
            .map(|name| ((*name).to_owned(), ranges[name].clone()))
            .collect();
        for contact in &contacts {
            for index in [contact.source, contact.target] {
                if index as usize >= neurons.len() {
                    return Err(ConnectomeError::UnknownNeuron {
                        index,
                        neurons: neurons.len(),
                    });
                }
            }
        }
        contacts.retain(|contact| contact.counts.iter().any(|&count| count > 0));
        contacts.sort_unstable_by_key(|contact| (contact.source, contact.target));
        for pair in contacts.windows(2) {
            if (pair[0].source, pair[0].target) == (pair[1].source, pair[1].target) {
                return Err(ConnectomeError::DuplicateContact {
                    source_id: neurons[pair[0].source as usize].id,
                    target_id: neurons[pair[0].target as usize].id,
                });
            }
        }
        Ok(Self {
            neurons,
            populations,
            contacts,
        })
    }

    /// All neurons, population by population.
    #[must_use]
    pub fn neurons(&self) -> &[Neuron] {
        &self.neurons
    }

    /// All contacts, sorted by source and target.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Names of the populations and the range of their neurons, in order.
    #[must_use]
    pub fn populations(&self) -> &[(String, Range<usize>)] {
        &self.populations
    }

    /// The range of a population's neurons, or `None` if there is no such population.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<Range<usize>> {
        self.populations
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, range)| range.clone())
    }

    /// The edges between two populations, contacts added over `compartments`, in order of source and
    /// then target, positions counted within the populations. Empty if a population is unknown.
    #[must_use]
    pub fn edges(&self, source: &str, target: &str, compartments: CompartmentSet) -> Vec<Edge> {
        let (Some(from), Some(to)) = (self.population(source), self.population(target)) else {
            return Vec::new();
        };
        let first = self
            .contacts
            .partition_point(|contact| (contact.source as usize) < from.start);
        self.contacts[first..]
            .iter()
            .take_while(|contact| (contact.source as usize) < from.end)
            .filter(|contact| to.contains(&(contact.target as usize)))
            .filter_map(|contact| {
                let contacts = Compartment::ALL
                    .into_iter()
                    .filter(|&compartment| compartments.contains(compartment))
                    .map(|compartment| contact.counts[compartment as usize])
                    .sum();
                (contacts > 0).then_some(Edge {
                    source: contact.source - from.start as u32,
                    target: contact.target - to.start as u32,
                    contacts,
                })
            })
            .collect()
    }
}
