//! Forward passes in any kind of number, observed step by step: for proofs, not for results.

use crate::engine::{Direction, Engine, Observer};
use crate::network::Network;
use crate::simulate::{Forward, Group, Noise, Stimulus, run};
use crate::{Interventions, Scalar};

/// Runs graded trials; `stored` is laid out by the network's parameter table. Returns the sums of
/// graded spikes, `[neuron]`, of one group of at most [`Scalar::LANES`] trials.
#[must_use]
pub fn forward_graded<S: Scalar, O: Observer<S>>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    forward::<S, O, true>(network, stored, stimuli, noise, interventions, observer)
}

/// The same with hard spikes.
#[must_use]
pub fn forward_hard<S: Scalar, O: Observer<S>>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    forward::<S, O, false>(network, stored, stimuli, noise, interventions, observer)
}

fn forward<S: Scalar, O: Observer<S>, const GRADED: bool>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    assert!(
        !stimuli.is_empty() && stimuli.len() <= S::LANES,
        "one group of trials at a time"
    );
    let direction = if GRADED {
        Direction::Both
    } else {
        Direction::Forward
    };
    let mut engine = Engine::<S>::new(network, direction);
    engine.load(network, stored, interventions);
    let group = Group::new(network.channels(), stimuli);
    run::<S, _>(Forward::<_, _, GRADED> {
        engine: &mut engine,
        network,
        stimulus: &group.stimulus,
        noise: noise.source(&group.trials),
        observer,
    });
    engine.count
}
