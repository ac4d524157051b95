//! Pearson's test of whether states are drawn with given probabilities.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// States, and how often each is to come relative to the others.
pub type Weights<S> = BTreeMap<S, u32>;

/// Pearson's statistic divided by its critical value, of which a right chain stays below 1 in all but one
/// of ten thousand cases. Panics if a state occurs that should not.
pub fn excess<S: Ord + Debug>(weights: &Weights<S>, draws: impl Iterator<Item = S>) -> f64 {
    let mut counts: BTreeMap<S, u32> = BTreeMap::new();
    for state in draws {
        assert!(weights.contains_key(&state), "impossible: {state:?}");
        *counts.entry(state).or_default() += 1;
    }
    let samples: u32 = counts.values().sum();
    let total: u32 = weights.values().sum();
    let statistic: f64 = weights
        .iter()
        .map(|(state, &weight)| {
            let expected = f64::from(samples) * f64::from(weight) / f64::from(total);
            assert!(expected > 20.0, "too few samples");
            let seen = counts.get(state).copied().unwrap_or(0);
            (f64::from(seen) - expected).powi(2) / expected
        })
        .sum();
    statistic / critical(weights.len() - 1)
}

/// Asserts that the draws follow the weights.
pub fn assert_follows<S: Ord + Debug>(
    what: &str,
    weights: &Weights<S>,
    draws: impl Iterator<Item = S>,
) {
    let excess = excess(weights, draws);
    let states = weights.len();
    assert!(excess < 1.0, "{what}: {excess} over {states} states");
}

/// The value that chi-square exceeds with probability 1e-4 (Wilson & Hilferty 1931).
fn critical(freedom: usize) -> f64 {
    let part = 2.0 / (9.0 * freedom as f64);
    freedom as f64 * (1.0 - part + 3.719 * part.sqrt()).powi(3)
}
