//! The adjoint of the forward pass: the operations of every step in reverse.

use super::coefficients::{coupling_adjoint, slopes};
use super::forward::signal;
use super::{Engine, PathwayCoefficients, PopulationCoefficients, Witness};
use crate::Scalar;
use crate::file::Timing;
use crate::lanes::one_at_a_time;
use crate::network::{DepressionParameters, Dynamics, Mechanism, Network, Operation};
use crate::neuron::two_compartment::Propagator;
use crate::neuron::{graded, leaky_integrate_and_fire as lif, two_compartment};
use crate::pathway::instantaneous::Signal;
use crate::pathway::{chemical, gap_junction, instantaneous};

impl<S: Scalar<Coefficient = f64>> Engine<S> {
    /// Adjoint of the spike counts, one per neuron: where the backward pass starts.
    pub fn count_adjoint(&mut self) -> &mut [S] {
        &mut self.bar.count
    }

    /// Runs the last graded forward pass backwards. `stimulus` is the one of that pass.
    #[inline(always)]
    pub fn backward<W: Witness<S>>(
        &mut self,
        network: &Network,
        stored: &[f64],
        stimulus: &[S],
        witness: &mut W,
    ) {
        let zero = S::splat(0.0);
        witness.begin();
        let bar = &mut self.bar;
        for adjoint in [
            &mut bar.voltage,
            &mut bar.axon,
            &mut bar.spike,
            &mut bar.input,
            &mut bar.drive,
            &mut bar.coefficient,
        ] {
            adjoint.fill(zero);
        }
        for adjoint in bar.current.iter_mut().chain(&mut bar.depletion) {
            adjoint.fill(zero);
        }
        bar.propagator.clear();
        bar.propagator.resize(
            network.populations().len(),
            Propagator {
                m1: zero,
                m2: zero,
                k11: zero,
                k12: zero,
            },
        );
        let neurons = network.neurons();
        for step in (0..network.steps()).rev() {
            for &operation in network.operations.iter().rev() {
                match operation {
                    Operation::GapJunction(index) => {
                        self.couple_back(network, index, step, witness);
                    }
                    Operation::Pathway(index) => self.transmit_back(network, index, step, witness),
                    Operation::Receptors => self.receive_back(network, step),
                    Operation::Population(index) => {
                        // Running rates read the spikes counted before the step, and are the only
                        // readers of the counts: take the step's spikes back once all are updated.
                        let range = network.populations()[index].range.clone();
                        let spikes = &self.tape.spike[(step + 1) * neurons..][range.clone()];
                        for (count, &spike) in self.count[range].iter_mut().zip(spikes) {
                            one_at_a_time();
                            *count = *count - spike;
                        }
                        self.update_back(network, index, step);
                    }
                }
            }
            witness.inputs(&self.bar.input);
        }
        let receptors = &network.receptors;
        for (neuron, &drive) in self.bar.drive.iter().enumerate() {
            one_at_a_time();
            let channel = neuron / receptors.per_channel;
            let by_gain = drive * stimulus[channel];
            let gain = &mut self.bar.coefficient[receptors.gain.start + channel];
            *gain = *gain + by_gain;
        }
        for population in 0..network.populations().len() {
            let propagator = self.bar.propagator[population];
            if let Some((index, sum)) = coupling_adjoint(network, stored, population, propagator) {
                self.bar.coefficient[index] = sum;
            }
        }
    }

    /// Adds the gradients of the first `trials` lanes to `gradient`, lane after lane, in the layout
    /// of the parameter table (biophysical part).
    pub fn fold(&self, network: &Network, stored: &[f64], trials: usize, gradient: &mut [f64]) {
        let receptors = &network.receptors;
        let slopes = slopes(network, stored);
        let form = |index: usize| {
            let groups = network.table().groups();
            groups
                .iter()
                .find(|group| group.range.contains(&index))
                .map(|group| group.form)
        };
        let realised = |index: usize| form(index).map_or(0.0, |form| form.realise(stored[index]));
        let current = realised(receptors.current);
        let gains: Vec<f64> = receptors.gain.clone().map(realised).collect();
        for lane in 0..trials {
            for (index, (sum, slope)) in gradient.iter_mut().zip(&slopes).enumerate() {
                let bar = self.bar.coefficient[index].lane(lane);
                // The drive is response * gain * current: both factors share one adjoint.
                if receptors.gain.contains(&index) {
                    *sum += bar * current * slope;
                } else if index == receptors.current {
                    let bars = &self.bar.coefficient[receptors.gain.clone()];
                    let through: f64 = bars
                        .iter()
                        .zip(&gains)
                        .map(|(bar, gain)| bar.lane(lane) * gain)
                        .sum();
                    *sum += through * slope;
                } else {
                    *sum += bar * slope;
                }
            }
        }
    }

