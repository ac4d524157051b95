//! The cosine of two activity patterns, in the variants that the metrics define.
//!
//! All variants are `a·b / (‖a‖ ‖b‖)` and agree on active patterns; they differ in what a silent
//! pattern means (experiments.md, section 2.1). All arithmetic is `f64`, summed in unit order.

/// What counts as a silent pattern.
#[derive(Clone, Copy, Debug)]
pub struct Silence;

impl Silence {
    /// Patterns whose norm is below are silent: pair cosines and centroid decisions.
    pub const NORM: f64 = 1e-8;
    /// Trials whose norm is not above are left out of the within-odour consistency.
    pub const CONSISTENCY_NORM: f64 = 1e-9;
    /// Added to the norms of clean templates, which are never silent.
    pub const TEMPLATE_OFFSET: f64 = 1e-12;
}

/// `a·b`.
#[must_use]
pub fn dot<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| x.into() * y.into()).sum()
}

/// `‖a‖`.
#[must_use]
pub fn norm<A: Copy + Into<f64>>(a: &[A]) -> f64 {
    dot(a, a).sqrt()
}

/// Cosine of a pair, 0 if either norm is below [`Silence::NORM`]
/// (per-pair ratios and the concentration test).
#[must_use]
pub fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let (norm_a, norm_b) = (norm(a), norm(b));
    if norm_a < Silence::NORM || norm_b < Silence::NORM {
        0.0
    } else {
        dot(a, b) / (norm_a * norm_b)
    }
}

/// Mean |cosine| over all pairs of different patterns, norms floored at [`Silence::NORM`]; 1 for
/// fewer than two patterns (the monitor's similarity).
#[must_use]
pub fn mean_absolute_similarity(patterns: &[Vec<f64>]) -> f64 {
    if patterns.len() < 2 {
        return 1.0;
    }
    let unit = scaled(patterns, |norm| norm.max(Silence::NORM));
    let mut sum = 0.0;
    let mut pairs = 0.0;
    for (i, a) in unit.iter().enumerate() {
        for b in &unit[i + 1..] {
            sum += dot(a, b).abs();
            pairs += 1.0;
        }
    }
    sum / pairs
}

/// All cosines `[row][row]`; a zero pattern has cosine 0 with everything, itself included
/// (Figure 2).
#[must_use]
pub fn similarity_matrix(patterns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let unit = scaled(patterns, |norm| if norm == 0.0 { 1.0 } else { norm });
    unit.iter()
        .map(|a| unit.iter().map(|b| dot(a, b)).collect())
        .collect()
}

/// Unordered pairs of clean templates whose cosine is above `threshold` (section 2.12: 60 pairs
/// above 0.90 among the 28 larval templates).
#[must_use]
pub fn near_identical_pairs(templates: &[Vec<f64>], threshold: f64) -> usize {
    let unit = scaled(templates, |norm| norm + Silence::TEMPLATE_OFFSET);
    unit.iter()
        .enumerate()
        .map(|(i, a)| {
            unit[i + 1..]
                .iter()
                .filter(|b| dot(a, b) > threshold)
                .count()
        })
        .sum()
}

/// The patterns divided by what `divisor` makes of their norm.
pub(crate) fn scaled(patterns: &[Vec<f64>], divisor: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
    patterns
        .iter()
        .map(|pattern| {
            let by = divisor(norm(pattern));
            pattern.iter().map(|value| value / by).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_cosine_of_known_vectors() {
        assert_eq!(cosine(&[3.0, 4.0], &[4.0, 3.0]), 24.0 / 25.0);
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 1.0]), 0.0);
    }

    #[test]
    fn silent_patterns_follow_the_rule_of_their_metric() {
        let silent = vec![0.0, 0.0];
        let nearly = vec![1e-9, 0.0];
        let active = vec![1.0, 0.0];
        assert_eq!(cosine(&silent, &active), 0.0);
        assert_eq!(cosine(&nearly, &active), 0.0);
        // The floor divides by 1e-8 instead of 1e-9, the matrix by the true norm.
        let floored = mean_absolute_similarity(&[nearly.clone(), active.clone()]);
        assert!((floored - 0.1).abs() < 1e-12);
        assert_eq!(similarity_matrix(&[nearly, active.clone()])[0][1], 1.0);
        assert_eq!(similarity_matrix(&[silent, active])[0], vec![0.0, 0.0]);
        assert_eq!(mean_absolute_similarity(&[vec![1.0]]), 1.0);
        assert_eq!(mean_absolute_similarity(&[]), 1.0);
    }

    #[test]
    fn mean_similarity_takes_absolute_values() {
        let patterns = vec![vec![1.0, 0.0], vec![-1.0, 0.0], vec![0.0, 1.0]];
        assert!((mean_absolute_similarity(&patterns) - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn pairs_above_a_threshold_are_counted_once() {
        let templates = vec![vec![1.0, 0.0], vec![1.0, 0.1], vec![0.0, 1.0]];
        assert_eq!(near_identical_pairs(&templates, 0.9), 1);
    }

    proptest! {
        #[test]
        fn cosines_ignore_scale(
            a in prop::collection::vec(0.0..10.0_f64, 6),
            b in prop::collection::vec(0.1..10.0_f64, 6),
            scale in 0.1..100.0_f64,
        ) {
            prop_assume!(norm(&a) > 1e-3);
            let larger: Vec<f64> = a.iter().map(|value| value * scale).collect();
            prop_assert!((cosine(&a, &b) - cosine(&larger, &b)).abs() < 1e-12);
            prop_assert!((cosine(&a, &b) - cosine(&b, &a)).abs() < 1e-15);
            prop_assert!((cosine(&a, &a) - 1.0).abs() < 1e-12);
        }
    }
}
