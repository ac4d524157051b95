//! Small connectomes and dense matrices.

use kenyon_connectome::null::{Family, MatrixSelector, Recipe};
use kenyon_connectome::{Compartment, Connectome, Contact, Neuron, Side};

/// Contacts by row, column and compartment.
pub type Dense = Vec<Vec<[u32; 4]>>;

pub fn families() -> [Family; 6] {
    [
        Family::IndependentPermutation,
        Family::degree_preserving(),
        Family::block_degree_preserving(),
        Family::CountPermutation,
        Family::strength_preserving(),
        Family::ErdosRenyi,
    ]
}

/// Neurons of populations given by name and classes.
pub fn neurons(populations: &[(&str, &[&str])]) -> Vec<Neuron> {
    let mut neurons = Vec::new();
    for (population, classes) in populations {
        for class in *classes {
            neurons.push(Neuron {
                id: 100 + neurons.len() as u64,
                population: (*population).to_owned(),
                side: Side::Unknown,
                class: (*class).to_owned(),
                name: String::new(),
                glomerulus: String::new(),
                transmitter: String::new(),
                partner: None,
            });
        }
    }
    neurons
}

pub fn connectome(neurons: Vec<Neuron>, contacts: Vec<(u32, u32, [u32; 4])>) -> Connectome {
    let contacts = contacts
        .into_iter()
        .map(|(source, target, counts)| Contact {
            source,
            target,
            counts,
        })
        .collect();
    Connectome::new(neurons, contacts).unwrap_or_else(|error| panic!("{error}"))
}

/// The selected contacts as a dense matrix, read neuron by neuron.
pub fn dense(connectome: &Connectome, matrix: &MatrixSelector) -> Dense {
    let named = |name: &str| -> Vec<u32> {
        (0_u32..)
            .zip(connectome.neurons())
            .filter(|(_, neuron)| neuron.population == name)
            .map(|(index, _)| index)
            .collect()
    };
    let (rows, columns) = (named(&matrix.source), named(&matrix.target));
    let mut dense = vec![vec![[0; 4]; columns.len()]; rows.len()];
    for contact in connectome.contacts() {
        let row = rows.iter().position(|&row| row == contact.source);
        let column = columns.iter().position(|&column| column == contact.target);
        if let (Some(row), Some(column)) = (row, column) {
            for compartment in Compartment::ALL {
                if matrix.compartments.contains(compartment) {
                    let place = compartment as usize;
                    dense[row][column][place] = contact.counts[place];
                }
            }
        }
    }
    dense
}

pub fn matrix(name: &str) -> MatrixSelector {
    MatrixSelector::from_name(name).unwrap_or_else(|error| panic!("{error}"))
}

/// The result of a recipe that must work.
pub fn apply(
    family: Family,
    matrices: &[MatrixSelector],
    seed: u64,
    connectome: &Connectome,
) -> (Connectome, kenyon_connectome::null::Certificate) {
    let recipe = Recipe {
        family,
        matrices: matrices.to_vec(),
        seed,
    };
    recipe
        .apply(connectome)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// All matrices of the publication's tables.
pub const PUBLISHED: [&str; 19] = [
    "apl_to_kc",
    "kc_to_apl",
    "kc_to_apl_da",
    "kc_to_kc_aa",
    "kc_to_kc_ad",
    "kc_to_kc_da",
    "kc_to_kc_dd",
    "ln_to_ln",
    "ln_to_ln_nonad",
    "ln_to_orn_nonad",
    "ln_to_pn",
    "ln_to_pn_nonad",
    "orn_to_ln",
    "orn_to_ln_nonad",
    "orn_to_pn",
    "pn_to_kc",
    "pn_to_kc_nonad",
    "pn_to_ln",
    "pn_to_ln_nonad",
];
