//! Which population, pathway and parameter plays which part in the metrics.

use serde::{Deserialize, Serialize};

/// Names of quantities in parameter groups, which are called `OWNER.QUANTITY`.
pub mod quantity {
    /// Firing threshold of a population, volt.
    pub const THRESHOLD: &str = "threshold";
    /// Coupling of the two compartments of a cell, siemens.
    pub const COUPLING: &str = "coupling";
    /// Gain of a pathway or of the input, dimensionless.
    pub const GAIN: &str = "gain";
    /// Strength of a chemical pathway, ampere.
    pub const STRENGTH: &str = "strength";
    /// Time constant of a population, second.
    pub const TIME_CONSTANT: &str = "time_constant";
    /// Release probability of a pathway.
    pub const RELEASE_PROBABILITY: &str = "release_probability";
    /// Recovery time of a pathway's vesicle pool, second.
    pub const RECOVERY: &str = "recovery";
}

/// Owner of the conductances of gap junctions, siemens: `gap.SET`.
pub const GAP_OWNER: &str = "gap";

/// Names of decoder groups.
pub mod decoder {
    /// Weights `[class][neuron]`.
    pub const WEIGHT: &str = "decoder.weight";
    /// Bias `[class]`.
    pub const BIAS: &str = "decoder.bias";
}

/// The parts that a circuit's members play. The default is the larva.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Receptor neurons, which the stimulus drives.
    pub input: String,
    /// Local neurons of the antennal lobe.
    pub local: String,
    /// Projection neurons, whose patterns are "PN" in every metric.
    pub relay: String,
    /// Kenyon cells, whose patterns are "KC" in every metric.
    pub coding: String,
    /// The graded neuron that shunts the coding neurons.
    pub feedback: String,
    /// Pathway by which it does so; its gain is what "no APL" removes.
    pub feedback_pathway: String,
    /// Owner of the receptor gains.
    pub receptor_gain: String,
    /// Chemical pathways whose strengths are compared between seeds (section 4.2), as
    /// (key in results, pathway).
    pub compared_strengths: Vec<(String, String)>,
    /// Gap junctions whose conductances are reported, as (key in results, set).
    pub gap_junctions: Vec<(String, String)>,
}

impl Default for Roles {
    fn default() -> Self {
        let names = |list: &[(&str, &str)]| {
            list.iter()
                .map(|&(key, name)| (key.to_owned(), name.to_owned()))
                .collect()
        };
        Self {
            input: "ORN".to_owned(),
            local: "LN".to_owned(),
            relay: "PN".to_owned(),
            coding: "KC".to_owned(),
            feedback: "APL".to_owned(),
            feedback_pathway: "apl_to_kc".to_owned(),
            receptor_gain: "input".to_owned(),
            compared_strengths: names(&[
                ("orn_pn_strength_A", "orn_to_pn"),
                ("ln_pn_strength_A", "ln_to_pn_inhibitory"),
                ("ln_pn_excit_strength_A", "ln_to_pn_excitatory"),
                ("kc_kc_axoaxonic_strength_A", "kc_to_kc_axon_axon"),
                ("pn_kc_strength_A", "pn_to_kc"),
            ]),
            gap_junctions: names(&[
                ("gap_ln_ln_S", "ln_ln"),
                ("gap_pn_pn_S", "pn_pn"),
                ("gap_eln_pn_S", "eln_pn"),
            ]),
        }
    }
}

impl Roles {
    /// The spiking populations, in the order in which results list them.
    #[must_use]
    pub fn spiking(&self) -> [&str; 4] {
        [&self.input, &self.local, &self.relay, &self.coding]
    }
}

/// Name of a parameter group.
#[must_use]
pub fn group(owner: &str, quantity: &str) -> String {
    format!("{owner}.{quantity}")
}
