//! How an objective depends on every edge and every neuron, from one backward pass.
//!
//! Training learns one strength per pathway and asks for no gradient per edge. Here the same adjoint
//! keeps what it otherwise sums: the share of each edge. The shares of a pathway's edges add up to the
//! gradient by the logarithm of its strength, because that scales all of them.
//!
//! These are derivatives of the *graded* model (spikes are logistic functions of the distance to threshold,
//! resets carry no gradient), not of the hard-spike network, for which no derivative exists. A derivative
//! also says what a small change does; silencing is a large one.

use crate::engine::{PerTrial, Silent};
use crate::file::NeuronModel;
use crate::gradient::{Batch, Differentiated, GradedResponses, Upstream, differentiate};
use crate::network::Network;
use crate::simulate::Noise;
use crate::stimulus::Presentation;
use crate::{GradientWorkspace, Interventions, Parameters, Scalar};

/// Derivatives of an objective, trial by trial: each is that of the trial's own share of the objective, so
/// their sums over the trials are those of the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensitivity {
    /// What the batch gave.
    pub responses: GradedResponses,
    /// By every stored parameter, summed over the trials: as [`gradient`](crate::gradient) returns it.
    pub gradient: Vec<f64>,
    /// By the natural logarithm of each edge's weight, one array `[trial][edge]` per pathway, edges in the
    /// order of [`Pathway::edges`](crate::Pathway::edges). The largest number of contacts, by which
    /// all are divided, is held.
    pub edges: Vec<Vec<f64>>,
    /// By the natural logarithm of each gap junction's conductance, one array `[trial][pair]` per set.
    pub pairs: Vec<Vec<f64>>,
    /// By each neuron's threshold, per volt, `[trial][neuron]`; 0 for graded populations.
    pub thresholds: Vec<f64>,
    /// By a constant current into each neuron, per ampere, `[trial][neuron]`, where
    /// [`Interventions::currents`] adds it; 0 for graded populations, which take none.
    pub currents: Vec<f64>,
    /// By the natural logarithm of each neuron's spike count where the decoder and the objective read it,
    /// `[trial][neuron]`.
    pub counts: Vec<f64>,
}

/// Graded trials, `objective` on their outcome, and its derivatives by every edge and neuron; the arguments
/// are those of [`gradient`](crate::gradient).
///
/// Memory: a number per trial and edge, so pass large sets of trials in portions.
///
/// # Panics
/// As [`gradient`](crate::gradient).
pub fn sensitivity<S: Scalar<Coefficient = f64>, P: Presentation>(
    workspace: &mut GradientWorkspace<S>,
    network: &Network,
    parameters: &Parameters,
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
    objective: &mut dyn FnMut(&GradedResponses) -> Upstream,
) -> Sensitivity {
    let batch = Batch {
        network,
        parameters,
        stimuli,
        noise,
        interventions,
    };
    let mut witness = PerTrial::<S>::new(network);
    let Differentiated {
        gradient,
        responses,
        counts,
    } = differentiate(workspace, &batch, objective, &mut |_| Silent, &mut witness);
    let PerTrial {
        mut edges,
        pairs,
        thresholds,
        mut currents,
        ..
    } = witness;
    for (pathway, shares) in network.pathways().iter().zip(&mut edges) {
        let weights = pathway.wiring.weights::<f64>();
        if weights.is_empty() {
            continue;
        }
        for trial in shares.chunks_mut(weights.len()) {
            for (share, weight) in trial.iter_mut().zip(&weights) {
                *share *= weight;
            }
        }
    }
    let graded = network
        .populations()
        .iter()
        .filter(|it| it.model == NeuronModel::Graded);
    for population in graded {
        for trial in currents.chunks_mut(network.neurons()) {
            trial[population.range.clone()].fill(0.0);
        }
    }
    let counts = counts
        .iter()
        .zip(&responses.counts)
        .map(|(bar, count)| bar * count)
        .collect();
    Sensitivity {
        responses,
        gradient,
        edges,
        pairs,
        thresholds,
        currents,
        counts,
    }
}
