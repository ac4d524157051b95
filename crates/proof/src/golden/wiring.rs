//! The connectome that golden vectors were made with, rebuilt from their count matrices.

use kenyon_connectome::{Compartment, Connectome, Contact, Neuron, Side};

use super::{GoldenError, Vectors};

/// Count matrices: label, source, target, and the compartment the contacts are filed under. Matrices
/// of all non-axo-dendritic contacts are filed under one of those compartments, which is enough for
/// the larval circuit.
const MATRICES: [(&str, &str, &str, Compartment); 18] = [
    ("OP", "ORN", "PN", Compartment::AxonDendrite),
    ("OL", "ORN", "LN", Compartment::AxonDendrite),
    ("LP", "LN", "PN", Compartment::AxonDendrite),
    ("LL", "LN", "LN", Compartment::AxonDendrite),
    ("PL", "PN", "LN", Compartment::AxonDendrite),
    ("LO_nonad", "LN", "ORN", Compartment::AxonAxon),
    ("OL_nonad", "ORN", "LN", Compartment::AxonAxon),
    ("LPi_nonad", "LN", "PN", Compartment::AxonAxon),
    ("LPe_nonad", "LN", "PN", Compartment::AxonAxon),
    ("LL_nonad", "LN", "LN", Compartment::AxonAxon),
    ("PL_nonad", "PN", "LN", Compartment::AxonAxon),
    ("PK", "PN", "KC", Compartment::AxonDendrite),
    ("PK_nonad", "PN", "KC", Compartment::AxonAxon),
    ("KKaa", "KC", "KC", Compartment::AxonAxon),
    ("KKad", "KC", "KC", Compartment::AxonDendrite),
    ("KKdd", "KC", "KC", Compartment::DendriteDendrite),
    ("KA", "KC", "APL", Compartment::AxonDendrite),
    ("AK", "APL", "KC", Compartment::AxonDendrite),
];
const DENDRITE_AXON: [(&str, &str, &str); 2] = [("KKda", "KC", "KC"), ("KAd", "KC", "APL")];

const SIZES: [(&str, usize); 5] = [
    ("ORN", 42),
    ("LN", 108),
    ("PN", 72),
    ("KC", 144),
    ("APL", 2),
];

/// Builds the connectome.
pub(crate) fn connectome(vectors: &Vectors) -> Result<Connectome, GoldenError> {
    let mut neurons = Vec::new();
    let mut first = Vec::new();
    for (population, size) in SIZES {
        first.push((population, neurons.len(), size));
        for index in 0..size {
            neurons.push(Neuron {
                id: neurons.len() as u64,
                population: population.to_owned(),
                side: if index % 2 == 0 {
                    Side::Left
                } else {
                    Side::Right
                },
                class: String::new(),
                name: String::new(),
                glomerulus: String::new(),
                transmitter: String::new(),
                partner: None,
            });
        }
    }
    let place = |population: &str| {
        first
            .iter()
            .find(|(name, ..)| *name == population)
            .map_or((0, 0), |&(_, start, size)| (start, size))
    };
    let total = neurons.len();
    let mut counts = vec![[0_u32; 4]; total * total];
    let dendrite_axon = DENDRITE_AXON
        .map(|(label, source, target)| (label, source, target, Compartment::DendriteAxon));
    for (label, source, target, compartment) in MATRICES.into_iter().chain(dendrite_axon) {
        let ((source, rows), (target, columns)) = (place(source), place(target));
        let matrix = vectors.shaped(&format!("count.{label}"), &[rows, columns])?;
        for (index, &count) in matrix.iter().enumerate() {
            let pair = (source + index / columns) * total + target + index % columns;
            if !(count >= 0.0 && count.fract() == 0.0 && count <= f64::from(u32::MAX / 4)) {
                return Err(vectors.damaged(format!(
                    "count.{label} holds {count}, no number of contacts"
                )));
            }
            counts[pair][compartment as usize] += count as u32;
        }
    }
    let contacts = counts
        .into_iter()
        .enumerate()
        .map(|(pair, counts)| Contact {
            source: (pair / total) as u32,
            target: (pair % total) as u32,
            counts,
        })
        .collect();
    Connectome::new(neurons, contacts).map_err(|error| GoldenError::Damaged {
        file: vectors.file.clone(),
        problem: error.to_string(),
    })
}
