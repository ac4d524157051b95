//! A thousand random connectomes per family, measured by dense matrices.

use std::collections::BTreeMap;

use kenyon_connectome::null::{
    Family, Invariant, MatrixCertificate, MatrixPermutation, MatrixSelector, permute,
};
use kenyon_connectome::{Compartment as C, Connectome, Neuron};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Dense, apply, connectome, dense, families, neurons};

/// Populations A, B and C with random classes and contacts, dense enough that every rule matters.
fn any_connectome() -> impl Strategy<Value = Connectome> {
    let class = prop::sample::select(vec!["", "x", "y"]);
    let counts = prop_oneof![
        3 => Just([0; 4]),
        1 => prop::array::uniform4(0_u32..2),
        1 => prop::array::uniform4(0_u32..5),
    ];
    let classes = |most| prop::collection::vec(class.clone(), 1..=most);
    (classes(5), classes(4), prop::collection::vec(counts, 100)).prop_map(|(a, b, counts)| {
        let neurons = neurons(&[("A", &a), ("B", &b), ("C", &["z"])]);
        let size = neurons.len();
        let contacts = (0..size * size)
            .map(|pair| ((pair / size) as u32, (pair % size) as u32, counts[pair]))
            .collect();
        connectome(neurons, contacts)
    })
}

/// Choices of matrices: bipartite, square, several compartments, several matrices of one pair.
fn any_matrices() -> impl Strategy<Value = Vec<MatrixSelector>> {
    let nonad = [C::AxonAxon, C::DendriteAxon, C::DendriteDendrite];
    prop::sample::select(vec![
        vec![MatrixSelector::new("A", "B", &[C::AxonDendrite])],
        vec![MatrixSelector::new("A", "A", &[C::AxonDendrite])],
        vec![MatrixSelector::new("A", "A", &C::ALL)],
        vec![
            MatrixSelector::new("B", "B", &nonad),
            MatrixSelector::new("A", "A", &nonad),
            MatrixSelector::new("A", "A", &[C::AxonDendrite]),
            MatrixSelector::new("B", "A", &C::ALL),
            MatrixSelector::new("A", "C", &[C::DendriteAxon, C::AxonDendrite]),
        ],
    ])
}

fn thousand() -> TestRunner {
    TestRunner::new(Config {
        cases: 1000,
        failure_persistence: None,
        ..Config::default()
    })
}

