//! Confidence interval of an accuracy.

use serde::{Deserialize, Serialize};

use super::check_level;
use super::normal::quantile;
use crate::error::{AnalysisError, at_least};

/// An interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Wilson's interval (J. Am. Stat. Assoc. 22, 1927) of a share of hits among independent samples; it
/// stays inside 0..=1 and says something for no or only hits. Trials of one network are independent
/// given the network: the interval is about this network, not about others.
///
/// # Errors
/// Without samples, with more hits than samples, or with a level outside (0, 1).
pub fn wilson_interval(hits: usize, samples: usize, level: f64) -> Result<Interval, AnalysisError> {
    at_least("samples", 1, samples)?;
    check_level(level)?;
    if hits > samples {
        return Err(AnalysisError::TooMany {
            what: "hits".to_owned(),
            limit: samples,
            found: hits,
        });
    }
    let (n, z) = (samples as f64, quantile(0.5 * (1.0 + level)));
    let share = hits as f64 / n;
    let scale = 1.0 + z * z / n;
    let centre = (share + 0.5 * z * z / n) / scale;
    let half = z / scale * (share * (1.0 - share) / n + 0.25 * z * z / (n * n)).sqrt();
    // At the ends rounding would leave 1e-17 instead of 0.
    Ok(Interval {
        low: if hits == 0 { 0.0 } else { centre - half },
        high: if hits == samples { 1.0 } else { centre + half },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_scipy() {
        // scipy.stats.binomtest(...).proportion_ci(method="wilson") 1.17.1
        for (hits, samples, level, low, high) in [
            (
                98,
                140,
                0.95,
                0.619_579_928_534_682,
                0.769_737_591_317_552_7,
            ),
            (
                98,
                140,
                0.99,
                0.593_052_965_488_256_7,
                0.788_847_941_445_038_8,
            ),
            (0, 10, 0.95, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.95, 0.722_467_200_137_110_9, 1.0),
            (3, 7, 0.95, 0.158_219_855_251_469_7, 0.749_541_635_472_342_8),
        ] {
            let interval = wilson_interval(hits, samples, level).unwrap();
            assert!((interval.low - low).abs() < 1e-14, "{interval:?}");
            assert!((interval.high - high).abs() < 1e-14, "{interval:?}");
        }
        assert!(wilson_interval(0, 0, 0.95).is_err());
        assert!(wilson_interval(2, 1, 0.95).is_err());
        assert!(wilson_interval(1, 2, 0.0).is_err());
    }
}
