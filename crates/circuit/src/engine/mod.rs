//! The order of one millisecond: buffers of a group of trials, and the operations on them.

mod backward;
mod coefficients;
mod forward;
mod witness;

use crate::file::NeuronModel;
use crate::network::{Mechanism, Network, NoiseSlot};
use crate::neuron::{Membrane, graded, leaky_integrate_and_fire as lif, two_compartment};
use crate::noise::NoiseAddress;
use crate::pathway::chemical;
use crate::{Interventions, Scalar};

pub(crate) use forward::Silent;
pub use forward::{Observer, Snapshot};
pub(crate) use witness::{Blind, PerTrial, Witness};

/// Where noise comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoiseSource<'a> {
    /// All normals are 0.
    Off,
    /// Drawn when needed; one trial number per lane.
    Generated { key: [u32; 2], trials: &'a [u32] },
    /// Given; one index of a given trial per lane.
    Injected {
        noise: &'a InjectedNoise,
        trials: &'a [u32],
    },
}

/// Standard normals supplied from outside, for comparison with another implementation.
#[derive(Clone, Debug)]
pub struct InjectedNoise {
    /// `[step][trial][column]`
    pub values: Vec<f32>,
    /// Trials per step.
    pub trials: usize,
    /// Columns per trial.
    pub columns: usize,
    /// First column of each noise slot of the network, by slot name.
    pub first_column: Vec<(String, usize)>,
}

impl InjectedNoise {
    fn value(&self, slot: &NoiseSlot, step: usize, trial: u32, neuron: usize) -> f64 {
        let first = self
            .first_column
            .iter()
            .find(|(name, _)| *name == slot.name);
        first.map_or(0.0, |(_, first)| {
            let row = step * self.trials + trial as usize;
            f64::from(self.values[row * self.columns + first + neuron])
        })
    }
}

/// Coefficients of a population's dynamics.
enum PopulationCoefficients<S> {
    LeakyIntegrateAndFire(lif::Coefficients<S>),
    TwoCompartment(two_compartment::Coefficients<S>),
    Graded(graded::Coefficients<S>),
}

/// Coefficients of a pathway; `None` in [`Engine`] where it is switched off.
#[derive(Clone, Copy)]
enum PathwayCoefficients<S> {
    Chemical(chemical::Coefficients<S>),
    /// Gain, and the cap of the depolarisation (infinite for other signals).
    Instantaneous {
        gain: S,
        cap: S,
    },
}

/// What the adjoint needs of every step: `[step][...]`, empty without a tape.
struct Tape<S> {
    /// Voltages and activities at the start of each step.
    voltage: Vec<S>,
    /// Axon voltages of two-compartment cells at the start of each step.
    axon: Vec<S>,
    /// Spikes; one more step than the others, whose first is "before the trial".
    spike: Vec<S>,
    /// Leaky integrate-and-fire: `v - vinf`; graded: `a - p`; two compartments: shunted current.
    distance: Vec<S>,
    /// Gate of the (dendritic) voltage.
    open: Vec<S>,
    /// Two-compartment cells: share, dendritic current, axonal current, gate of the axon.
    share: Vec<S>,
    dendrite_current: Vec<S>,
    axon_current: Vec<S>,
    axon_open: Vec<S>,
    /// Noise factor of the receptor current.
    receptor: Vec<S>,
    /// Per pathway: depletion after recovery and noise factor.
    recovered: Vec<Vec<S>>,
    factor: Vec<Vec<S>>,
}

/// Adjoints carried from step to step.
struct Adjoints<S> {
    voltage: Vec<S>,
    axon: Vec<S>,
    spike: Vec<S>,
    count: Vec<S>,
    input: Vec<S>,
    drive: Vec<S>,
    current: Vec<Vec<S>>,
    depletion: Vec<Vec<S>>,
    /// Sums of the adjoints of the coefficients, one per biophysical parameter.
    coefficient: Vec<S>,
    /// Of the propagators of two-compartment populations.
    propagator: Vec<two_compartment::Propagator<S>>,
}

