//! Every family on matrices so small that all results can be listed: each must come equally often.

use std::collections::BTreeMap;

use kenyon_connectome::null::{Family, permute_signs};

use crate::chi_square::{Weights, assert_follows, excess};
use crate::small::{
    Case, LONG, Small, arrangements, bipartite, case, deals, orders, product, square,
};
use crate::support::{connectome, neurons};

const SWAPS: Family = Family::DegreePreservingSwaps {
    swaps_per_edge: LONG,
};

pub fn degrees() {
    let whole = |case: &Case, states| {
        let width = case.matrix[0].len();
        case.follows(SWAPS, &case.same_degrees(&[width]), states);
    };
    // All matrices of 3 by 3 with these degrees, then with contacts that tell the edges apart.
    whole(&bipartite(&[&[1, 1, 0], &[1, 0, 0], &[0, 0, 1]]), 5);
    whole(&bipartite(&[&[1, 2, 0], &[1, 0, 0], &[0, 0, 3]]), 10);
    whole(&bipartite(&[&[1, 0, 0], &[0, 1, 0], &[0, 0, 1]]), 6);
    whole(
        &bipartite(&[&[1, 1, 1, 0], &[1, 1, 0, 0], &[1, 0, 0, 1], &[0, 0, 1, 0]]),
        24,
    );
    // The only graph with these degrees: contacts move over the targets of a source all the same.
    whole(&bipartite(&[&[1, 2], &[0, 3]]), 2);
}

pub fn directed() {
    let whole = |case: &Case, states| {
        let width = case.matrix[0].len();
        case.follows(SWAPS, &case.same_degrees(&[width]), states);
    };
    // A triangle has no swap at all: its reversal is the only other state.
    whole(
        &square(&[&[0, 1, 0, 0], &[0, 0, 1, 0], &[1, 0, 0, 0], &[0, 0, 0, 0]]),
        2,
    );
    // Four neurons, one edge out of and into each: the nine derangements.
    whole(
        &square(&[&[0, 1, 0, 0], &[0, 0, 1, 0], &[0, 0, 0, 1], &[1, 0, 0, 0]]),
        9,
    );
    // Unequal degrees and unequal contacts.
    whole(
        &square(&[&[0, 1, 2, 0], &[0, 0, 1, 0], &[1, 0, 0, 3], &[0, 1, 0, 0]]),
        24,
    );
    // An autapse stays where it is.
    whole(
        &square(&[&[0, 1, 0, 0], &[0, 5, 1, 0], &[1, 0, 0, 1], &[0, 0, 1, 0]]),
        6,
    );
}

pub fn blocks() {
    let family = Family::BlockDegreePreservingSwaps {
        swaps_per_edge: LONG,
    };
    let rows: &[&[u32]] = &[&[1, 0, 0, 2], &[0, 1, 1, 0], &[1, 0, 3, 0], &[0, 1, 0, 1]];
    let free = case(rows, false, &["x", "x", "", ""], &["x", "x", "y", "y"]);
    // Each block of 2 by 2 has one edge per row and column: two states each.
    let weights: Weights<Small> = free
        .same_degrees(&[2, 2])
        .into_iter()
        .filter(|(matrix, _)| {
            // In-degrees hold in each block, not only in the sum over blocks.
            (0..4).all(|column| {
                let upper = matrix[..2].iter().filter(|row| row[column] > 0).count();
                upper == 1
            })
        })
        .collect();
    free.follows(family, &weights, 16);
    // A class with itself has a diagonal and needs the triangle.
    let rows: &[&[u32]] = &[&[0, 1, 0, 1], &[0, 0, 1, 0], &[1, 0, 0, 0], &[0, 1, 0, 0]];
    let own = case(rows, true, &["x", "x", "x", "y"], &[""]);
    own.follows(family, &own_blocks(&own), 2);
}

/// Rows 0 to 2 within columns 0 to 2 is the only block that can change.
fn own_blocks(case: &Case) -> Weights<Small> {
    let mut weights = case.same_degrees(&[3, 1]);
    weights.retain(|matrix, _| matrix[3] == case.matrix[3]);
    weights
}

