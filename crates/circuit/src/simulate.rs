//! Trials in, spike counts and decoder output out.

use std::ops::Range;

use rayon::prelude::*;

use crate::engine::{Direction, Engine, InjectedNoise, NoiseSource, Observer, Silent, Snapshot};
use crate::instruction_set::{InstructionSet, Kernel};
use crate::network::{Network, Population};
use crate::noise::NoiseStream;
use crate::stimulus::{Group, Presentation, ReceptorInput, check_stimuli};
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

/// What a batch of trials gave. Hard spikes are counted in `f32`, which is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses<C = f32> {
    /// Number of trials.
    pub trials: usize,
    /// Number of simulated neurons.
    pub neurons: usize,
    /// Number of decoder classes.
    pub classes: usize,
    /// Number of steps in which spikes were counted.
    pub steps: usize,
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

/// The forward pass as a kernel.
pub(crate) struct Forward<'a, S: Scalar, O, const GRADED: bool> {
    pub engine: &'a mut Engine<S>,
    pub network: &'a Network,
    pub input: ReceptorInput<'a, S>,
    pub noise: NoiseSource<'a>,
    pub observer: &'a mut O,
}

impl<S: Scalar, O: Observer<S>, const GRADED: bool> Kernel for Forward<'_, S, O, GRADED> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.engine
            .forward::<GRADED, O>(self.network, self.input, self.noise, self.observer);
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

/// Hard-spike trials (evaluation): every trial starts at rest and lasts as long as its stimulus, or as
/// the circuit says if that is constant. Any number of stimuli; trials run side by side in lanes and
/// groups of lanes in threads, and neither changes a bit of the result.
///
/// # Panics
/// If a stimulus does not have one value per receptor channel, stimuli differ in length, or an
/// intervention names something that the network does not have (see [`Interventions::check`]).
#[must_use]
pub fn simulate<P: Presentation>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
) -> Responses {
    let steps = check(network, stimuli, interventions);
    let batch = Batch {
        network,
        parameters,
        trials: stimuli.len(),
        group: &|trials| Group::new(network.channels(), network.steps(), &stimuli[trials]),
        noise,
        interventions,
    };
    responses(network, parameters, stimuli.len(), steps, batch.count())
}

/// As [`simulate`], with the spikes of each window (a range of steps) counted on its own: one
/// [`Responses`] per window, whose decoder output is that of mean spikes per step in the window. Trials
/// are not interrupted: each window begins in the state that the one before left behind.
///
/// # Panics
/// As [`simulate`], and if a window is empty or reaches beyond the end of the trials.
#[must_use]
pub fn simulate_windows<P: Presentation>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[P],
    windows: &[Range<usize>],
    noise: Noise<'_>,
    interventions: &Interventions,
) -> Vec<Responses> {
    let steps = check(network, stimuli, interventions);
    for window in windows {
        assert!(
            window.start < window.end && window.end <= steps,
            "a window lies within the {steps} steps of a trial"
        );
    }
    let neurons = network.neurons();
    let row = windows.len() * neurons;
    let batch = Batch {
        network,
        parameters,
        trials: stimuli.len(),
        group: &|trials| Group::new(network.channels(), network.steps(), &stimuli[trials]),
        noise,
        interventions,
    };
    let counts = batch.count_windows(windows);
    let of_window = |(index, window): (usize, &Range<usize>)| {
        let rows = counts.chunks(row);
        let counts = rows.flat_map(|row| row[index * neurons..][..neurons].iter().copied());
        responses(
            network,
            parameters,
            stimuli.len(),
            window.len(),
            counts.collect(),
        )
    };
    windows.iter().enumerate().map(of_window).collect()
}

/// Counts the spikes of windows, `[window][neuron]`.
struct Counter<'a, S> {
    windows: &'a [Range<usize>],
    counts: Vec<S>,
}

impl<S: Scalar> Observer<S> for Counter<'_, S> {
    #[inline(always)]
    fn observe(&mut self, step: usize, state: &Snapshot<'_, S>) {
        let rows = self.counts.chunks_mut(state.spike.len());
        for (counts, window) in rows.zip(self.windows) {
            if window.contains(&step) {
                for (count, &spike) in counts.iter_mut().zip(state.spike) {
                    *count = *count + spike;
                }
            }
        }
    }
}