    #[inline(always)]
    fn couple_back<W: Witness<S>>(
        &mut self,
        network: &Network,
        index: usize,
        step: usize,
        witness: &mut W,
    ) {
        let Some(conductance) = self.gap_junctions[index] else {
            return;
        };
        let set = &network.gap_junctions[index];
        let zero = S::splat(0.0);
        // Scratch: the adjoints of the gap currents, neuron by neuron.
        let currents = &mut self.signal;
        for &index in &set.populations {
            let population = &network.populations()[index];
            let range = population.range.clone();
            self.differences[range.clone()].fill(zero);
            currents[range].copy_from_slice(&self.bar.input[population.ports.main.clone()]);
        }
        gap_junction::differences(&set.pairs, currents, &mut self.differences);
        let voltage = &self.tape.voltage[step * network.neurons()..][..network.neurons()];
        if let Some(sums) = witness.pairs(index) {
            gap_junction::pair_adjoints(&set.pairs, conductance, voltage, currents, sums);
        }
        let mut sum = zero;
        for &index in &set.populations {
            for neuron in network.populations()[index].range.clone() {
                one_at_a_time();
                let (bar, difference) = (&mut self.bar.voltage[neuron], self.differences[neuron]);
                sum = voltage[neuron].mul_add(difference, sum);
                *bar = difference.mul_add(conductance, *bar);
            }
        }
        let total = &mut self.bar.coefficient[set.conductance];
        *total = *total + sum;
    }

    #[inline(always)]
    fn transmit_back<W: Witness<S>>(
        &mut self,
        network: &Network,
        index: usize,
        step: usize,
        witness: &mut W,
    ) {
        let Some(coefficients) = self.pathways[index] else {
            return;
        };
        let pathway = &network.pathways[index];
        let wiring = &pathway.wiring;
        let source = network.populations()[pathway.source].range.clone();
        let neurons = network.neurons();
        let weights = &self.weights[index];
        match (coefficients, &pathway.mechanism) {
            (
                PathwayCoefficients::Chemical(c),
                Mechanism::Chemical {
                    timing,
                    strength,
                    depression,
                    ..
                },
            ) => {
                let (sources, rows) = (wiring.sources.len(), wiring.targets.len());
                let row = if *timing == Timing::SameStep {
                    step + 1
                } else {
                    step
                };
                let spikes = &self.tape.spike[row * neurons..][source.clone()];
                let recovered = &self.tape.recovered[index][step * sources..][..sources];
                let factor = &self.tape.factor[index][step * rows..][..rows];
                if let Some(sums) = witness.edges(index) {
                    let (input, current) = (&self.bar.input, &self.bar.current[index]);
                    chemical::edge_adjoints(
                        &c,
                        wiring,
                        (spikes, recovered, factor),
                        (&input[pathway.port.clone()], current),
                        &mut self.signal,
                        sums,
                    );
                }
                let sum = chemical::adjoint(
                    &c,
                    wiring,
                    weights,
                    spikes,
                    recovered,
                    factor,
                    chemical::Adjoint {
                        input: &self.bar.input[pathway.port.clone()],
                        current: &mut self.bar.current[index],
                        depletion: &mut self.bar.depletion[index],
                        spike: &mut self.bar.spike[source],
                        release: &mut self.signal,
                    },
                );
                let total = &mut self.bar.coefficient;
                total[*strength] = total[*strength] + sum.strength;
                if let Some(DepressionParameters {
                    recovery,
                    release_probability,
                }) = *depression
                {
                    total[recovery] = total[recovery] + sum.rho;
                    total[release_probability] = total[release_probability] + sum.release;
                }
            }
            (PathwayCoefficients::Instantaneous { gain, cap }, mechanism) => {
                let signal = signal(mechanism, cap, step);
                let (state, bar): (&[S], &mut [S]) = match signal {
                    Signal::Rate { .. } => {
                        (&self.count[source.clone()], &mut self.bar.count[source])
                    }
                    // Activity acts after its update: it is the state at the start of the next
                    // step, or the final state.
                    Signal::Activity if step + 1 < network.steps() => (
                        &self.tape.voltage[(step + 1) * neurons..][source.clone()],
                        &mut self.bar.voltage[source],
                    ),
                    Signal::Activity => {
                        (&self.voltage[source.clone()], &mut self.bar.voltage[source])
                    }
                    Signal::Depolarisation { .. } => (
                        &self.tape.voltage[step * neurons..][source.clone()],
                        &mut self.bar.voltage[source],
                    ),
                };
                if let Some(sums) = witness.edges(index) {
                    let input = &self.bar.input[pathway.port.clone()];
                    let sent = &mut self.signal;
                    instantaneous::edge_adjoints(gain, signal, wiring, state, input, sent, sums);
                }
                let sum = instantaneous::adjoint(
                    gain,
                    signal,
                    wiring,
                    weights,
                    state,
                    instantaneous::Adjoint {
                        input: &self.bar.input[pathway.port.clone()],
                        source: bar,
                        sent: &mut self.signal,
                    },
                );
                let (Mechanism::Graded { gain, .. }
                | Mechanism::RunningRate { gain }
                | Mechanism::Shunting { gain }) = *mechanism
                else {
                    return;
                };
                let total = &mut self.bar.coefficient[gain];
                *total = *total + sum;
            }
            (PathwayCoefficients::Chemical(_), _) => {}
        }
    }

