//! The network: a circuit resolved against a connectome, as flat arrays and one parameter table.

use std::ops::Range;

use kenyon_connectome::{CompartmentSet, Connectome, Edge};
use toml::Spanned;

use crate::file::{
    Circuit, CircuitError, GapJunctionEntry, GapRule, GroupRule, Learned, NeuronModel, Onto,
    PathwayKind, Sign, Timing,
};
use crate::noise::slot_address;
use crate::parameters::{Form, ParameterGroup, ParameterTable, Precision};
use crate::wiring::{Sources, Wiring};

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
        Compiler {
            circuit,
            connectome,
            keep,
            table: ParameterTable::default(),
            slots: Vec::new(),
        }
        .compile()
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

struct Compiler<'a> {
    circuit: &'a Circuit,
    connectome: &'a Connectome,
    keep: Sources,
    table: ParameterTable,
    slots: Vec<NoiseSlot>,
}

impl Compiler<'_> {
    fn compile(mut self) -> Result<Network, CircuitError> {
        let circuit = self.circuit;
        let sizes = self.sizes()?;
        let groups = self.groups()?;
        let receptors = self.receptors(&sizes)?;
        let (populations, ports) = self.populations(&sizes);
        let gap_junctions = self.gap_junctions(&populations, &groups)?;
        let pathways = self.pathways(&populations, &groups)?;
        let readout = self.position(circuit.readout.population.get_ref());
        self.decoder(sizes[readout]);
        self.check_slots()?;
        let mut operations: Vec<Operation> = (0..gap_junctions.len())
            .map(Operation::GapJunction)
            .collect();
        let at_once = |pathway: &Pathway| match pathway.mechanism {
            Mechanism::Chemical { timing, .. } => timing == Timing::SameStep,
            Mechanism::Shunting { .. } => true,
            Mechanism::Graded { .. } | Mechanism::RunningRate { .. } => false,
        };
        for (index, pathway) in pathways.iter().enumerate() {
            if !at_once(pathway) {
                operations.push(Operation::Pathway(index));
            }
        }
        for population in 0..populations.len() {
            if population == receptors.population {
                operations.push(Operation::Receptors);
            }
            for (index, pathway) in pathways.iter().enumerate() {
                if pathway.target == population && at_once(pathway) {
                    operations.push(Operation::Pathway(index));
                }
            }
            operations.push(Operation::Population(population));
        }
        Ok(Network {
            circuit: circuit.clone(),
            neurons: sizes.iter().sum(),
            populations,
            ports,
            pathways,
            gap_junctions,
            slots: self.slots,
            receptors,
            operations,
            readout,
            table: self.table,
            groups,
        })
    }

    fn lack<T>(&self, at: &Spanned<T>, problem: String) -> CircuitError {
        CircuitError::Connectome {
            line: self.circuit.line(at),
            problem,
        }
    }

    fn position(&self, name: &str) -> usize {
        self.circuit
            .population
            .iter()
            .position(|entry| entry.name.get_ref() == name)
            .expect("`check` has looked up every population")
    }

    fn sizes(&self) -> Result<Vec<usize>, CircuitError> {
        let size = |entry: &crate::file::PopulationEntry| {
            let name = entry.name.get_ref();
            self.connectome
                .population(name)
                .map(|range| range.len())
                .ok_or_else(|| {
                    let known: Vec<&str> = self
                        .connectome
                        .populations()
                        .iter()
                        .map(|(name, _)| name.as_str())
                        .collect();
                    let problem = format!(
                        "the connectome has no population \"{name}\"; it has {}",
                        known.join(", ")
                    );
                    self.lack(&entry.name, problem)
                })
        };
        self.circuit.population.iter().map(size).collect()
    }

    fn push(
        &mut self,
        name: String,
        shape: Vec<usize>,
        unit: &'static str,
        value: &Learned,
    ) -> Range<usize> {
        let start = match (value.start, value.start_stored) {
            (Some(start), _) => value.form.store(start),
            (None, stored) => stored.unwrap_or(0.0),
        };
        self.table.push(ParameterGroup {
            name,
            shape,
            range: 0..0,
            form: value.form,
            unit,
            start,
            bounds: value.bounds.map(|[low, high]| (low, high)),
            learning_rate: value.learning_rate,
            precision: value.precision,
            learned: value.learned,
        })
    }

    fn slot(&mut self, name: String, neurons: usize, needed: impl Fn(u32) -> bool) -> usize {
        let quads = (0..neurons.div_ceil(4) as u32)
            .filter(|quad| {
                (4 * quad..4 * quad + 4).any(|neuron| (neuron as usize) < neurons && needed(neuron))
            })
            .collect();
        self.slots.push(NoiseSlot {
            address: slot_address(&name),
            name,
            neurons,
            quads,
        });
        self.slots.len() - 1
    }

    fn check_slots(&self) -> Result<(), CircuitError> {
        let mut addresses: Vec<u32> = self.slots.iter().map(|slot| slot.address).collect();
        addresses.sort_unstable();
        if addresses.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(());
        }
        let problem = "two noise slots share an address; rename a pathway or population".to_owned();
        Err(CircuitError::Connectome { line: 1, problem })
    }

    fn receptors(&mut self, sizes: &[usize]) -> Result<Receptors, CircuitError> {
        let input = &self.circuit.input;
        let population = self.position(input.population.get_ref());
        let driven = input.channels * input.neurons_per_channel;
        if driven != sizes[population] {
            let problem = format!(
                "{} channels x {} neurons drive {driven} neurons, but {} has {}",
                input.channels,
                input.neurons_per_channel,
                input.population.get_ref(),
                sizes[population]
            );
            return Err(self.lack(&input.population, problem));
        }
        let slot = self.slot("receptor".to_owned(), driven, |_| true);
        let gain = self.push(
            "input.gain".to_owned(),
            vec![input.channels],
            "1",
            &input.gain,
        );
        let current = self.push(
            "input.current".to_owned(),
            Vec::new(),
            "A",
            &input.current_a,
        );
        Ok(Receptors {
            population,
            channels: input.channels,
            per_channel: input.neurons_per_channel,
            gain,
            current: current.start,
            slot,
        })
    }

    fn populations(&mut self, sizes: &[usize]) -> (Vec<Population>, usize) {
        let (mut neurons, mut ports) = (0, 0);
        let mut take = |count: usize| {
            ports += count;
            ports - count..ports
        };
        let mut populations = Vec::new();
        for (entry, &size) in self.circuit.population.iter().zip(sizes) {
            let name = entry.name.get_ref().clone();
            let mut ports = Ports {
                main: take(size),
                ..Ports::default()
            };
            let all = |_| true;
            let dynamics = match (
                entry.model,
                &entry.time_constant_s,
                &entry.threshold_v,
                &entry.coupling_s,
            ) {
                (NeuronModel::LeakyIntegrateAndFire, Some(tau), Some(threshold), _) => {
                    Dynamics::LeakyIntegrateAndFire {
                        time_constant: self
                            .push(format!("{name}.time_constant"), Vec::new(), "s", tau)
                            .start,
                        threshold: self.push(
                            format!("{name}.threshold"),
                            vec![size],
                            "V",
                            threshold,
                        ),
                        slots: ["background", "membrane", "threshold"]
                            .map(|what| self.slot(format!("{what}/{name}"), size, all)),
                    }
                }
                (NeuronModel::TwoCompartment, _, Some(threshold), Some(coupling)) => {
                    ports.dendrite = take(size);
                    ports.axon = take(size);
                    ports.divisor = take(size);
                    Dynamics::TwoCompartment {
                        membrane_time_constant_s: entry
                            .membrane_time_constant_s
                            .expect("`check` has seen it"),
                        coupling: self
                            .push(format!("{name}.coupling"), Vec::new(), "S", coupling)
                            .start,
                        threshold: self.push(
                            format!("{name}.threshold"),
                            vec![size],
                            "V",
                            threshold,
                        ),
                        slots: ["membrane_dendrite", "membrane_axon", "threshold"]
                            .map(|what| self.slot(format!("{what}/{name}"), size, all)),
                    }
                }
                (_, Some(tau), _, _) => Dynamics::Graded {
                    time_constant: self
                        .push(format!("{name}.time_constant"), Vec::new(), "s", tau)
                        .start,
                },
                _ => unreachable!("`check` has seen what each model needs"),
            };
            let range = neurons..neurons + size;
            neurons = range.end;
            populations.push(Population {
                name,
                range,
                model: entry.model,
                dynamics,
                ports,
            });
        }
        (populations, ports)
    }

    fn groups(&self) -> Result<Vec<(String, Vec<bool>)>, CircuitError> {
        let members = |entry: &crate::file::GroupEntry| {
            let population = entry.population.get_ref();
            let neurons = &self.connectome.neurons()
                [self.connectome.population(population).unwrap_or_default()];
            let members = match (entry.rule, &entry.target, &entry.field) {
                (GroupRule::FanOutQuantile, Some(target), _) => {
                    let compartments = self.circuit.compartments(&entry.compartments)?;
                    let edges = self
                        .connectome
                        .edges(population, target.get_ref(), compartments);
                    fan_out_members(&edges, neurons.len(), entry.quantile.unwrap_or_default())
                }
                (GroupRule::Annotation, _, Some(field)) => {
                    let annotation = |neuron: &kenyon_connectome::Neuron| {
                        match field.get_ref().as_str() {
                        "class" => Ok(neuron.class.clone()),
                        "transmitter" => Ok(neuron.transmitter.clone()),
                        "glomerulus" => Ok(neuron.glomerulus.clone()),
                        "name" => Ok(neuron.name.clone()),
                        other => Err(self.circuit.meaning(
                            field,
                            format!("\"{other}\" is no annotation; use class, transmitter, glomerulus or name"),
                        )),
                    }
                    };
                    neurons
                        .iter()
                        .map(|neuron| Ok(entry.values.contains(&annotation(neuron)?)))
                        .collect::<Result<_, CircuitError>>()?
                }
                _ => unreachable!("`check` has seen what each rule needs"),
            };
            Ok((entry.name.get_ref().clone(), members))
        };
        self.circuit.group.iter().map(members).collect()
    }

    fn edges(
        &self,
        source: &str,
        target: &str,
        codes: &[Spanned<String>],
    ) -> Result<Vec<Edge>, CircuitError> {
        let compartments: CompartmentSet = self.circuit.compartments(codes)?;
        Ok(self.connectome.edges(source, target, compartments))
    }

    fn pathways(
        &mut self,
        populations: &[Population],
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<Pathway>, CircuitError> {
        let mut pathways = Vec::new();
        for entry in &self.circuit.pathway {
            let name = entry.name.get_ref();
            let mut edges = self.edges(
                entry.source.get_ref(),
                entry.target.get_ref(),
                &entry.compartments,
            )?;
            for (reference, wanted) in [
                (&entry.source_group, true),
                (&entry.source_outside_group, false),
            ] {
                if let Some(reference) = reference {
                    let members = members(groups, reference.get_ref());
                    edges.retain(|edge| members[edge.source as usize] == wanted);
                }
            }
            let (source, target) = (
                self.position(entry.source.get_ref()),
                self.position(entry.target.get_ref()),
            );
            let sizes = (
                populations[source].range.len(),
                populations[target].range.len(),
            );
            let wiring = Wiring::new(edges, sizes, self.keep);
            let mechanism = match (entry.kind, &entry.strength_a, &entry.gain) {
                (PathwayKind::Chemical, Some(strength), _) => {
                    let strength = self
                        .push(format!("{name}.strength"), Vec::new(), "A", strength)
                        .start;
                    let depression = entry.depression.as_ref().and_then(|wanted| {
                        self.circuit
                            .depression
                            .iter()
                            .find(|kind| kind.name.get_ref() == wanted.get_ref())
                    });
                    let depression = depression.map(|kind| DepressionParameters {
                        recovery: self
                            .push(
                                format!("{name}.recovery"),
                                Vec::new(),
                                "s",
                                &kind.recovery_s,
                            )
                            .start,
                        release_probability: self
                            .push(
                                format!("{name}.release_probability"),
                                Vec::new(),
                                "1",
                                &kind.release_probability,
                            )
                            .start,
                    });
                    let slot = self.slot(format!("release/{name}"), sizes.1, |neuron| {
                        wiring.targets.binary_search(&neuron).is_ok()
                    });
                    Mechanism::Chemical {
                        sign: if entry.sign == Some(Sign::Inhibitory) {
                            -1.0
                        } else {
                            1.0
                        },
                        timing: entry.timing.expect("`check` has seen it"),
                        strength,
                        depression,
                        slot,
                    }
                }
                (kind, _, Some(gain)) => {
                    let gain = self
                        .push(format!("{name}.gain"), Vec::new(), "1", gain)
                        .start;
                    match kind {
                        PathwayKind::RunningRate => Mechanism::RunningRate { gain },
                        PathwayKind::Shunting => Mechanism::Shunting { gain },
                        _ => Mechanism::Graded {
                            gain,
                            scale: entry.scale.unwrap_or(1.0),
                            cap_v: entry.cap_v.unwrap_or(f64::INFINITY),
                        },
                    }
                }
                _ => unreachable!("`check` has seen what each kind needs"),
            };
            let ports = &populations[target].ports;
            let port = match (entry.kind, entry.onto) {
                (PathwayKind::Shunting, _) => &ports.divisor,
                (_, Some(Onto::Axon)) => &ports.axon,
                (_, Some(Onto::Dendrite)) if !entry.shunted => &ports.dendrite,
                _ => &ports.main,
            };
            pathways.push(Pathway {
                name: name.clone(),
                source,
                target,
                wiring,
                port: port.clone(),
                mechanism,
            });
        }
        Ok(pathways)
    }

    fn gap_junctions(
        &mut self,
        populations: &[Population],
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<GapJunction>, CircuitError> {
        let mut sets = Vec::new();
        for entry in &self.circuit.gap_junction {
            let pairs = self.coupled_pairs(entry, groups)?;
            let start = |side: usize| {
                populations[self.position(entry.between[side].get_ref())]
                    .range
                    .start as u32
            };
            let (first, second) = (start(0), start(1));
            let mut populations: Vec<usize> = entry
                .between
                .iter()
                .map(|side| self.position(side.get_ref()))
                .collect();
            populations.dedup();
            let name = entry.name.get_ref().clone();
            let conductance = self
                .push(format!("gap.{name}"), Vec::new(), "S", &entry.conductance_s)
                .start;
            let pairs = pairs
                .into_iter()
                .map(|(a, b)| (first + a, second + b))
                .collect();
            sets.push(GapJunction {
                name,
                pairs,
                populations,
                conductance,
            });
        }
        Ok(sets)
    }

    /// Coupled pairs as positions in their populations, sorted; inside one population `a < b`.
    fn coupled_pairs(
        &self,
        entry: &GapJunctionEntry,
        groups: &[(String, Vec<bool>)],
    ) -> Result<Vec<(u32, u32)>, CircuitError> {
        let [first, second] = [entry.between[0].get_ref(), entry.between[1].get_ref()];
        let within = first == second;
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        match (entry.rule, &entry.input) {
            (GapRule::SharedInput, Some(input)) => {
                let edges = self.edges(input.get_ref(), first, &entry.compartments)?;
                for common in edges.chunk_by(|a, b| a.source == b.source) {
                    for (k, a) in common.iter().enumerate() {
                        pairs.extend(common[k + 1..].iter().map(|b| (a.target, b.target)));
                    }
                }
            }
            _ => {
                let edges = self.edges(first, second, &entry.compartments)?;
                let chosen = entry
                    .source_group
                    .as_ref()
                    .map(|name| members(groups, name.get_ref()));
                for edge in edges {
                    if chosen.is_some_and(|members| !members[edge.source as usize]) {
                        continue;
                    }
                    pairs.push((edge.source, edge.target));
                }
            }
        }
        if within {
            pairs.retain(|(a, b)| a != b);
            for pair in &mut pairs {
                *pair = (pair.0.min(pair.1), pair.0.max(pair.1));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        Ok(pairs)
    }

    fn decoder(&mut self, units: usize) {
        let readout = &self.circuit.readout;
        for (name, shape) in [
            ("decoder.weight", vec![readout.classes, units]),
            ("decoder.bias", vec![readout.classes]),
        ] {
            self.table.push(ParameterGroup {
                name: name.to_owned(),
                shape,
                range: 0..0,
                form: Form::Plain,
                unit: "1",
                start: 0.0,
                bounds: None,
                learning_rate: readout.learning_rate,
                precision: Precision::Single,
                learned: true,
            });
        }
    }
}

fn members<'a>(groups: &'a [(String, Vec<bool>)], name: &str) -> &'a [bool] {
    groups
        .iter()
        .find(|(other, _)| other == name)
        .map(|(_, members)| members.as_slice())
        .expect("`check` has looked up every group")
}

/// Neurons with at least one target whose number of targets is at or below the quantile of those
/// numbers (linear interpolation, spec/model.md section 5.2).
fn fan_out_members(edges: &[Edge], neurons: usize, quantile: f64) -> Vec<bool> {
    let mut fan_out = vec![0_u32; neurons];
    for edge in edges {
        fan_out[edge.source as usize] += 1;
    }
    let mut connected: Vec<u32> = fan_out
        .iter()
        .copied()
        .filter(|&targets| targets > 0)
        .collect();
    connected.sort_unstable();
    let Some(last) = connected.len().checked_sub(1) else {
        return vec![false; neurons];
    };
    let place = quantile * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (
        f64::from(connected[below]),
        f64::from(connected[(below + 1).min(last)]),
    );
    let threshold = low + (high - low) * (place - below as f64);
    fan_out
        .iter()
        .map(|&targets| targets > 0 && f64::from(targets) <= threshold)
        .collect()
}
