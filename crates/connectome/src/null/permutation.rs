//! Rows and columns of a matrix in another order.

use crate::null::matrix::{Entry, Matrix};
use crate::null::{MatrixSelector, NullError};
use crate::random::Random;

/// A matrix with the order of its rows and columns: entry (i, j) of the result is entry
/// (`rows[i]`, `columns[j]`) of the original (spec/experiments.md section 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixPermutation {
    /// The matrix.
    pub matrix: MatrixSelector,
    /// For each row of the result, the row of the original: a permutation of all rows, from 0.
    pub rows: Vec<u32>,
    /// For each column of the result, the column of the original.
    pub columns: Vec<u32>,
}

/// The edges with rows and columns in independent, uniformly drawn order.
pub(crate) fn independent(random: &mut Random, matrix: &Matrix) -> Vec<Entry> {
    let mut order = |count: usize| {
        let mut order: Vec<u32> = (0..count as u32).collect();
        random.shuffle(&mut order);
        order
    };
    let (rows, columns) = (order(matrix.rows.len()), order(matrix.columns.len()));
    // The inverse of a uniformly drawn permutation is uniformly drawn, but the convention is one.
    relabel(&matrix.entries, &inverse(&rows), &inverse(&columns))
}

/// The edges with rows and columns in the order given.
pub(crate) fn given(matrix: &Matrix, order: &MatrixPermutation) -> Result<Vec<Entry>, NullError> {
    check(matrix, "rows", &order.rows, matrix.rows.len())?;
    check(matrix, "columns", &order.columns, matrix.columns.len())?;
    Ok(relabel(
        &matrix.entries,
        &inverse(&order.rows),
        &inverse(&order.columns),
    ))
}

fn relabel(entries: &[Entry], row: &[u32], column: &[u32]) -> Vec<Entry> {
    entries
        .iter()
        .map(|entry| Entry {
            source: row[entry.source as usize],
            target: column[entry.target as usize],
            counts: entry.counts,
        })
        .collect()
}

/// Where each member of a permutation went.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; order.len()];
    for (place, &member) in order.iter().enumerate() {
        inverse[member as usize] = place as u32;
    }
    inverse
}

fn check(
    matrix: &Matrix,
    axis: &'static str,
    order: &[u32],
    expected: usize,
) -> Result<(), NullError> {
    if order.len() != expected {
        return Err(NullError::Length {
            matrix: matrix.selector.to_string(),
            axis,
            expected,
            actual: order.len(),
        });
    }
    let mut seen = vec![false; expected];
    for &index in order {
        match seen.get_mut(index as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => {
                return Err(NullError::NotAPermutation {
                    matrix: matrix.selector.to_string(),
                    axis,
                    index,
                    last: expected - 1,
                });
            }
        }
    }
    Ok(())
}
