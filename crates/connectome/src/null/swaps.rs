//! Graphs with given degrees: a chain of edge swaps.
//!
//! A step picks two edges a→b and c→d, uniformly, and makes them a→d and c→b unless one of these exists
//! already or is an autapse; then nothing happens, but the step counts. A step is as likely as its
//! reverse, so all graphs that can be reached are equally likely in the long run. Swaps reach all
//! bipartite graphs with given degrees (Ryser 1957, Can. J. Math. 9). Among directed graphs without
//! autapses they do not: some need the reversal of a directed triangle, with which all are reached (Rao,
//! Jana & Bandyopadhyay 1996, Sankhya A 58). For these one step in [`TRIANGLES`] picks an edge a→b
//! and an edge b→c, and reverses a→b→c→a unless c→a is missing or one of the reverse edges exists.
//! This is as likely as its reverse because out-degrees stay: either way, each of the three neurons is
//! once the one whose next edge is picked.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::null::edges::shuffle_counts;
use crate::null::matrix::{Entry, Matrix};
use crate::null::mixing::{Trace, chain_length};
use crate::random::Random;

/// One in so many steps tries a triangle where there can be any.
const TRIANGLES: usize = 10;

/// The matrix as one block.
pub(crate) fn whole(random: &mut Random, matrix: &Matrix, per_edge: f64) -> (Vec<Entry>, Trace) {
    let (movable, mut result) = matrix.split_autapses();
    let square = matrix.selector.is_square();
    let (entries, trace) = randomise(random, movable, matrix.rows.len(), square, per_edge);
    result.extend(entries);
    (result, trace)
}

/// Each pair of classes on its own, in the order of their names.
pub(crate) fn by_block(random: &mut Random, matrix: &Matrix, per_edge: f64) -> (Vec<Entry>, Trace) {
    let (movable, mut result) = matrix.split_autapses();
    let mut blocks: BTreeMap<(usize, usize), Vec<Entry>> = BTreeMap::new();
    for entry in movable {
        blocks.entry(matrix.block(&entry)).or_default().push(entry);
    }
    let mut sum = Trace::default();
    for ((source, target), entries) in blocks {
        // Neurons of two classes are different neurons, so only a class with itself has a diagonal.
        let square = matrix.selector.is_square() && source == target;
        let (entries, trace) = randomise(random, entries, matrix.rows.len(), square, per_edge);
        result.extend(entries);
        sum.add(&trace);
    }
    (result, sum)
}

/// Runs the chain on sorted edges; in a `square` block sources and targets are the same neurons.
fn randomise(
    random: &mut Random,
    mut entries: Vec<Entry>,
    rows: usize,
    square: bool,
    per_edge: f64,
) -> (Vec<Entry>, Trace) {
    let original = Graph::new(&entries, rows, square);
    let mut graph = original.clone();
    let size = entries.len();
    let steps = if size < 2 {
        0
    } else {
        chain_length(per_edge, size)
    };
    let trace = Trace::run(
        &mut graph,
        size,
        steps,
        |graph| graph.step(random),
        |graph| graph.shared(&original),
    );
    for (entry, &target) in entries.iter_mut().zip(&graph.targets) {
        entry.target = target;
    }
    // The chain knows nothing of contacts: the targets of a source get them in random order.
    for targets in entries.chunk_by_mut(|one, other| one.source == other.source) {
        shuffle_counts(random, targets);
    }
    (entries, trace)
}

/// A graph whose edges keep their sources.
#[derive(Clone)]
struct Graph {
    /// First edge of every source, and the end.
    first: Vec<usize>,
    sources: Vec<u32>,
    targets: Vec<u32>,
    /// Whether sources and targets are the same neurons, so that autapses are to be avoided.
    square: bool,
}

impl Graph {
    fn new(entries: &[Entry], rows: usize, square: bool) -> Self {
        let mut first = vec![0; rows + 1];
        for entry in entries {
            first[entry.source as usize + 1] += 1;
        }
        for row in 0..rows {
            first[row + 1] += first[row];
        }
        Self {
            first,
            sources: entries.iter().map(|entry| entry.source).collect(),
            targets: entries.iter().map(|entry| entry.target).collect(),
            square,
        }
    }

    fn edges_of(&self, source: u32) -> Range<usize> {
        self.first[source as usize]..self.first[source as usize + 1]
    }

    /// The place of an edge in the list.
    fn find(&self, source: u32, target: u32) -> Option<usize> {
        let edges = self.edges_of(source);
        let start = edges.start;
        (self.targets[edges].iter())
            .position(|&other| other == target)
            .map(|place| start + place)
    }

    /// Whether an edge may be added.
    fn is_free(&self, source: u32, target: u32) -> bool {
        let autapse = self.square && source == target;
        !autapse && self.find(source, target).is_none()
    }

    /// One step; `true` if the graph changed.
    fn step(&mut self, random: &mut Random) -> bool {
        let size = self.targets.len();
        if self.square && random.below(TRIANGLES) == 0 {
            let edge = random.below(size);
            let next = self.edges_of(self.targets[edge]);
            !next.is_empty() && self.reverse_triangle(edge, next.start + random.below(next.len()))
        } else {
            self.swap(random.below(size), random.below(size))
        }
    }

    fn swap(&mut self, one: usize, other: usize) -> bool {
        let (a, b) = (self.sources[one], self.targets[one]);
        let (c, d) = (self.sources[other], self.targets[other]);
        // Edges with a common end fail here, because the new edge is one of the two.
        let allowed = self.is_free(a, d) && self.is_free(c, b);
        if allowed {
            self.targets.swap(one, other);
        }
        allowed
    }

    fn reverse_triangle(&mut self, first: usize, second: usize) -> bool {
        let (a, b, c) = (
            self.sources[first],
            self.targets[first],
            self.targets[second],
        );
        let Some(third) = self.find(c, a) else {
            return false;
        };
        let allowed = self.is_free(b, a) && self.is_free(c, b) && self.is_free(a, c);
        if allowed {
            self.targets[first] = c;
            self.targets[second] = a;
            self.targets[third] = b;
        }
        allowed
    }

    /// Number of edges that are edges of `original`.
    fn shared(&self, original: &Self) -> u64 {
        let edges = self.sources.iter().zip(&self.targets);
        edges
            .filter(|&(&source, &target)| original.find(source, target).is_some())
            .count() as u64
    }
}
