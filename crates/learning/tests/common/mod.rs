//! What the integration tests share: test vectors, and the larva's wiring rebuilt from them.
#![allow(dead_code, missing_docs, clippy::unwrap_used)]

use std::path::Path;

use kenyon_connectome::{Compartment, CompartmentSet, Connectome, Contact, Neuron, Side};
use kenyon_learning::{RateTeacher, TeacherRoles};
use safetensors::{Dtype, SafeTensors};

/// A file of test vectors; everything is read as `f64`.
pub struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    pub fn open(path: &Path) -> Self {
        Self {
            bytes: std::fs::read(path).unwrap(),
        }
    }

    pub fn values(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = file
            .tensor(name)
            .unwrap_or_else(|_| panic!("no tensor {name}"));
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::F32 => data
                .chunks_exact(4)
                .map(|bytes| f64::from(f32::from_le_bytes(bytes.try_into().unwrap())))
                .collect(),
            Dtype::F64 => data
                .chunks_exact(8)
                .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
                .collect(),
            Dtype::I64 => data
                .chunks_exact(8)
                .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as f64)
                .collect(),
            other => panic!("{name} has type {other:?}"),
        }
    }

    pub fn shape(&self, name: &str) -> Vec<usize> {
        SafeTensors::deserialize(&self.bytes)
            .unwrap()
            .tensor(name)
            .unwrap()
            .shape()
            .to_vec()
    }

    pub fn number(&self, name: &str) -> f64 {
        self.values(name)[0]
    }

    pub fn labels(&self) -> Vec<usize> {
        self.values("input.label")
            .iter()
            .map(|&label| label as usize)
            .collect()
    }

    pub fn names(&self) -> Vec<String> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let mut names: Vec<String> = file.names().iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    }
}

pub const POPULATIONS: [(&str, usize); 5] = [
    ("ORN", 42),
    ("LN", 108),
    ("PN", 72),
    ("KC", 144),
    ("APL", 2),
];

/// The axo-dendritic wiring of the larva, as far as the teacher uses it.
pub fn larva(connectome: &Golden) -> Connectome {
    let mut contacts = Vec::new();
    for (name, source, target) in [
        ("OP", 0, 2),
        ("LP", 1, 2),
        ("OL", 0, 1),
        ("PK", 2, 3),
        ("KA", 3, 4),
        ("AK", 4, 3),
    ] {
        let first = |population: usize| -> usize {
            POPULATIONS[..population]
                .iter()
                .map(|&(_, size)| size)
                .sum()
        };
        let counts = connectome.values(&format!("count.{name}"));
        let width = POPULATIONS[target].1;
        for (index, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0.0) {
            contacts.push(Contact {
                source: (first(source) + index / width) as u32,
                target: (first(target) + index % width) as u32,
                counts: [0, count as u32, 0, 0],
            });
        }
    }
    build(&POPULATIONS, contacts)
}

pub fn build(populations: &[(&str, usize)], contacts: Vec<Contact>) -> Connectome {
    let mut neurons = Vec::new();
    for &(population, size) in populations {
        for _ in 0..size {
            neurons.push(Neuron {
                id: neurons.len() as u64,
                population: population.to_owned(),
                side: Side::Unknown,
                class: String::new(),
                name: String::new(),
                glomerulus: String::new(),
                transmitter: String::new(),
                partner: None,
            });
        }
    }
    Connectome::new(neurons, contacts).unwrap()
}

pub fn roles() -> TeacherRoles {
    TeacherRoles {
        input: "ORN".to_owned(),
        inhibitory: "LN".to_owned(),
        relay: "PN".to_owned(),
        coding: "KC".to_owned(),
        feedback: "APL".to_owned(),
        compartments: CompartmentSet::of(&[Compartment::AxonDendrite]),
        feedback_iterations: 3,
    }
}

pub fn larva_teacher(shared_golden: &Path) -> RateTeacher {
    let connectome = Golden::open(&shared_golden.with_file_name("connectome.safetensors"));
    RateTeacher::new(&larva(&connectome), &roles(), 21, 28).unwrap()
}

/// Our name of a teacher parameter of the test vectors.
pub const TEACHER_NAMES: [(&str, &str); 12] = [
    ("or_gain", "input.gain"),
    ("strength.OP", "orn_to_pn.strength"),
    ("strength.LP", "ln_to_pn.strength"),
    ("strength.OL", "orn_to_ln.strength"),
    ("strength.PK", "pn_to_kc.strength"),
    ("strength.KA", "kc_to_apl.strength"),
    ("strength.AK", "apl_to_kc.strength"),
    ("apl_gain", "APL.gain"),
    ("b_pn", "PN.threshold"),
    ("b_kc", "KC.threshold"),
    ("decoder.weight", "decoder.weight"),
    ("decoder.bias", "decoder.bias"),
];

/// Parameters of the test vectors, in our layout.
pub fn teacher_values(teacher: &RateTeacher, golden: &Golden, prefix: &str) -> Vec<f64> {
    let mut values = vec![f64::NAN; teacher.groups().last().unwrap().range.end];
    for (theirs, ours) in TEACHER_NAMES {
        let group = teacher
            .groups()
            .iter()
            .find(|group| group.name == ours)
            .unwrap();
        values[group.range.clone()].copy_from_slice(&golden.values(&format!("{prefix}{theirs}")));
    }
    assert!(
        values.iter().all(|value| !value.is_nan()),
        "a parameter has no counterpart"
    );
    values
}

/// Largest deviation relative to the largest expected magnitude.
pub fn deviation(actual: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let largest = expected
        .iter()
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let worst = actual
        .iter()
        .zip(expected)
        .fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
    if worst == 0.0 { 0.0 } else { worst / largest }
}
