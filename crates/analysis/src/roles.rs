//! Which population, pathway and parameter plays which part in the metrics.

use kenyon_circuit::{Circuit, NeuronModel, PathwayKind};
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

/// The parts that a circuit's members play. The default is the larva. A circuit may lack a part; what is
/// measured of it says so.
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
    /// The parts of a circuit: those of its `[teacher]` table, if it has one. Otherwise the input and the
    /// readout are as the file declares them, the feedback is the first shunting pathway onto the
    /// readout, and every other part is played by the population of the larva's name, if there is one.
    #[must_use]
    pub fn of(circuit: &Circuit) -> Self {
        let larva = Self::default();
        if let Some(teacher) = &circuit.teacher {
            return Self {
                input: teacher.input.clone(),
                local: teacher.inhibitory.clone(),
                relay: teacher.relay.clone(),
                coding: teacher.coding.clone(),
                feedback: teacher.feedback.clone(),
                feedback_pathway: teacher.feedback_gain_pathway.clone(),
                ..larva
            };
        }
        let coding = circuit.readout.population.as_ref();
        let shunting = circuit.pathway.iter().find(|pathway| {
            pathway.kind == PathwayKind::Shunting && pathway.target.as_ref() == coding
        });
        let (feedback, feedback_pathway) = match shunting {
            Some(pathway) => (
                pathway.source.as_ref().clone(),
                pathway.name.as_ref().clone(),
            ),
            None => (larva.feedback.clone(), larva.feedback_pathway.clone()),
        };
        Self {
            input: circuit.input.population.as_ref().clone(),
            coding: coding.clone(),
            feedback,
            feedback_pathway,
            ..larva
        }
    }

    /// The spiking populations, in the order in which results list them.
    #[must_use]
    pub fn spiking(&self) -> [&str; 4] {
        [&self.input, &self.local, &self.relay, &self.coding]
    }
}

/// Names of the spiking populations of a circuit, in the order of its file.
#[must_use]
pub fn spiking_populations(circuit: &Circuit) -> Vec<&str> {
    let spiking = circuit.population.iter();
    spiking
        .filter(|population| population.model != NeuronModel::Graded)
        .map(|population| population.name.as_ref().as_str())
        .collect()
}

/// Name of a parameter group.
#[must_use]
pub fn group(owner: &str, quantity: &str) -> String {
    format!("{owner}.{quantity}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larva_plays_the_default_parts_with_and_without_its_teacher() {
        let larva = Circuit::larva();
        assert_eq!(Roles::of(&larva), Roles::default());
        assert_eq!(spiking_populations(&larva), Roles::default().spiking());
        let untaught = larva.edited(&[], &["teacher".to_owned()]).expect("an edit");
        assert_eq!(Roles::of(&untaught), Roles::default());
    }
}
