//! Seeds, bytes, names, files, mixing and time.

use std::time::{Duration, Instant};

use kenyon_connectome::null::{Certificate, Family, MatrixSelector, Recipe};
use kenyon_connectome::{Compartment, Connectome, sample};

use crate::support::{PUBLISHED, apply, connectome, dense, families, matrix, neurons};

fn larva() -> Connectome {
    let data = sample::sample(3, 1).unwrap_or_else(|error| panic!("{error}"));
    data.connectome
}

/// A connectome made by a formula, which no other part of the program can change.
fn formula() -> Connectome {
    let classes = ["", "x", "y", "x", "y", "x", "x", "y"];
    let neurons = neurons(&[("A", &classes), ("B", &classes[2..])]);
    let size = neurons.len() as u32;
    let mut contacts = Vec::new();
    for pair in 0..size * size {
        let value = (pair + 7) * (pair + 7) % 31;
        let counts = [value % 4, value % 5, value % 3, value % 2];
        if value > 12 {
            contacts.push((pair / size, pair % size, counts));
        }
    }
    connectome(neurons, contacts)
}

fn all_of_formula() -> Vec<MatrixSelector> {
    [
        "a_to_b",
        "a_to_b_nonad",
        "a_to_a_aa_ad",
        "b_to_b_nonad",
        "b_to_a",
    ]
    .map(matrix)
    .to_vec()
}

pub fn seeds() {
    let larva = larva();
    let matrices = PUBLISHED.map(matrix);
    for family in families() {
        let (one, certificate) = apply(family, &matrices, 1, &larva);
        let (same, other_certificate) = apply(family, &matrices, 1, &larva);
        let (other, _) = apply(family, &matrices, 2, &larva);
        assert_eq!(one.hash(), same.hash());
        assert_eq!(certificate, other_certificate);
        assert_ne!(one.hash(), other.hash(), "{}", family.name());
        assert_ne!(one.hash(), larva.hash(), "{}", family.name());
    }
}

pub fn golden() {
    let expected = [
        "2c741af2b9311acd",
        "f756d3ec2bbf2197",
        "14c942478f3b14a6",
        "c47ff16773f9f51f",
        "99f6a19e6dd4a943",
        "04a034de6bac4f6f",
    ];
    let hashes = families().map(|family| {
        let (result, _) = apply(family, &all_of_formula(), 42, &formula());
        result.hash()[..16].to_owned()
    });
    assert_eq!(hashes, expected);
}

pub fn independent_matrices() {
    let original = formula();
    let mut matrices = all_of_formula();
    for family in families() {
        let (all, _) = apply(family, &matrices, 5, &original);
        matrices.reverse();
        let (reversed, _) = apply(family, &matrices, 5, &original);
        assert_eq!(all.hash(), reversed.hash());
        for matrix in &matrices {
            let (single, _) = apply(family, std::slice::from_ref(matrix), 5, &original);
            assert_eq!(dense(&single, matrix), dense(&all, matrix));
        }
    }
    // Two compartments with the same contacts are drawn differently.
    let neurons = neurons(&[("A", &[""; 9])]);
    let contacts = (0..81_u32).map(|pair| (pair / 9, pair % 9, [pair + 1, pair + 1, 0, 0]));
    let twins = connectome(neurons, contacts.collect());
    let pair = [matrix("a_to_a_aa"), matrix("a_to_a_ad")];
    let (drawn, _) = apply(Family::IndependentPermutation, &pair, 5, &twins);
    let same = drawn
        .contacts()
        .iter()
        .filter(|c| c.counts[0] == c.counts[1]);
    assert!(same.count() < 20);
}

