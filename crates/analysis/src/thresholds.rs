//! Where thresholds end up within their bounds (experiments.md, section 2.12).

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, at_least};
use crate::statistics::{mean_deviation, median};

/// Tolerances of the threshold statistics.
#[derive(Clone, Copy, Debug)]
pub struct ThresholdRule;

impl ThresholdRule {
    /// A threshold within this of a bound counts as being at it (headline, 46.7 %), millivolt.
    pub const NEAR_MV: f64 = 0.5;
    /// The second count of the notebook: pinned to the bound (41.2 %), volt.
    pub const PINNED_V: f64 = 1e-6;
    /// Tolerance of the range check, volt: bounds are rounded to single precision.
    pub const RANGE_V: f64 = 1e-9;
    /// Millivolt per volt.
    pub const MV_PER_V: f64 = 1e3;
}

/// Thresholds of one population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdStatistics {
    /// Number of neurons.
    pub neurons: usize,
    /// Mean, millivolt.
    #[serde(rename = "mean_mV")]
    pub mean_mv: f64,
    /// Population standard deviation, millivolt.
    #[serde(rename = "deviation_mV")]
    pub deviation_mv: f64,
    /// Smallest, millivolt.
    #[serde(rename = "min_mV")]
    pub min_mv: f64,
    /// Largest, millivolt.
    #[serde(rename = "max_mV")]
    pub max_mv: f64,
    /// Median, millivolt.
    #[serde(rename = "median_mV")]
    pub median_mv: f64,
    /// Neurons within 0.5 mV of the upper bound (hardest to excite).
    pub at_upper_bound: usize,
    /// Neurons within 0.5 mV of the lower bound.
    pub at_lower_bound: usize,
    /// `at_upper_bound` in percent.
    pub upper_bound_percent: f64,
    /// `at_lower_bound` in percent.
    pub lower_bound_percent: f64,
    /// The others, in percent.
    pub interior_percent: f64,
    /// Neurons less than 1 µV from the upper bound.
    pub pinned_to_upper_bound: usize,
    /// Neurons less than 1 µV from the lower bound.
    pub pinned_to_lower_bound: usize,
    /// Neurons inside the bounds, with a tolerance of 1 nV.
    pub in_range: usize,
    /// All thresholds, millivolt, in the order of the neurons.
    #[serde(rename = "values_mV")]
    pub values_mv: Vec<f64>,
}

/// Statistics of thresholds and their bounds, both in volt.
///
/// # Errors
/// Without thresholds or with one that is not finite.
pub fn threshold_statistics(
    thresholds: &[f64],
    bounds: (f64, f64),
) -> Result<ThresholdStatistics, AnalysisError> {
    at_least("thresholds", 1, thresholds.len())?;
    if thresholds.iter().any(|value| !value.is_finite()) {
        return Err(AnalysisError::NotFinite {
            what: "thresholds".to_owned(),
        });
    }
    let (low, high) = bounds;
    let values_mv: Vec<f64> = thresholds
        .iter()
        .map(|value| value * ThresholdRule::MV_PER_V)
        .collect();
    let upper = high * ThresholdRule::MV_PER_V - ThresholdRule::NEAR_MV;
    let lower = low * ThresholdRule::MV_PER_V + ThresholdRule::NEAR_MV;
    let count =
        |matches: &dyn Fn(f64) -> bool| thresholds.iter().filter(|&&value| matches(value)).count();
    let at_upper_bound = values_mv.iter().filter(|&&value| value >= upper).count();
    let at_lower_bound = values_mv.iter().filter(|&&value| value <= lower).count();
    let interior = values_mv
        .iter()
        .filter(|&&value| lower < value && value < upper)
        .count();
    let percent = |part: usize| 100.0 * part as f64 / thresholds.len() as f64;
    let moments = mean_deviation(&values_mv);
    Ok(ThresholdStatistics {
        neurons: thresholds.len(),
        mean_mv: moments.mean,
        deviation_mv: moments.deviation,
        min_mv: values_mv.iter().copied().fold(f64::INFINITY, f64::min),
        max_mv: values_mv.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        median_mv: median(&values_mv),
        at_upper_bound,
        at_lower_bound,
        upper_bound_percent: percent(at_upper_bound),
        lower_bound_percent: percent(at_lower_bound),
        interior_percent: percent(interior),
        pinned_to_upper_bound: count(&|value| (value - high).abs() < ThresholdRule::PINNED_V),
        pinned_to_lower_bound: count(&|value| (value - low).abs() < ThresholdRule::PINNED_V),
        in_range: count(&|value| {
            (low - ThresholdRule::RANGE_V..=high + ThresholdRule::RANGE_V).contains(&value)
        }),
        values_mv,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_half_a_millivolt() {
        let single = |value: f64| f64::from(value as f32);
        let thresholds = [
            single(-0.030),
            -0.0304,
            -0.0306,
            -0.0544,
            -0.0546,
            single(-0.055),
            -0.04,
            -0.06,
        ];
        let result = threshold_statistics(&thresholds, (-0.055, -0.030)).unwrap();
        assert_eq!((result.at_upper_bound, result.at_lower_bound), (2, 3));
        assert_eq!(result.interior_percent, 37.5);
        assert_eq!(
            (result.pinned_to_upper_bound, result.pinned_to_lower_bound),
            (1, 1)
        );
        // Only -60 mV is out of range; single precision moves the bounds by less than 1 nV.
        assert_eq!(result.in_range, 7);
        assert_eq!((result.min_mv, result.neurons), (-60.0, 8));
    }

    #[test]
    fn nothing_and_not_a_number_are_errors() {
        assert!(threshold_statistics(&[], (-0.055, -0.030)).is_err());
        assert!(threshold_statistics(&[f64::NAN], (-0.055, -0.030)).is_err());
    }

    #[test]
    fn published_counts_give_the_published_percentage() {
        // Seeds 42, 43, 44: 66, 69, 67 of 144 (experiments_reference.json, threshold_bounds).
        let percentages: Vec<f64> = [66_usize, 69, 67]
            .iter()
            .map(|&at_bound| {
                let thresholds: Vec<f64> = (0..144)
                    .map(|i| if i < at_bound { -0.0301 } else { -0.04 })
                    .collect();
                threshold_statistics(&thresholds, (-0.055, -0.030))
                    .unwrap()
                    .upper_bound_percent
            })
            .collect();
        assert!((mean_deviation(&percentages).mean - 46.759_259).abs() < 1e-5);
    }
}
