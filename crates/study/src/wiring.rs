//! The wiring of a run: the data's, the publication's shuffles, or a draw from a null model.

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::null::{
    Certificate, Family, MatrixSelector, Recipe, SignCertificate, permute, permute_signs,
};
use kenyon_connectome::{Compartment, CompartmentSet, Connectome};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::experiment::Draw;
use crate::file::Wiring;
use crate::{StudyError, samples};

/// What a null model is certified to have kept, and how far it is from the original.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WiringCertificate {
    /// Contacts were randomised.
    Contacts(Certificate),
    /// Signs were.
    Signs(SignCertificate),
}

/// A circuit and a connectome, rewired.
pub(crate) struct Rewired {
    pub circuit: Circuit,
    pub connectome: Connectome,
    pub certificate: WiringCertificate,
}

/// Applies a draw; `seed` is that of the run.
pub(crate) fn rewire(
    draw: &Draw,
    seed: u64,
    circuit: &Circuit,
    connectome: &Connectome,
) -> Result<Rewired, StudyError> {
    let draw_seed = draw.seed.unwrap_or(seed);
    let of_contacts = |(connectome, certificate)| Rewired {
        circuit: circuit.clone(),
        connectome,
        certificate: WiringCertificate::Contacts(certificate),
    };
    match &draw.wiring {
        Wiring::PublishedShuffle {
            dopaminergic_neurons,
        } => {
            let published = samples::published_shuffle(*dopaminergic_neurons, draw_seed)?;
            let shuffled = match published {
                Some(shuffle) => permute(connectome, &shuffle)?,
                None => Recipe {
                    family: Family::IndependentPermutation,
                    matrices: matrices(circuit, &[])?,
                    seed: draw_seed,
                }
                .apply(connectome)?,
            };
            Ok(of_contacts(shuffled))
        }
        Wiring::Null {
            family, pathways, ..
        } => {
            let recipe = Recipe {
                family: *family,
                matrices: matrices(circuit, pathways)?,
                seed: draw_seed,
            };
            Ok(of_contacts(recipe.apply(connectome)?))
        }
        Wiring::Signs { group, .. } => signs(circuit, connectome, group, draw_seed),
    }
}

/// The contact matrices that the circuit's pathways read, each once; of the named pathways only, if
/// any are named. For the larva these are the 19 matrices that the publication shuffles.
fn matrices(circuit: &Circuit, pathways: &[String]) -> Result<Vec<MatrixSelector>, StudyError> {
    for name in pathways {
        if !circuit
            .pathway
            .iter()
            .any(|pathway| pathway.name.get_ref() == name)
        {
            let known: Vec<&str> = circuit
                .pathway
                .iter()
                .map(|pathway| pathway.name.get_ref().as_str())
                .collect();
            return Err(StudyError::Plan(format!(
                "the null model names the pathway \"{name}\", which the circuit does not have; it \
                 has {}",
                known.join(", ")
            )));
        }
    }
    let mut all = Vec::new();
    for pathway in &circuit.pathway {
        if !pathways.is_empty() && !pathways.contains(pathway.name.get_ref()) {
            continue;
        }
        let members: Vec<Compartment> = pathway
            .compartments
            .iter()
            .filter_map(|code| Compartment::from_code(code.get_ref()))
            .collect();
        let matrix = MatrixSelector {
            source: pathway.source.get_ref().clone(),
            target: pathway.target.get_ref().clone(),
            compartments: CompartmentSet::of(&members),
        };
        if !all.contains(&matrix) {
            all.push(matrix);
        }
    }
    Ok(all)
}

