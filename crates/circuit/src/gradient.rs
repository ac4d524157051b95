//! The gradient of an objective over a batch of graded trials.

use crate::engine::{Blind, Direction, Engine, Observer, Silent, Witness};
use crate::instruction_set::Kernel;
use crate::network::Network;
use crate::simulate::{Forward, Group, Noise, Responses, Stimulus, check_stimuli, decode, run};
use crate::{Interventions, Lanes, Parameters, Scalar, WIDTH};

/// What a batch of graded trials gave: sums of graded spikes, in `f64`.
pub type GradedResponses = Responses<f64>;

/// Adjoints that an objective sends back into a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// Derivative of the objective by each decoder output, `[trial][class]`.
    pub logits: Vec<f64>,
    /// Derivative by each spike count, not through the decoder, `[trial][neuron]`.
    pub counts: Vec<f64>,
}

/// Buffers of the gradient, allocated once and reused: about 10 MB per group of trials.
pub struct GradientWorkspace<S: Scalar = Lanes<WIDTH>> {
    engines: Vec<Engine<S>>,
}

impl GradientWorkspace {
    /// Buffers for one batch of up to [`WIDTH`] trials; larger batches extend them.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        Self::for_scalar(network)
    }
}

impl<S: Scalar> GradientWorkspace<S> {
    /// The same for another kind of number (`f64` for the reference).
    #[must_use]
    pub fn for_scalar(network: &Network) -> Self {
        Self {
            engines: vec![Engine::new(network, Direction::Both)],
        }
    }
}

struct Backward<'a, S: Scalar, W> {
    engine: &'a mut Engine<S>,
    network: &'a Network,
    stored: &'a [f64],
    stimulus: &'a [S],
    witness: &'a mut W,
}

impl<S: Scalar<Coefficient = f64>, W: Witness<S>> Kernel for Backward<'_, S, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.engine
            .backward(self.network, self.stored, self.stimulus, self.witness);
    }
}

/// Graded-spike trials (training), `objective` on their outcome, and the gradient of all stored
/// parameters, decoder included, in the layout of the network's table. The gradients of the trials
/// are added in the order of the trials, in `f64`.
///
/// # Panics
/// If a stimulus does not have one value per receptor channel, an intervention names something that
/// the network does not have, or the objective returns arrays of the wrong length.
pub fn gradient<S: Scalar<Coefficient = f64>>(
    workspace: &mut GradientWorkspace<S>,
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
    objective: &mut dyn FnMut(&GradedResponses) -> Upstream,
) -> Vec<f64> {
    gradient_observed(
        workspace,
        network,
        parameters,
        stimuli,
        noise,
        interventions,
        objective,
        &mut |_| Silent,
    )
}

/// As [`gradient`]; `observers` makes the observer of each group of trials.
///
/// # Panics
/// As [`gradient`].
#[allow(
    clippy::too_many_arguments,
    reason = "one more than the function it extends"
)]
pub fn gradient_observed<S: Scalar<Coefficient = f64>, O: Observer<S>>(
    workspace: &mut GradientWorkspace<S>,
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
    objective: &mut dyn FnMut(&GradedResponses) -> Upstream,
    observers: &mut dyn FnMut(usize) -> O,
) -> Vec<f64> {
    let batch = Batch {
        network,
        parameters,
        stimuli,
        noise,
        interventions,
    };
    differentiate(workspace, &batch, objective, observers, &mut Blind).gradient
}

/// What is differentiated.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub network: &'a Network,
    pub parameters: &'a Parameters,
    pub stimuli: &'a [Stimulus],
    pub noise: Noise<'a>,
    pub interventions: &'a Interventions,
}

/// A gradient, and what it came from.
pub(crate) struct Differentiated {
    pub gradient: Vec<f64>,
    pub responses: GradedResponses,
    /// Adjoint of every spike count, through the decoder and directly, `[trial][neuron]`.
    pub counts: Vec<f64>,
}

