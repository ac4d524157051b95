//! What to expect of a data set, as data: files, hashes, addresses, selection rules, counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Compartment, CompartmentSet, DataError};

/// The text of the descriptor that is built in.
const WINDING_2023: &str = include_str!("../datasets/winding2023.toml");

/// A data set: where its files are, how neurons are selected and what must come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// Short name of the data set.
    pub name: String,
    /// One line saying what it is.
    pub title: String,
    /// Publications to cite.
    #[serde(default)]
    pub citations: Vec<String>,
    /// The archive with connectivity matrices and annotations.
    pub archive: ArchiveDescriptor,
    /// Optional table of the selected neurons.
    pub neuron_table: FileDescriptor,
    /// Optional table of names and hemispheres of all neurons.
    pub metadata: FileDescriptor,
    /// Selection rules, in model order.
    #[serde(rename = "population")]
    pub populations: Vec<PopulationRule>,
    /// Classes by name.
    #[serde(default, rename = "class")]
    pub classes: Vec<ClassRule>,
    /// How the sources of one pathway are split into excitatory and inhibitory ones.
    pub split: SplitExpectation,
    /// Gap-junction rules and the number of pairs they must give.
    #[serde(default, rename = "gap")]
    pub gaps: Vec<GapExpectation>,
    /// Pathways and their counts.
    #[serde(default, rename = "pathway")]
    pub pathways: Vec<PathwayExpectation>,
    /// The receptor responses.
    pub responses: ResponsesDescriptor,
    /// How receptor types are matched with columns by name.
    pub mapping: MappingDescriptor,
}

/// A file: where it lies below the data folder, what it must contain, where it can be downloaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDescriptor {
    /// Path relative to the data folder (or inside the archive).
    pub path: String,
    /// SHA-256 in hexadecimal; without it the content is not compared.
    pub sha256: Option<String>,
    /// Public address.
    pub address: Option<String>,
}

/// The archive and its members.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveDescriptor {
    /// Path relative to the data folder.
    pub path: String,
    /// SHA-256 of the archive; an archive with another hash is accepted if every member's hash is right.
    pub sha256: Option<String>,
    /// Public address.
    pub address: Option<String>,
    /// Number of neurons listed in each matrix; not checked if absent.
    pub matrix_size: Option<usize>,
    /// Matrix of all contacts.
    pub all: FileDescriptor,
    /// Matrix of axon-to-axon contacts.
    pub aa: FileDescriptor,
    /// Matrix of axon-to-dendrite contacts.
    pub ad: FileDescriptor,
    /// Matrix of dendrite-to-axon contacts.
    pub da: FileDescriptor,
    /// Matrix of dendrite-to-dendrite contacts.
    pub dd: FileDescriptor,
    /// Pairs of neurons with cell type and annotations.
    pub annotations: FileDescriptor,
}

impl ArchiveDescriptor {
    /// The archive itself as a file.
    #[must_use]
    pub fn file(&self) -> FileDescriptor {
        FileDescriptor {
            path: self.path.clone(),
            sha256: self.sha256.clone(),
            address: self.address.clone(),
        }
    }

    /// The matrix of one compartment pair.
    #[must_use]
    pub const fn matrix(&self, compartment: Compartment) -> &FileDescriptor {
        match compartment {
            Compartment::AxonAxon => &self.aa,
            Compartment::AxonDendrite => &self.ad,
            Compartment::DendriteAxon => &self.da,
            Compartment::DendriteDendrite => &self.dd,
        }
    }

    /// All members that are read.
    #[must_use]
    pub const fn members(&self) -> [&FileDescriptor; 6] {
        [
            &self.annotations,
            &self.all,
            &self.aa,
            &self.ad,
            &self.da,
            &self.dd,
        ]
    }
}

/// Which rows of the annotations make up a population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopulationRule {
    /// Name of the population.
    pub name: String,
    /// Cell type the row must have; any if absent.
    pub celltype: Option<String>,
    /// Items that must stand in the row's annotation list.
    #[serde(default)]
    pub annotation: Vec<String>,
    /// Items that must not stand there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Number of neurons that must come out.
    pub size: usize,
}

/// A class of neurons recognised by its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// Population it applies to.
    pub population: String,
    /// Part of the name, capitals ignored.
    pub name_contains: String,
    /// The class.
    pub class: String,
    /// Transmitter of the class.
    pub transmitter: String,
}

/// A group of sources made by the split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Fan-out above zero and at most the quantile.
    Excitatory,
    /// All other sources, also those without any target.
    Inhibitory,
}

/// How sources are split by fan-out, and the numbers that must come out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitExpectation {
    /// Source population.
    pub source: String,
    /// Target population.
    pub target: String,
    /// Compartments counted.
    pub compartments: Vec<String>,
    /// Quantile of the fan-out among sources with at least one target.
    pub quantile: f64,
    /// Number of excitatory sources.
    pub excitatory: usize,
    /// Number of sources with a target that are inhibitory.
    pub inhibitory: usize,
}

/// How electrical coupling is derived from chemical contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapRule {
    /// Two different neurons of a population with a contact in either direction.
    ReciprocalContact,
    /// Two different target neurons that share at least one source.
    SharedInput,
    /// Each edge.
    Contact,
}

/// A gap-junction rule and the number of pairs it must give.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapExpectation {
    /// Name of the set.
    pub name: String,
    /// The rule.
    pub rule: GapRule,
    /// Source population of the contacts.
    pub source: String,
    /// Target population of the contacts.
    pub target: String,
    /// Compartments counted.
    pub compartments: Vec<String>,
    /// Only sources of this group.
    pub group: Option<Group>,
    /// Number of pairs.
    pub pairs: usize,
}

