//! Circuits other than the larva's come as files only: the mushroom body with its outputs, compiled
//! against the published connectome, and the circuit of five neurons.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::PathBuf;

use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::DataSet;
use kenyon_connectome::import::{ImportOptions, Populations, Selection, import_tables};
use kenyon_testing::{Suite, workspace_root};

const ARCHIVE: &str = "data/winding2023/Supplementary-Data-S1.zip";

fn main() {
    Suite::new("mushroom_body")
        .test_with_shared("every_pathway_has_the_counts_of_the_spec", ARCHIVE, counts)
        .test("its_olfactory_pathway_is_the_larvas", shared_with_larva)
        .test("five_neurons_compile", five_neurons)
        .run();
}

fn circuits(file: &str) -> PathBuf {
    workspace_root().join("circuits").join(file)
}

fn circuit(file: &str) -> Circuit {
    Circuit::parse(&std::fs::read_to_string(circuits(file)).unwrap()).unwrap()
}

/// Edges and contacts: spec/data.md sections 5.2 and 5.4.
fn counts(archive: PathBuf) {
    let file = circuits("mushroom_body.populations.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let options = ImportOptions {
        populations: Populations::Expressions(Selection::from_toml(&text, "populations").unwrap()),
        ..ImportOptions::default()
    };
    let data = import_tables(&[archive], &options).unwrap().data;
    let network = Network::compile(&circuit("mushroom_body.toml"), &data.connectome).unwrap();
    let sizes: Vec<(&str, usize)> = (network.populations().iter())
        .map(|population| (population.name.as_str(), population.range.len()))
        .collect();
    let expected = [
        ("ORN", 42),
        ("LN", 108),
        ("PN", 72),
        ("APL", 2),
        ("KC", 144),
        ("MBON", 48),
        ("DAN", 14),
    ];
    assert_eq!(sizes, expected);
    let expected = [
        // As in the larva.
        ("orn_to_pn", 455, 6361),
        ("orn_to_ln", 408, 5982),
        ("ln_to_pn_inhibitory", 440, 2821),
        ("ln_to_pn_excitatory", 103, 533),
        ("ln_to_ln", 418, 1716),
        ("pn_to_ln", 394, 1397),
        ("ln_to_orn_nonad", 310, 1822),
        ("orn_to_ln_nonad", 182, 1044),
        ("ln_to_pn_inhibitory_nonad", 546, 1742),
        ("ln_to_pn_excitatory_nonad", 36, 93),
        ("ln_to_ln_nonad", 605, 3240),
        ("pn_to_ln_nonad", 518, 2478),
        ("pn_to_kc", 688, 4019),
        ("pn_to_kc_nonad", 3, 3),
        ("kc_to_kc_axon_dendrite", 12, 12),
        ("kc_to_kc_axon_axon", 5774, 13621),
        ("kc_to_kc_dendrite_dendrite", 987, 1191),
        ("kc_to_kc_dendrite_axon", 29, 30),
        ("kc_to_apl", 139, 925),
        ("kc_to_apl_dendrite_axon", 124, 578),
        ("apl_to_kc", 133, 681),
        // Outputs and dopaminergic neurons.
        ("kc_to_mbon", 2746, 15747),
        ("kc_to_mbon_axon_axon", 419, 770),
        ("kc_to_dan", 18, 21),
        ("kc_to_dan_axon_axon", 1367, 4019),
        ("mbon_to_mbon", 146, 597),
        ("mbon_to_mbon_axon_axon", 262, 977),
        ("mbon_to_dan", 41, 149),
        ("mbon_to_dan_axon_axon", 13, 35),
        ("dan_to_mbon", 63, 1089),
        ("dan_to_mbon_axon_axon", 14, 22),
        ("dan_to_kc", 1207, 3708),
    ];
    let counts = network.pathway_counts();
    let counted: Vec<(&str, usize, u64)> = (counts.iter())
        .map(|counts| (counts.name.as_str(), counts.edges, counts.contacts))
        .collect();
    assert_eq!(counted, expected);
}

/// What both have must not drift apart: physics, and the larva's populations, groups, pathways and gap
/// junctions, but for values that are learned.
fn shared_with_larva() {
    let of_file = |file: &str| -> toml::Table {
        let text = std::fs::read_to_string(circuits(file)).unwrap();
        text.parse().unwrap()
    };
    let (larva, body) = (of_file("larva.toml"), of_file("mushroom_body.toml"));
    for table in ["time", "membrane", "synapse", "noise"] {
        assert_eq!(larva[table], body[table], "[{table}]");
    }
    let fixed = |element: &toml::Value| -> toml::Table {
        let entries = element.as_table().unwrap().clone().into_iter();
        entries.filter(|(_, value)| !value.is_table()).collect()
    };
    for list in [
        "population",
        "group",
        "pathway",
        "depression",
        "gap_junction",
    ] {
        let own: Vec<toml::Table> = body[list].as_array().unwrap().iter().map(fixed).collect();
        for element in larva[list].as_array().unwrap() {
            let found = own.contains(&fixed(element));
            assert!(found, "[[{list}]] {}", element["name"]);
        }
    }
}

fn five_neurons() {
    let data = DataSet::load(&circuits("teaching")).unwrap();
    let network = Network::compile(&circuit("teaching/circuit.toml"), &data.connectome).unwrap();
    let counts: Vec<(usize, u64)> = (network.pathway_counts().iter())
        .map(|counts| (counts.edges, counts.contacts))
        .collect();
    assert_eq!(counts, [(2, 12), (4, 28), (2, 14)]);
    assert_eq!(data.panel.receptors, ["A", "B"]);
}
