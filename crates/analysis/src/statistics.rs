//! Means, population standard deviations and correlations, as the experiments define them.

use serde::{Deserialize, Serialize};

/// Mean and population standard deviation (ddof 0, as everywhere in experiments.md).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanDeviation {
    /// The mean; 0 of nothing.
    pub mean: f64,
    /// The population standard deviation; 0 of nothing.
    pub deviation: f64,
}

/// Mean and population standard deviation of `values`.
#[must_use]
pub fn mean_deviation(values: &[f64]) -> MeanDeviation {
    let mean = mean(values);
    let squares: Vec<f64> = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .collect();
    MeanDeviation {
        mean,
        deviation: self::mean(&squares).sqrt(),
    }
}

/// The mean; 0 of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

/// The median, the mean of the middle two for an even number; 0 of nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        even if even % 2 == 0 => 0.5 * (sorted[middle - 1] + sorted[middle]),
        _ => sorted[middle],
    }
}

/// Pearson's correlation; `None` if the lengths differ or a vector is constant, because then there
/// is none.
#[must_use]
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut products, mut squares_a, mut squares_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        products += x * y;
        squares_a += x * x;
        squares_b += y * y;
    }
    if squares_a == 0.0 || squares_b == 0.0 {
        return None;
    }
    Some(products / (squares_a * squares_b).sqrt())
}

/// Ranks from 1; equal values share the mean of theirs.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = first as f64 + 0.5 * (equal.len() + 1) as f64;
        for &index in equal {
            ranks[index] = rank;
        }
        first += equal.len();
    }
    ranks
}

/// Spearman's rank correlation; `None` where [`pearson`] of the ranks is.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&ranks(a), &ranks(b))
}

/// Standard error of a share of hits among independent samples, `sqrt(p (1 - p) / n)`; 0 of
/// nothing. Published accuracies come without it, but repeated evaluations differ by it
/// (section 12).
#[must_use]
pub fn binomial_standard_error(hits: usize, samples: usize) -> f64 {
    if samples == 0 {
        return 0.0;
    }
    let share = hits as f64 / samples as f64;
    (share * (1.0 - share) / samples as f64).sqrt()
}

/// All unordered pairs `(i, j)`, `i < j < n`, in lexicographic order.
pub(crate) fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        // scipy.stats.spearmanr([1, 2, 3, 4], [1, 4, 9, 2]): 1 - 6 (0 + 1 + 1 + 4) / (4 15)
        let rho = spearman(&[1.0, 2.0, 3.0, 4.0], &[1.0, 4.0, 9.0, 2.0]);
        assert!((rho.unwrap() - 0.4).abs() < 1e-15);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn known_moments() {
        let result = mean_deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(
            result,
            MeanDeviation {
                mean: 5.0,
                deviation: 2.0
            }
        );
        assert_eq!(
            mean_deviation(&[]),
            MeanDeviation {
                mean: 0.0,
                deviation: 0.0
            }
        );
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn correlation_of_known_vectors() {
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Some(1.0));
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), Some(-1.0));
        assert_eq!(pearson(&[1.0, 2.0, 3.0], &[1.0, -2.0, 1.0]), Some(0.0));
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn the_standard_error_of_a_share() {
        // 70 % of 140 samples: 3.9 points (training.md, section 6.1).
        assert!((binomial_standard_error(98, 140) - 0.0387).abs() < 1e-4);
        assert_eq!(binomial_standard_error(0, 0), 0.0);
    }

    #[test]
    fn pairs_are_lexicographic() {
        assert_eq!(pairs(3).collect::<Vec<_>>(), vec![(0, 1), (0, 2), (1, 2)]);
        assert_eq!(pairs(1).count(), 0);
    }
}
