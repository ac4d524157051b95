//! How large a difference is, in units of the spread between seeds.

use super::sample_deviation;
use crate::statistics::mean;

/// Hedges' g: the difference of means `a - b` over the pooled standard deviation, times the exact
/// small-sample correction `Γ(m/2) / (sqrt(m/2) Γ((m-1)/2))`, `m` degrees of freedom (Hedges, J.
/// Educ. Stat. 6, 1981). 0.90 of Cohen's d for five against five values.
///
/// `None` if it does not exist: fewer than two values in a group, a value that is not finite, or no
/// spread.
#[must_use]
pub fn hedges_g(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let weighted = |values: &[f64]| (values.len() - 1) as f64 * sample_deviation(values).powi(2);
    let freedom = (a.len() + b.len() - 2) as f64;
    let pooled = ((weighted(a) + weighted(b)) / freedom).sqrt();
    ratio(mean(a) - mean(b), pooled).map(|d| d * correction(freedom))
}

/// Cohen's d of paired values (d_z): the mean of `a - b` over the standard deviation of the
/// differences, where equal indices share a seed.
///
/// `None` if it does not exist: different lengths, fewer than two pairs, a value that is not finite,
/// or no spread.
#[must_use]
pub fn paired_d(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() || a.len() < 2 {
        return None;
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    ratio(mean(&differences), sample_deviation(&differences))
}

fn ratio(difference: f64, spread: f64) -> Option<f64> {
    let ratio = difference / spread;
    (spread > 0.0 && ratio.is_finite()).then_some(ratio)
}

/// For at least two degrees of freedom.
fn correction(freedom: f64) -> f64 {
    let half = 0.5 * freedom;
    libm::exp(libm::lgamma(half) - libm::lgamma(half - 0.5)) / half.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 5] = [70.1, 71.1, 70.8, 68.4, 71.3];
    const B: [f64; 5] = [64.0, 60.2, 69.9, 66.1, 63.3];
    const PAIRED: [f64; 5] = [70.9, 69.2, 71.0, 68.1, 70.2];

    #[test]
    fn known_effects() {
        // numpy 2.4.6 and scipy.special.gammaln 1.17.1.
        let g = hedges_g(&A, &B).unwrap();
        assert!((g - 1.903_485_979_959_762_5).abs() < 1e-12, "{g}");
        assert!((correction(8.0) - 0.902_703_333_676_41).abs() < 1e-13);
        let d = paired_d(&A, &PAIRED).unwrap();
        assert!((d - 0.432_158_318_216_285_03).abs() < 1e-12, "{d}");
        assert_eq!(hedges_g(&B, &A), Some(-g));
    }

    #[test]
    fn effects_that_do_not_exist() {
        assert_eq!(hedges_g(&A[..1], &B), None);
        assert_eq!(hedges_g(&[1.0; 3], &[2.0; 3]), None);
        assert_eq!(hedges_g(&[1.0, f64::NAN], &B), None);
        assert_eq!(paired_d(&A, &B[..4]), None);
        assert_eq!(paired_d(&A, &A), None);
    }
}
