//! A tiny circuit and its connectome, and recordings of single trials in `f64`.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use kenyon_circuit::{
    Circuit, Interventions, Network, Noise, Observer, Parameters, Snapshot, Stimulus, forward_hard,
};
use kenyon_connectome::{Connectome, Contact, Neuron, Side};

/// Every neuron model, kind of pathway and gap rule once. R: receptor neurons, T: their targets,
/// A: a graded unit, K: two compartments.
pub const TINY: &str = include_str!("tiny.toml");

/// Order of contact counts: axon-axon, axon-dendrite, dendrite-axon, dendrite-dendrite.
pub type Counts = [u32; 4];

pub fn connectome(
    populations: &[(&str, usize)],
    contacts: &[((usize, usize), Counts)],
) -> Connectome {
    let mut neurons = Vec::new();
    for &(population, size) in populations {
        for _ in 0..size {
            neurons.push(Neuron {
                id: neurons.len() as u64,
                population: population.to_owned(),
                side: Side::Unknown,
                class: if neurons.len() % 2 == 0 {
                    "even"
                } else {
                    "odd"
                }
                .to_owned(),
                name: String::new(),
                glomerulus: String::new(),
                transmitter: String::new(),
                partner: None,
            });
        }
    }
    let contact = |&((source, target), counts): &((usize, usize), Counts)| Contact {
        source: source as u32,
        target: target as u32,
        counts,
    };
    Connectome::new(neurons, contacts.iter().map(contact).collect()).unwrap()
}

/// R 0-1, T 2-3, A 4, K 5-6.
pub fn tiny_connectome() -> Connectome {
    let ad = |n| [0, n, 0, 0];
    connectome(
        &[("R", 2), ("T", 2), ("A", 1), ("K", 2)],
        &[
            ((0, 2), ad(4)),
            ((0, 3), ad(1)),
            ((1, 3), ad(2)),
            ((2, 0), ad(1)),
            ((2, 3), [1, 0, 0, 0]),
            ((2, 5), ad(3)),
            ((3, 6), ad(1)),
            ((5, 5), [2, 0, 0, 0]),
            ((5, 6), [1, 0, 0, 2]),
            ((5, 4), [0, 2, 1, 0]),
            ((6, 4), [0, 0, 2, 0]),
            ((4, 5), ad(1)),
            ((4, 6), ad(2)),
        ],
    )
}

pub fn tiny() -> Circuit {
    Circuit::parse(TINY).unwrap()
}

/// The tiny circuit with some values changed.
pub fn tiny_with(edits: &[(&str, f64)]) -> Network {
    let mut circuit = tiny();
    for &(path, value) in edits {
        circuit = circuit.with(path, value).unwrap();
    }
    compile(&circuit)
}

pub fn compile(circuit: &Circuit) -> Network {
    Network::compile(circuit, &tiny_connectome()).unwrap()
}

/// The state after one step; voltages are relative to rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub voltage: Vec<f64>,
    pub axon: Vec<f64>,
    pub timer: Vec<f64>,
    pub spike: Vec<f64>,
    pub current: Vec<Vec<f64>>,
    pub depletion: Vec<Vec<f64>>,
}

#[derive(Default)]
pub struct Trace(pub Vec<Step>);

impl Observer<f64> for Trace {
    fn observe(&mut self, step: usize, state: &Snapshot<'_, f64>) {
        assert_eq!(step, self.0.len(), "steps are observed in order");
        self.0.push(Step {
            voltage: state.voltage.to_vec(),
            axon: state.axon.to_vec(),
            timer: state.timer.to_vec(),
            spike: state.spike.to_vec(),
            current: state.current.to_vec(),
            depletion: state.depletion.to_vec(),
        });
    }
}

/// A silent stimulus.
pub fn dark(network: &Network) -> Stimulus {
    Stimulus {
        input: vec![0.0; network.channels()],
        trial: 0,
    }
}

/// One hard trial without noise in `f64` at the start values.
pub fn run(network: &Network, input: &[f32], changes: &Interventions) -> Vec<Step> {
    run_at(network, &network.table().start(), input, changes)
}

pub fn run_at(
    network: &Network,
    parameters: &Parameters,
    input: &[f32],
    changes: &Interventions,
) -> Vec<Step> {
    changes.check(network).unwrap();
    let mut trace = Trace::default();
    let stimulus = Stimulus {
        input: input.to_vec(),
        trial: 0,
    };
    let counts: Vec<f64> = forward_hard(
        network,
        &parameters.values,
        &[stimulus],
        Noise::Off,
        changes,
        &mut trace,
    );
    let sums = (0..network.neurons()).map(|i| trace.0.iter().map(|step| step.spike[i]).sum());
    assert_eq!(
        counts,
        sums.collect::<Vec<f64>>(),
        "counts are sums of spikes"
    );
    trace.0
}

/// A constant current into a population or one of its neurons.
pub fn current(population: &str, neuron: Option<usize>, ampere: f64) -> Interventions {
    Interventions {
        currents: vec![(population.to_owned(), neuron, ampere)],
        ..Interventions::default()
    }
}

pub fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} instead of {expected}"
    );
}

/// FNV-1a over the bits of numbers.
pub fn digest(values: impl IntoIterator<Item = u64>) -> u64 {
    values
        .into_iter()
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
