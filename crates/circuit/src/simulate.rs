//! Trials in, spike counts and decoder output out.

use rayon::prelude::*;

use crate::engine::{Direction, Engine, InjectedNoise, NoiseSource, Observer, Silent};
use crate::instruction_set::{InstructionSet, Kernel};
use crate::network::{Network, Population};
use crate::noise::NoiseStream;
use crate::{Interventions, Lanes, Parameters, Scalar};

/// Trials that are simulated side by side: one AVX-512 register of `f32`.
pub const WIDTH: usize = 16;

/// Where the circuit noise of a batch comes from.
#[derive(Clone, Copy, Debug)]
pub enum Noise<'a> {
    /// No noise.
    Off,
    /// Generated; addressed by each stimulus' trial number.
    Generated(NoiseStream),
    /// Supplied; a stimulus' trial number is its place in the supplied array.
    Injected(&'a InjectedNoise),
}

impl<'a> Noise<'a> {
    pub(crate) fn source(self, trials: &'a [u32]) -> NoiseSource<'a> {
        match self {
            Self::Off => NoiseSource::Off,
            Self::Generated(stream) => NoiseSource::Generated {
                key: stream.key(),
                trials,
            },
            Self::Injected(noise) => NoiseSource::Injected { noise, trials },
        }
    }
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// Response of each receptor channel, odour noise already applied.
    pub input: Vec<f32>,
    /// Address of the trial's circuit noise.
    pub trial: u32,
}

/// What a batch of trials gave. Hard spikes are counted in `f32`, which is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses<C = f32> {
    /// Number of trials.
    pub trials: usize,
    /// Number of simulated neurons.
    pub neurons: usize,
    /// Number of decoder classes.
    pub classes: usize,
    /// Spikes (graded or hard) of a trial, `[trial][neuron]`.
    pub counts: Vec<C>,
    /// Decoder output, `[trial][class]`.
    pub logits: Vec<f64>,
}

impl<C> Responses<C> {
    /// Spike counts of one population in one trial.
    #[must_use]
    pub fn counts_of(&self, trial: usize, population: &Population) -> &[C] {
        &self.counts[trial * self.neurons..][population.range.clone()]
    }

    /// Decoder output of one trial.
    #[must_use]
    pub fn logits_of(&self, trial: usize) -> &[f64] {
        &self.logits[trial * self.classes..][..self.classes]
    }
}

/// Stimuli and noise addresses of one group of lanes. A group that is not full repeats its last trial.
pub(crate) struct Group<S> {
    pub stimulus: Vec<S>,
    pub trials: Vec<u32>,
    pub size: usize,
}

impl<S: Scalar> Group<S> {
    pub fn new(channels: usize, stimuli: &[Stimulus]) -> Self {
        let mut stimulus = vec![S::splat(0.0); channels];
        let mut trials = Vec::with_capacity(S::LANES);
        for lane in 0..S::LANES {
            let trial = &stimuli[lane.min(stimuli.len() - 1)];
            trials.push(trial.trial);
            for (channel, &value) in trial.input.iter().enumerate() {
                stimulus[channel].set_lane(lane, f64::from(value));
            }
        }
        Self {
            stimulus,
            trials,
            size: stimuli.len(),
        }
    }
}

/// The forward pass as a kernel.
pub(crate) struct Forward<'a, S: Scalar, O, const GRADED: bool> {
    pub engine: &'a mut Engine<S>,
    pub network: &'a Network,
    pub stimulus: &'a [S],
    pub noise: NoiseSource<'a>,
    pub observer: &'a mut O,
}

impl<S: Scalar, O: Observer<S>, const GRADED: bool> Kernel for Forward<'_, S, O, GRADED> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.engine
            .forward::<GRADED, O>(self.network, self.stimulus, self.noise, self.observer);
    }
}

/// Runs a kernel with the process' instruction set, where vectors pay.
#[inline]
pub(crate) fn run<S: Scalar, K: Kernel>(kernel: K) -> K::Output {
    if S::VECTOR {
        InstructionSet::run(kernel)
    } else {
        kernel.run()
    }
}

/// Hard-spike trials (evaluation): every trial starts at rest and lasts the circuit's duration.
/// Any number of stimuli; trials run side by side in lanes and groups of lanes in threads, and
/// neither changes a bit of the result.
///
/// # Panics
/// If a stimulus does not have one value per receptor channel, or an intervention names something
/// that the network does not have (see [`Interventions::check`]).
#[must_use]
pub fn simulate(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
) -> Responses {
    check_stimuli(network, stimuli);
    interventions
        .check(network)
        .expect("interventions are checked by the caller");
    let neurons = network.neurons();
    let mut counts = vec![0.0_f32; stimuli.len() * neurons];
    let groups = stimuli.len().div_ceil(WIDTH);
    // One contiguous share of groups per thread, so that each builds its buffers once.
    let share = groups.div_ceil(rayon::current_num_threads()).max(1) * WIDTH;
    counts
        .par_chunks_mut(share * neurons)
        .zip(stimuli.par_chunks(share))
        .for_each(|(counts, stimuli)| {
            let mut engine = Engine::<Lanes<WIDTH>>::new(network, Direction::Forward);
            engine.load(network, &parameters.values, interventions);
            for (counts, stimuli) in counts
                .chunks_mut(WIDTH * neurons)
                .zip(stimuli.chunks(WIDTH))
            {
                let group = Group::new(network.channels(), stimuli);
                run::<Lanes<WIDTH>, _>(Forward::<_, _, false> {
                    engine: &mut engine,
                    network,
                    stimulus: &group.stimulus,
                    noise: noise.source(&group.trials),
                    observer: &mut Silent,
                });
                copy_counts(&engine, group.size, neurons, counts);
            }
        });
    let logits = decode(network, parameters, &counts);
    Responses {
        trials: stimuli.len(),
        neurons,
        classes: network.classes(),
        counts,
        logits,
    }
}

pub(crate) fn check_stimuli(network: &Network, stimuli: &[Stimulus]) {
    for stimulus in stimuli {
        assert_eq!(
            stimulus.input.len(),
            network.channels(),
            "one value per receptor channel"
        );
    }
}

pub(crate) fn copy_counts<S: Scalar>(
    engine: &Engine<S>,
    trials: usize,
    neurons: usize,
    counts: &mut [f32],
) {
    for lane in 0..trials {
        for (count, lanes) in counts[lane * neurons..][..neurons]
            .iter_mut()
            .zip(&engine.count)
        {
            *count = lanes.lane(lane) as f32;
        }
    }
}

/// The affine decoder of mean spikes per step, in `f64`.
pub(crate) fn decode<T: Copy + Into<f64>>(
    network: &Network,
    parameters: &Parameters,
    counts: &[T],
) -> Vec<f64> {
    let table = network.table();
    let weights = parameters.stored(table, "decoder.weight");
    let bias = parameters.stored(table, "decoder.bias");
    let range = network.readout_population().range.clone();
    let steps = network.steps() as f64;
    let mut logits = Vec::with_capacity(counts.len() / network.neurons() * bias.len());
    let mut rates = vec![0.0; range.len()];
    for counts in counts.chunks(network.neurons()) {
        for (rate, &count) in rates.iter_mut().zip(&counts[range.clone()]) {
            *rate = count.into() / steps;
        }
        for (weights, bias) in weights.chunks(range.len()).zip(bias) {
            logits.push(bias + dot(weights, &rates));
        }
    }
    logits
}

/// A dot product with eight partial sums in a fixed order, so that it may be vectorised and still
/// gives the same bits everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    rest + ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}