/// Draws which neurons carry the sign of a group: as many as before, among the neurons that contact
/// what the group's rule counts, or among the whole population if it counts nothing.
fn signs(
    circuit: &Circuit,
    connectome: &Connectome,
    group: &str,
    seed: u64,
) -> Result<Rewired, StudyError> {
    let entry = circuit
        .group
        .iter()
        .find(|entry| entry.name.get_ref() == group)
        .ok_or_else(|| {
            let known: Vec<&str> = circuit
                .group
                .iter()
                .map(|entry| entry.name.get_ref().as_str())
                .collect();
            StudyError::Plan(format!(
                "signs of the group \"{group}\" cannot be permuted, because the circuit has no such \
                 group; it has {}",
                known.join(", ")
            ))
        })?;
    let population = entry.population.get_ref();
    let range = connectome.population(population).unwrap_or_default();
    let network = Network::compile(circuit, connectome)?;
    let flags = network.group(group).unwrap_or_default();
    let members: Vec<u32> = range
        .clone()
        .zip(flags)
        .filter(|(_, member)| **member)
        .map(|(neuron, _)| neuron as u32)
        .collect();
    let candidates: Vec<u32> = match &entry.target {
        None => range.clone().map(|neuron| neuron as u32).collect(),
        Some(target) => {
            let codes = entry.compartments.iter();
            let kinds: Vec<Compartment> = codes
                .filter_map(|code| Compartment::from_code(code.get_ref()))
                .collect();
            let kinds = CompartmentSet::of(&kinds);
            let mut sources: Vec<u32> = connectome
                .edges(population, target.get_ref(), kinds)
                .iter()
                .map(|edge| range.start as u32 + edge.source)
                .collect();
            sources.dedup();
            sources
        }
    };
    let (drawn, certificate) = permute_signs(connectome, &candidates, &members, seed)?;
    let ids = drawn
        .iter()
        .map(|&neuron| Value::from(connectome.neurons()[neuron as usize].id.to_string()))
        .collect();
    let mut rule = toml::Table::new();
    rule.insert("name".to_owned(), group.into());
    rule.insert("population".to_owned(), population.as_str().into());
    rule.insert("rule".to_owned(), "annotation".into());
    rule.insert("field".to_owned(), "id".into());
    rule.insert("values".to_owned(), Value::Array(ids));
    Ok(Rewired {
        circuit: circuit.with(&format!("group.{group}"), rule)?,
        connectome: connectome.clone(),
        certificate: WiringCertificate::Signs(certificate),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kenyon_connectome::sample;

    fn draw(wiring: Wiring) -> Draw {
        Draw {
            name: "test".to_owned(),
            wiring,
            seed: Some(3),
        }
    }

    #[test]
    fn the_larva_reads_the_matrices_that_the_publication_shuffles() {
        let mut ours: Vec<String> = matrices(&Circuit::larva(), &[])
            .expect("no pathway is named")
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut theirs: Vec<String> = samples::published_shuffle(14, 42)
            .expect("a table")
            .expect("a shuffle")
            .iter()
            .map(|permutation| permutation.matrix.to_string())
            .collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn one_pathway_can_be_randomised_alone() {
        let larva = sample::sample(1, 1).expect("an individual").connectome;
        let circuit = Circuit::larva();
        let wiring = |pathways: &[&str]| {
            draw(Wiring::Null {
                family: Family::IndependentPermutation,
                pathways: pathways.iter().map(|&name| name.to_owned()).collect(),
                connectomes: 1,
                first_seed: 1,
            })
        };
        let rewired = rewire(&wiring(&["pn_to_kc"]), 1, &circuit, &larva).expect("a null model");
        let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
        assert_ne!(
            rewired.connectome.edges("PN", "KC", ad),
            larva.edges("PN", "KC", ad)
        );
        assert_eq!(
            rewired.connectome.edges("ORN", "PN", ad),
            larva.edges("ORN", "PN", ad)
        );
        let error = rewire(&wiring(&["pn_to_dan"]), 1, &circuit, &larva);
        assert!(
            error
                .err()
                .expect("no such pathway")
                .to_string()
                .contains("pn_to_kc")
        );
    }

    #[test]
    fn permuted_signs_keep_their_number_and_move() {
        let larva = sample::sample(1, 1).expect("an individual").connectome;
        let circuit = Circuit::larva();
        let wiring = draw(Wiring::Signs {
            group: "excitatory LN".to_owned(),
            connectomes: 1,
            first_seed: 1,
        });
        let rewired = rewire(&wiring, 1, &circuit, &larva).expect("signs");
        let members = |circuit: &Circuit| {
            let network = Network::compile(circuit, &larva).expect("a network");
            network.group("excitatory LN").expect("the group").to_vec()
        };
        let (before, after) = (members(&circuit), members(&rewired.circuit));
        let count = |flags: &[bool]| flags.iter().filter(|&&flag| flag).count();
        assert_eq!(count(&before), count(&after));
        assert_ne!(before, after);
        // Only neurons that reach PNs carry a sign that matters.
        let ad = CompartmentSet::of(&[Compartment::AxonDendrite]);
        let edges = larva.edges("LN", "PN", ad);
        for (neuron, _) in after.iter().enumerate().filter(|(_, member)| **member) {
            assert!(edges.iter().any(|edge| edge.source as usize == neuron));
        }
    }
}
