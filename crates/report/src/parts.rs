//! Which part a population plays in the circuit of a study, for words and colours.

use kenyon_analysis::Roles;
use kenyon_circuit::{Circuit, NeuronModel};

use crate::Results;
use crate::label::{Label, label};
use crate::plot::Colour;
use crate::population::colour_of;

/// The parts of the circuit that was studied.
pub(crate) struct Parts {
    /// The circuit, if its text can still be read.
    pub circuit: Option<Circuit>,
    /// The population that the decoder reads.
    pub readout: String,
    /// Who feeds back to the readout, if anybody does.
    pub feedback: Option<String>,
    /// Whether the circuit has all parts of the published one, so that its figures and words fit.
    pub published: bool,
}

impl Parts {
    pub fn of(results: &Results) -> Self {
        let network = &results.description.network;
        let circuit = Circuit::parse(&network.circuit_file).ok();
        let larva = Roles::default();
        let roles = circuit.as_ref().map_or_else(Roles::default, Roles::of);
        let has = |name: &String| network.populations.iter().any(|it| it.name == *name);
        let taught = circuit.as_ref().is_none_or(|it| it.teacher.is_some());
        Self {
            readout: (circuit.as_ref()).map_or(roles.coding.clone(), |circuit| {
                circuit.readout.population.get_ref().clone()
            }),
            published: taught && roles == larva,
            feedback: Some(roles.feedback).filter(has),
            circuit,
        }
    }

    /// "Kenyon cells", or the name of the readout population.
    pub fn readout_in_words(&self) -> String {
        match self.readout.as_str() {
            "KC" => "Kenyon cells".to_owned(),
            "MBON" => "Output neurons".to_owned(),
            other => format!("{other} neurons"),
        }
    }

    /// The figure of that name in words that fit this circuit.
    pub fn label(&self, figure: &str) -> Label {
        let mut label = label(figure);
        if self.published {
            return label;
        }
        let readout = &self.readout;
        let feedback = self.feedback.as_deref().unwrap_or("feedback");
        match figure {
            "accuracy_pct" => label.words = "Accuracy".to_owned(),
            "centroid_accuracy_pct" => {
                label.words = format!("Accuracy of nearest {readout} centroid");
            }
            "apl_ratio" => {
                label.words = format!("{readout} spikes, normal / boosted {feedback}");
            }
            _ => {}
        }
        label
    }

    /// The colour of the readout population.
    pub fn readout_colour(&self, results: &Results) -> Colour {
        let populations = &results.description.network.populations;
        let index = populations.iter().position(|it| it.name == self.readout);
        colour_of(&self.readout, index.unwrap_or(0))
    }

    /// Populations of this model, by name.
    pub fn of_model(&self, model: NeuronModel) -> Vec<&str> {
        let populations = self.circuit.iter().flat_map(|circuit| &circuit.population);
        let of_model = populations.filter(|it| it.model == model);
        of_model.map(|it| it.name.get_ref().as_str()).collect()
    }
}