pub fn claims_hold(family: Family) {
    let cases = (any_connectome(), any_matrices(), any::<u64>());
    let result = thousand().run(&cases, |(original, matrices, seed)| {
        let (result, certificate) = apply(family, &matrices, seed, &original);
        prop_assert_eq!(certificate.matrices.len(), matrices.len());
        for (matrix, certificate) in matrices.iter().zip(&certificate.matrices) {
            check(family, &original, &result, matrix, certificate);
        }
        rest_is_untouched(&original, &result, &matrices);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn is_edge(counts: &[u32; 4]) -> bool {
    counts.iter().any(|&count| count > 0)
}

fn transposed(matrix: &Dense) -> Dense {
    let width = matrix.first().map_or(0, Vec::len);
    (0..width)
        .map(|column| matrix.iter().map(|row| row[column]).collect())
        .collect()
}

fn degrees(matrix: &Dense) -> Vec<usize> {
    let rows = matrix.iter();
    rows.map(|row| row.iter().filter(|c| is_edge(c)).count())
        .collect()
}

fn strengths(matrix: &Dense) -> Vec<[u32; 4]> {
    let sum = |row: &Vec<[u32; 4]>| {
        std::array::from_fn(|place| row.iter().map(|counts| counts[place]).sum())
    };
    matrix.iter().map(sum).collect()
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

/// Edges and contacts by class of source and target.
fn blocks(matrix: &Dense, rows: &[&Neuron], columns: &[&Neuron]) -> BTreeMap<String, [u32; 5]> {
    let mut blocks: BTreeMap<String, [u32; 5]> = BTreeMap::new();
    for (row, source) in matrix.iter().zip(rows) {
        for (counts, target) in row.iter().zip(columns).filter(|(c, _)| is_edge(c)) {
            let name = format!("{}|{}", source.class, target.class);
            let sums = blocks.entry(name).or_default();
            sums[4] += 1;
            for place in 0..4 {
                sums[place] += counts[place];
            }
        }
    }
    blocks
}

/// Every invariant by independent code: what is claimed must hold, what is certified must be true.
fn check(
    family: Family,
    original: &Connectome,
    result: &Connectome,
    matrix: &MatrixSelector,
    certificate: &MatrixCertificate,
) {
    let (one, two) = (dense(original, matrix), dense(result, matrix));
    let of = |name: &str| -> Vec<&Neuron> {
        let all = original.neurons().iter();
        all.filter(|neuron| neuron.population == name).collect()
    };
    let (rows, columns) = (of(&matrix.source), of(&matrix.target));
    let block = |dense: &Dense| blocks(dense, &rows, &columns);
    let edges_of = |dense: &Dense| -> BTreeMap<String, u32> {
        let blocks = block(dense).into_iter();
        blocks.map(|(name, sums)| (name, sums[4])).collect()
    };
    let contacts_of = |dense: &Dense| -> BTreeMap<String, Vec<u32>> {
        let blocks = block(dense).into_iter();
        blocks
            .map(|(name, sums)| (name, sums[..4].to_vec()))
            .collect()
    };
    let (turned_one, turned_two) = (transposed(&one), transposed(&two));
    let all = |dense: &Dense| sorted(dense.concat());
    let total = |dense: &Dense| strengths(&vec![dense.concat()]);
    let graph = |dense: &Dense| -> Vec<bool> { dense.concat().iter().map(is_edge).collect() };
    let diagonal = |dense: &Dense| -> Vec<[u32; 4]> {
        let places = 0..dense.len();
        places.map(|place| dense[place][place]).collect()
    };
    let edges = |dense: &Dense| degrees(dense).iter().sum::<usize>();
    let square = matrix.source == matrix.target;
    for check in &certificate.invariants {
        let held = match check.invariant {
            Invariant::EdgeCount => edges(&one) == edges(&two),
            Invariant::ContactCount => total(&one) == total(&two),
            Invariant::CountMultiset => all(&one) == all(&two),
            Invariant::OutDegrees => degrees(&one) == degrees(&two),
            Invariant::InDegrees => degrees(&turned_one) == degrees(&turned_two),
            Invariant::OutDegreeSequence => sorted(degrees(&one)) == sorted(degrees(&two)),
            Invariant::InDegreeSequence => {
                sorted(degrees(&turned_one)) == sorted(degrees(&turned_two))
            }
            Invariant::OutStrengths => strengths(&one) == strengths(&two),
            Invariant::InStrengths => strengths(&turned_one) == strengths(&turned_two),
            Invariant::OutStrengthSequence => sorted(strengths(&one)) == sorted(strengths(&two)),
            Invariant::InStrengthSequence => {
                sorted(strengths(&turned_one)) == sorted(strengths(&turned_two))
            }
            Invariant::Graph => graph(&one) == graph(&two),
            Invariant::BlockEdges => edges_of(&one) == edges_of(&two),
            Invariant::BlockContacts => contacts_of(&one) == contacts_of(&two),
            Invariant::Autapses => diagonal(&one) == diagonal(&two),
        };
        assert_eq!(check.held, held, "{:?} {matrix}", check.invariant);
        assert_eq!(check.claimed, family.claims(check.invariant));
        assert!(held || !check.claimed, "{:?} {matrix}", check.invariant);
    }
    let expected = Invariant::ALL.len() - usize::from(!square);
    assert_eq!(certificate.invariants.len(), expected);
    assert_eq!(certificate.edges.before, edges(&one) as u64);
    assert_eq!(certificate.edges.after, edges(&two) as u64);
    let shared = |same: &dyn Fn(&[u32; 4], &[u32; 4]) -> bool| {
        let pairs = one.iter().flatten().zip(two.iter().flatten());
        let edges = pairs.clone().filter(|(before, _)| is_edge(before)).count();
        let kept = pairs
            .filter(|(before, after)| is_edge(before) && same(before, after))
            .count();
        if edges == 0 {
            1.0
        } else {
            kept as f64 / edges as f64
        }
    };
    assert_eq!(
        certificate.overlap.edges,
        shared(&|_, after| is_edge(after))
    );
    assert_eq!(
        certificate.overlap.unchanged,
        shared(&|before, after| before == after)
    );
    if square {
        let autapses = certificate.autapses.as_ref().expect("square");
        assert_eq!(
            autapses.after,
            diagonal(&two).iter().filter(|c| is_edge(c)).count() as u64
        );
        if family != Family::IndependentPermutation {
            assert_eq!(autapses.before, autapses.after);
        }
        let reciprocity = certificate.reciprocity.expect("square").after;
        let (mut both, mut single) = (0, 0);
        for row in 0..two.len() {
            for column in (0..two.len()).filter(|&column| column != row) {
                if is_edge(&two[row][column]) {
                    single += 1;
                    both += usize::from(is_edge(&two[column][row]));
                }
            }
        }
        assert_eq!(
            reciprocity,
            f64::from(both as u32) / f64::from(single.max(1))
        );
    } else {
        assert!(certificate.autapses.is_none() && certificate.reciprocity.is_none());
    }
}

/// Every compartment of every pair of populations that is in no matrix is as it was.
fn rest_is_untouched(original: &Connectome, result: &Connectome, matrices: &[MatrixSelector]) {
    assert_eq!(original.neurons(), result.neurons());
    for source in ["A", "B", "C"] {
        for target in ["A", "B", "C"] {
            for compartment in C::ALL {
                let listed = matrices.iter().any(|matrix| {
                    matrix.source == source
                        && matrix.target == target
                        && matrix.compartments.contains(compartment)
                });
                let single = MatrixSelector::new(source, target, &[compartment]);
                if !listed {
                    assert_eq!(dense(original, &single), dense(result, &single), "{single}");
                }
            }
        }
    }
}

pub fn given_permutations() {
    let order = || Just((0_u32..5).collect::<Vec<_>>()).prop_shuffle();
    let cases = (any_connectome(), any_matrices(), order(), order());
    let result = thousand().run(&cases, |(original, matrices, one, two)| {
        let size = |name: &str| original.population(name).expect("there").len() as u32;
        let cut = |order: &[u32], size: u32| -> Vec<u32> {
            order.iter().copied().filter(|&row| row < size).collect()
        };
        let permutations: Vec<MatrixPermutation> = matrices
            .iter()
            .map(|matrix| MatrixPermutation {
                matrix: matrix.clone(),
                rows: cut(&one, size(&matrix.source)),
                columns: cut(&two, size(&matrix.target)),
            })
            .collect();
        let (result, certificate) =
            permute(&original, &permutations).unwrap_or_else(|error| panic!("{error}"));
        prop_assert_eq!(certificate.seed, None);
        for given in &permutations {
            let (before, after) = (
                dense(&original, &given.matrix),
                dense(&result, &given.matrix),
            );
            for (row, &from_row) in given.rows.iter().enumerate() {
                for (column, &from_column) in given.columns.iter().enumerate() {
                    let expected = before[from_row as usize][from_column as usize];
                    prop_assert_eq!(after[row][column], expected);
                }
            }
        }
        rest_is_untouched(&original, &result, &matrices);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

pub fn claims() {
    let count = |family: &Family| {
        let all = Invariant::ALL.into_iter();
        all.filter(|&invariant| family.claims(invariant)).count()
    };
    assert_eq!(
        families().map(|family| count(&family)),
        [7, 10, 12, 10, 6, 4]
    );
    let degrees = Family::degree_preserving();
    assert!(degrees.claims(Invariant::OutStrengths) && !degrees.claims(Invariant::InStrengths));
    assert!(!Family::IndependentPermutation.claims(Invariant::OutDegrees));
    assert!(!Family::strength_preserving().claims(Invariant::EdgeCount));
}