    /// Adjoint of the threshold of every neuron in one lane, per volt; 0 where there is none.
    pub fn threshold_adjoints(&self, network: &Network, lane: usize, out: &mut [f64]) {
        for population in network.populations() {
            let (Dynamics::LeakyIntegrateAndFire { threshold, .. }
            | Dynamics::TwoCompartment { threshold, .. }) = &population.dynamics
            else {
                continue;
            };
            let bars = &self.bar.coefficient[threshold.clone()];
            for (out, bar) in out[population.range.clone()].iter_mut().zip(bars) {
                *out = bar.lane(lane);
            }
        }
    }

    #[inline(always)]
    fn receive_back(&mut self, network: &Network, step: usize) {
        let port = network.populations()[network.receptors.population]
            .ports
            .main
            .clone();
        let driven = self.bar.drive.len();
        let factors = &self.tape.receptor[step * driven..][..driven];
        for ((drive, &input), &factor) in self
            .bar
            .drive
            .iter_mut()
            .zip(&self.bar.input[port])
            .zip(factors)
        {
            *drive = input.mul_add(factor, *drive);
        }
    }

    #[inline(always)]
    fn update_back(&mut self, network: &Network, index: usize, step: usize) {
        let population = &network.populations()[index];
        let range = population.range.clone();
        let neurons = network.neurons();
        let ports = &population.ports;
        let row = step * neurons;
        let taped = row + range.start..row + range.end;
        let (tape, bar) = (&self.tape, &mut self.bar);
        match (&self.populations[index], &population.dynamics) {
            (
                PopulationCoefficients::LeakyIntegrateAndFire(c),
                Dynamics::LeakyIntegrateAndFire {
                    time_constant,
                    threshold,
                    ..
                },
            ) => {
                let sum = lif::adjoint(
                    c,
                    &self.membrane,
                    &tape.spike[row + neurons..][range.clone()],
                    &tape.distance[taped.clone()],
                    &tape.open[taped],
                    lif::Adjoint {
                        voltage: &mut bar.voltage[range.clone()],
                        spike: &mut bar.spike[range.clone()],
                        count: &bar.count[range],
                        input: &mut bar.input[ports.main.clone()],
                        threshold: &mut bar.coefficient[threshold.clone()],
                    },
                );
                bar.coefficient[*time_constant] = bar.coefficient[*time_constant] + sum;
            }
            (
                PopulationCoefficients::TwoCompartment(c),
                Dynamics::TwoCompartment { threshold, .. },
            ) => {
                let inputs = &mut bar.input[ports.main.start..ports.divisor.end];
                let (shunted, rest) = inputs.split_at_mut(range.len());
                let (dendrite_current, rest) = rest.split_at_mut(range.len());
                let (axon_current, divisor) = rest.split_at_mut(range.len());
                let sum = two_compartment::adjoint(
                    c,
                    &self.membrane,
                    two_compartment::Taped {
                        spikes: &tape.spike[row + neurons..][range.clone()],
                        dendrite: &tape.voltage[taped.clone()],
                        axon: &tape.axon[taped.clone()],
                        shunted: &tape.distance[taped.clone()],
                        share: &tape.share[taped.clone()],
                        dendrite_current: &tape.dendrite_current[taped.clone()],
                        axon_current: &tape.axon_current[taped.clone()],
                        dendrite_open: &tape.open[taped.clone()],
                        axon_open: &tape.axon_open[taped],
                    },
                    two_compartment::Adjoint {
                        dendrite: &mut bar.voltage[range.clone()],
                        axon: &mut bar.axon[range.clone()],
                        spike: &mut bar.spike[range.clone()],
                        count: &bar.count[range],
                        shunted,
                        dendrite_current,
                        axon_current,
                        divisor,
                        threshold: &mut bar.coefficient[threshold.clone()],
                    },
                );
                let total = &mut bar.propagator[index];
                total.m1 = total.m1 + sum.m1;
                total.m2 = total.m2 + sum.m2;
                total.k11 = total.k11 + sum.k11;
                total.k12 = total.k12 + sum.k12;
            }
            (PopulationCoefficients::Graded(c), Dynamics::Graded { time_constant }) => {
                let sum = graded::adjoint(
                    c,
                    &tape.distance[taped],
                    &mut bar.voltage[range],
                    &mut bar.input[ports.main.clone()],
                );
                bar.coefficient[*time_constant] = bar.coefficient[*time_constant] + sum;
            }
            _ => {}
        }
    }
}
