//! `connectome.toml`: what a neutral folder holds.

use serde::{Deserialize, Serialize};

use crate::{Compartment, DataError};

/// Name of the descriptor in its folder; a folder that has it is in the neutral format.
pub const DESCRIPTOR: &str = "connectome.toml";

/// The version of the format that is read and written.
pub const SCHEMA: u32 = 1;

/// A neutral folder: its tables, and what they must amount to. Hashes and counts that are left out are
/// not compared; what [`write`](super::write()) writes has them all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeutralDescriptor {
    /// Version of the format: [`SCHEMA`].
    pub schema: u32,
    /// Short name of the data set.
    pub name: String,
    /// One line saying what it is.
    #[serde(default)]
    pub title: String,
    /// Publications to cite.
    #[serde(default)]
    pub citations: Vec<String>,
    /// Present if the data were drawn from summary statistics and describe no animal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistical: Option<Drawn>,
    /// The table of neurons.
    pub neurons: NeuronFile,
    /// The table of contacts.
    pub contacts: ContactFile,
    /// The receptor responses; without them the panel is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses: Option<ResponseFiles>,
}

/// How a statistical individual was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Seed: one seed, one individual.
    pub seed: u64,
    /// Size factor of every population.
    pub scale: u32,
}

/// The table of neurons, in model order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeuronFile {
    /// Name of the file in the folder.
    pub file: String,
    /// SHA-256 of the file as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of neurons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// The table of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactFile {
    /// Name of the file in the folder.
    pub file: String,
    /// SHA-256 of the file as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Ordered pairs of neurons with at least one contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<u64>,
    /// Contacts of all pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacts: Option<u64>,
    /// Compartment pair of all contacts, if the table has no column for it.
    #[serde(default = "axon_to_dendrite")]
    pub compartment: String,
}

fn axon_to_dendrite() -> String {
    Compartment::AxonDendrite.code().to_owned()
}

/// The tables of receptor responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseFiles {
    /// Name of the file in the folder: rates in spikes/s, odours in rows, receptors in columns.
    pub file: String,
    /// SHA-256 of the file as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Rates of the receptors that pairs of neurons express: odours in rows, pairs in columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_name_file: Option<String>,
    /// SHA-256 of that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_name_sha256: Option<String>,
    /// Rate in spikes/s that becomes input 0.
    pub clip_low: f64,
    /// Rate in spikes/s that becomes input 1.
    pub clip_high: f64,
}

impl NeutralDescriptor {
    /// Reads and checks a descriptor.
    ///
    /// # Errors
    /// [`DataError::NeutralDescriptor`] with the place and the reason.
    pub fn from_toml(text: &str) -> Result<Self, DataError> {
        let fault = |reason: String| DataError::NeutralDescriptor {
            file: DESCRIPTOR.to_owned(),
            reason,
        };
        let descriptor: Self =
            toml::from_str(text).map_err(|error| fault(error.to_string().trim().to_owned()))?;
        if descriptor.schema != SCHEMA {
            return Err(fault(format!(
                "schema is {}, but this program reads {SCHEMA}",
                descriptor.schema
            )));
        }
        if descriptor.name.is_empty() {
            return Err(fault("name is empty".to_owned()));
        }
        let mut files = vec![&descriptor.neurons.file, &descriptor.contacts.file];
        if let Some(responses) = &descriptor.responses {
            files.push(&responses.file);
            files.extend(&responses.by_name_file);
            let (low, high) = (responses.clip_low, responses.clip_high);
            if !(low.is_finite() && high.is_finite() && low < high) {
                return Err(fault(format!(
                    "clip_low ({low}) must be below clip_high ({high}), both finite"
                )));
            }
        }
        // Files lie in the folder itself, so that a descriptor cannot point anywhere else.
        if let Some(file) = files.iter().find(|file| !is_plain(file)) {
            return Err(fault(format!(
                "\"{file}\" is not the name of a file in the folder"
            )));
        }
        if Compartment::from_code(&descriptor.contacts.compartment).is_none() {
            return Err(fault(format!(
                "\"{}\" is not a compartment pair; use aa, ad, da or dd",
                descriptor.contacts.compartment
            )));
        }
        Ok(descriptor)
    }

    /// The text of the file.
    ///
    /// # Panics
    /// Never: every value can be written as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("strings, numbers and tables can be written as TOML")
    }
}

fn is_plain(file: &str) -> bool {
    !file.is_empty() && file != "." && file != ".." && !file.contains(['/', '\\', '\0'])
}
