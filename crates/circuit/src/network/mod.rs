//! The network: a circuit resolved against a connectome, as flat arrays and one parameter table.

mod compile;
mod coupling;
mod groups;
mod pathways;

use std::ops::Range;

use kenyon_connectome::Connectome;

use crate::file::{Circuit, CircuitError, NeuronModel, Timing};
use crate::parameters::ParameterTable;
use crate::wiring::{Sources, Wiring};
use compile::Compiler;

/// One simulated population.
#[derive(Clone, Debug)]
pub struct Population {
    /// Its name in the connectome and in the circuit.
    pub name: String,
    /// Its neurons among all simulated neurons.
    pub range: Range<usize>,
    /// Its dynamics.
    pub model: NeuronModel,
    pub(crate) dynamics: Dynamics,
    pub(crate) ports: Ports,
}

/// Parameters and noise slots of a population's dynamics: indices into the table and the slots.
#[derive(Clone, Debug)]
pub(crate) enum Dynamics {
    LeakyIntegrateAndFire {
        time_constant: usize,
        threshold: Range<usize>,
        /// Background, membrane, threshold.
        slots: [usize; 3],
    },
    TwoCompartment {
        membrane_time_constant_s: f64,
        coupling: usize,
        threshold: Range<usize>,
        /// Membrane of dendrite and axon, threshold.
        slots: [usize; 3],
    },
    Graded {
        time_constant: usize,
    },
}

/// Where the inputs of a population stand among all inputs. Populations with one kind of input use
/// `main` only; two-compartment cells use it for the shunted dendritic current.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ports {
    pub main: Range<usize>,
    pub dendrite: Range<usize>,
    pub axon: Range<usize>,
    pub divisor: Range<usize>,
}

/// One compiled pathway.
#[derive(Clone, Debug)]
pub struct Pathway {
    /// Its name in the circuit.
    pub name: String,
    /// Position of the source population.
    pub source: usize,
    /// Position of the target population.
    pub target: usize,
    pub(crate) wiring: Wiring,
    pub(crate) port: Range<usize>,
    pub(crate) mechanism: Mechanism,
}

impl Pathway {
    /// Target neurons (positions in their population) with at least one edge: the rows of currents
    /// in a [`Snapshot`](crate::Snapshot).
    #[must_use]
    pub fn targets(&self) -> &[u32] {
        &self.wiring.targets
    }

    /// Source neurons (positions in their population) whose vesicle pools are simulated.
    #[must_use]
    pub fn sources(&self) -> &[u32] {
        &self.wiring.sources
    }

    /// Edges between positions in the populations, by target, then by source: the order of
    /// [`Sensitivity::edges`](crate::Sensitivity::edges).
    pub fn edges(&self) -> impl Iterator<Item = kenyon_connectome::Edge> + '_ {
        self.wiring.iter()
    }
}

/// How a pathway acts: indices into the parameter table and the noise slots.
#[derive(Clone, Debug)]
pub(crate) enum Mechanism {
    Chemical {
        sign: f64,
        timing: Timing,
        strength: usize,
        depression: Option<DepressionParameters>,
        slot: usize,
    },
    Graded {
        gain: usize,
        scale: f64,
        cap_v: f64,
    },
    RunningRate {
        gain: usize,
    },
    Shunting {
        gain: usize,
    },
}

/// Parameters of one pathway's depression.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DepressionParameters {
    pub recovery: usize,
    pub release_probability: usize,
}

/// One compiled set of gap junctions.
#[derive(Clone, Debug)]
pub struct GapJunction {
    /// Its name in the circuit.
    pub name: String,
    /// Coupled pairs, as positions among all simulated neurons.
    pub pairs: Vec<(u32, u32)>,
    /// Positions of the coupled populations: one or two, each with one input per neuron.
    pub(crate) populations: Vec<usize>,
    pub(crate) conductance: usize,
}

impl GapJunction {
    /// The first of the one or two populations that it couples.
    #[must_use]
    pub fn population<'a>(&self, network: &'a Network) -> Option<&'a Population> {
        let first = self.populations.first()?;
        network.populations().get(*first)
    }
}

/// A place in the circuit that draws noise: one normal per neuron and step.
#[derive(Clone, Debug)]
pub struct NoiseSlot {
    /// Name, such as `release/orn_to_pn` or `threshold/KC`.
    pub name: String,
    /// Number of neurons.
    pub neurons: usize,
    pub(crate) address: u32,
    /// Groups of four neurons of which at least one needs a draw.
    pub(crate) quads: Vec<u32>,
}

