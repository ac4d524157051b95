//! Student's t: means whose spread is not known but estimated.

/// Two-sided p-value of `t` with `freedom` degrees of freedom.
///
/// From the regularised incomplete beta function, `I(ν / (ν + t²); ν/2, 1/2)`.
#[must_use]
pub fn student_p_value(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    incomplete_beta(freedom / (freedom + t * t), 0.5 * freedom, 0.5)
}

/// The `t` that a variable with `freedom` degrees of freedom exceeds in magnitude with probability
/// `1 - level`: 2.26 for 95 % and 9.
///
/// By bisection: it is needed once per set of intervals.
#[must_use]
pub fn student_quantile(level: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_p_value(high, freedom) > 1.0 - level && high < 1e12 {
        high *= 2.0;
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if student_p_value(middle, freedom) > 1.0 - level {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// The regularised incomplete beta function by its continued fraction (Lentz's method; Press et al.,
/// Numerical Recipes, section 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let logarithm = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(logarithm);
    // The fraction converges fast on one side of the mean; the other follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const ROUNDS: u32 = 500;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for round in 1..=ROUNDS {
        let m = f64::from(round);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            change = c * d;
            result *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_of_few_degrees_of_freedom() {
        for t in [0.0, 0.3, 1.0, 2.5, 40.0_f64] {
            let one = 1.0 - 2.0 / std::f64::consts::PI * t.atan();
            assert!((student_p_value(t, 1.0) - one).abs() < 1e-13, "{t}");
            let two = 1.0 - t / (2.0 + t * t).sqrt();
            assert!((student_p_value(t, 2.0) - two).abs() < 1e-13, "{t}");
            let u = t / (4.0 + t * t).sqrt();
            let four = 1.0 - u * (1.5 - 0.5 * u * u);
            assert!((student_p_value(t, 4.0) - four).abs() < 1e-13, "{t}");
            assert_eq!(student_p_value(t, 7.0), student_p_value(-t, 7.0));
        }
        assert_eq!(student_p_value(f64::INFINITY, 3.0), 0.0);
    }

    #[test]
    fn tabulated_quantiles() {
        // Any table of the t distribution; the last is the normal limit.
        for (freedom, quantile, tolerance) in [
            (1.0, 12.706_204_736, 1e-8),
            (9.0, 2.262_157_163, 1e-8),
            (27.0, 2.051_830_516, 1e-8),
            // Differences of logarithms of the gamma function lose digits here.
            (1e9, 1.959_963_985, 1e-6),
        ] {
            let found = student_quantile(0.95, freedom);
            assert!((found - quantile).abs() < tolerance, "{freedom}: {found}");
        }
    }
}
