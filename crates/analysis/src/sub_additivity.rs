//! Whether a neuron answers a mixture with less than the sum of its answers to the components
//! (experiments.md, section 4.7; after Honegger et al. 2011).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, at_least};
use crate::patterns::Patterns;

/// Numbers of the sub-additivity test.
#[derive(Clone, Copy, Debug)]
pub struct SubAdditivityRule;

impl SubAdditivityRule {
    /// A neuron is responsive if its mean count or the prediction is above this, in spikes per
    /// trial. With up to 100 trials that is at least one spike.
    pub const RESPONSIVE: f64 = 0.01;
}

/// What a neuron's response to a mixture is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinearPrediction {
    /// `Σ R_i`, as published. It holds a neuron's spontaneous spikes once per component, which makes
    /// responses look sub-additive without any inhibition.
    Sum,
    /// `B + Σ (R_i - B)` with the response `B` to the blank in that row: spontaneous spikes once
    /// (ours). It can be negative, because `B` is measured too.
    SpontaneousOnce {
        /// Row of the blank.
        blank: usize,
    },
}

/// A mixture among the rows of an array of trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixtureRow {
    /// Row of the mixture.
    pub row: usize,
    /// Rows of its components.
    pub components: Vec<usize>,
}

/// How often a response was below the linear prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubAdditivity {
    /// Number of mixtures.
    pub mixtures: usize,
    /// (Mixture, neuron) pairs where the neuron is responsive.
    pub responsive: usize,
    /// Those among them whose response is strictly below the prediction.
    pub sub_additive: usize,
    /// Those whose response equals the prediction; they count as not sub-additive.
    pub equal: usize,
    /// Share of sub-additive among responsive pairs, pooled over mixtures; `None` without any.
    pub fraction: Option<f64>,
    /// For each neuron, the number of mixtures for which it is responsive.
    pub responsive_per_neuron: Vec<usize>,
    /// For each neuron, the number of those with a response below the prediction.
    pub sub_additive_per_neuron: Vec<usize>,
}

/// Counts sub-additive responses of single neurons, from spike counts `[row][trial][neuron]`.
///
/// Sums over trials are compared, not means: counts are integers, so "strictly below" is exact,
/// where rounded means would make 0.05 + 0.1 larger than 0.15 (how the original rounds is not
/// known; `equal` bounds what it could gain by it).
///
/// # Errors
/// If a row does not exist or a mixture has no components.
pub fn sub_additivity(
    counts: &Patterns,
    mixtures: &[MixtureRow],
    prediction: LinearPrediction,
) -> Result<SubAdditivity, AnalysisError> {
    let exists = |row: usize| at_least("rows of counts", row.saturating_add(1), counts.rows());
    if let LinearPrediction::SpontaneousOnce { blank } = prediction {
        exists(blank)?;
    }
    for mixture in mixtures {
        at_least("components of a mixture", 1, mixture.components.len())?;
        exists(mixture.row)?;
        mixture.components.iter().try_for_each(|&row| exists(row))?;
    }
    let totals = totals(counts);
    let smallest = SubAdditivityRule::RESPONSIVE * counts.trials() as f64;
    let mut result = SubAdditivity {
        mixtures: mixtures.len(),
        responsive: 0,
        sub_additive: 0,
        equal: 0,
        fraction: None,
        responsive_per_neuron: vec![0; counts.units()],
        sub_additive_per_neuron: vec![0; counts.units()],
    };
    for mixture in mixtures {
        let predicted = predict(&totals, &mixture.components, prediction);
        let responses = totals[mixture.row].iter().zip(&predicted);
        for (neuron, (&response, &predicted)) in responses.enumerate() {
            if predicted > smallest || response > smallest {
                result.responsive_per_neuron[neuron] += 1;
                result.sub_additive_per_neuron[neuron] += usize::from(response < predicted);
                result.equal += usize::from(response == predicted);
            }
        }
    }
    result.responsive = result.responsive_per_neuron.iter().sum();
    result.sub_additive = result.sub_additive_per_neuron.iter().sum();
    result.fraction =
        (result.responsive > 0).then(|| result.sub_additive as f64 / result.responsive as f64);
    Ok(result)
}

