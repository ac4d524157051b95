//! From stored parameters to the coefficients of a step, and back for gradients.

use super::{Engine, PathwayCoefficients, PopulationCoefficients};
use crate::file::Circuit;
use crate::network::{Dynamics, Mechanism, Network};
use crate::neuron::{Membrane, graded, leaky_integrate_and_fire as lif, two_compartment};
use crate::parameters::Form;
use crate::pathway::chemical;
use crate::scalar::Coefficient;
use crate::{Interventions, Scalar};

/// A threshold (volt above rest) that no voltage reaches: how a spiking cell is silenced.
const UNREACHABLE_V: f64 = 1e3;

fn realise<C: Coefficient>(form: Form, stored: C) -> C {
    match form {
        Form::Plain => stored,
        Form::Log => stored.exp(),
        Form::Logit => stored.logistic(),
        Form::Softplus => stored.softplus(),
    }
}

/// Capacitance that belongs to a membrane time constant, farad.
fn capacitance(circuit: &Circuit, time_constant_s: f64) -> f64 {
    time_constant_s / circuit.membrane.resistance_ohm
}

/// Share of a state with time constant `tau` that is left after a step.
fn decay<C: Coefficient>(circuit: &Circuit, tau: C) -> C {
    (-(C::constant(circuit.time.step_s) / tau)).exp()
}

impl<S: Scalar> Engine<S> {
    /// Computes all coefficients. `stored` is laid out by the network's parameter table.
    pub fn load(&mut self, network: &Network, stored: &[S::Coefficient], changes: &Interventions) {
        let circuit = network.circuit();
        let constant = <S::Coefficient as Coefficient>::constant;
        let forms: Vec<Form> = network
            .table()
            .groups()
            .iter()
            .flat_map(|group| std::iter::repeat_n(group.form, group.range.len()))
            .collect();
        let realised = |index: usize| realise(forms[index], stored[index]);
        let noise = &circuit.noise;
        self.membrane = Membrane {
            step: S::splat(circuit.time.step_s),
            resistance: S::splat(circuit.membrane.resistance_ohm),
            floor: S::splat(circuit.membrane.floor_v - circuit.membrane.rest_v),
            refractory: S::splat(circuit.membrane.refractory_s),
            steepness: S::splat(1.0 / circuit.membrane.graded_spike_v),
        };

        let silenced = |population: &str, neuron: usize| {
            changes.silenced.iter().any(|(name, index)| {
                name == population && index.is_none_or(|index| index == neuron)
            })
        };
        let thresholds = |name: &str, range: &std::ops::Range<usize>| -> Vec<S> {
            let above_rest = |(neuron, index): (usize, usize)| {
                if silenced(name, neuron) {
                    return S::splat(UNREACHABLE_V);
                }
                S::coefficient(realised(index) - constant(circuit.membrane.rest_v))
            };
            range.clone().enumerate().map(above_rest).collect()
        };
        self.populations = network
            .populations()
            .iter()
            .map(|population| match &population.dynamics {
                Dynamics::LeakyIntegrateAndFire {
                    time_constant,
                    threshold,
                    ..
                } => PopulationCoefficients::LeakyIntegrateAndFire(lif::Coefficients {
                    alpha: S::coefficient(decay(circuit, realised(*time_constant))),
                    threshold: thresholds(&population.name, threshold),
                    background: S::splat(noise.background_a),
                    membrane: S::splat(noise.membrane_v),
                    jitter: S::splat(noise.threshold_v),
                }),
                Dynamics::TwoCompartment {
                    membrane_time_constant_s: tau,
                    coupling,
                    threshold,
                    ..
                } => {
                    let p = two_compartment::propagator(
                        realised(*coupling),
                        *tau,
                        capacitance(circuit, *tau),
                        circuit.time.step_s,
                    );
                    PopulationCoefficients::TwoCompartment(two_compartment::Coefficients {
                        propagator: two_compartment::Propagator {
                            m1: S::coefficient(p.m1),
                            m2: S::coefficient(p.m2),
                            k11: S::coefficient(p.k11),
                            k12: S::coefficient(p.k12),
                        },
                        threshold: thresholds(&population.name, threshold),
                        membrane: S::splat(noise.membrane_v),
                        jitter: S::splat(noise.threshold_v),
                    })
                }
                Dynamics::Graded { time_constant } => {
                    let boost = changes
                        .boosts
                        .iter()
                        .filter(|(name, _)| *name == population.name)
                        .map(|(_, amount)| amount)
                        .sum();
                    let alive = (0..population.range.len())
                        .map(|neuron| {
                            S::splat(if silenced(&population.name, neuron) {
                                0.0
                            } else {
                                1.0
                            })
                        })
                        .collect();
                    PopulationCoefficients::Graded(graded::Coefficients {
                        beta: S::coefficient(decay(circuit, realised(*time_constant))),
                        boost: S::splat(boost),
                        alive,
                    })
                }
            })
            .collect();

        let synaptic_decay = libm::exp(-circuit.time.step_s / circuit.synapse.decay_s);
        self.pathways = network
            .pathways
            .iter()
            .map(|pathway| {
                if changes.disabled_pathways.contains(&pathway.name) {
                    return None;
                }
                Some(match &pathway.mechanism {
                    Mechanism::Chemical {
                        sign,
                        strength,
                        depression,
                        ..
                    } => {
                        let depression = depression.filter(|_| !changes.depression_off);
                        PathwayCoefficients::Chemical(chemical::Coefficients {
                            strength: S::coefficient(constant(*sign) * realised(*strength)),
                            decay: S::splat(synaptic_decay),
                            noise: S::splat(noise.release_cv),
                            depression: depression.map(|index| chemical::Depression {
                                release: S::coefficient(realised(index.release_probability)),
                                rho: S::coefficient(decay(circuit, realised(index.recovery))),
                            }),
                        })
                    }
                    Mechanism::Graded { gain, scale, cap_v } => {
                        PathwayCoefficients::Instantaneous {
                            gain: S::coefficient(constant(*scale) * realised(*gain)),
                            cap: S::splat(*cap_v),
                        }
                    }
                    Mechanism::RunningRate { gain } | Mechanism::Shunting { gain } => {
                        PathwayCoefficients::Instantaneous {
                            gain: S::coefficient(realised(*gain)),
                            cap: S::splat(f64::INFINITY),
                        }
                    }
                })
            })
            .collect();
        self.gap_junctions = network
            .gap_junctions
            .iter()
            .map(|set| {
                let off =
                    changes.gap_junctions_off || changes.disabled_gap_junctions.contains(&set.name);
                (!off).then(|| S::coefficient(realised(set.conductance)))
            })
            .collect();

        let receptors = &network.receptors;
        let current = realised(receptors.current);
        self.receptor_gain = receptors
            .gain
            .clone()
            .map(|index| S::coefficient(realised(index) * current))
            .collect();
        self.receptor_noise = S::splat(noise.receptor_cv);

        self.constant_input.fill(S::splat(0.0));
        for (name, neuron, ampere) in &changes.currents {
            if let Some(population) = network.population(name) {
                let port = population.ports.main.clone();
                let driven = match neuron {
                    Some(neuron) => port.start + neuron..port.start + neuron + 1,
                    None => port,
                };
                for input in &mut self.constant_input[driven] {
                    *input = *input + S::splat(*ampere);
                }
            }
        }
    }
}

