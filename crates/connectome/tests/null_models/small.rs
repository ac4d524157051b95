//! Matrices so small that all results of a family can be listed.

use std::collections::BTreeMap;

use kenyon_connectome::Connectome;
use kenyon_connectome::null::Family;

use crate::chi_square::{Weights, assert_follows};
use crate::support::{apply, connectome, dense, matrix, neurons};

/// A small matrix of axo-dendritic contacts, row by row.
pub type Small = Vec<Vec<u32>>;

/// Long enough that what is left of the original cannot be seen in these samples.
pub const LONG: f64 = 100.0;

/// A matrix from A to B, or from A to A if `square`, with the classes of rows and columns.
pub struct Case {
    pub connectome: Connectome,
    pub name: &'static str,
    pub matrix: Small,
    pub square: bool,
}

pub fn case(rows: &[&[u32]], square: bool, row_classes: &[&str], column_classes: &[&str]) -> Case {
    let neurons = neurons(&[("A", row_classes), ("B", column_classes)]);
    let first = if square { 0 } else { rows.len() };
    let mut contacts = Vec::new();
    for (row, counts) in rows.iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            contacts.push((row as u32, (first + column) as u32, [0, count, 0, 0]));
        }
    }
    Case {
        connectome: connectome(neurons, contacts),
        name: if square { "a_to_a" } else { "a_to_b" },
        matrix: rows.iter().map(|row| row.to_vec()).collect(),
        square,
    }
}

pub fn bipartite(rows: &[&[u32]]) -> Case {
    case(rows, false, &vec![""; rows.len()], &vec![""; rows[0].len()])
}

pub fn square(rows: &[&[u32]]) -> Case {
    case(rows, true, &vec![""; rows.len()], &[""])
}

impl Case {
    /// The results of a family for as many seeds as the states need.
    fn draws(&self, family: Family, states: usize) -> impl Iterator<Item = Small> {
        let samples = (states as u64 * 60).max(4000);
        let matrix = matrix(self.name);
        (0..samples).map(move |seed| {
            let (result, _) = apply(
                family,
                std::slice::from_ref(&matrix),
                seed,
                &self.connectome,
            );
            let rows = dense(&result, &matrix).into_iter();
            rows.map(|row| row.iter().map(|counts| counts[1]).collect())
                .collect()
        })
    }

    pub fn follows(&self, family: Family, weights: &Weights<Small>, states: usize) {
        assert_eq!(weights.len(), states, "{}", family.name());
        assert_follows(family.name(), weights, self.draws(family, states));
    }

    pub fn may_hold(&self, result: &Small) -> bool {
        let diagonal = |matrix: &Small| -> Vec<u32> {
            let places = 0..matrix.len();
            places.map(|place| matrix[place][place]).collect()
        };
        !self.square || diagonal(result) == diagonal(&self.matrix)
    }

    /// All matrices with the in-degrees whose rows have, within each group of so many columns, the
    /// same contacts in some order.
    pub fn same_degrees(&self, widths: &[usize]) -> Weights<Small> {
        let mut found = vec![Small::new()];
        for row in &self.matrix {
            let mut rows = vec![Vec::new()];
            let mut first = 0;
            for width in widths {
                let parts = arrangements(&row[first..first + width]);
                first += width;
                rows = product(&rows, &parts, |row, part| [row.as_slice(), part].concat());
            }
            found = product(&found, &rows, |matrix, row| {
                [matrix.as_slice(), std::slice::from_ref(row)].concat()
            });
        }
        let in_degrees = |matrix: &Small| -> Vec<usize> {
            (0..matrix[0].len())
                .map(|column| matrix.iter().filter(|row| row[column] > 0).count())
                .collect()
        };
        let wanted = in_degrees(&self.matrix);
        found.retain(|matrix| in_degrees(matrix) == wanted && self.may_hold(matrix));
        found.into_iter().map(|matrix| (matrix, 1)).collect()
    }
}

pub fn product<A, B, C>(one: &[A], other: &[B], join: impl Fn(&A, &B) -> C) -> Vec<C> {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| join(a, b)).collect()
}

/// All orders of `items`, the same order once for every way of getting it.
pub fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut found = Vec::new();
    for place in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(place);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            found.push(order);
        }
    }
    found
}

/// All different orders of `items`.
pub fn arrangements(items: &[u32]) -> Vec<Vec<u32>> {
    let mut all = orders(items);
    all.sort();
    all.dedup();
    all
}

/// All deals of single contacts that have no autapse but those of the original.
pub fn deals(case: &Case) -> Weights<Small> {
    let mut fixed: Small = vec![vec![0; case.matrix[0].len()]; case.matrix.len()];
    let (mut sources, mut targets) = (Vec::new(), Vec::new());
    for (row, counts) in case.matrix.iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            if case.square && row == column {
                fixed[row][column] = count;
                continue;
            }
            for _ in 0..count {
                sources.push(row);
                targets.push(column);
            }
        }
    }
    let mut weights = BTreeMap::new();
    for deal in orders(&targets) {
        let mut matrix = fixed.clone();
        for (&row, &column) in sources.iter().zip(&deal) {
            matrix[row][column] += 1;
        }
        if case.may_hold(&matrix) {
            *weights.entry(matrix).or_default() += 1;
        }
    }
    weights
}
