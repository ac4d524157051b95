//! Whether a difference of means is larger than what relabelling makes of it.

use kenyon_circuit::NoiseStream;
use serde::{Deserialize, Serialize};

use super::check_finite;
use crate::error::{AnalysisError, at_least, same_size};
use crate::mixture::{combination, combinations};
use crate::statistics::mean;

/// Up to this many relabellings are all tried; beyond it a sample of them is drawn.
pub const EXACT_RELABELINGS: usize = 20_000;

/// Outcome of a permutation test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermutationTest {
    /// Difference of means, first minus second group.
    pub difference: f64,
    /// Two-sided: the share of relabellings whose difference is at least as large, the true labels
    /// among them. Never 0.
    pub p_value: f64,
    /// How many relabellings were tried.
    pub relabelings: usize,
    /// Whether these are all there are.
    pub exact: bool,
}

/// Differences count as equal if they differ by less, relative to the largest value: they are sums
/// in different orders.
const ROUNDING: f64 = 1e-12;

/// Two-sided test of the difference of means of two independent groups, under exchange of labels.
///
/// All relabellings are tried if there are at most [`EXACT_RELABELINGS`]; otherwise `samples` are
/// drawn with `seed`, and the p-value is `(hits + 1) / (samples + 1)` (Phipson and Smyth, Stat. Appl.
/// Genet. Mol. Biol. 9, 2010).
///
/// # Errors
/// If a group is empty, a value is not finite, or samples are needed and none are allowed.
pub fn permutation_test(
    a: &[f64],
    b: &[f64],
    samples: u32,
    seed: u64,
) -> Result<PermutationTest, AnalysisError> {
    at_least("values of the first group", 1, a.len())?;
    at_least("values of the second group", 1, b.len())?;
    let values = [a, b].concat();
    check_finite("values to be relabelled", &values)?;
    let difference = |members: &[usize]| {
        let mut in_first = vec![false; values.len()];
        members.iter().for_each(|&index| in_first[index] = true);
        let side = |first: bool| {
            let own = values.iter().zip(&in_first);
            let own: Vec<f64> = own
                .filter(|(_, is)| **is == first)
                .map(|(v, _)| *v)
                .collect();
            mean(&own)
        };
        side(true) - side(false)
    };
    let observed = mean(a) - mean(b);
    let smallest = observed.abs() - ROUNDING * largest(&values);
    let count = combinations(values.len(), a.len());
    if count <= EXACT_RELABELINGS {
        let mut hits = 0;
        for rank in 0..count {
            let members = combination(rank, values.len(), a.len())?;
            hits += usize::from(difference(&members).abs() >= smallest);
        }
        return Ok(exact(observed, hits, count));
    }
    let stream = NoiseStream::new(seed, "permutation");
    sampled(observed, samples, |round| {
        let order = stream.permutation(values.len(), round);
        difference(&order[..a.len()]).abs() >= smallest
    })
}

/// Two-sided test of the mean of `a - b` where equal indices belong together (the same seed), under
/// exchange within pairs; exact up to 14 pairs, else sampled as [`permutation_test`].
///
/// # Errors
/// Without pairs, if lengths differ, a value is not finite, or samples are needed and none are
/// allowed.
pub fn paired_permutation_test(
    a: &[f64],
    b: &[f64],
    samples: u32,
    seed: u64,
) -> Result<PermutationTest, AnalysisError> {
    at_least("pairs", 1, a.len())?;
    same_size("second values of the pairs", a.len(), b.len())?;
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    check_finite("differences of pairs", &differences)?;
    let flipped_mean = |flipped: &dyn Fn(usize) -> bool| {
        let flip = |(index, &value): (usize, &f64)| if flipped(index) { -value } else { value };
        mean(&differences.iter().enumerate().map(flip).collect::<Vec<_>>())
    };
    let observed = mean(&differences);
    let smallest = observed.abs() - ROUNDING * largest(&differences);
    let all = u32::try_from(differences.len())
        .ok()
        .and_then(|pairs| 1_usize.checked_shl(pairs))
        .filter(|&count| count <= EXACT_RELABELINGS);
    if let Some(count) = all {
        let is_hit = |mask: &usize| {
            let mean = flipped_mean(&|pair| mask >> pair & 1 == 1);
            mean.abs() >= smallest
        };
        return Ok(exact(observed, (0..count).filter(is_hit).count(), count));
    }
    let stream = NoiseStream::new(seed, "permutation/paired");
    sampled(observed, samples, |round| {
        let uniforms = stream.uniforms(differences.len(), round);
        flipped_mean(&|pair| uniforms[pair] < 0.5).abs() >= smallest
    })
}

fn exact(difference: f64, hits: usize, count: usize) -> PermutationTest {
    PermutationTest {
        difference,
        p_value: hits as f64 / count as f64,
        relabelings: count,
        exact: true,
    }
}

