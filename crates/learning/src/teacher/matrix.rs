//! Sparse contact counts and their products with the activity of sixteen trials.

use kenyon_connectome::{CompartmentSet, Connectome, Edge};

/// Trials that are computed side by side: a fixed width lets the compiler keep a row's sums in
/// vector registers. Batches of other sizes are split into blocks and padded.
pub(crate) const WIDTH: usize = 16;

/// One quantity of one neuron in [`WIDTH`] trials.
pub(crate) type Trials = [f64; WIDTH];

/// Contact counts divided by their largest entry, readable by target and by source.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    by_target: Rows,
    by_source: Rows,
}

impl Matrix {
    /// The counts between two populations of the given sizes (training.md section 2.1). Without any
    /// contact the matrix is empty and everything it gives is zero.
    pub(crate) fn new(
        connectome: &Connectome,
        (source, sources): (&str, usize),
        (target, targets): (&str, usize),
        compartments: CompartmentSet,
    ) -> Self {
        let edges = connectome.edges(source, target, compartments);
        Self {
            by_target: Rows::new(&edges, targets, |edge| (edge.target, edge.source)),
            by_source: Rows::new(&edges, sources, |edge| (edge.source, edge.target)),
        }
    }

    /// Whether there is no contact at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_target.entries.is_empty()
    }

    /// `output[target] = Σ over sources of count · input[source]`.
    pub(crate) fn forward(&self, input: &[Trials], output: &mut [Trials]) {
        self.by_target.gather(input, output);
    }

    /// `output[source] = Σ over targets of count · input[target]`: the adjoint of [`Self::forward`].
    pub(crate) fn backward(&self, input: &[Trials], output: &mut [Trials]) {
        self.by_source.gather(input, output);
    }
}

/// Compressed rows: which columns a row reads, and with which weight.
#[derive(Clone, Debug)]
struct Rows {
    starts: Vec<usize>,
    entries: Vec<(u32, f64)>,
}

impl Rows {
    fn new(edges: &[Edge], rows: usize, place: impl Fn(&Edge) -> (u32, u32)) -> Self {
        let largest = f64::from(edges.iter().map(|edge| edge.contacts).max().unwrap_or(1));
        // Stable sort of edges that come sorted by source and target: columns ascend in each row.
        let mut sorted: Vec<&Edge> = edges.iter().collect();
        sorted.sort_by_key(|edge| place(edge).0);
        let starts = (0..=rows)
            .map(|row| sorted.partition_point(|edge| (place(edge).0 as usize) < row))
            .collect();
        let entries = sorted
            .iter()
            .map(|edge| (place(edge).1, f64::from(edge.contacts) / largest))
            .collect();
        Self { starts, entries }
    }

    fn gather(&self, input: &[Trials], output: &mut [Trials]) {
        for (bounds, result) in self.starts.windows(2).zip(output) {
            let mut sum = [0.0; WIDTH];
            for &(column, weight) in &self.entries[bounds[0]..bounds[1]] {
                let values = &input[column as usize];
                for lane in 0..WIDTH {
                    sum[lane] += weight * values[lane];
                }
            }
            *result = sum;
        }
    }
}

/// `Σ over neurons and trials of a · b`, always in the same order.
pub(crate) fn dot(a: &[Trials], b: &[Trials]) -> f64 {
    let mut sum = [0.0; WIDTH];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..WIDTH {
            sum[lane] += a[lane] * b[lane];
        }
    }
    total(&sum)
}

/// Sum over the trials of one quantity, in their order.
pub(crate) fn total(trials: &Trials) -> f64 {
    trials.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_equal_the_dense_ones_in_both_directions() {
        let edge = |source, target, contacts| Edge {
            source,
            target,
            contacts,
        };
        let edges = [edge(0, 1, 4), edge(0, 2, 1), edge(2, 0, 2), edge(2, 1, 3)];
        let by_target = Rows::new(&edges, 3, |edge| (edge.target, edge.source));
        let by_source = Rows::new(&edges, 3, |edge| (edge.source, edge.target));
        let input = [[1.0; WIDTH], [10.0; WIDTH], [100.0; WIDTH]];
        let mut output = [[f64::NAN; WIDTH]; 3];
        by_target.gather(&input, &mut output);
        assert_eq!(output.map(|trials| trials[5]), [50.0, 76.0, 0.25]);
        by_source.gather(&input, &mut output);
        assert_eq!(output.map(|trials| trials[15]), [35.0, 0.0, 8.0]);
    }
}
