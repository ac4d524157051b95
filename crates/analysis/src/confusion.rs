//! What is taken for what, and how reliable a code is (experiments.md, section 2.11).

use serde::{Deserialize, Serialize};

use crate::accuracy::decide;
use crate::cosine::{Silence, norm};
use crate::error::{AnalysisError, at_least, same_size};
use crate::patterns::Patterns;
use crate::statistics::{MeanDeviation, mean, mean_deviation};

/// Decisions, added up over models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// `[true][predicted]`, number of trials.
    pub counts: Vec<Vec<usize>>,
    /// P(predicted | true); a row without trials is zero.
    pub probabilities: Vec<Vec<f64>>,
    /// Mean of P(k | k) over rows (published 0.703).
    pub mean_diagonal: f64,
}

/// Counts of decisions of all models; rows are classes.
///
/// # Errors
/// Without models, if their shapes differ, or with more rows than classes.
pub fn confusion(models: &[&Patterns<f64>]) -> Result<Confusion, AnalysisError> {
    at_least("models", 1, models.len())?;
    let (rows, classes) = (models[0].rows(), models[0].units());
    at_least("classes for the rows of a confusion matrix", rows, classes)?;
    let mut counts = vec![vec![0_usize; classes]; rows];
    for model in models {
        same_size("rows of a model", rows, model.rows())?;
        same_size("classes of a model", classes, model.units())?;
        for (row, counts) in counts.iter_mut().enumerate() {
            for trial in model.trials_of(row) {
                counts[decide(trial)] += 1;
            }
        }
    }
    let probabilities: Vec<Vec<f64>> = counts
        .iter()
        .map(|row| {
            let total = row.iter().sum::<usize>().max(1) as f64;
            row.iter().map(|&count| count as f64 / total).collect()
        })
        .collect();
    let diagonal: Vec<f64> = probabilities
        .iter()
        .enumerate()
        .map(|(row, shares)| shares[row])
        .collect();
    Ok(Confusion {
        counts,
        mean_diagonal: mean(&diagonal),
        probabilities,
    })
}

/// Mean cosine over unordered pairs of trials of the same odour, per row. Trials whose norm is not
/// above [`Silence::CONSISTENCY_NORM`] are removed; with fewer than two left the value is 0.
///
/// Sums normalised trials instead of visiting pairs: `‖Σu‖² = n + 2 Σ_{i<j} u_i·u_j`.
#[must_use]
pub fn within_odour_consistency(counts: &Patterns) -> Vec<f64> {
    (0..counts.rows())
        .map(|row| {
            let mut sum = vec![0.0; counts.units()];
            let mut trials = 0.0;
            let mut squares = 0.0;
            for trial in counts.trials_of(row) {
                let length = norm(trial);
                if length > Silence::CONSISTENCY_NORM {
                    trials += 1.0;
                    for (total, &count) in sum.iter_mut().zip(trial) {
                        let value = f64::from(count) / length;
                        *total += value;
                        squares += value * value;
                    }
                }
            }
            if trials < 2.0 {
                return 0.0;
            }
            let all: f64 = sum.iter().map(|total| total * total).sum();
            (all - squares) / (trials * (trials - 1.0))
        })
        .collect()
}

/// Within-odour consistency over models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consistency {
    /// Mean over odours of the mean over models (published 0.701).
    pub mean: f64,
    /// Mean and deviation over models, per odour.
    pub per_odour: Vec<MeanDeviation>,
}

/// Within-odour consistency of several models' KC counts.
///
/// # Errors
/// Without models or if their rows differ.
pub fn consistency(models: &[&Patterns]) -> Result<Consistency, AnalysisError> {
    at_least("models", 1, models.len())?;
    let rows = models[0].rows();
    for model in models {
        same_size("rows of a model", rows, model.rows())?;
    }
    let values: Vec<Vec<f64>> = models
        .iter()
        .map(|model| within_odour_consistency(model))
        .collect();
    let per_odour: Vec<MeanDeviation> = (0..rows)
        .map(|row| mean_deviation(&values.iter().map(|model| model[row]).collect::<Vec<f64>>()))
        .collect();
    let means: Vec<f64> = per_odour.iter().map(|value| value.mean).collect();
    Ok(Consistency {
        mean: mean(&means),
        per_odour,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosine::dot;
    use proptest::prelude::*;

    #[test]
    fn decisions_of_two_models_are_added() {
        let logits = |decisions: [usize; 4]| {
            let values = decisions
                .iter()
                .flat_map(|&class| (0..3).map(move |k| f64::from(u8::from(k == class))));
            Patterns::new(2, 2, 3, values.collect()).unwrap()
        };
        let result = confusion(&[&logits([0, 0, 1, 2]), &logits([0, 1, 1, 1])]).unwrap();
        assert_eq!(result.counts, vec![vec![3, 1, 0], vec![0, 3, 1]]);
        assert_eq!(result.probabilities[0], vec![0.75, 0.25, 0.0]);
        assert_eq!(result.mean_diagonal, 0.75);
    }

    #[test]
    fn consistency_by_hand() {
        // Row 0: cosines of (1,0), (3,4), (0,0): only one pair, 0.6. Row 1: one active trial.
        let counts = vec![1.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0];
        let counts = Patterns::new(2, 3, 2, counts).unwrap();
        let values = within_odour_consistency(&counts);
        assert!((values[0] - 0.6).abs() < 1e-15);
        assert_eq!(values[1], 0.0);
        let over_models = consistency(&[&counts, &counts]).unwrap();
        assert!((over_models.mean - 0.3).abs() < 1e-15);
        assert_eq!(over_models.per_odour[0].deviation, 0.0);
    }

    #[test]
    fn unequal_models_are_errors() {
        let logits =
            |rows, classes| Patterns::new(rows, 1, classes, vec![0.0; rows * classes]).unwrap();
        assert!(confusion(&[]).is_err());
        assert!(confusion(&[&logits(3, 2)]).is_err());
        assert!(confusion(&[&logits(2, 2), &logits(2, 3)]).is_err());
        assert!(consistency(&[]).is_err());
    }

    proptest! {
        #[test]
        fn the_sum_of_unit_vectors_equals_the_mean_over_pairs(values in prop::collection::vec(0_u8..5, 5 * 4)) {
            let counts: Vec<f32> = values.iter().map(|&value| f32::from(value)).collect();
            let patterns = Patterns::new(1, 5, 4, counts).unwrap();
            let trials: Vec<&[f32]> = patterns.trials_of(0).filter(|trial| norm(trial) > 1e-9).collect();
            let mut cosines = Vec::new();
            for (i, j) in crate::statistics::pairs(trials.len()) {
                cosines.push(dot(trials[i], trials[j]) / (norm(trials[i]) * norm(trials[j])));
            }
            prop_assert!((within_odour_consistency(&patterns)[0] - mean(&cosines)).abs() < 1e-12);
        }
    }
}
