//! The forward pass of one group of trials.

use super::{Engine, NoiseSource, PathwayCoefficients, PopulationCoefficients, draw, has_axon};
use crate::Scalar;
use crate::lanes::one_at_a_time;
use crate::network::{Dynamics, Mechanism, Network, Operation};
use crate::neuron::{graded, leaky_integrate_and_fire as lif, two_compartment};
use crate::pathway::instantaneous::Signal;
use crate::pathway::{chemical, gap_junction, instantaneous};
use crate::stimulus::ReceptorInput;

/// Sees the state after every step.
pub trait Observer<S> {
    /// Called after step `step` (from 0).
    fn observe(&mut self, step: usize, state: &Snapshot<'_, S>);
}

/// The state after a step. Voltages are relative to rest; all but the last two run over all neurons.
pub struct Snapshot<'a, S> {
    /// Membrane or dendritic voltage (volt above rest); activity of graded populations.
    pub voltage: &'a [S],
    /// Axonal voltage of two-compartment cells, volt above rest.
    pub axon: &'a [S],
    /// What is left of the refractory period, second.
    pub timer: &'a [S],
    /// Spikes of the step.
    pub spike: &'a [S],
    /// Synaptic current of each chemical pathway, one per row of its wiring, ampere.
    pub current: &'a [Vec<S>],
    /// Used-up share of the vesicle pool of each chemical pathway, one per source.
    pub depletion: &'a [Vec<S>],
}

/// Observes nothing.
pub(crate) struct Silent;

impl<S> Observer<S> for Silent {
    #[inline(always)]
    fn observe(&mut self, _step: usize, _state: &Snapshot<'_, S>) {}
}

impl<S: Scalar> Engine<S> {
    /// Runs one group of trials from rest, for as many steps as the input has.
    #[inline(always)]
    pub fn forward<const GRADED: bool, O: Observer<S>>(
        &mut self,
        network: &Network,
        input: ReceptorInput<'_, S>,
        noise: NoiseSource<'_>,
        observer: &mut O,
    ) {
        self.reset();
        let neurons = network.neurons();
        let mut shown = None;
        for (step, &frame) in input.frame_of_step.iter().enumerate() {
            if shown != Some(frame) {
                self.present(network, input.frame(frame));
                shown = Some(frame);
            }
            if GRADED {
                self.tape.voltage[step * neurons..][..neurons].copy_from_slice(&self.voltage);
                for population in network.populations().iter().filter(|p| has_axon(p.model)) {
                    let range = population.range.clone();
                    self.tape.axon[step * neurons..][range.clone()]
                        .copy_from_slice(&self.axon[range]);
                }
            }
            self.input.copy_from_slice(&self.constant_input);
            for &operation in &network.operations {
                match operation {
                    Operation::GapJunction(index) => self.couple(network, index),
                    Operation::Pathway(index) => {
                        self.transmit::<GRADED>(network, index, step, noise);
                    }
                    Operation::Receptors => self.receive::<GRADED>(network, step, noise),
                    Operation::Population(index) => {
                        self.update::<GRADED>(network, index, step, noise);
                    }
                }
            }
            for (count, &spike) in self.count.iter_mut().zip(&self.spike) {
                one_at_a_time();
                *count = *count + spike;
            }
            if GRADED {
                self.tape.spike[(step + 1) * neurons..][..neurons].copy_from_slice(&self.spike);
            }
            let state = Snapshot {
                voltage: &self.voltage,
                axon: &self.axon,
                timer: &self.timer,
                spike: &self.spike,
                current: &self.current,
                depletion: &self.depletion,
            };
            observer.observe(step, &state);
        }
    }

    /// Drive of the receptor neurons by `stimulus`, one value per receptor channel.
    #[inline(always)]
    fn present(&mut self, network: &Network, stimulus: &[S]) {
        let receptors = &network.receptors;
        for (neuron, drive) in self.drive.iter_mut().enumerate() {
            let channel = neuron / receptors.per_channel;
            *drive = stimulus[channel] * self.receptor_gain[channel];
        }
    }

