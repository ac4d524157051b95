//! Circuit files, the network compiled from them, its forward pass and its adjoint.
//!
//! A [`Circuit`] says which neurons of a connectome are simulated and with what physiology;
//! [`Network::compile`] resolves it to flat arrays and one [`ParameterTable`]; [`simulate`] runs
//! hard-spike trials and [`gradient`] differentiates graded ones. The crate reads no file, prints
//! nothing and starts no thread of its own (it uses the caller's rayon pool).

mod check;
mod edit;
mod engine;
mod file;
mod gradient;
mod instruction_set;
mod interventions;
mod lanes;
mod network;
mod neuron;
mod noise;
mod oracle;
mod parameters;
mod pathway;
mod scalar;
mod sensitivity;
mod simulate;
mod wiring;

pub use engine::{InjectedNoise, InterventionError, Observer, Snapshot};
pub use file::{Circuit, CircuitError, LARVA, NeuronModel, Teacher};
pub use gradient::{GradedResponses, GradientWorkspace, Upstream, gradient, gradient_observed};
pub use instruction_set::{
    InstructionSet, InstructionSetError, VARIABLE as INSTRUCTION_SET_VARIABLE,
};
pub use interventions::Interventions;
pub use lanes::Lanes;
pub use network::{GapJunction, Network, NoiseSlot, Pathway, PathwayCounts, Population};
pub use noise::{NoiseAddress, NoiseStream, normals_f64};
pub use oracle::{forward_graded, forward_hard};
pub use parameters::{Form, ParameterGroup, ParameterTable, Parameters, Precision, softplus};
pub use scalar::{Coefficient, Scalar};
pub use sensitivity::{Sensitivity, sensitivity};
pub use simulate::{Noise, Responses, Stimulus, WIDTH, simulate};
pub use wiring::Sources;
