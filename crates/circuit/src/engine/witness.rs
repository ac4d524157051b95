//! What else a backward pass may be asked for: shares of single edges and neurons.
//!
//! Training asks for nothing ([`Blind`]), and pays nothing: every question is a constant `None` there.

use super::Engine;
use crate::Scalar;
use crate::network::Network;

/// Sees a backward pass.
pub(crate) trait Witness<S: Scalar> {
    /// Before the pass of a group of trials.
    fn begin(&mut self) {}
    /// Where the shares of a pathway's edges are added up, if they are wanted.
    fn edges(&mut self, _pathway: usize) -> Option<&mut [S]> {
        None
    }
    /// Where the shares of a set's gap junctions are added up, if they are wanted.
    fn pairs(&mut self, _set: usize) -> Option<&mut [S]> {
        None
    }
    /// The adjoints of all inputs in a step.
    fn inputs(&mut self, _inputs: &[S]) {}
    /// After the pass of a group, of which the first `trials` lanes count.
    fn finish(&mut self, _engine: &Engine<S>, _network: &Network, _trials: usize) {}
}

/// Asks for nothing.
pub(crate) struct Blind;

impl<S: Scalar> Witness<S> for Blind {}

/// Everything of every trial: `[trial][edge]`, `[trial][pair]`, `[trial][neuron]`.
pub(crate) struct PerTrial<S> {
    edge_sums: Vec<Vec<S>>,
    pair_sums: Vec<Vec<S>>,
    input_sums: Vec<S>,
    /// Derivatives by the logarithm of each edge's weight, but for the factor of the weight.
    pub edges: Vec<Vec<f64>>,
    /// Derivatives by the logarithm of each gap junction's conductance.
    pub pairs: Vec<Vec<f64>>,
    /// Derivatives by each threshold, per volt.
    pub thresholds: Vec<f64>,
    /// Derivatives by a constant current, per ampere.
    pub currents: Vec<f64>,
}

impl<S: Scalar> PerTrial<S> {
    pub fn new(network: &Network) -> Self {
        let zeros = |count: usize| vec![S::splat(0.0); count];
        let pathways = network.pathways.iter();
        let sets = network.gap_junctions.iter();
        Self {
            edge_sums: pathways.map(|it| zeros(it.wiring.edges())).collect(),
            pair_sums: sets.map(|it| zeros(it.pairs.len())).collect(),
            input_sums: zeros(network.ports),
            edges: vec![Vec::new(); network.pathways.len()],
            pairs: vec![Vec::new(); network.gap_junctions.len()],
            thresholds: Vec::new(),
            currents: Vec::new(),
        }
    }
}

impl<S: Scalar<Coefficient = f64>> Witness<S> for PerTrial<S> {
    fn begin(&mut self) {
        let sums = self.edge_sums.iter_mut().chain(&mut self.pair_sums);
        for sums in sums.chain([&mut self.input_sums]) {
            sums.fill(S::splat(0.0));
        }
    }

    #[inline(always)]
    fn edges(&mut self, pathway: usize) -> Option<&mut [S]> {
        Some(&mut self.edge_sums[pathway])
    }

    #[inline(always)]
    fn pairs(&mut self, set: usize) -> Option<&mut [S]> {
        Some(&mut self.pair_sums[set])
    }

    #[inline(always)]
    fn inputs(&mut self, inputs: &[S]) {
        for (sum, &input) in self.input_sums.iter_mut().zip(inputs) {
            *sum = *sum + input;
        }
    }

    fn finish(&mut self, engine: &Engine<S>, network: &Network, trials: usize) {
        for lane in 0..trials {
            let of_lane = |sums: &Vec<S>, out: &mut Vec<f64>| {
                out.extend(sums.iter().map(|sum| sum.lane(lane)));
            };
            for (sums, out) in self.edge_sums.iter().zip(&mut self.edges) {
                of_lane(sums, out);
            }
            for (sums, out) in self.pair_sums.iter().zip(&mut self.pairs) {
                of_lane(sums, out);
            }
            let first = self.thresholds.len();
            self.thresholds.resize(first + network.neurons(), 0.0);
            engine.threshold_adjoints(network, lane, &mut self.thresholds[first..]);
            self.currents.resize(first + network.neurons(), 0.0);
            for population in network.populations() {
                let inputs = &self.input_sums[population.ports.main.clone()];
                let currents = &mut self.currents[first..][population.range.clone()];
                for (current, input) in currents.iter_mut().zip(inputs) {
                    *current = input.lane(lane);
                }
            }
        }
    }
}
