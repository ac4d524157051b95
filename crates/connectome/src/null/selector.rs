//! Which contacts are randomised together: a matrix, and its name.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::null::NullError;
use crate::{Compartment, CompartmentSet};

/// One contact matrix: the contacts from one population to another, summed over a set of compartments.
/// Rows are the neurons of `source`, columns those of `target`, in the order of the connectome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixSelector {
    /// Presynaptic population, such as `"ORN"`.
    pub source: String,
    /// Postsynaptic population.
    pub target: String,
    /// The compartments that are summed; written as a list of codes such as `["aa", "da", "dd"]`.
    #[serde(with = "codes")]
    pub compartments: CompartmentSet,
}

/// Everything but axon to dendrite, the publication's "nonad".
const NON_AXO_DENDRITIC: [Compartment; 3] = [
    Compartment::AxonAxon,
    Compartment::DendriteAxon,
    Compartment::DendriteDendrite,
];

impl MatrixSelector {
    /// The matrix of these populations and compartments.
    #[must_use]
    pub fn new(source: &str, target: &str, compartments: &[Compartment]) -> Self {
        Self {
            source: source.to_owned(),
            target: target.to_owned(),
            compartments: CompartmentSet::of(compartments),
        }
    }

    /// Reads a name as the publication's files have it (spec/experiments.md section 4.3):
    /// `orn_to_pn` or `kc_to_kc_ad` is axon to dendrite, `ln_to_pn_nonad` all but that,
    /// `kc_to_kc_aa` one compartment and `ln_to_ln_da_dd` several. Populations become upper case.
    ///
    /// # Errors
    /// [`NullError::Name`] if the name has another form.
    pub fn from_name(name: &str) -> Result<Self, NullError> {
        let fault = || NullError::Name {
            name: name.to_owned(),
        };
        let (source, rest) = name.split_once("_to_").ok_or_else(fault)?;
        let mut words = rest.split('_');
        let target = words.next().unwrap_or_default();
        let plain = |word: &str| {
            let mut letters = word.bytes();
            !word.is_empty() && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if !plain(source) || !plain(target) {
            return Err(fault());
        }
        let words: Vec<&str> = words.collect();
        let compartments = match words.as_slice() {
            [] => vec![Compartment::AxonDendrite],
            ["nonad"] => NON_AXO_DENDRITIC.to_vec(),
            codes => parse_codes(codes).ok_or_else(fault)?,
        };
        Ok(Self::new(
            &source.to_uppercase(),
            &target.to_uppercase(),
            &compartments,
        ))
    }

    /// Whether rows and columns are the same neurons, so that the matrix has a diagonal.
    #[must_use]
    pub fn is_square(&self) -> bool {
        self.source == self.target
    }
}

/// The name that [`MatrixSelector::from_name`] reads.
impl fmt::Display for MatrixSelector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, target) = (self.source.to_lowercase(), self.target.to_lowercase());
        write!(formatter, "{source}_to_{target}")?;
        if self.compartments == CompartmentSet::of(&[Compartment::AxonDendrite]) {
            Ok(())
        } else if self.compartments == CompartmentSet::of(&NON_AXO_DENDRITIC) {
            formatter.write_str("_nonad")
        } else {
            members(self.compartments)
                .into_iter()
                .try_for_each(|member| write!(formatter, "_{}", member.code()))
        }
    }
}

/// The members of a set, in the order of [`Compartment::ALL`].
pub(crate) fn members(set: CompartmentSet) -> Vec<Compartment> {
    Compartment::ALL
        .into_iter()
        .filter(|&member| set.contains(member))
        .collect()
}

/// The compartments of distinct codes.
fn parse_codes(codes: &[&str]) -> Option<Vec<Compartment>> {
    let mut found = Vec::new();
    for code in codes {
        let compartment = Compartment::from_code(code)?;
        if found.contains(&compartment) {
            return None;
        }
        found.push(compartment);
    }
    Some(found)
}

/// Compartment sets as lists of codes.
mod codes {
    use super::*;

    pub fn serialize<S: Serializer>(
        set: &CompartmentSet,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(members(*set).into_iter().map(Compartment::code))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<CompartmentSet, D::Error> {
        let codes = Vec::<String>::deserialize(deserializer)?;
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        parse_codes(&codes)
            .map(|members| CompartmentSet::of(&members))
            .ok_or_else(|| {
                D::Error::custom(format!(
                    "{codes:?} are not compartments; list aa, ad, da or dd, each once"
                ))
            })
    }
}