/// Buffers of one group of trials, allocated once.
pub(crate) struct Engine<S: Scalar> {
    membrane: Membrane<S>,
    populations: Vec<PopulationCoefficients<S>>,
    pathways: Vec<Option<PathwayCoefficients<S>>>,
    gap_junctions: Vec<Option<S>>,
    weights: Vec<Vec<S::Weight>>,
    /// Gain times current, one per channel.
    receptor_gain: Vec<S>,
    receptor_noise: S,
    /// Constant inputs of driven neurons.
    constant_input: Vec<S>,
    // State
    voltage: Vec<S>,
    axon: Vec<S>,
    timer: Vec<S>,
    spike: Vec<S>,
    pub(crate) count: Vec<S>,
    input: Vec<S>,
    drive: Vec<S>,
    current: Vec<Vec<S>>,
    depletion: Vec<Vec<S>>,
    // Scratch
    normals: [Vec<S>; 3],
    signal: Vec<S>,
    differences: Vec<S>,
    tape: Tape<S>,
    bar: Adjoints<S>,
}

/// Whether an engine can run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Forward only.
    Forward,
    /// Forward with a tape, then backward.
    Both,
}

impl<S: Scalar> Engine<S> {
    pub fn new(network: &Network, direction: Direction) -> Self {
        let zero = S::splat(0.0);
        let zeros = |count: usize| vec![zero; count];
        let neurons = network.neurons();
        let (steps, backward) = match direction {
            Direction::Forward => (0, 0),
            Direction::Both => (network.steps(), 1),
        };
        let per_pathway = |count: &dyn Fn(&crate::network::Pathway) -> usize| -> Vec<Vec<S>> {
            network
                .pathways
                .iter()
                .map(|pathway| zeros(count(pathway)))
                .collect()
        };
        let chemical = |pathway: &crate::network::Pathway| {
            usize::from(matches!(pathway.mechanism, Mechanism::Chemical { .. }))
        };
        let widest = network
            .slots
            .iter()
            .map(|slot| slot.neurons)
            .max()
            .unwrap_or(0);
        let widest = widest.next_multiple_of(4);
        let driven = network.receptors.channels * network.receptors.per_channel;
        let sources =
            |pathway: &crate::network::Pathway| chemical(pathway) * pathway.wiring.sources.len();
        let rows =
            |pathway: &crate::network::Pathway| chemical(pathway) * pathway.wiring.targets.len();
        Self {
            membrane: Membrane {
                step: zero,
                resistance: zero,
                floor: zero,
                refractory: zero,
                steepness: zero,
            },
            populations: Vec::new(),
            pathways: Vec::new(),
            gap_junctions: Vec::new(),
            weights: network
                .pathways
                .iter()
                .map(|pathway| pathway.wiring.weights::<S>())
                .collect(),
            receptor_gain: Vec::new(),
            receptor_noise: zero,
            constant_input: zeros(network.ports),
            voltage: zeros(neurons),
            axon: zeros(neurons),
            timer: zeros(neurons),
            spike: zeros(neurons),
            count: zeros(neurons),
            input: zeros(network.ports),
            drive: zeros(driven),
            current: per_pathway(&rows),
            depletion: per_pathway(&sources),
            normals: [zeros(widest), zeros(widest), zeros(widest)],
            signal: zeros(neurons),
            differences: zeros(neurons),
            tape: Tape {
                voltage: zeros(steps * neurons),
                axon: zeros(steps * neurons),
                spike: zeros((steps + backward) * neurons),
                distance: zeros(steps * neurons),
                open: zeros(steps * neurons),
                share: zeros(steps * neurons),
                dendrite_current: zeros(steps * neurons),
                axon_current: zeros(steps * neurons),
                axon_open: zeros(steps * neurons),
                receptor: zeros(steps * driven),
                recovered: per_pathway(&|pathway| steps * sources(pathway)),
                factor: per_pathway(&|pathway| steps * rows(pathway)),
            },
            bar: Adjoints {
                voltage: zeros(backward * neurons),
                axon: zeros(backward * neurons),
                spike: zeros(backward * neurons),
                count: zeros(backward * neurons),
                input: zeros(backward * network.ports),
                drive: zeros(backward * driven),
                current: per_pathway(&|pathway| backward * rows(pathway)),
                depletion: per_pathway(&|pathway| backward * sources(pathway)),
                coefficient: zeros(backward * network.table().biophysical()),
                propagator: Vec::new(),
            },
        }
    }
}

