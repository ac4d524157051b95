//! How often the decoder is right, and how many neurons take part (experiments.md, section 2.3).

use serde::{Deserialize, Serialize};

use crate::error::AnalysisError;
use crate::patterns::Patterns;
use crate::statistics::binomial_standard_error;

/// Size of the batches over which the reference averages active fractions.
///
/// The average over batches is unweighted although the last batch is short (12 of 140 samples, 8 of
/// 1400), which gives its samples more weight: quirk 9 of section 11, kept for parity.
pub const ACTIVE_FRACTION_BATCH: usize = 16;

/// Spike count from which a neuron is active in a trial.
pub const ACTIVE_COUNT: f64 = 1.0;

/// Share of right decisions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// `hits / samples`, between 0 and 1; 0 without samples.
    pub fraction: f64,
    /// Binomial standard error of `fraction`.
    pub standard_error: f64,
    /// Right decisions.
    pub hits: usize,
    /// Decisions.
    pub samples: usize,
}

impl Accuracy {
    /// The share of `hits` among `samples`.
    #[must_use]
    pub fn of(hits: usize, samples: usize) -> Self {
        let fraction = if samples == 0 {
            0.0
        } else {
            hits as f64 / samples as f64
        };
        Self {
            fraction,
            standard_error: binomial_standard_error(hits, samples),
            hits,
            samples,
        }
    }
}

/// The class with the largest logit, the lowest index among equals.
#[must_use]
pub fn decide(logits: &[f64]) -> usize {
    let mut best = 0;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = class;
        }
    }
    best
}

/// The probability of each class: `exp(logit)`, normalised.
#[must_use]
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = logits
        .iter()
        .map(|logit| libm::exp(logit - largest))
        .collect();
    let total: f64 = exponentials.iter().sum();
    exponentials.iter().map(|value| value / total).collect()
}

/// Test accuracy: the class of a trial is its row plus `first_class` (0 except where the blank row
/// is left out), decisions run over all classes of the decoder.
///
/// # Errors
/// If there are more rows than classes to name them.
pub fn accuracy(logits: &Patterns<f64>, first_class: usize) -> Result<Accuracy, AnalysisError> {
    let labels = first_class.saturating_add(logits.rows());
    if labels > logits.units() {
        return Err(AnalysisError::TooMany {
            what: "rows with a class of their own".to_owned(),
            limit: logits.units().saturating_sub(first_class),
            found: logits.rows(),
        });
    }
    let hits = (0..logits.rows())
        .map(|row| {
            logits
                .trials_of(row)
                .filter(|trial| decide(trial) == first_class + row)
                .count()
        })
        .sum();
    Ok(Accuracy::of(hits, logits.rows() * logits.trials()))
}

/// Share of (trial, neuron) pairs with at least one spike, as the reference averages it: trials
/// in row order are cut into batches of [`ACTIVE_FRACTION_BATCH`], and the batches' shares are
/// averaged without weights.
#[must_use]
pub fn active_fraction(counts: &Patterns) -> f64 {
    let trials: Vec<usize> = counts.all_trials().map(active_neurons).collect();
    let batches = trials.chunks(ACTIVE_FRACTION_BATCH);
    let number = batches.len() as f64;
    let shares = batches
        .map(|batch| batch.iter().sum::<usize>() as f64 / (batch.len() * counts.units()) as f64);
    shares.sum::<f64>() / number
}

/// Number of neurons with at least one spike.
#[must_use]
pub fn active_neurons(trial: &[f32]) -> usize {
    trial
        .iter()
        .filter(|&&count| f64::from(count) >= ACTIVE_COUNT)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_counted_per_row() {
        // Rows 0 and 1, two trials, three classes; trial (1, 1) is wrong, trial (0, 1) ties.
        let logits = [1.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 5.0];
        let logits = Patterns::new(2, 2, 3, logits.to_vec()).unwrap();
        let result = accuracy(&logits, 0).unwrap();
        assert_eq!((result.hits, result.samples, result.fraction), (3, 4, 0.75));
        assert!((result.standard_error - (0.75_f64 * 0.25 / 4.0).sqrt()).abs() < 1e-15);
        // With the classes shifted by one: only (1, 1) is class 2.
        assert_eq!(accuracy(&logits, 1).unwrap().hits, 1);
        assert!(accuracy(&logits, 2).is_err());
    }

    #[test]
    fn ties_go_to_the_lowest_class() {
        assert_eq!(decide(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(decide(&[0.0, 0.0]), 0);
    }

    #[test]
    fn the_short_last_batch_counts_as_much_as_a_full_one() {
        // 17 trials of one neuron: 16 silent, the last one active. Unweighted: (0 + 1) / 2.
        let mut counts = vec![0.0_f32; 17];
        counts[16] = 3.0;
        let counts = Patterns::new(1, 17, 1, counts).unwrap();
        assert_eq!(active_fraction(&counts), 0.5);
    }

    #[test]
    fn full_batches_give_the_plain_share() {
        let counts = (0..32)
            .map(|trial| if trial % 4 == 0 { 1.0 } else { 0.0 })
            .collect();
        assert_eq!(
            active_fraction(&Patterns::new(2, 16, 1, counts).unwrap()),
            0.25
        );
    }

    #[test]
    fn no_samples_no_accuracy() {
        assert_eq!(Accuracy::of(0, 0).fraction, 0.0);
    }
}