/// Derivative of each biophysical parameter's coefficient by the stored parameter. (The receptor
/// gains' and the coupling's adjoints are reduced to the realised value in the engine.)
pub(super) fn slopes(network: &Network, stored: &[f64]) -> Vec<f64> {
    let circuit = network.circuit();
    let table = network.table();
    let by_form = |group: &crate::ParameterGroup| -> Vec<f64> {
        group
            .range
            .clone()
            .map(|index| group.form.slope(stored[index]))
            .collect()
    };
    let mut slopes: Vec<f64> = table.groups().iter().flat_map(by_form).collect();
    // The decoder, which stands last, is not the engine's.
    slopes.truncate(table.biophysical());
    let realised: Vec<f64> = table
        .groups()
        .iter()
        .flat_map(|group| {
            group
                .range
                .clone()
                .map(|index| group.form.realise(stored[index]))
        })
        .collect();
    let mut through_decay = |index: usize| {
        let tau = realised[index];
        slopes[index] *= decay(circuit, tau) * circuit.time.step_s / (tau * tau);
    };
    for population in network.populations() {
        match population.dynamics {
            Dynamics::LeakyIntegrateAndFire { time_constant, .. }
            | Dynamics::Graded { time_constant } => {
                through_decay(time_constant);
            }
            Dynamics::TwoCompartment { .. } => {}
        }
    }
    for pathway in &network.pathways {
        match pathway.mechanism {
            Mechanism::Chemical { depression, .. } => {
                if let Some(depression) = depression {
                    through_decay(depression.recovery);
                }
            }
            Mechanism::Graded { .. }
            | Mechanism::RunningRate { .. }
            | Mechanism::Shunting { .. } => {}
        }
    }
    for pathway in &network.pathways {
        match pathway.mechanism {
            Mechanism::Chemical { strength, sign, .. } => slopes[strength] *= sign,
            Mechanism::Graded { gain, scale, .. } => slopes[gain] *= scale,
            Mechanism::RunningRate { .. } | Mechanism::Shunting { .. } => {}
        }
    }
    slopes
}

/// Reduces the adjoint of a propagator to that of the coupling conductance.
pub(super) fn coupling_adjoint<S: Scalar>(
    network: &Network,
    stored: &[f64],
    population: usize,
    bar: two_compartment::Propagator<S>,
) -> Option<(usize, S)> {
    let circuit = network.circuit();
    let Dynamics::TwoCompartment {
        membrane_time_constant_s: tau,
        coupling,
        ..
    } = network.populations()[population].dynamics
    else {
        return None;
    };
    let form = network
        .table()
        .groups()
        .iter()
        .find(|group| group.range.contains(&coupling))?
        .form;
    let slope = two_compartment::propagator_slope(
        form.realise(stored[coupling]),
        tau,
        capacitance(circuit, tau),
        circuit.time.step_s,
    );
    // Per siemens the slopes are about 1e7 and the adjoints of the currents' entries tiny; scaling
    // by the conductance first keeps the products in the range of `f32`.
    let realised = form.realise(stored[coupling]);
    let scaled = |slope: f64| S::splat(slope * realised);
    let sum = bar.m1 * scaled(slope.m1)
        + bar.m2 * scaled(slope.m2)
        + bar.k11 * scaled(slope.k11)
        + bar.k12 * scaled(slope.k12);
    Some((coupling, sum * S::splat(1.0 / realised)))
}
