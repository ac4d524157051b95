//! Forward passes in any kind of number, observed step by step: for proofs, not for results.

use crate::engine::{Direction, Engine, Observer};
use crate::network::Network;
use crate::simulate::{Forward, Noise, run};
use crate::stimulus::{Group, Presentation, check_stimuli};
use crate::{Interventions, Scalar};

/// Runs graded trials; `stored` is laid out by the network's parameter table. Returns the sums of
/// graded spikes, `[neuron]`, of one group of at most [`Scalar::LANES`] trials.
#[must_use]
pub fn forward_graded<S: Scalar, O: Observer<S>, P: Presentation>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    forward::<S, O, P, true>(network, stored, stimuli, noise, interventions, observer)
}

/// The same with hard spikes.
#[must_use]
pub fn forward_hard<S: Scalar, O: Observer<S>, P: Presentation>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    forward::<S, O, P, false>(network, stored, stimuli, noise, interventions, observer)
}

fn forward<S: Scalar, O: Observer<S>, P: Presentation, const GRADED: bool>(
    network: &Network,
    stored: &[S::Coefficient],
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
    observer: &mut O,
) -> Vec<S> {
    assert!(
        !stimuli.is_empty() && stimuli.len() <= S::LANES,
        "one group of trials at a time"
    );
    let direction = |steps| {
        if GRADED {
            Direction::Both { steps }
        } else {
            Direction::Forward
        }
    };
    let steps = check_stimuli(network.channels(), network.steps(), stimuli);
    let mut engine = Engine::<S>::new(network, direction(steps));
    engine.load(network, stored, interventions);
    let group = Group::new(network.channels(), network.steps(), stimuli);
    run::<S, _>(Forward::<_, _, GRADED> {
        engine: &mut engine,
        network,
        input: group.input(),
        noise: noise.source(&group.trials),
        observer,
    });
    engine.count
}