/// A pathway and its counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathwayExpectation {
    /// Name of the pathway.
    pub name: String,
    /// Source population.
    pub source: String,
    /// Target population.
    pub target: String,
    /// Compartments whose contacts are added.
    pub compartments: Vec<String>,
    /// Only sources of this group.
    pub group: Option<Group>,
    /// Number of ordered neuron pairs with at least one contact.
    pub edges: usize,
    /// Number of contacts.
    pub contacts: u64,
    /// Largest number of contacts of one pair.
    pub largest: u32,
}

/// The table of receptor responses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponsesDescriptor {
    /// Rates in spikes/s: odours in rows, receptors in columns.
    pub table: FileDescriptor,
    /// The same, normalised; optional file.
    pub normalised: FileDescriptor,
    /// Columns, in order.
    pub receptors: Vec<String>,
    /// Rows, in order; row 0 is the spontaneous rate.
    pub odours: Vec<String>,
    /// Smallest rate.
    pub minimum: i32,
    /// Largest rate.
    pub maximum: i32,
    /// Sum of row 0.
    pub baseline_sum: i32,
    /// Rate that becomes 0.
    pub clip_low: f64,
    /// Rate that becomes 1.
    pub clip_high: f64,
    /// Files from which the table can be rebuilt.
    pub per_receptor: PerReceptorDescriptor,
    /// Receptors with one rate in all conditions.
    #[serde(default)]
    pub constant: BTreeMap<String, i32>,
    /// Receptors outside the table.
    pub further: FurtherReceptors,
}

/// Files with the responses of one receptor each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerReceptorDescriptor {
    /// Path with `{receptor}` for the receptor's name.
    pub path: String,
    /// Address with `{receptor}` for the receptor's name.
    pub address: Option<String>,
    /// Column with the odour's name.
    pub name_column: String,
    /// Column with the rate in spikes/s.
    pub rate_column: String,
}

impl PerReceptorDescriptor {
    /// The file of one receptor.
    #[must_use]
    pub fn file(&self, receptor: &str) -> FileDescriptor {
        let fill = |text: &String| text.replace("{receptor}", receptor);
        FileDescriptor {
            path: fill(&self.path),
            sha256: None,
            address: self.address.as_ref().map(fill),
        }
    }
}

/// Receptors outside the table that the mapping by name needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FurtherReceptors {
    /// Their names.
    pub receptors: Vec<String>,
    /// Text file with a table (cells between `|`) of their rates, used when their files are absent.
    pub notes: Option<String>,
}

/// Which rate drives a neuron of a receptor type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingDescriptor {
    /// Population that is driven, pair by pair.
    pub population: String,
    /// What to put before a type to get the receptor's name.
    pub prefix: String,
    /// Types to which that does not apply.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<MappingException>,
}

/// A type that is not simply named like its receptor: exactly one of the two rules is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingException {
    /// The type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The largest rate of these receptors, condition by condition.
    #[serde(default)]
    pub largest_of: Vec<String>,
    /// The same rate in all conditions (spikes/s).
    pub constant: Option<f64>,
}

impl Descriptor {
    /// The larval connectome of Winding et al. 2023 with the responses of Kreher et al. 2008.
    ///
    /// # Panics
    /// Never: the built-in text is checked by a test.
    #[must_use]
    pub fn winding2023() -> Self {
        Self::from_toml(WINDING_2023).expect("the built-in descriptor is valid")
    }

    /// Reads a descriptor; unknown keys are refused.
    ///
    /// # Errors
    /// [`DataError::Descriptor`] with the place and the reason.
    pub fn from_toml(text: &str) -> Result<Self, DataError> {
        let fault = |reason: String| DataError::Descriptor { reason };
        let descriptor: Self = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        let lists = (descriptor.pathways.iter().map(|row| &row.compartments))
            .chain(descriptor.gaps.iter().map(|row| &row.compartments))
            .chain([&descriptor.split.compartments]);
        for code in lists.flatten() {
            if Compartment::from_code(code).is_none() {
                return Err(fault(format!(
                    "\"{code}\" is not a compartment pair; use aa, ad, da or dd"
                )));
            }
        }
        if !(0.0..=1.0).contains(&descriptor.split.quantile) {
            return Err(fault(format!(
                "split.quantile is {}; it must lie between 0 and 1",
                descriptor.split.quantile
            )));
        }
        for exception in &descriptor.mapping.exceptions {
            if exception.largest_of.is_empty() == exception.constant.is_none() {
                return Err(fault(format!(
                    "the exception for type \"{}\" needs either largest_of or constant",
                    exception.kind
                )));
            }
        }
        let responses = &descriptor.responses;
        if responses.clip_low >= responses.clip_high || responses.odours.is_empty() {
            return Err(fault(
                "responses need odours and clip_low below clip_high".to_owned(),
            ));
        }
        Ok(descriptor)
    }

    /// The pathway of this name.
    #[must_use]
    pub fn pathway(&self, name: &str) -> Option<&PathwayExpectation> {
        self.pathways.iter().find(|row| row.name == name)
    }
}

/// The set of the compartment pairs with these codes; codes of a descriptor are known to be valid.
pub(crate) fn compartments(codes: &[String]) -> CompartmentSet {
    let members: Vec<Compartment> = codes
        .iter()
        .filter_map(|code| Compartment::from_code(code))
        .collect();
    CompartmentSet::of(&members)
}
