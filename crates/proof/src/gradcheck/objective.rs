//! The objective `CE + weight S`, written a second time: in plain or dual numbers, from counts.

use kenyon_circuit::{Network, Parameters};
use kenyon_learning::SparsityTerm;

use super::numbers::Number;

/// What the objective reads besides counts.
pub(crate) struct Objective<'a> {
    pub weights: &'a [f64],
    pub bias: &'a [f64],
    pub labels: &'a [usize],
    pub steps: usize,
    pub sparsity: SparsityTerm,
}

impl<'a> Objective<'a> {
    pub fn new(
        network: &Network,
        parameters: &'a Parameters,
        labels: &'a [usize],
        steps: usize,
    ) -> Self {
        let table = network.table();
        Self {
            weights: parameters.stored(table, "decoder.weight"),
            bias: parameters.stored(table, "decoder.bias"),
            labels,
            steps,
            sparsity: SparsityTerm::STUDENT,
        }
    }

    /// Decoder output of one trial from the counts of the population that is read.
    pub fn logits<T: Number>(&self, counts: &[T]) -> Vec<T> {
        let per_step = T::constant(1.0 / self.steps as f64);
        let row = |(weights, &bias): (&[f64], &f64)| {
            let products = weights
                .iter()
                .zip(counts)
                .map(|(&w, &count)| T::constant(w) * count);
            products.fold(T::constant(0.0), |sum, product| sum + product) * per_step
                + T::constant(bias)
        };
        self.weights
            .chunks(counts.len())
            .zip(self.bias)
            .map(row)
            .collect()
    }

    /// Mean cross-entropy of all trials.
    pub fn cross_entropy<T: Number>(&self, logits: &[Vec<T>]) -> T {
        let mut total = T::constant(0.0);
        for (logits, &label) in logits.iter().zip(self.labels) {
            // Shifting all outputs changes nothing, so the largest may count as a constant.
            let largest = logits
                .iter()
                .map(|x| x.value())
                .fold(f64::NEG_INFINITY, f64::max);
            let largest = T::constant(largest);
            let sum = logits.iter().fold(T::constant(0.0), |sum, &logit| {
                sum + (logit - largest).exponential()
            });
            total = total + sum.logarithm() + largest - logits[label];
        }
        total * T::constant(1.0 / self.labels.len() as f64)
    }

    /// The weighted sparsity term, from the counts of the population that is read.
    pub fn sparsity<T: Number>(&self, counts: &[Vec<T>]) -> T {
        let SparsityTerm {
            weight,
            offset,
            steepness,
            target,
        } = self.sparsity;
        let (mut sum, mut cells) = (T::constant(0.0), 0);
        for &count in counts.iter().flatten() {
            let rate = count * T::constant(1.0 / self.steps as f64);
            sum = sum + (T::constant(steepness) * (rate - T::constant(offset))).logistic();
            cells += 1;
        }
        let distance = sum * T::constant(1.0 / f64::from(cells)) - T::constant(target);
        T::constant(weight) * distance * distance
    }

    /// The whole objective.
    pub fn total<T: Number>(&self, counts: &[Vec<T>]) -> T {
        let logits: Vec<Vec<T>> = counts.iter().map(|counts| self.logits(counts)).collect();
        self.cross_entropy(&logits) + self.sparsity(counts)
    }
}