/// Predicted spikes of each neuron over all trials.
fn predict(totals: &[Vec<f64>], components: &[usize], prediction: LinearPrediction) -> Vec<f64> {
    let mut predicted = vec![0.0; totals[0].len()];
    for &row in components {
        for (sum, total) in predicted.iter_mut().zip(&totals[row]) {
            *sum += total;
        }
    }
    if let LinearPrediction::SpontaneousOnce { blank } = prediction {
        let surplus = (components.len() - 1) as f64;
        for (sum, spontaneous) in predicted.iter_mut().zip(&totals[blank]) {
            *sum -= surplus * spontaneous;
        }
    }
    predicted
}

/// Spikes of each neuron over all trials of a row.
fn totals(counts: &Patterns) -> Vec<Vec<f64>> {
    (0..counts.rows())
        .map(|row| {
            let mut total = vec![0.0; counts.units()];
            for trial in counts.trials_of(row) {
                for (sum, &count) in total.iter_mut().zip(trial) {
                    *sum += f64::from(count);
                }
            }
            total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(row: usize) -> MixtureRow {
        MixtureRow {
            row,
            components: vec![1, 2],
        }
    }

    /// Blank, two odours, their mixture; two trials of five neurons.
    fn counts() -> Patterns {
        let rows = [
            [[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]],
            [[1.0, 1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]],
            [[2.0, 2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]],
            [[3.0, 3.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0, 0.0]],
        ];
        Patterns::new(4, 2, 5, rows.into_iter().flatten().flatten().collect()).unwrap()
    }

    #[test]
    fn known_responses() {
        // Neuron 0: 3 of 3, equal. Neuron 1: 4 of 5, but 4 of 3 with its two spontaneous spikes once.
        // Neuron 2 is silent. Neuron 3: 2 of 3. Neuron 4: 1 of 0.
        let published = sub_additivity(&counts(), &[pair(3)], LinearPrediction::Sum).unwrap();
        assert_eq!(published.responsive_per_neuron, [1, 1, 0, 1, 1]);
        assert_eq!(published.sub_additive_per_neuron, [0, 1, 0, 1, 0]);
        assert_eq!((published.responsive, published.sub_additive), (4, 2));
        assert_eq!(published.equal, 1);
        assert_eq!(published.fraction, Some(0.5));
        let once = LinearPrediction::SpontaneousOnce { blank: 0 };
        let corrected = sub_additivity(&counts(), &[pair(3)], once).unwrap();
        assert_eq!(corrected.sub_additive_per_neuron, [0, 0, 0, 1, 0]);
        assert_eq!(corrected.fraction, Some(0.25));
    }

    #[test]
    fn fractions_are_pooled_over_mixtures() {
        // The blank taken for a mixture: neurons 0, 1 and 3 answer with less than the sum.
        let result = sub_additivity(&counts(), &[pair(3), pair(0)], LinearPrediction::Sum).unwrap();
        assert_eq!((result.responsive, result.sub_additive), (7, 5));
        assert_eq!(result.responsive_per_neuron, [2, 2, 0, 2, 1]);
    }

    #[test]
    fn equal_is_not_below_in_any_number_of_trials() {
        // 1/20 + 2/20 against 3/20: rounded means would differ.
        let mut values = vec![0.0_f32; 80];
        (values[20], values[40], values[60]) = (1.0, 2.0, 3.0);
        let counts = Patterns::new(4, 20, 1, values).unwrap();
        let result = sub_additivity(&counts, &[pair(3)], LinearPrediction::Sum).unwrap();
        assert_eq!((result.sub_additive, result.equal), (0, 1));
    }

    #[test]
    fn nothing_to_count() {
        let silent = Patterns::new(4, 2, 1, vec![0.0; 8]).unwrap();
        let none = sub_additivity(&silent, &[pair(3)], LinearPrediction::Sum).unwrap();
        assert_eq!((none.fraction, none.mixtures), (None, 1));
        assert!(sub_additivity(&silent, &[pair(4)], LinearPrediction::Sum).is_err());
        let blank = LinearPrediction::SpontaneousOnce { blank: 9 };
        assert!(sub_additivity(&silent, &[pair(3)], blank).is_err());
    }
}