    fn reset(&mut self) {
        let zero = S::splat(0.0);
        for state in [
            &mut self.voltage,
            &mut self.axon,
            &mut self.timer,
            &mut self.spike,
            &mut self.count,
        ] {
            state.fill(zero);
        }
        for state in self.current.iter_mut().chain(&mut self.depletion) {
            state.fill(zero);
        }
    }

    /// Gap currents, from the voltages at the start of the step.
    #[inline(always)]
    fn couple(&mut self, network: &Network, index: usize) {
        let Some(conductance) = self.gap_junctions[index] else {
            return;
        };
        let set = &network.gap_junctions[index];
        for &index in &set.populations {
            self.differences[network.populations()[index].range.clone()].fill(S::splat(0.0));
        }
        gap_junction::differences(&set.pairs, &self.voltage, &mut self.differences);
        for &index in &set.populations {
            let population = &network.populations()[index];
            let inputs = &mut self.input[population.ports.main.clone()];
            for (input, &difference) in inputs
                .iter_mut()
                .zip(&self.differences[population.range.clone()])
            {
                one_at_a_time();
                *input = difference.mul_add(conductance, *input);
            }
        }
    }

    #[inline(always)]
    fn transmit<const GRADED: bool>(
        &mut self,
        network: &Network,
        index: usize,
        step: usize,
        noise: NoiseSource<'_>,
    ) {
        let Some(coefficients) = self.pathways[index] else {
            return;
        };
        let pathway = &network.pathways[index];
        let wiring = &pathway.wiring;
        let source = network.populations()[pathway.source].range.clone();
        let weights = &self.weights[index];
        match (coefficients, &pathway.mechanism) {
            (PathwayCoefficients::Chemical(c), Mechanism::Chemical { slot, .. }) => {
                draw(
                    noise,
                    &network.slots[*slot],
                    network.circuit().noise.release_cv,
                    step,
                    &mut self.normals[0],
                );
                let (sources, rows) = (wiring.sources.len(), wiring.targets.len());
                let taped = if GRADED { step } else { 0 };
                let state = chemical::State {
                    depletion: &mut self.depletion[index],
                    current: &mut self.current[index],
                    release: &mut self.signal,
                    recovered: part(&mut self.tape.recovered[index], taped, sources),
                    factor: part(&mut self.tape.factor[index], taped, rows),
                };
                chemical::step::<S, GRADED>(
                    &c,
                    wiring,
                    weights,
                    &self.spike[source],
                    &self.normals[0],
                    state,
                    &mut self.input[pathway.port.clone()],
                );
            }
            (PathwayCoefficients::Instantaneous { gain, cap }, mechanism) => {
                let signal = signal(mechanism, cap, step);
                let states = if matches!(signal, Signal::Rate { .. }) {
                    &self.count
                } else {
                    &self.voltage
                };
                instantaneous::step(
                    gain,
                    signal,
                    wiring,
                    weights,
                    &states[source],
                    &mut self.signal,
                    &mut self.input[pathway.port.clone()],
                );
            }
            (PathwayCoefficients::Chemical(_), _) => {}
        }
    }

    #[inline(always)]
    fn receive<const GRADED: bool>(
        &mut self,
        network: &Network,
        step: usize,
        noise: NoiseSource<'_>,
    ) {
        let receptors = &network.receptors;
        let slot = &network.slots[receptors.slot];
        draw(
            noise,
            slot,
            network.circuit().noise.receptor_cv,
            step,
            &mut self.normals[0],
        );
        let port = network.populations()[receptors.population]
            .ports
            .main
            .clone();
        let driven = self.drive.len();
        for (neuron, input) in self.input[port].iter_mut().enumerate() {
            one_at_a_time();
            let factor = self
                .receptor_noise
                .mul_add(self.normals[0][neuron], S::splat(1.0));
            *input = self.drive[neuron].mul_add(factor, *input);
            if GRADED {
                self.tape.receptor[step * driven + neuron] = factor;
            }
        }
    }

