//! Which odours are easy (experiments.md, section 2.10; a diagnostic, not published).

use serde::{Deserialize, Serialize};

use crate::accuracy::{active_neurons, decide};
use crate::error::{AnalysisError, at_least, same_size};
use crate::patterns::Patterns;
use crate::statistics::{MeanDeviation, mean, mean_deviation};

/// One odour over models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OdourRow {
    /// Share of right decisions.
    pub hit_rate: MeanDeviation,
    /// Share of KCs with at least one spike, mean over trials.
    pub active_fraction: MeanDeviation,
}

/// The per-odour table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OdourTable {
    /// One entry per row.
    pub odours: Vec<OdourRow>,
    /// Index of the model with the highest mean hit rate, the first among equals.
    pub best_model: usize,
    /// That model's mean KC counts, `[row][neuron]`.
    pub best_patterns: Vec<Vec<f64>>,
}

/// The table of models given as (logits, KC counts) of the same trials.
///
/// # Errors
/// Without models or if shapes differ.
pub fn per_odour(models: &[(&Patterns<f64>, &Patterns)]) -> Result<OdourTable, AnalysisError> {
    at_least("models", 1, models.len())?;
    let rows = models[0].0.rows();
    let mut hit_rates = Vec::with_capacity(models.len());
    let mut active = Vec::with_capacity(models.len());
    for (logits, counts) in models {
        same_size("rows of a model", rows, logits.rows())?;
        logits.same_trials(counts, "coding patterns")?;
        let share = |row: usize| {
            let hits = logits
                .trials_of(row)
                .filter(|trial| decide(trial) == row)
                .count();
            hits as f64 / logits.trials() as f64
        };
        hit_rates.push((0..rows).map(share).collect::<Vec<f64>>());
        let fraction = |row: usize| {
            let active: usize = counts.trials_of(row).map(active_neurons).sum();
            active as f64 / (counts.trials() * counts.units()) as f64
        };
        active.push((0..rows).map(fraction).collect::<Vec<f64>>());
    }
    let column = |values: &[Vec<f64>], row: usize| -> Vec<f64> {
        values.iter().map(|model| model[row]).collect()
    };
    let odours = (0..rows)
        .map(|row| OdourRow {
            hit_rate: mean_deviation(&column(&hit_rates, row)),
            active_fraction: mean_deviation(&column(&active, row)),
        })
        .collect();
    let mut best_model = 0;
    for (model, rates) in hit_rates.iter().enumerate() {
        if mean(rates) > mean(&hit_rates[best_model]) {
            best_model = model;
        }
    }
    Ok(OdourTable {
        odours,
        best_model,
        best_patterns: models[best_model].1.means(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_models_two_odours() {
        let logits = |values: [f64; 8]| Patterns::new(2, 2, 2, values.to_vec()).unwrap();
        let worse = logits([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        let better = logits([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        let counts = Patterns::new(2, 2, 2, vec![1.0, 0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
        let table = per_odour(&[(&worse, &counts), (&better, &counts)]).unwrap();
        assert_eq!(
            table.odours[0].hit_rate,
            MeanDeviation {
                mean: 0.75,
                deviation: 0.25
            }
        );
        assert_eq!(
            table.odours[1].hit_rate,
            MeanDeviation {
                mean: 0.5,
                deviation: 0.0
            }
        );
        assert_eq!(table.odours[0].active_fraction.mean, 0.75);
        assert_eq!(table.odours[1].active_fraction.mean, 0.0);
        assert_eq!(table.best_model, 1);
        assert_eq!(table.best_patterns[0], vec![1.5, 1.5]);
        assert!(per_odour(&[]).is_err());
    }
}
