//! Signatures agreed on while the engine is being written (replaced by the engine itself).
#![allow(missing_docs, unused_variables, clippy::todo)]
use std::ops::Range;
use crate::{Parameters, ParameterTable};

/// A compiled circuit.
pub struct Network { _private: () }
pub struct Population { pub name: String, pub range: Range<usize> }
impl Network {
    /// Simulated populations in order of update; `range` are their neurons among all neurons.
    pub fn populations(&self) -> &[Population] { todo!() }
    pub fn population(&self, name: &str) -> Option<&Population> { todo!() }
    /// Number of simulated neurons (368 for the larva).
    pub fn neurons(&self) -> usize { todo!() }
    pub fn channels(&self) -> usize { todo!() }
    pub fn classes(&self) -> usize { todo!() }
    pub fn steps(&self) -> usize { todo!() }
    /// Coefficient of variation of the odour noise (0.30).
    pub fn odour_cv(&self) -> f64 { todo!() }
    /// The population the decoder reads (KC).
    pub fn readout_population(&self) -> &Population { todo!() }
    pub fn table(&self) -> &ParameterTable { todo!() }
}
/// Addresses noise by seed and purpose; then by trial, step and site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoiseStream { pub key: [u32; 2] }
impl NoiseStream {
    pub fn new(seed: u64, purpose: &str) -> Self { todo!() }
    /// `max(0, template * (1 + cv * n))`, one draw per channel, addressed by `trial`.
    pub fn odour(&self, template: &[f64], cv: f64, trial: u32) -> Vec<f32> { todo!() }
    /// A uniformly random order of `0..n`, addressed by `round` (epoch).
    pub fn permutation(&self, n: usize, round: u32) -> Vec<usize> { todo!() }
    /// `n` uniform numbers in [0, 1), addressed by `round`.
    pub fn uniforms(&self, n: usize, round: u32) -> Vec<f64> { todo!() }
}
#[derive(Clone, Copy, Debug)]
pub enum Noise { Off, Generated(NoiseStream) }
/// One trial: receptor input (odour noise already applied) and the address of its circuit noise.
#[derive(Clone, Debug)]
pub struct Stimulus { pub input: Vec<f32>, pub trial: u32 }
/// What an experimenter changes while a trial runs. Default: nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interventions {
    /// (graded population, amount): added to its state after every update (APL boost).
    pub boosts: Vec<(String, f64)>,
    /// (population, neuron or all, ampere): constant extra current (into the shunted dendrite of two-compartment cells).
    pub currents: Vec<(String, Option<usize>, f64)>,
    /// (population, neuron or all): never spikes / releases.
    pub silenced: Vec<(String, Option<usize>)>,
    /// Pathways switched off by name (`"apl_to_kc"` = no APL division).
    pub disabled_pathways: Vec<String>,
    pub depression_off: bool,
    pub gap_junctions_off: bool,
}
/// What a batch of trials gave.
pub struct Responses {
    pub trials: usize, pub neurons: usize, pub classes: usize,
    /// Spike counts, [trial][neuron] over all simulated neurons.
    pub counts: Vec<f32>,
    /// Decoder output, [trial][class].
    pub logits: Vec<f64>,
}
impl Responses {
    pub fn counts_of(&self, trial: usize, population: &Population) -> &[f32] { &self.counts[trial * self.neurons..][population.range.clone()] }
    pub fn logits_of(&self, trial: usize) -> &[f64] { &self.logits[trial * self.classes..][..self.classes] }
}
/// Hard-spike trials (evaluation). Any number of stimuli; batched over SIMD lanes and threads inside.
pub fn simulate(network: &Network, parameters: &Parameters, stimuli: &[Stimulus], noise: Noise, interventions: &Interventions) -> Responses { todo!() }
/// Adjoints that an objective sends back into a batch.
pub struct Upstream { /** [trial][class] */ pub logits: Vec<f64>, /** [trial][neuron], direct (not through the decoder) */ pub counts: Vec<f64> }
/// Buffers of the gradient, allocated once and reused.
pub struct GradientWorkspace { _private: () }
impl GradientWorkspace { pub fn new(network: &Network) -> Self { todo!() } }
/// Graded-spike forward pass of a batch, `objective` on its outcome, and the gradient of all stored
/// parameters (decoder included), in the layout of the table; trials are folded in order in f64.
pub fn gradient(workspace: &mut GradientWorkspace, network: &Network, parameters: &Parameters, stimuli: &[Stimulus], noise: Noise, objective: &mut dyn FnMut(&Responses) -> Upstream) -> Vec<f64> { todo!() }
