//! One observed value against a family of null models.

use serde::{Deserialize, Serialize};

use super::{check_finite, sample_deviation};
use crate::error::{AnalysisError, at_least};
use crate::statistics::mean;

/// An observed value, such as that of the connectome, among those of null models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NullComparison {
    /// The observed value.
    pub observed: f64,
    /// Number of null models.
    pub null_models: usize,
    /// Mean over null models.
    pub null_mean: f64,
    /// Standard deviation over null models (n - 1, because they are a sample of their family).
    pub null_deviation: f64,
    /// `(observed - mean) / deviation`; `None` if the null models do not differ. It means a
    /// probability only if the family is normal.
    pub z_score: Option<f64>,
    /// Two-sided rank p-value: twice the smaller of `(k + 1) / (n + 1)` with the `k` null models at
    /// or below, and at or above the observed value, at most 1. It cannot be below `2 / (n + 1)`.
    pub p_value: f64,
}

/// Compares an observed value with those of null models.
///
/// # Errors
/// With fewer than two null models or a value that is not finite.
pub fn null_p_value(observed: f64, null: &[f64]) -> Result<NullComparison, AnalysisError> {
    at_least("null models", 2, null.len())?;
    check_finite("the observed value", &[observed])?;
    check_finite("values of null models", null)?;
    let below = null.iter().filter(|&&value| value <= observed).count();
    let above = null.iter().filter(|&&value| value >= observed).count();
    let tail = (below.min(above) + 1) as f64 / (null.len() + 1) as f64;
    let (null_mean, null_deviation) = (mean(null), sample_deviation(null));
    // Equal values may have a mean that differs from them in the last digit.
    let all_equal = null.iter().all(|value| *value == null[0]);
    Ok(NullComparison {
        observed,
        null_models: null.len(),
        null_mean,
        null_deviation,
        z_score: (!all_equal).then(|| (observed - null_mean) / null_deviation),
        p_value: (2.0 * tail).min(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_known_family() {
        let null: Vec<f64> = (1..=19).map(f64::from).collect();
        let extreme = null_p_value(20.0, &null).unwrap();
        assert_eq!(extreme.p_value, 0.1);
        // Variance of 1..=19 with n - 1: 19 * 20 / 12.
        let deviation = (19.0 * 20.0 / 12.0_f64).sqrt();
        assert!((extreme.z_score.unwrap() - 10.0 / deviation).abs() < 1e-12);
        assert_eq!(null_p_value(0.0, &null).unwrap().p_value, 0.1);
        // A tie is no excess: 19 itself has one null model at or above.
        assert_eq!(null_p_value(19.0, &null).unwrap().p_value, 0.2);
        assert_eq!(null_p_value(10.0, &null).unwrap().p_value, 1.0);
    }

    #[test]
    fn null_models_that_do_not_differ() {
        let comparison = null_p_value(0.2, &[0.1; 3]).unwrap();
        assert_eq!((comparison.z_score, comparison.p_value), (None, 0.5));
        assert!(null_p_value(0.2, &[0.1]).is_err());
        assert!(null_p_value(f64::NAN, &[0.1, 0.2]).is_err());
    }
}
