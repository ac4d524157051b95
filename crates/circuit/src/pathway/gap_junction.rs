//! Gap junctions: currents between coupled pairs (spec/model.md section 5.3).
//!
//! From the voltages at the start of a step, every pair `(a, b)` adds `g (v_b - v_a)` to the input of
//! `a` and the opposite to that of `b`, so the currents sum to zero. The map from voltages to
//! currents is symmetric, hence its own adjoint; `gbar = v . (map of the currents' adjoints)`. A pair's
//! own share of it is `(v_b - v_a)(Ibar_a - Ibar_b)`.

use crate::Scalar;
use crate::lanes::one_at_a_time;

/// Adds the differences of all pairs to `sums`: `sums[a] += v[b] - v[a]` and the reverse.
/// Indices are checked when the network is compiled.
#[inline(always)]
pub(crate) fn differences<S: Scalar>(pairs: &[(u32, u32)], v: &[S], sums: &mut [S]) {
    for &(a, b) in pairs {
        one_at_a_time();
        let (a, b) = (a as usize, b as usize);
        let difference = v[b] - v[a];
        sums[a] = sums[a] + difference;
        sums[b] = sums[b] - difference;
    }
}

/// Adds each pair's share of `g gbar` of one step: the derivative by the logarithm of its conductance.
#[inline(always)]
pub(crate) fn pair_adjoints<S: Scalar>(
    pairs: &[(u32, u32)],
    conductance: S,
    v: &[S],
    current: &[S],
    sums: &mut [S],
) {
    for (&(a, b), sum) in pairs.iter().zip(sums) {
        one_at_a_time();
        let (a, b) = (a as usize, b as usize);
        let through = (v[b] - v[a]) * conductance;
        *sum = through.mul_add(current[a] - current[b], *sum);
    }
}