/// What the engine takes for granted; returns the number of steps.
fn check<P: Presentation>(
    network: &Network,
    stimuli: &[P],
    interventions: &Interventions,
) -> usize {
    interventions
        .check(network)
        .expect("interventions are checked by the caller");
    check_stimuli(network.channels(), network.steps(), stimuli)
}

/// Trials to simulate. What kind of stimuli they have is known to `group` alone, so that the engine is
/// compiled once, here.
struct Batch<'a> {
    network: &'a Network,
    parameters: &'a Parameters,
    trials: usize,
    /// Receptor input of some consecutive trials, at most [`WIDTH`].
    group: &'a (dyn Fn(Range<usize>) -> Group<Lanes<WIDTH>> + Sync),
    noise: Noise<'a>,
    interventions: &'a Interventions,
}

impl Batch<'_> {
    /// Spikes of whole trials, `[trial][neuron]`.
    fn count(&self) -> Vec<f32> {
        self.in_groups(self.network.neurons(), |engine, group, counts| {
            run::<Lanes<WIDTH>, _>(Forward::<_, _, false> {
                engine,
                network: self.network,
                input: group.input(),
                noise: self.noise.source(&group.trials),
                observer: &mut Silent,
            });
            copy_counts(&engine.count, group.size, counts);
        })
    }

    /// Spikes of windows, `[trial][window][neuron]`.
    fn count_windows(&self, windows: &[Range<usize>]) -> Vec<f32> {
        let row = windows.len() * self.network.neurons();
        self.in_groups(row, |engine, group, counts| {
            let mut counter = Counter {
                windows,
                counts: vec![Lanes([0.0; WIDTH]); row],
            };
            run::<Lanes<WIDTH>, _>(Forward::<_, _, false> {
                engine,
                network: self.network,
                input: group.input(),
                noise: self.noise.source(&group.trials),
                observer: &mut counter,
            });
            copy_counts(&counter.counts, group.size, counts);
        })
    }

    /// Hands out groups of trials to threads; each fills its part of the result, `row` values per trial.
    fn in_groups(
        &self,
        row: usize,
        simulate: impl Fn(&mut Engine<Lanes<WIDTH>>, &Group<Lanes<WIDTH>>, &mut [f32]) + Sync,
    ) -> Vec<f32> {
        let mut counts = vec![0.0_f32; self.trials * row];
        let groups = self.trials.div_ceil(WIDTH);
        // One contiguous share of groups per thread, so that each builds its buffers once.
        let share = groups.div_ceil(rayon::current_num_threads()).max(1) * WIDTH;
        // Without a window there is nothing to count.
        counts
            .par_chunks_mut((share * row).max(1))
            .enumerate()
            .for_each(|(index, counts)| {
                let mut engine = Engine::new(self.network, Direction::Forward);
                engine.load(self.network, &self.parameters.values, self.interventions);
                for (group, counts) in counts.chunks_mut(WIDTH * row).enumerate() {
                    let first = index * share + group * WIDTH;
                    let group = (self.group)(first..first + counts.len() / row);
                    simulate(&mut engine, &group, counts);
                }
            });
        counts
    }
}

fn responses(
    network: &Network,
    parameters: &Parameters,
    trials: usize,
    steps: usize,
    counts: Vec<f32>,
) -> Responses {
    Responses {
        trials,
        neurons: network.neurons(),
        classes: network.classes(),
        steps,
        logits: decode(network, parameters, &counts, steps),
        counts,
    }
}

/// Sorts counts by trials.
fn copy_counts<S: Scalar>(lanes: &[S], trials: usize, counts: &mut [f32]) {
    for (lane, counts) in counts.chunks_mut(lanes.len()).take(trials).enumerate() {
        for (count, lanes) in counts.iter_mut().zip(lanes) {
            *count = lanes.lane(lane) as f32;
        }
    }
}

/// The affine decoder of mean spikes per step, in `f64`.
pub(crate) fn decode<T: Copy + Into<f64>>(
    network: &Network,
    parameters: &Parameters,
    counts: &[T],
    steps: usize,
) -> Vec<f64> {
    let table = network.table();
    let weights = parameters.stored(table, "decoder.weight");
    let bias = parameters.stored(table, "decoder.bias");
    let range = network.readout_population().range.clone();
    let steps = steps as f64;
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