    #[inline(always)]
    fn update<const GRADED: bool>(
        &mut self,
        network: &Network,
        index: usize,
        step: usize,
        noise: NoiseSource<'_>,
    ) {
        let population = &network.populations()[index];
        let range = population.range.clone();
        let amplitudes = &network.circuit().noise;
        let ports = &population.ports;
        let row = if GRADED { step * network.neurons() } else { 0 };
        let taped = |tape: &std::ops::Range<usize>| row + tape.start..row + tape.end;
        let taped = if GRADED { taped(&range) } else { 0..0 };
        let tape = &mut self.tape;
        match (&self.populations[index], &population.dynamics) {
            (
                PopulationCoefficients::LeakyIntegrateAndFire(c),
                Dynamics::LeakyIntegrateAndFire { slots, .. },
            ) => {
                let [n1, n2, n3] = &mut self.normals;
                draw(
                    noise,
                    &network.slots[slots[0]],
                    amplitudes.background_a,
                    step,
                    n1,
                );
                draw(
                    noise,
                    &network.slots[slots[1]],
                    amplitudes.membrane_v,
                    step,
                    n2,
                );
                draw(
                    noise,
                    &network.slots[slots[2]],
                    amplitudes.threshold_v,
                    step,
                    n3,
                );
                lif::step::<S, GRADED>(
                    c,
                    &self.membrane,
                    &self.input[ports.main.clone()],
                    [n1, n2, n3],
                    lif::State {
                        voltage: &mut self.voltage[range.clone()],
                        timer: &mut self.timer[range.clone()],
                        spike: &mut self.spike[range],
                    },
                    lif::Tape {
                        distance: &mut tape.distance[taped.clone()],
                        open: &mut tape.open[taped],
                    },
                );
            }
            (PopulationCoefficients::TwoCompartment(c), Dynamics::TwoCompartment { slots, .. }) => {
                let [n1, n2, n3] = &mut self.normals;
                draw(
                    noise,
                    &network.slots[slots[0]],
                    amplitudes.membrane_v,
                    step,
                    n1,
                );
                draw(
                    noise,
                    &network.slots[slots[1]],
                    amplitudes.membrane_v,
                    step,
                    n2,
                );
                draw(
                    noise,
                    &network.slots[slots[2]],
                    amplitudes.threshold_v,
                    step,
                    n3,
                );
                two_compartment::step::<S, GRADED>(
                    c,
                    &self.membrane,
                    two_compartment::Input {
                        shunted: &self.input[ports.main.clone()],
                        dendrite: &self.input[ports.dendrite.clone()],
                        axon: &self.input[ports.axon.clone()],
                        divisor: &self.input[ports.divisor.clone()],
                    },
                    [n1, n2, n3],
                    two_compartment::State {
                        dendrite: &mut self.voltage[range.clone()],
                        axon: &mut self.axon[range.clone()],
                        timer: &mut self.timer[range.clone()],
                        spike: &mut self.spike[range],
                    },
                    two_compartment::Tape {
                        shunted: &mut tape.distance[taped.clone()],
                        share: &mut tape.share[taped.clone()],
                        dendrite_current: &mut tape.dendrite_current[taped.clone()],
                        axon_current: &mut tape.axon_current[taped.clone()],
                        dendrite_open: &mut tape.open[taped.clone()],
                        axon_open: &mut tape.axon_open[taped],
                    },
                );
            }
            (PopulationCoefficients::Graded(c), _) => {
                let distance = if GRADED {
                    &mut tape.distance[taped]
                } else {
                    &mut self.differences[range.clone()]
                };
                graded::step(
                    c,
                    &self.input[ports.main.clone()],
                    &mut self.voltage[range],
                    distance,
                );
            }
            _ => {}
        }
    }
}

/// What an instantaneous pathway's sources send at `step`.
#[inline(always)]
pub(super) fn signal<S: Scalar>(mechanism: &Mechanism, cap: S, step: usize) -> Signal<S> {
    match mechanism {
        Mechanism::RunningRate { .. } => Signal::Rate {
            share: S::splat(1.0 / (step + 1) as f64),
        },
        Mechanism::Shunting { .. } => Signal::Activity,
        Mechanism::Graded { .. } | Mechanism::Chemical { .. } => Signal::Depolarisation { cap },
    }
}

/// The part of a tape that belongs to `step`; empty without a tape.
#[inline(always)]
fn part<S>(tape: &mut [S], step: usize, size: usize) -> &mut [S] {
    if tape.is_empty() {
        tape
    } else {
        &mut tape[step * size..][..size]
    }
}