fn sampled(
    difference: f64,
    samples: u32,
    is_hit: impl Fn(u32) -> bool,
) -> Result<PermutationTest, AnalysisError> {
    at_least("relabellings to be drawn", 1, samples as usize)?;
    let hits = (0..samples).filter(|&round| is_hit(round)).count();
    Ok(PermutationTest {
        difference,
        p_value: (hits + 1) as f64 / (f64::from(samples) + 1.0),
        relabelings: samples as usize,
        exact: false,
    })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: [f64; 5] = [70.1, 71.1, 70.8, 68.4, 71.3];
    const B: [f64; 5] = [64.0, 60.2, 69.9, 66.1, 63.3];
    const CLOSE: [f64; 5] = [70.9, 69.2, 71.0, 68.1, 70.2];

    #[test]
    fn values_of_scipy() {
        // scipy.stats.permutation_test 1.17.1, n_resamples=inf.
        let far = permutation_test(&A, &B, 0, 0).unwrap();
        assert!((far.difference - 5.64).abs() < 1e-12);
        assert_eq!(
            (far.p_value, far.relabelings, far.exact),
            (4.0 / 252.0, 252, true)
        );
        let near = permutation_test(&A, &CLOSE, 0, 0).unwrap();
        assert!((near.p_value - 0.547_619_047_619_047_7).abs() < 1e-15);
        let unequal = permutation_test(&A[..4], &B, 0, 0).unwrap();
        assert!((unequal.p_value - 0.031_746_031_746_031_744).abs() < 1e-15);
        let paired = paired_permutation_test(&A, &CLOSE, 0, 0).unwrap();
        assert_eq!((paired.p_value, paired.relabelings), (0.375, 32));
    }

    #[test]
    fn signs_are_exchanged_within_pairs() {
        let p = |differences: &[f64]| {
            let zero = vec![0.0; differences.len()];
            let test = paired_permutation_test(differences, &zero, 0, 0).unwrap();
            (test.p_value, test.relabelings)
        };
        // Only the two constant sign patterns reach 7; any pattern reaches 1.
        assert_eq!(p(&[1.0, 2.0, 4.0]), (0.25, 8));
        assert_eq!(p(&[4.0, -1.0, -2.0]), (1.0, 8));
        // Sums of four signs: 0 in 6 of 16 patterns.
        assert_eq!(p(&[1.0, 1.0, 1.0, -1.0]), (0.625, 16));
    }

    #[test]
    fn a_sample_of_relabellings_estimates_all() {
        let values = |count: u32, offset: f64| -> Vec<f64> {
            (0..count).map(|i| offset + f64::from(i * i % 17)).collect()
        };
        let (a, b) = (values(16, 2.5), values(16, 0.0));
        let drawn = permutation_test(&a, &b, 4000, 1).unwrap();
        assert!(!drawn.exact && drawn.relabelings == 4000);
        assert_eq!(drawn, permutation_test(&a, &b, 4000, 1).unwrap());
        // Normal approximation of the permutation distribution.
        let all = [a.clone(), b.clone()].concat();
        let spread = super::super::sample_deviation(&all) * (2.0 / 16.0_f64).sqrt();
        let expected = 2.0 * super::super::normal::cumulative(-drawn.difference / spread);
        assert!((drawn.p_value - expected).abs() < 0.03, "{drawn:?}");
        let paired = paired_permutation_test(&a, &b, 4000, 1).unwrap();
        // All differences are 2.5: only the two constant sign patterns reach the mean.
        assert_eq!(paired.p_value, 1.0 / 4001.0);
        assert!(permutation_test(&a, &b, 0, 1).is_err());
        assert!(paired_permutation_test(&a, &b, 0, 1).is_err());
    }

    #[test]
    fn equal_groups_are_no_evidence() {
        assert_eq!(permutation_test(&A, &A, 0, 0).unwrap().p_value, 1.0);
        assert_eq!(
            permutation_test(&[0.1; 3], &[0.1; 4], 0, 0)
                .unwrap()
                .p_value,
            1.0
        );
        assert!(permutation_test(&[], &A, 0, 0).is_err());
        assert!(permutation_test(&[f64::INFINITY], &A, 0, 0).is_err());
        assert!(paired_permutation_test(&A, &B[..4], 0, 0).is_err());
    }

    proptest! {
        /// Against all orders of the values, which hold every relabelling equally often.
        #[test]
        fn the_exact_test_is_the_brute_force_one(
            a in prop::collection::vec(-3_i32..4, 1..4),
            b in prop::collection::vec(-3_i32..4, 1..4),
        ) {
            let values: Vec<i32> = a.iter().chain(&b).copied().collect();
            let (n, m) = (a.len() as i32, b.len() as i32);
            // n m (mean a - mean b), an integer.
            let scaled = |order: &[i32]| {
                let first: i32 = order[..a.len()].iter().sum();
                let second: i32 = order[a.len()..].iter().sum();
                (m * first - n * second).abs()
            };
            let (mut hits, mut all) = (0, 0);
            let mut orders = vec![(Vec::new(), values.clone())];
            while let Some((taken, left)) = orders.pop() {
                if left.is_empty() {
                    all += 1;
                    hits += i32::from(scaled(&taken) >= scaled(&values));
                }
                for index in 0..left.len() {
                    let (mut taken, mut left) = (taken.clone(), left.clone());
                    taken.push(left.remove(index));
                    orders.push((taken, left));
                }
            }
            let real = |values: &[i32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let test = permutation_test(&real(&a), &real(&b), 0, 0).unwrap();
            prop_assert!((test.p_value - f64::from(hits) / f64::from(all)).abs() < 1e-12);
            prop_assert!(test.p_value > 0.0 && test.p_value <= 1.0);
        }
    }
}