/// The gradient of a batch; `witness` sees the backward pass of each group of trials.
pub(crate) fn differentiate<S: Scalar<Coefficient = f64>, O: Observer<S>, W: Witness<S>>(
    workspace: &mut GradientWorkspace<S>,
    batch: &Batch<'_>,
    objective: &mut dyn FnMut(&GradedResponses) -> Upstream,
    observers: &mut dyn FnMut(usize) -> O,
    witness: &mut W,
) -> Differentiated {
    let &Batch {
        network,
        parameters,
        stimuli,
        noise,
        interventions,
    } = batch;
    check_stimuli(network, stimuli);
    interventions
        .check(network)
        .expect("interventions are checked by the caller");
    let neurons = network.neurons();
    let groups: Vec<Group<S>> = stimuli
        .chunks(S::LANES)
        .map(|chunk| Group::new(network.channels(), chunk))
        .collect();
    while workspace.engines.len() < groups.len() {
        workspace
            .engines
            .push(Engine::new(network, Direction::Both));
    }
    let mut counts = vec![0.0; stimuli.len() * neurons];
    for (index, (engine, group)) in workspace.engines.iter_mut().zip(&groups).enumerate() {
        engine.load(network, &parameters.values, interventions);
        run::<S, _>(Forward::<_, _, true> {
            engine,
            network,
            stimulus: &group.stimulus,
            noise: noise.source(&group.trials),
            observer: &mut observers(index),
        });
        let counts = &mut counts[index * S::LANES * neurons..];
        for lane in 0..group.size {
            for (count, lanes) in counts[lane * neurons..][..neurons]
                .iter_mut()
                .zip(&engine.count)
            {
                *count = lanes.lane(lane);
            }
        }
    }
    let logits = decode(network, parameters, &counts);
    let responses = GradedResponses {
        trials: stimuli.len(),
        neurons,
        classes: network.classes(),
        counts,
        logits,
    };
    let upstream = objective(&responses);
    assert_eq!(
        upstream.logits.len(),
        responses.logits.len(),
        "one adjoint per decoder output"
    );
    assert_eq!(
        upstream.counts.len(),
        responses.counts.len(),
        "one adjoint per spike count"
    );

    let mut gradient = vec![0.0; network.table().len()];
    let counts_bar = decoder_gradient(network, parameters, &responses, upstream, &mut gradient);
    for (index, (engine, group)) in workspace.engines.iter_mut().zip(&groups).enumerate() {
        let counts_bar = &counts_bar[index * S::LANES * neurons..];
        for (neuron, bar) in engine.count_adjoint().iter_mut().enumerate() {
            // Lanes beyond the group's size carry nothing back.
            *bar = S::splat(0.0);
            for lane in 0..group.size {
                bar.set_lane(lane, counts_bar[lane * neurons + neuron]);
            }
        }
        run::<S, _>(Backward {
            engine,
            network,
            stored: &parameters.values,
            stimulus: &group.stimulus,
            witness,
        });
        engine.fold(network, &parameters.values, group.size, &mut gradient);
        witness.finish(engine, network, group.size);
    }
    Differentiated {
        gradient,
        responses,
        counts: counts_bar,
    }
}

/// Gradient of the decoder's parameters; returns the adjoint of all spike counts.
fn decoder_gradient(
    network: &Network,
    parameters: &Parameters,
    responses: &GradedResponses,
    upstream: Upstream,
    gradient: &mut [f64],
) -> Vec<f64> {
    let table = network.table();
    let range = |name: &str| table.group(name).map_or(0..0, |group| group.range.clone());
    let (weight, bias) = (range("decoder.weight"), range("decoder.bias"));
    let read = network.readout_population().range.clone();
    let steps = network.steps() as f64;
    let mut counts_bar = upstream.counts;
    let mut rates = vec![0.0; read.len()];
    for trial in 0..responses.trials {
        let counts = &responses.counts[trial * responses.neurons..][read.clone()];
        for (rate, count) in rates.iter_mut().zip(counts) {
            *rate = count / steps;
        }
        let counts_bar = &mut counts_bar[trial * responses.neurons..][read.clone()];
        let logits_bar = &upstream.logits[trial * responses.classes..][..responses.classes];
        for (class, &logit_bar) in logits_bar.iter().enumerate() {
            let row = weight.start + class * read.len()..weight.start + (class + 1) * read.len();
            for (sum, rate) in gradient[row.clone()].iter_mut().zip(&rates) {
                *sum += logit_bar * rate;
            }
            let share = logit_bar / steps;
            for (bar, weight) in counts_bar.iter_mut().zip(&parameters.values[row]) {
                *bar += share * weight;
            }
            gradient[bias.start + class] += logit_bar;
        }
    }
    counts_bar
}
