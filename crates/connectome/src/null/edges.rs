//! Edges whose contacts, or whose places, are drawn anew without regard to degrees.

use std::collections::HashSet;

use crate::null::matrix::{Counts, Entry, Matrix};
use crate::random::Random;

/// The same graph with the contacts of its edges permuted; autapses keep theirs.
pub(crate) fn permute_counts(random: &mut Random, matrix: &Matrix) -> Vec<Entry> {
    let (mut movable, autapses) = matrix.split_autapses();
    shuffle_counts(random, &mut movable);
    movable.extend(autapses);
    movable
}

/// Permutes the contacts of `entries`, uniformly.
pub(crate) fn shuffle_counts(random: &mut Random, entries: &mut [Entry]) {
    let mut counts: Vec<Counts> = entries.iter().map(|entry| entry.counts).collect();
    random.shuffle(&mut counts);
    for (entry, counts) in entries.iter_mut().zip(counts) {
        entry.counts = counts;
    }
}

/// The same contacts on pairs drawn uniformly without repetition; autapses stay.
pub(crate) fn place_anywhere(random: &mut Random, matrix: &Matrix) -> Vec<Entry> {
    let (mut movable, autapses) = matrix.split_autapses();
    // A pair is numbered along the rows; the diagonal of a square matrix has no number.
    let square = matrix.selector.is_square();
    let width = matrix.columns.len() - usize::from(square && !matrix.columns.is_empty());
    let pairs = matrix.rows.len() * width;
    for (entry, pair) in
        movable
            .iter_mut()
            .zip(choose(random, pairs, matrix.entries.len() - autapses.len()))
    {
        let (source, column) = (pair / width, pair % width);
        entry.source = source as u32;
        entry.target = (column + usize::from(square && column >= source)) as u32;
    }
    shuffle_counts(random, &mut movable);
    movable.extend(autapses);
    movable
}

/// `count` of the numbers below `limit`, each set of numbers with the same probability, in order
/// (Floyd's algorithm; Bentley & Floyd 1987, Commun. ACM 30).
fn choose(random: &mut Random, limit: usize, count: usize) -> Vec<usize> {
    let mut taken = HashSet::with_capacity(count);
    let mut chosen = Vec::with_capacity(count);
    for last in limit - count..limit {
        let number = random.below(last + 1);
        let number = if taken.contains(&number) {
            last
        } else {
            number
        };
        taken.insert(number);
        chosen.push(number);
    }
    chosen.sort_unstable();
    chosen
}