/// The mistake that the chain must not make: drawing until a swap succeeds. Its states come as often as
/// they have neighbours, and the test above would see it.
pub fn wrong_chain() {
    let case = bipartite(&[&[1, 1, 0], &[1, 0, 0], &[0, 0, 1]]);
    let weights = case.same_degrees(&[3]);
    let mut state = 1_u64;
    let mut below = |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for (count_refusals, expected) in [(true, false), (false, true)] {
        let mut matrix = case.matrix.clone();
        let draws: Vec<Small> = (0..4000)
            .map(|_| {
                let mut steps = 0;
                while steps < 40 {
                    let places = [(); 4].map(|()| below(3) as usize);
                    let [a, b, c, d] = places;
                    let edges = matrix[a][b] * matrix[c][d] == 1;
                    let accepted = edges && matrix[a][d] + matrix[c][b] == 0;
                    if accepted {
                        (matrix[a][b], matrix[c][d]) = (0, 0);
                        (matrix[a][d], matrix[c][b]) = (1, 1);
                    }
                    steps += u32::from(accepted || (edges && count_refusals));
                }
                matrix.clone()
            })
            .collect();
        let found_out = excess(&weights, draws.into_iter()) > 1.0;
        assert_eq!(found_out, expected, "counting refusals: {count_refusals}");
    }
}

pub fn permutations() {
    let numbered = |case: &Case| -> Weights<Small> {
        let order = orders(&[0_usize, 1, 2]);
        let results = product(&order, &order, |rows, columns| -> Small {
            let row = |&row: &usize| columns.iter().map(|&c| case.matrix[row][c]).collect();
            rows.iter().map(row).collect()
        });
        results.into_iter().map(|matrix| (matrix, 1)).collect()
    };
    // Without and with a diagonal: 36 states, because all entries differ.
    let rows: &[&[u32]] = &[&[1, 2, 3], &[4, 5, 6], &[7, 8, 0]];
    for case in [bipartite(rows), square(rows)] {
        case.follows(Family::IndependentPermutation, &numbered(&case), 36);
    }
}

pub fn counts() {
    let case = bipartite(&[&[1, 2, 0], &[0, 1, 3]]);
    let weights: Weights<Small> = arrangements(&[1, 2, 1, 3])
        .into_iter()
        .map(|c| (vec![vec![c[0], c[1], 0], vec![0, c[2], c[3]]], 1))
        .collect();
    case.follows(Family::CountPermutation, &weights, 12);
    let case = square(&[&[9, 2, 0], &[1, 0, 3], &[0, 0, 0]]);
    let weights: Weights<Small> = arrangements(&[1, 2, 3])
        .into_iter()
        .map(|c| (vec![vec![9, c[0], 0], vec![c[1], 0, c[2]], vec![0; 3]], 1))
        .collect();
    case.follows(Family::CountPermutation, &weights, 6);
}

pub fn erdos_renyi() {
    let all = |case: &Case| -> Weights<Small> {
        let width = case.matrix[0].len();
        let results = arrangements(&case.matrix.concat()).into_iter();
        results
            .map(|cells| cells.chunks(width).map(<[u32]>::to_vec).collect::<Small>())
            .filter(|matrix| case.may_hold(matrix))
            .map(|matrix| (matrix, 1))
            .collect()
    };
    let case = bipartite(&[&[1, 2, 0], &[0, 0, 0]]);
    case.follows(Family::ErdosRenyi, &all(&case), 30);
    let case = square(&[&[0, 2, 0], &[1, 1, 0], &[0, 0, 0]]);
    case.follows(Family::ErdosRenyi, &all(&case), 30);
}

pub fn strengths() {
    let family = Family::StrengthPreserving {
        swaps_per_contact: LONG,
    };
    for (case, states) in [
        (bipartite(&[&[2, 0, 0], &[1, 1, 0], &[0, 0, 1]]), 8),
        // Two triangles, which only a rotation of three contacts connects.
        (square(&[&[0, 1, 0], &[0, 0, 1], &[1, 0, 0]]), 2),
        (
            square(&[&[0, 2, 0, 0], &[0, 0, 1, 0], &[1, 0, 0, 1], &[0, 0, 1, 0]]),
            12,
        ),
        (
            square(&[&[7, 1, 1, 0], &[1, 0, 1, 0], &[1, 0, 0, 1], &[0, 1, 0, 0]]),
            18,
        ),
    ] {
        case.follows(family, &deals(&case), states);
    }
}

pub fn signs() {
    let connectome = connectome(neurons(&[("A", &[""; 7])]), Vec::new());
    let candidates = [6, 1, 2, 5, 3];
    let mut weights: Weights<Vec<u32>> = BTreeMap::new();
    for one in [1, 2, 3, 5, 6] {
        for other in [1, 2, 3, 5, 6].into_iter().filter(|&other| other > one) {
            weights.insert(vec![one, other], 1);
        }
    }
    let draws = (0..4000).map(|seed| {
        let (drawn, certificate) = permute_signs(&connectome, &candidates, &[5, 2], seed)
            .unwrap_or_else(|error| panic!("{error}"));
        let shared = drawn
            .iter()
            .filter(|neuron| [2, 5].contains(neuron))
            .count();
        assert_eq!(certificate.shared, shared as u64);
        assert_eq!((certificate.candidates, certificate.members), (5, 2));
        drawn
    });
    assert_follows("signs", &weights, draws);
}
