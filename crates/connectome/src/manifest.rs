//! What a data set was made of, for the record of a run.

use serde::{Deserialize, Serialize};

use crate::descriptor::PopulationRule;
use crate::{Connectome, OdourPanel};

/// From what kind of source a data set came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Public files with the tables of neurons and of responses.
    Tables,
    /// Public files only; at least one table was rebuilt from them.
    Downloads,
    /// Summary statistics.
    Statistics,
    /// A folder in the [neutral format](crate::neutral).
    Neutral,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Path below the data folder as the descriptor names it.
    pub path: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Number of neurons of one population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationCount {
    /// Name of the population.
    pub name: String,
    /// Number of neurons.
    pub neurons: usize,
}

/// Everything that identifies a data set; fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the data set.
    pub dataset: String,
    /// Where it came from.
    pub source: SourceKind,
    /// Whether the data are drawn from summary statistics and thus describe no real animal.
    pub statistical: bool,
    /// Seed of a statistical individual.
    pub seed: Option<u64>,
    /// Size factor of a statistical individual.
    pub scale: Option<u32>,
    /// Files read, in reading order.
    pub files: Vec<ManifestFile>,
    /// Selection rules used.
    pub rules: Vec<PopulationRule>,
    /// Neurons by population, in model order.
    pub populations: Vec<PopulationCount>,
    /// Ordered pairs of neurons with at least one contact.
    pub edges: usize,
    /// Contacts of all pairs.
    pub contacts: u64,
    /// SHA-256 of connectome and odour panel.
    pub hash: String,
}

impl Manifest {
    /// Describes a connectome and a panel; files, rules, seed and scale are left empty.
    #[must_use]
    pub fn describe(
        dataset: &str,
        source: SourceKind,
        connectome: &Connectome,
        panel: &OdourPanel,
    ) -> Self {
        Self {
            dataset: dataset.to_owned(),
            source,
            statistical: source == SourceKind::Statistics,
            seed: None,
            scale: None,
            files: Vec::new(),
            rules: Vec::new(),
            populations: connectome
                .populations()
                .iter()
                .map(|(name, range)| PopulationCount {
                    name: name.clone(),
                    neurons: range.len(),
                })
                .collect(),
            edges: connectome.contacts().len(),
            contacts: connectome
                .contacts()
                .iter()
                .flat_map(|contact| contact.counts)
                .map(u64::from)
                .sum(),
            hash: crate::hash::combined(connectome, panel),
        }
    }
}
