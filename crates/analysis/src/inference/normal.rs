//! The standard normal distribution.

use std::f64::consts::FRAC_1_SQRT_2;

/// Probability of a value below `z`. From `libm`, because the platform's error function would let
/// results differ between machines.
pub(super) fn cumulative(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The value below which a share `p` lies; infinite for 0 and 1.
///
/// By bisection: a few intervals per study are no reason for anything faster.
pub(super) fn quantile(p: f64) -> f64 {
    if p > 0.5 {
        // Exact, and small probabilities keep their digits.
        return -quantile(1.0 - p);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    // The probability below -40 underflows.
    let (mut low, mut high) = (-40.0, 0.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if cumulative(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_of_scipy() {
        // scipy.stats.norm 1.17.1
        for (p, z) in [
            (0.975, 1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
            (1e-10, -6.361_340_902_404_056),
            (0.3, -0.524_400_512_708_040_9),
            (0.5, 0.0),
        ] {
            assert!((quantile(p) - z).abs() < 1e-14, "{p}: {}", quantile(p));
        }
        assert!((cumulative(-3.0) / 0.001_349_898_031_630_093_3 - 1.0).abs() < 1e-14);
        assert!((cumulative(-20.0) / 2.753_624_118_606_155_6e-89 - 1.0).abs() < 1e-12);
        assert_eq!(
            (quantile(0.0), quantile(1.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
    }

    proptest! {
        #[test]
        fn the_quantile_inverts(z in -6.0..6.0_f64) {
            // The upper tail of a double ends at 1 - 1e-16, which limits the digits of z there.
            let p = cumulative(z);
            let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
            prop_assert!((quantile(p) - z).abs() < 1e-13 + 1e-15 / density);
        }
    }
}
