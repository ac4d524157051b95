//! From a circuit and a connectome to a network: populations, receptors, parameters, noise slots.

use std::ops::Range;

use kenyon_connectome::{CompartmentSet, Connectome, Edge};
use toml::Spanned;

use super::{
    Dynamics, Mechanism, Network, NoiseSlot, Operation, Pathway, Population, Ports, Receptors,
};
use crate::file::{Circuit, CircuitError, Learned, NeuronModel, PopulationEntry, Timing};
use crate::noise::slot_address;
use crate::parameters::{Form, ParameterGroup, ParameterTable, Precision};
use crate::wiring::Sources;

/// What is known while a circuit is resolved.
pub(super) struct Compiler<'a> {
    pub circuit: &'a Circuit,
    pub connectome: &'a Connectome,
    pub keep: Sources,
    pub table: ParameterTable,
    pub slots: Vec<NoiseSlot>,
}

impl<'a> Compiler<'a> {
    pub fn new(circuit: &'a Circuit, connectome: &'a Connectome, keep: Sources) -> Self {
        Self {
            circuit,
            connectome,
            keep,
            table: ParameterTable::default(),
            slots: Vec::new(),
        }
    }

    pub fn compile(mut self) -> Result<Network, CircuitError> {
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

    pub fn lack<T>(&self, at: &Spanned<T>, problem: String) -> CircuitError {
        CircuitError::Connectome {
            line: self.circuit.line(at),
            problem,
        }
    }

    pub fn position(&self, name: &str) -> usize {
        self.circuit
            .population
            .iter()
            .position(|entry| entry.name.get_ref() == name)
            .expect("`check` has looked up every population")
    }

    fn sizes(&self) -> Result<Vec<usize>, CircuitError> {
        let size = |entry: &PopulationEntry| {
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

    pub fn push(
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

    pub fn slot(&mut self, name: String, neurons: usize, needed: impl Fn(u32) -> bool) -> usize {
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

    pub fn edges(
        &self,
        source: &str,
        target: &str,
        codes: &[Spanned<String>],
    ) -> Result<Vec<Edge>, CircuitError> {
        let compartments: CompartmentSet = self.circuit.compartments(codes)?;
        Ok(self.connectome.edges(source, target, compartments))
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