/// Draws the normals of one slot and step into `out`.
#[inline(always)]
fn draw<S: Scalar>(
    noise: NoiseSource<'_>,
    slot: &NoiseSlot,
    amplitude: f64,
    step: usize,
    out: &mut [S],
) {
    match noise {
        NoiseSource::Generated { key, trials } if amplitude > 0.0 => {
            let address = NoiseAddress {
                key,
                slot: slot.address,
                step: step as u32,
                trials,
            };
            S::normals(&address, &slot.quads, out);
        }
        NoiseSource::Injected { noise, trials } => {
            for (neuron, value) in out[..slot.neurons].iter_mut().enumerate() {
                for (lane, &trial) in trials[..S::LANES].iter().enumerate() {
                    value.set_lane(lane, noise.value(slot, step, trial, neuron));
                }
            }
        }
        NoiseSource::Off | NoiseSource::Generated { .. } => out[..slot.neurons].fill(S::splat(0.0)),
    }
}

/// Whether a model has an axon of its own.
fn has_axon(model: NeuronModel) -> bool {
    model == NeuronModel::TwoCompartment
}

/// Interventions that name something the network does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterventionError {
    /// No such population.
    #[error("there is no population \"{name}\"")]
    UnknownPopulation {
        /// The name.
        name: String,
    },
    /// No such neuron.
    #[error("population \"{name}\" has {size} neurons, so there is no number {index}")]
    UnknownNeuron {
        /// The population.
        name: String,
        /// The index given, counted from 0.
        index: usize,
        /// Number of neurons.
        size: usize,
    },
    /// No such pathway.
    #[error("there is no pathway \"{name}\"")]
    UnknownPathway {
        /// The name.
        name: String,
    },
    /// No such set of gap junctions.
    #[error("there is no set of gap junctions \"{name}\"")]
    UnknownGapJunctions {
        /// The name.
        name: String,
    },
    /// A state can only be boosted in graded populations.
    #[error("\"{name}\" is not a graded population, so its state cannot be boosted")]
    NotGraded {
        /// The population.
        name: String,
    },
    /// A graded population takes no current.
    #[error("\"{name}\" is a graded population and takes no current; boost its state instead")]
    NotSpiking {
        /// The population.
        name: String,
    },
}

impl Interventions {
    /// Checks every name against the network.
    ///
    /// # Errors
    /// The first name or neuron that does not exist.
    pub fn check(&self, network: &Network) -> Result<(), InterventionError> {
        let population = |name: &String| {
            network
                .population(name)
                .ok_or_else(|| InterventionError::UnknownPopulation { name: name.clone() })
        };
        let members = |name: &String, index: Option<usize>| {
            let size = population(name)?.range.len();
            match index {
                Some(index) if index >= size => Err(InterventionError::UnknownNeuron {
                    name: name.clone(),
                    index,
                    size,
                }),
                _ => Ok(()),
            }
        };
        for (name, _) in &self.boosts {
            if population(name)?.model != NeuronModel::Graded {
                return Err(InterventionError::NotGraded { name: name.clone() });
            }
        }
        for (name, index, _) in &self.currents {
            members(name, *index)?;
            if population(name)?.model == NeuronModel::Graded {
                return Err(InterventionError::NotSpiking { name: name.clone() });
            }
        }
        for (name, index) in &self.silenced {
            members(name, *index)?;
        }
        for name in &self.disabled_pathways {
            if !network.pathways.iter().any(|pathway| pathway.name == *name) {
                return Err(InterventionError::UnknownPathway { name: name.clone() });
            }
        }
        for name in &self.disabled_gap_junctions {
            if !network.gap_junctions.iter().any(|set| set.name == *name) {
                return Err(InterventionError::UnknownGapJunctions { name: name.clone() });
            }
        }
        Ok(())
    }
}
