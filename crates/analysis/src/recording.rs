//! What single trials look like: spikes, potentials, synaptic currents and vesicle pools over time.
//!
//! There are two depths. [`record`] keeps every neuron and pathway of any number of trials in
//! arrays ([`DenseRecording`]); [`DenseRecording::selected`] makes of one of its trials a
//! [`Recording`], small enough to be stored with a study: all spikes, the potentials of a few
//! neurons, the mean over each pathway.

mod arrays;
mod dense;
mod selected;
mod series;

use kenyon_circuit::{NoiseStream, Stimulus};
use serde::{Deserialize, Serialize};

use crate::error::AnalysisError;
use crate::model::Model;

pub use arrays::{ArrayValues, Captions, NamedArray};
pub use dense::{DensePathway, DensePopulation, DenseRecording, record, recording_bytes};
pub use selected::{Caption, INTACT, SelectionRule, TracedNeurons};
pub use series::Series;

/// Records one trial as it is stored and drawn, tracing its most active neurons.
///
/// # Errors
/// As [`record`].
pub fn record_trial(
    model: &Model<'_>,
    stimulus: &Stimulus,
    circuit: NoiseStream,
    caption: Caption<'_>,
) -> Result<Recording, AnalysisError> {
    let dense = record(model, std::slice::from_ref(stimulus), circuit)?;
    Ok(dense.selected(0, caption, &dense.most_active(0)))
}

/// One trial, as it is stored and drawn. Values are rounded to [`SelectionRule::DIGITS`] significant
/// digits and are those at the end of each step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The stimulus, and what was done to the model if anything: "ethyl acetate, without APL".
    pub label: String,
    /// The stimulus.
    pub stimulus: String,
    /// What was done to the model: [`INTACT`], or such as "without APL".
    pub intervention: String,
    /// Class of the odour; `None` for a mixture.
    pub odour: Option<usize>,
    /// Class that the decoder chose in this trial.
    pub decided: usize,
    /// Softmax of the decoder's output, one value per class.
    pub probabilities: Vec<f64>,
    /// Duration of a step, second.
    pub step_s: f64,
    /// Number of steps.
    pub steps: usize,
    /// Stretches in which something is presented; empty if that is the whole trial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<RecordedSegment>,
    /// Realised receptor input of the trial, one value per channel; the mean if it changes.
    pub receptors: Vec<f64>,
    /// All populations, in the order of update.
    pub populations: Vec<PopulationRecording>,
    /// All pathways, in the order of the circuit.
    pub pathways: Vec<PathwayRecording>,
}

/// A stretch of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSegment {
    /// What is presented in it.
    pub name: String,
    /// Its first step.
    pub first: usize,
    /// The first step after it.
    pub end: usize,
    /// What the decoder made of it.
    pub decided: String,
}

/// A population in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationRecording {
    /// Its name.
    pub name: String,
    /// Number of neurons.
    pub neurons: usize,
    /// Whether its neurons are graded and never spike.
    pub graded: bool,
    /// All spikes, by step and then by neuron; empty if graded.
    pub spikes: Vec<Spike>,
    /// Potentials of the traced neurons, or activities if graded, by neuron.
    pub traces: Vec<Trace>,
}

/// A spike: step (from 0) and neuron (position in its population).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spike(pub u32, pub u32);

/// A neuron's potential or activity over a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Position in its population.
    pub neuron: usize,
    /// Where: [`compartment::SOMA`] and so on.
    pub compartment: String,
    /// Absolute membrane potential in millivolt, or the activity of a graded neuron; one per step.
    pub values: Vec<f32>,
}

/// What [`Trace::compartment`] may say.
pub mod compartment {
    /// Membrane of a cell of one compartment.
    pub const SOMA: &str = "soma";
    /// Dendrite of a cell of two compartments.
    pub const DENDRITE: &str = "dendrite";
    /// Axon of a cell of two compartments.
    pub const AXON: &str = "axon";
    /// Activity of a graded neuron, which has no potential.
    pub const ACTIVITY: &str = "activity";
}

/// A pathway in one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case, reason = "units are part of the name")]
pub struct PathwayRecording {
    /// Its name.
    pub name: String,
    /// Name of the source population.
    pub source: String,
    /// Name of the target population.
    pub target: String,
    /// Synaptic current, mean over the target neurons with an edge, picoampere, one per step; empty
    /// if the pathway has no such current or no edge.
    pub current_pA: Vec<f32>,
    /// Share of the vesicle pool that is left, mean over the source neurons with an edge, one per
    /// step; empty without depression or without an edge.
    pub available: Vec<f32>,
}
