//! What is refused, and that the message says what is wrong.

use kenyon_connectome::null::{
    Family, MatrixPermutation, MatrixSelector, NullError, Recipe, permute, permute_signs,
};
use kenyon_connectome::{Compartment, Connectome};

use crate::support::{connectome, matrix, neurons};

fn small() -> Connectome {
    let neurons = neurons(&[("A", &["", "", ""]), ("B", &["", ""])]);
    connectome(neurons, vec![(0, 3, [0, 1, 0, 0]), (1, 4, [0, 2, 1, 0])])
}

fn refused(family: Family, matrices: Vec<MatrixSelector>) -> String {
    let recipe = Recipe {
        family,
        matrices,
        seed: 1,
    };
    match recipe.apply(&small()) {
        Ok(_) => panic!("not refused: {recipe:?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

pub fn recipes() {
    let swaps = |swaps_per_edge| Family::DegreePreservingSwaps { swaps_per_edge };
    says(
        &refused(Family::ErdosRenyi, vec![]),
        &["names no matrix", "at least one"],
    );
    says(
        &refused(Family::ErdosRenyi, vec![matrix("a_to_kc")]),
        &["a_to_kc", "no population \"KC\"", "A, B"],
    );
    says(
        &refused(Family::ErdosRenyi, vec![MatrixSelector::new("A", "B", &[])]),
        &["no compartment", "aa, ad, da and dd"],
    );
    let twice = vec![
        matrix("a_to_b_nonad"),
        matrix("a_to_b"),
        matrix("a_to_b_da"),
    ];
    says(
        &refused(Family::CountPermutation, twice),
        &["the da contacts of a_to_b_da", "twice"],
    );
    for value in [-1.0, f64::NAN, f64::INFINITY, 1e7] {
        says(
            &refused(swaps(value), vec![matrix("a_to_b")]),
            &["swaps_per_edge", "0 to 1000000"],
        );
    }
    let neurons = neurons(&[("A", &["", ""])]);
    let heavy = connectome(neurons, vec![(0, 1, [u32::MAX, 0, 0, 0])]);
    let recipe = Recipe {
        family: Family::strength_preserving(),
        matrices: vec![matrix("a_to_a_aa")],
        seed: 1,
    };
    let error = recipe.apply(&heavy).err();
    assert!(
        matches!(error, Some(NullError::TooManyContacts { .. })),
        "{error:?}"
    );
}

pub fn permutations() {
    let given = |name: &str, rows: &[u32], columns: &[u32]| MatrixPermutation {
        matrix: matrix(name),
        rows: rows.to_vec(),
        columns: columns.to_vec(),
    };
    let refused = |permutations: &[MatrixPermutation]| match permute(&small(), permutations) {
        Ok(_) => panic!("not refused: {permutations:?}"),
        Err(error) => error.to_string(),
    };
    says(&refused(&[]), &["names no matrix"]);
    says(
        &refused(&[given("a_to_b", &[0, 1], &[0, 1])]),
        &["a_to_b has 3 rows", "lists 2"],
    );
    says(
        &refused(&[given("a_to_b", &[0, 2, 1], &[0, 1, 2])]),
        &["a_to_b has 2 columns", "lists 3"],
    );
    says(
        &refused(&[given("a_to_b", &[0, 2, 2], &[0, 1])]),
        &["rows of matrix a_to_b", "2 is out of range or listed twice"],
    );
    says(
        &refused(&[given("a_to_b", &[0, 2, 1], &[0, 2])]),
        &["columns of matrix a_to_b", "0 to 1"],
    );
    let one = given("a_to_b", &[0, 2, 1], &[0, 1]);
    says(
        &refused(&[one.clone(), one]),
        &["ad contacts of a_to_b", "twice"],
    );
}

pub fn signs() {
    let refused =
        |candidates: &[u32], members: &[u32]| match permute_signs(&small(), candidates, members, 1)
        {
            Ok(_) => panic!("not refused"),
            Err(error) => error.to_string(),
        };
    says(&refused(&[0, 9], &[0]), &["number 9 does not exist"]);
    says(&refused(&[0, 1, 0], &[0]), &["number 0 is listed twice"]);
    says(&refused(&[0, 1], &[1, 1]), &["number 1 is listed twice"]);
    says(
        &refused(&[0, 1], &[2]),
        &["number 2 is a member but no candidate"],
    );
    let (none, _) = permute_signs(&small(), &[0, 1], &[], 1).unwrap_or_else(|e| panic!("{e}"));
    assert!(none.is_empty());
    let all = [Compartment::AxonAxon; 2];
    assert_eq!(MatrixSelector::new("A", "B", &all).to_string(), "a_to_b_aa");
}