pub fn written() {
    for family in families() {
        let recipe = Recipe {
            family,
            matrices: vec![matrix("orn_to_pn"), matrix("ln_to_ln_nonad")],
            seed: 7,
        };
        let text = serde_json::to_string(&recipe).expect("written");
        let read: Recipe = serde_json::from_str(&text).expect("read");
        assert_eq!(read, recipe, "{text}");
        let (_, certificate) = apply(family, &all_of_formula(), 1, &formula());
        let text = serde_json::to_string(&certificate).expect("written");
        let read: Certificate = serde_json::from_str(&text).expect("read");
        assert_eq!(read, certificate);
    }
    let recipe = |family: &str, compartments: &str| {
        let matrix = format!(r#"{{"source":"ORN","target":"PN","compartments":{compartments}}}"#);
        let text = format!(r#"{{"family":{family},"matrices":[{matrix}],"seed":1}}"#);
        serde_json::from_str::<Recipe>(&text).map_err(|error| error.to_string())
    };
    let swaps = recipe(r#"{"name":"degree_preserving_swaps"}"#, r#"["ad"]"#).expect("read");
    assert_eq!(swaps.family, Family::degree_preserving());
    assert_eq!(swaps.matrices, [matrix("orn_to_pn")]);
    for (family, compartments, fault) in [
        (
            r#"{"name":"shuffle"}"#,
            "[]",
            "choose from independent_permutation",
        ),
        (
            r#"{"name":"erdos_renyi","swaps_per_edge":3}"#,
            "[]",
            "has no swaps_per_edge",
        ),
        (r#"{"name":"erdos_renyi","edges":3}"#, "[]", "unknown field"),
        (
            r#"{"name":"erdos_renyi"}"#,
            r#"["ab"]"#,
            "are not compartments",
        ),
        (
            r#"{"name":"erdos_renyi"}"#,
            r#"["aa","aa"]"#,
            "are not compartments",
        ),
    ] {
        let message = recipe(family, compartments).expect_err("refused");
        assert!(message.contains(fault), "{message}");
    }
}

pub fn names() {
    use Compartment::{AxonAxon, AxonDendrite, DendriteAxon, DendriteDendrite};
    for (name, source, target, compartments) in [
        ("orn_to_pn", "ORN", "PN", &[AxonDendrite][..]),
        ("kc_to_kc_ad", "KC", "KC", &[AxonDendrite]),
        ("kc_to_kc_aa", "KC", "KC", &[AxonAxon]),
        ("kc_to_apl_da", "KC", "APL", &[DendriteAxon]),
        (
            "orn_to_pn_nonad",
            "ORN",
            "PN",
            &[AxonAxon, DendriteAxon, DendriteDendrite],
        ),
        ("ln_to_ln_aa_dd", "LN", "LN", &[AxonAxon, DendriteDendrite]),
    ] {
        let selector = matrix(name);
        assert_eq!(selector, MatrixSelector::new(source, target, compartments));
        assert_eq!(matrix(&selector.to_string()), selector);
    }
    for name in PUBLISHED.into_iter().filter(|&name| name != "kc_to_kc_ad") {
        assert_eq!(matrix(name).to_string(), name);
    }
    for name in [
        "",
        "orn",
        "orn_pn",
        "_to_pn",
        "orn_to_",
        "orn_to_pn_",
        "orn_to_pn_xx",
        "ORN_to_PN",
        "orn_to_pn_aa_aa",
        "orn_to_pn_nonad_aa",
        "orn to pn",
    ] {
        let error = MatrixSelector::from_name(name).expect_err(name);
        assert!(error.to_string().contains("source_to_target"), "{error}");
    }
}

pub fn mixing() {
    let larva = larva();
    let overlap = |swaps_per_edge: f64| {
        let family = Family::DegreePreservingSwaps { swaps_per_edge };
        let (_, certificate) = apply(family, &[matrix("pn_to_kc")], 1, &larva);
        certificate.matrices[0].mixing.clone().expect("a chain")
    };
    let (short, long) = (overlap(0.3), overlap(10.0));
    assert!(
        !short.levelled_off && long.levelled_off,
        "{short:?} {long:?}"
    );
    assert!(long.accepted > 0 && long.accepted < long.attempted);
    assert_eq!(long.overlap.len(), 10);
    assert!(long.overlap[9] < 0.3 && short.overlap[9] > 0.5);
    let none = overlap(0.0);
    assert_eq!((none.attempted, none.overlap[9]), (0, 1.0));
}

pub fn shortcuts() {
    // One edge that can only move to a pair without contact, and one that can only stay.
    let neurons = neurons(&[("A", &["", ""]), ("B", &[""])]);
    let original = connectome(neurons, vec![(0, 2, [0, 1, 0, 0]), (0, 1, [2, 0, 0, 0])]);
    let mut moved = 0;
    for seed in 0..50 {
        let (result, certificate) = apply(Family::ErdosRenyi, &[matrix("a_to_b")], seed, &original);
        let there = result.contacts().iter().any(|contact| contact.source == 1);
        let shortcuts = certificate.direct_shortcuts;
        assert_eq!(shortcuts.new_direct_contacts, u64::from(there));
        assert_eq!(shortcuts.new_pathway_edges, 0);
        moved += u64::from(there);
    }
    assert!((10..40).contains(&moved), "{moved}");
}

/// The limit is loose, for slow machines and tests without optimisation.
pub fn speed() {
    let larva = larva();
    let matrices = PUBLISHED.map(matrix);
    for family in families() {
        let start = Instant::now();
        for seed in 0..100 {
            apply(family, &matrices, seed, &larva);
        }
        let time = start.elapsed();
        eprintln!("{}: {} ms for 100", family.name(), time.as_millis());
        assert!(
            time < Duration::from_secs(60),
            "{}: {time:?}",
            family.name()
        );
    }
}
