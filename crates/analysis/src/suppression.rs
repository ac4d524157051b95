//! How strongly a boosted APL silences the Kenyon cells (experiments.md, section 2.7).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, same_size};
use crate::patterns::Patterns;
use crate::statistics::mean;

/// Numbers of the APL suppression test.
#[derive(Clone, Copy, Debug)]
pub struct SuppressionRule;

impl SuppressionRule {
    /// Ampere into every KC dendrite, in both arms.
    pub const COMMON_CURRENT_A: f64 = 1e-10;
    /// Added to the APL state in every step of the boosted arm (it accumulates: quirk 5).
    pub const BOOST: f64 = 0.7;
    /// Smallest denominator of the ratio, in spikes per trial.
    pub const SMALLEST_DENOMINATOR: f64 = 0.1;
    /// The ratio passes between these bounds, both included.
    pub const PASS: (f64, f64) = (1.5, 2.5);
}

/// Outcome of the APL suppression test.
///
/// The intrinsic APL works in both arms, so this is boosted against normal APL, not with against
/// without.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suppression {
    /// `baseline / max(boosted, 0.1)`.
    pub ratio: f64,
    /// `max(0, 100 (1 - 1 / ratio))`, as in Figure 4C.
    pub suppression_percent: f64,
    /// Mean spikes of all KCs per trial with the normal APL.
    pub baseline: f64,
    /// The same with the boosted APL.
    pub boosted: f64,
    /// Whether the ratio lies in 1.5..=2.5.
    pub passes: bool,
}

/// The test's outcome from the KC spike counts of its two arms.
///
/// # Errors
/// If the arms do not have the same neurons; they may have different numbers of trials.
pub fn suppression(baseline: &Patterns, boosted: &Patterns) -> Result<Suppression, AnalysisError> {
    same_size(
        "neurons of the boosted arm",
        baseline.units(),
        boosted.units(),
    )?;
    let (baseline, boosted) = (mean_total(baseline), mean_total(boosted));
    let ratio = baseline / boosted.max(SuppressionRule::SMALLEST_DENOMINATOR);
    let (low, high) = SuppressionRule::PASS;
    Ok(Suppression {
        ratio,
        suppression_percent: suppression_percent(ratio).max(0.0),
        baseline,
        boosted,
        passes: (low..=high).contains(&ratio),
    })
}

/// `100 (1 - 1 / ratio)`: the percentage of spikes that the boost removes. The text of the paper
/// takes it of the mean ratio over seeds and without a floor. A silent baseline (ratio 0) has nothing to
/// lose and gives 0.
#[must_use]
pub fn suppression_percent(ratio: f64) -> f64 {
    if ratio == 0.0 {
        0.0
    } else {
        100.0 * (1.0 - 1.0 / ratio)
    }
}

fn mean_total(counts: &Patterns) -> f64 {
    let totals: Vec<f64> = counts
        .all_trials()
        .map(|trial| trial.iter().map(|&count| f64::from(count)).sum())
        .collect();
    mean(&totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(totals: &[f32]) -> Patterns {
        let counts = totals
            .iter()
            .flat_map(|&total| [total - 1.0, 1.0])
            .collect();
        Patterns::new(1, totals.len(), 2, counts).unwrap()
    }

    #[test]
    fn the_ratio_of_mean_totals() {
        let result = suppression(&arm(&[30.0, 50.0]), &arm(&[10.0, 30.0])).unwrap();
        assert_eq!(
            (result.baseline, result.boosted, result.ratio),
            (40.0, 20.0, 2.0)
        );
        assert_eq!(result.suppression_percent, 50.0);
        assert!(result.passes);
        assert!(suppression(&arm(&[30.0]), &arm(&[20.0])).unwrap().passes);
        assert!(!suppression(&arm(&[30.0]), &arm(&[10.0])).unwrap().passes);
    }

    #[test]
    fn a_silent_boosted_arm_has_a_floor() {
        let silent = Patterns::new(1, 1, 2, vec![0.0, 0.0]).unwrap();
        assert_eq!(suppression(&arm(&[30.0]), &silent).unwrap().ratio, 300.0);
        let both = suppression(&silent, &silent).unwrap();
        assert_eq!((both.ratio, both.suppression_percent), (0.0, 0.0));
    }

    #[test]
    fn a_boost_that_excites_is_no_suppression() {
        let result = suppression(&arm(&[10.0]), &arm(&[20.0])).unwrap();
        assert_eq!(
            (result.ratio, result.suppression_percent, result.passes),
            (0.5, 0.0, false)
        );
        assert_eq!(suppression_percent(0.5), -100.0);
    }
}
