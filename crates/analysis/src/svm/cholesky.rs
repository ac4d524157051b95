//! A small dense system with a symmetric positive definite matrix.

/// Solves `A x = b` by Cholesky factorisation `A = U'U`.
///
/// `upper` is row-major `[n][n]` and read in its upper triangle only, which the factor replaces;
/// `b` becomes `x`. The matrix must be positive definite.
pub(super) fn solve(upper: &mut [f64], b: &mut [f64]) {
    let n = b.len();
    for k in 0..n {
        let (above, below) = upper.split_at_mut((k + 1) * n);
        let row = &mut above[k * n..];
        let pivot = row[k].sqrt();
        for value in &mut row[k..] {
            *value /= pivot;
        }
        for (offset, other) in below.chunks_exact_mut(n).enumerate() {
            let i = k + 1 + offset;
            let factor = row[i];
            // Neurons that never fire together leave many zeros.
            if factor != 0.0 {
                for (target, value) in other[i..].iter_mut().zip(&row[i..]) {
                    *target -= factor * value;
                }
            }
        }
    }
    for k in 0..n {
        let row = &upper[k * n..][..n];
        b[k] /= row[k];
        let (solved, rest) = b.split_at_mut(k + 1);
        for (target, value) in rest.iter_mut().zip(&row[k + 1..]) {
            *target -= solved[k] * value;
        }
    }
    for k in (0..n).rev() {
        let row = &upper[k * n..][..n];
        let known: f64 = row[k + 1..]
            .iter()
            .zip(&b[k + 1..])
            .map(|(coefficient, value)| coefficient * value)
            .sum();
        b[k] = (b[k] - known) / row[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_known_system() {
        // [[4, 2], [2, 3]] x = [8, 7]
        let mut upper = vec![4.0, 2.0, f64::NAN, 3.0];
        let mut x = vec![8.0, 7.0];
        solve(&mut upper, &mut x);
        assert!((x[0] - 1.25).abs() < 1e-15 && (x[1] - 1.5).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn the_solution_solves(
            n in 1_usize..12,
            entries in prop::collection::vec(-1.0..1.0_f64, 144),
            b in prop::collection::vec(-1.0..1.0_f64, 12),
        ) {
            // A = I + M'M
            let element = |i: usize, j: usize| {
                let product: f64 = (0..n).map(|k| entries[k * n + i] * entries[k * n + j]).sum();
                product + f64::from(u8::from(i == j))
            };
            let mut matrix: Vec<f64> =
                (0..n * n).map(|index| element(index / n, index % n)).collect();
            let mut x = b[..n].to_vec();
            solve(&mut matrix, &mut x);
            for (i, right) in b[..n].iter().enumerate() {
                let left: f64 = (0..n).map(|j| element(i, j) * x[j]).sum();
                prop_assert!((left - right).abs() < 1e-12);
            }
        }
    }
}
