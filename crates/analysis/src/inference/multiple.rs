//! Several tests at once.

use crate::error::AnalysisError;

/// Adjusted p-values of Holm (Scand. J. Stat. 6, 1979), in the order of the input: those at most α
/// keep the chance of *any* false rejection at α, however the tests depend on each other.
///
/// # Errors
/// If a p-value lies outside 0..=1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, AnalysisError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let left = (p_values.len() - rank) as f64;
        largest = largest.max((left * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    Ok(adjusted)
}

/// Adjusted p-values of Benjamini and Hochberg (J. R. Stat. Soc. B 57, 1995), in the order of the
/// input: those at most q keep the expected share of false rejections at q, for independent or
/// positively dependent tests.
///
/// # Errors
/// If a p-value lies outside 0..=1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, AnalysisError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &index) in order.iter().enumerate().rev() {
        let scaled = p_values[index] * p_values.len() as f64 / (rank + 1) as f64;
        smallest = smallest.min(scaled);
        adjusted[index] = smallest;
    }
    Ok(adjusted)
}

fn ascending(p_values: &[f64]) -> Result<Vec<usize>, AnalysisError> {
    if let Some(wrong) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(AnalysisError::Setting {
            setting: "p-value",
            problem: format!("{wrong} does not lie between 0 and 1"),
        });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_adjustments() {
        let p = [0.01, 0.04, 0.03, 0.005, 0.5];
        let close = |ours: Vec<f64>, expected: [f64; 5]| {
            let same = ours
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-15);
            assert!(same, "{ours:?}");
        };
        // Holm by hand; scipy.stats.false_discovery_control 1.17.1.
        close(holm(&p).unwrap(), [0.04, 0.09, 0.09, 0.025, 0.5]);
        close(
            benjamini_hochberg(&p).unwrap(),
            [0.025, 0.05, 0.05, 0.025, 0.5],
        );
        assert_eq!(holm(&[]).unwrap(), Vec::<f64>::new());
        assert!(holm(&[0.5, 1.5]).is_err());
        assert!(benjamini_hochberg(&[f64::NAN]).is_err());
    }

    proptest! {
        #[test]
        fn adjusted_values_keep_the_order(p in prop::collection::vec(0.0..=1.0_f64, 1..20)) {
            let (strict, mild) = (holm(&p).unwrap(), benjamini_hochberg(&p).unwrap());
            for i in 0..p.len() {
                prop_assert!(p[i] <= mild[i] * (1.0 + 1e-12));
                prop_assert!(mild[i] <= strict[i] * (1.0 + 1e-12) && strict[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || (strict[i] <= strict[j] && mild[i] <= mild[j]));
                }
            }
            let smallest = p.iter().copied().fold(1.0, f64::min);
            let first = strict.iter().copied().fold(1.0, f64::min);
            prop_assert!((first - (smallest * p.len() as f64).min(1.0)).abs() < 1e-15);
        }
    }
}
