//! Whether networks trained from different seeds answer alike (experiments.md, section 2.9).

use serde::{Deserialize, Serialize};

use crate::accuracy::decide;
use crate::cosine::{Silence, dot, scaled};
use crate::error::{AnalysisError, at_least, same_size};
use crate::patterns::Patterns;
use crate::statistics::{MeanDeviation, mean, mean_deviation, pairs};

/// Similarity of the mean KC patterns of different models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatternSimilarity {
    /// Mean over odours of the mean over unordered model pairs (headline 0.942).
    pub mean: f64,
    /// Mean and deviation over the model pairs, per odour.
    pub per_odour: Vec<MeanDeviation>,
}

/// Cosines between models of their mean KC patterns; norms are floored at [`Silence::NORM`], so a
/// silent pattern resembles nothing. `models` holds the KC counts of every model for the same rows.
///
/// # Errors
/// With fewer than two models, or if rows or neurons differ.
pub fn pattern_similarity(models: &[&Patterns]) -> Result<PatternSimilarity, AnalysisError> {
    let rows = common_rows(
        models.len(),
        models.iter().map(|model| (model.rows(), model.units())),
    )?;
    let unit: Vec<Vec<Vec<f64>>> = models
        .iter()
        .map(|model| scaled(&model.means(), |norm| norm.max(Silence::NORM)))
        .collect();
    let per_odour: Vec<MeanDeviation> = (0..rows)
        .map(|row| {
            let cosines: Vec<f64> = pairs(unit.len())
                .map(|(i, j)| dot(&unit[i][row], &unit[j][row]))
                .collect();
            mean_deviation(&cosines)
        })
        .collect();
    Ok(PatternSimilarity {
        mean: mean_of(&per_odour),
        per_odour,
    })
}

/// Agreement of the decisions of different models (not published).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionAgreement {
    /// Mean over odours.
    pub mean: f64,
    /// Share of agreeing (trial, model pair) combinations, per odour.
    pub per_odour: Vec<f64>,
}

/// Share of model pairs that decide alike in the same trial.
///
/// # Errors
/// With fewer than two models, or if rows, trials or classes differ.
pub fn prediction_agreement(
    models: &[&Patterns<f64>],
) -> Result<PredictionAgreement, AnalysisError> {
    let rows = common_rows(
        models.len(),
        models.iter().map(|model| (model.rows(), model.units())),
    )?;
    for model in models {
        models[0].same_trials(*model, "logits of a model")?;
    }
    let per_odour: Vec<f64> = (0..rows)
        .map(|row| {
            let decisions: Vec<Vec<usize>> = models
                .iter()
                .map(|model| model.trials_of(row).map(decide).collect())
                .collect();
            let (mut agreeing, mut all) = (0_usize, 0_usize);
            for (i, j) in pairs(decisions.len()) {
                agreeing += decisions[i]
                    .iter()
                    .zip(&decisions[j])
                    .filter(|(a, b)| a == b)
                    .count();
                all += decisions[i].len();
            }
            agreeing as f64 / all as f64
        })
        .collect();
    Ok(PredictionAgreement {
        mean: mean(&per_odour),
        per_odour,
    })
}

fn common_rows(
    models: usize,
    shapes: impl Iterator<Item = (usize, usize)>,
) -> Result<usize, AnalysisError> {
    at_least("models to compare", 2, models)?;
    let mut first = None;
    for (rows, units) in shapes {
        let (first_rows, first_units) = *first.get_or_insert((rows, units));
        same_size("rows of a model", first_rows, rows)?;
        same_size("units of a model", first_units, units)?;
    }
    Ok(first.map_or(0, |(rows, _)| rows))
}

fn mean_of(values: &[MeanDeviation]) -> f64 {
    let means: Vec<f64> = values.iter().map(|value| value.mean).collect();
    mean(&means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_over_pairs_of_models() {
        // Row 0: cosines 1, 0.6, 0.6; row 1: the third model is silent, cosines 1, 0, 0.
        let a = Patterns::new(2, 1, 2, vec![1.0, 0.0, 1.0, 0.0]).unwrap();
        let b = Patterns::new(2, 1, 2, vec![2.0, 0.0, 3.0, 0.0]).unwrap();
        let c = Patterns::new(2, 1, 2, vec![3.0, 4.0, 0.0, 0.0]).unwrap();
        let result = pattern_similarity(&[&a, &b, &c]).unwrap();
        assert!((result.per_odour[0].mean - 2.2 / 3.0).abs() < 1e-12);
        assert!((result.per_odour[1].mean - 1.0 / 3.0).abs() < 1e-12);
        assert!((result.per_odour[1].deviation - (2.0_f64 / 9.0).sqrt()).abs() < 1e-12);
        assert!((result.mean - 3.2 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn agreement_counts_trials_and_pairs() {
        let logits = |classes: &[usize]| {
            let values = classes
                .iter()
                .flat_map(|&class| (0..3).map(move |k| f64::from(u8::from(k == class))));
            Patterns::new(1, classes.len(), 3, values.collect()).unwrap()
        };
        let (a, b, c) = (logits(&[0, 1]), logits(&[0, 2]), logits(&[0, 2]));
        let result = prediction_agreement(&[&a, &b, &c]).unwrap();
        // Trial 0: three of three pairs; trial 1: one of three.
        assert!((result.mean - 4.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn unequal_models_are_errors() {
        let a = Patterns::new(1, 1, 2, vec![1.0_f32, 0.0]).unwrap();
        let b = Patterns::new(2, 1, 1, vec![1.0_f32, 0.0]).unwrap();
        assert!(pattern_similarity(&[&a]).is_err());
        assert!(pattern_similarity(&[&a, &b]).is_err());
        let logits = |trials| Patterns::new(1, trials, 1, vec![0.0; trials]).unwrap();
        assert!(prediction_agreement(&[&logits(1), &logits(2)]).is_err());
    }
}
