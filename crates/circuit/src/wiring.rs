//! Sparse wiring of one pathway: which source reaches which target, and how strongly.

use kenyon_connectome::Edge;

use crate::Scalar;
use crate::lanes::one_at_a_time;

/// Edges by target, compressed to the targets that receive at least one (rows) and to the sources
/// that make at least one. Invariant, checked when built: every index is in range, rows are
/// contiguous, so the kernels below may index without checks.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    /// Source neurons (position in their population) that carry state.
    pub sources: Vec<u32>,
    /// Target neuron (position in its population) of each row.
    pub targets: Vec<u32>,
    /// First edge of each row, and the number of edges at the end.
    row_start: Vec<u32>,
    /// For each edge the index into `sources`.
    edge_source: Vec<u32>,
    /// Contacts of each edge.
    contacts: Vec<u32>,
    /// Largest number of contacts of one edge.
    pub largest: u32,
}

/// Which sources carry state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// Those with at least one edge: all that results need.
    Active,
    /// Every neuron of the population: recordings of vesicle pools without gaps.
    All,
}

impl Wiring {
    /// Compresses `edges` between populations of the given sizes.
    pub fn new(mut edges: Vec<Edge>, sizes: (usize, usize), keep: Sources) -> Self {
        edges.sort_unstable_by_key(|edge| (edge.target, edge.source));
        let mut active = vec![keep == Sources::All; sizes.0];
        for edge in &edges {
            active[edge.source as usize] = true;
            assert!(
                (edge.target as usize) < sizes.1,
                "edge beyond its population"
            );
        }
        let sources: Vec<u32> = (0..sizes.0 as u32)
            .filter(|&i| active[i as usize])
            .collect();
        let mut place = vec![u32::MAX; sizes.0];
        for (index, &source) in sources.iter().enumerate() {
            place[source as usize] = index as u32;
        }
        let (mut targets, mut row_start) = (Vec::new(), Vec::new());
        for (index, edge) in edges.iter().enumerate() {
            if targets.last() != Some(&edge.target) {
                targets.push(edge.target);
                row_start.push(index as u32);
            }
        }
        row_start.push(edges.len() as u32);
        Self {
            sources,
            targets,
            row_start,
            edge_source: edges
                .iter()
                .map(|edge| place[edge.source as usize])
                .collect(),
            largest: edges.iter().map(|edge| edge.contacts).max().unwrap_or(0),
            contacts: edges.iter().map(|edge| edge.contacts).collect(),
        }
    }

    pub fn edges(&self) -> usize {
        self.edge_source.len()
    }

    pub fn contacts(&self) -> u64 {
        self.contacts
            .iter()
            .map(|&contacts| u64::from(contacts))
            .sum()
    }

    /// Contacts divided by the pathway's largest number of contacts (spec/model.md section 4.1).
    pub fn weights<S: Scalar>(&self) -> Vec<S::Weight> {
        let largest = f64::from(self.largest);
        self.contacts
            .iter()
            .map(|&contacts| S::weight(f64::from(contacts) / largest))
            .collect()
    }

    /// Row `row` of the product of the weights with `signal` (one value per source).
    ///
    /// Four partial sums hide the latency of the multiply-adds; their order is fixed, so the result
    /// is the same on every machine.
    #[inline(always)]
    pub fn gather<S: Scalar>(&self, weights: &[S::Weight], signal: &[S], row: usize) -> S {
        let (first, last) = (
            self.row_start[row] as usize,
            self.row_start[row + 1] as usize,
        );
        let sources = &self.edge_source[first..last];
        let weights = &weights[first..last];
        let zero = S::splat(0.0);
        let mut sums = [zero; 4];
        let fours = sources.len() / 4 * 4;
        assert!(signal.len() == self.sources.len());
        let mut edge = 0;
        while edge < fours {
            one_at_a_time();
            for (part, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `edge + part` is below the length of the row, which `weights` shares, and
                // `edge_source` holds indices below `self.sources.len()`, which is the length of
                // `signal` (asserted above).
                unsafe {
                    let source = *sources.get_unchecked(edge + part) as usize;
                    let weight = *weights.get_unchecked(edge + part);
                    *sum = signal.get_unchecked(source).weight_add(weight, *sum);
                }
            }
            edge += 4;
        }
        while edge < sources.len() {
            one_at_a_time();
            // SAFETY: as above.
            unsafe {
                let source = *sources.get_unchecked(edge) as usize;
                sums[0] = signal
                    .get_unchecked(source)
                    .weight_add(*weights.get_unchecked(edge), sums[0]);
            }
            edge += 1;
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3])
    }

    /// The transposed step: adds `value` times the weights of row `row` to `signal`.
    #[inline(always)]
    pub fn scatter<S: Scalar>(
        &self,
        weights: &[S::Weight],
        signal: &mut [S],
        row: usize,
        value: S,
    ) {
        let (first, last) = (
            self.row_start[row] as usize,
            self.row_start[row + 1] as usize,
        );
        let sources = &self.edge_source[first..last];
        let weights = &weights[first..last];
        assert!(signal.len() == self.sources.len());
        for (&source, &weight) in sources.iter().zip(weights) {
            one_at_a_time();
            // SAFETY: `edge_source` holds indices below `self.sources.len()`, which is the length
            // of `signal` (asserted above).
            let place = unsafe { signal.get_unchecked_mut(source as usize) };
            *place = value.weight_add(weight, *place);
        }
    }
    /// The outer product of one row: adds `value` times the signal of its source to the sum of every
    /// edge of row `row`. Not on the path of training.
    #[inline(always)]
    pub fn outer<S: Scalar>(&self, signal: &[S], row: usize, value: S, sums: &mut [S]) {
        let (first, last) = (
            self.row_start[row] as usize,
            self.row_start[row + 1] as usize,
        );
        let sources = &self.edge_source[first..last];
        for (&source, sum) in sources.iter().zip(&mut sums[first..last]) {
            one_at_a_time();
            *sum = value.mul_add(signal[source as usize], *sum);
        }
    }

    /// The edges in their order: by target, then by source.
    pub fn iter(&self) -> impl Iterator<Item = Edge> + '_ {
        let rows = self.targets.iter().zip(self.row_start.windows(2));
        rows.flat_map(move |(&target, ends)| {
            (ends[0] as usize..ends[1] as usize).map(move |edge| Edge {
                source: self.sources[self.edge_source[edge] as usize],
                target,
                contacts: self.contacts[edge],
            })
        })
    }
}