/// One operation of a step; a step runs them in order, its adjoint in reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    GapJunction(usize),
    Pathway(usize),
    Receptors,
    Population(usize),
}

/// How the receptors reach the input population.
#[derive(Clone, Debug)]
pub(crate) struct Receptors {
    pub population: usize,
    pub channels: usize,
    pub per_channel: usize,
    pub gain: Range<usize>,
    pub current: usize,
    pub slot: usize,
}

/// Counts of one pathway, for inspection.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PathwayCounts {
    /// Name of the pathway.
    pub name: String,
    /// Ordered pairs of neurons.
    pub edges: usize,
    /// Contacts.
    pub contacts: u64,
    /// Largest number of contacts of one edge.
    pub largest: u32,
}

/// A compiled circuit.
#[derive(Clone, Debug)]
pub struct Network {
    circuit: Circuit,
    populations: Vec<Population>,
    neurons: usize,
    pub(crate) ports: usize,
    pub(crate) pathways: Vec<Pathway>,
    pub(crate) gap_junctions: Vec<GapJunction>,
    pub(crate) slots: Vec<NoiseSlot>,
    pub(crate) receptors: Receptors,
    pub(crate) operations: Vec<Operation>,
    readout: usize,
    table: ParameterTable,
    groups: Vec<(String, Vec<bool>)>,
}

impl Network {
    /// Resolves `circuit` against `connectome`.
    ///
    /// # Errors
    /// Populations that the connectome lacks, a number of input neurons that does not fit the
    /// channels, contradictory noise slots.
    pub fn compile(circuit: &Circuit, connectome: &Connectome) -> Result<Self, CircuitError> {
        Self::compile_with(circuit, connectome, Sources::Active)
    }

    /// As [`Network::compile`], choosing which vesicle pools are simulated.
    ///
    /// # Errors
    /// As [`Network::compile`].
    pub fn compile_with(
        circuit: &Circuit,
        connectome: &Connectome,
        keep: Sources,
    ) -> Result<Self, CircuitError> {
        Compiler::new(circuit, connectome, keep).compile()
    }

    /// The circuit this network was compiled from.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Simulated populations, in order of update.
    #[must_use]
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// The population of that name.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<&Population> {
        self.populations
            .iter()
            .find(|population| population.name == name)
    }

    /// Number of simulated neurons.
    #[must_use]
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// Number of receptor channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.receptors.channels
    }

    /// Number of decoder classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.circuit.readout.classes
    }

    /// Steps of a trial.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.circuit.time.steps
    }

    /// Coefficient of variation of the odour noise.
    #[must_use]
    pub fn odour_cv(&self) -> f64 {
        self.circuit.noise.odour_cv
    }

    /// The population that the decoder reads.
    #[must_use]
    pub fn readout_population(&self) -> &Population {
        &self.populations[self.readout]
    }

    /// The parameters.
    #[must_use]
    pub fn table(&self) -> &ParameterTable {
        &self.table
    }

    /// Compiled pathways, in the order of the circuit.
    #[must_use]
    pub fn pathways(&self) -> &[Pathway] {
        &self.pathways
    }

    /// Compiled gap junctions, in the order of the circuit.
    #[must_use]
    pub fn gap_junctions(&self) -> &[GapJunction] {
        &self.gap_junctions
    }

    /// Places that draw noise.
    #[must_use]
    pub fn noise_slots(&self) -> &[NoiseSlot] {
        &self.slots
    }

    /// Whether each neuron of its population belongs to the group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&[bool]> {
        self.groups
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, members)| members.as_slice())
    }

    /// The named groups, in the order of the circuit: name, population, and whether each of its neurons
    /// belongs.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &str, &[bool])> {
        let entries = self.circuit.group.iter().zip(&self.groups);
        entries.map(|(entry, (name, members))| {
            (
                name.as_str(),
                entry.population.get_ref().as_str(),
                members.as_slice(),
            )
        })
    }

    /// Edges and contacts of every pathway, in the order of the circuit.
    #[must_use]
    pub fn pathway_counts(&self) -> Vec<PathwayCounts> {
        let counts = |pathway: &Pathway| PathwayCounts {
            name: pathway.name.clone(),
            edges: pathway.wiring.edges(),
            contacts: pathway.wiring.contacts(),
            largest: pathway.wiring.largest,
        };
        self.pathways.iter().map(counts).collect()
    }

    /// Normals that a trial draws per step if nothing is skipped.
    #[must_use]
    pub fn normals_per_step(&self) -> usize {
        self.slots.iter().map(|slot| slot.neurons).sum()
    }
}
