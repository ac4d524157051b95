//! `N` trials side by side: arrays of `f32` whose plain loops the compiler turns into vector code.
//!
//! All operations are IEEE (fused multiply-add, division, square root) or polynomials of our own, so
//! that every lane gives the same bits whatever the width and the instruction set.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::Scalar;
use crate::noise::{NoiseAddress, fill};

/// `N` trials' values of one quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes<const N: usize>(pub [f32; N]);

macro_rules! lanewise {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl<const N: usize> $trait for Lanes<N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let mut result = self;
                for lane in 0..N {
                    result.0[lane] = self.0[lane] $operator other.0[lane];
                }
                result
            }
        }
    };
}
lanewise!(Add, add, +);
lanewise!(Sub, sub, -);
lanewise!(Mul, mul, *);
lanewise!(Div, div, /);

impl<const N: usize> Neg for Lanes<N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = -self.0[lane];
        }
        result
    }
}

impl<const N: usize> Scalar for Lanes<N> {
    type Coefficient = f64;
    type Weight = f32;
    const LANES: usize = N;
    const VECTOR: bool = true;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value as f32; N])
    }
    #[inline(always)]
    fn coefficient(value: f64) -> Self {
        Self([value as f32; N])
    }
    #[inline(always)]
    fn weight(value: f64) -> f32 {
        value as f32
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = self.0[lane].mul_add(factor.0[lane], addend.0[lane]);
        }
        result
    }
    #[inline(always)]
    fn weight_add(self, weight: f32, addend: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = self.0[lane].mul_add(weight, addend.0[lane]);
        }
        result
    }
    #[inline(always)]
    fn above(self, bound: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = if self.0[lane] > bound.0[lane] {
                1.0
            } else {
                0.0
            };
        }
        result
    }
    #[inline(always)]
    fn select(self, yes: Self, no: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = if self.0[lane] == 1.0 {
                yes.0[lane]
            } else {
                no.0[lane]
            };
        }
        result
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            let (a, b) = (self.0[lane], other.0[lane]);
            result.0[lane] = if a > b { a } else { b };
        }
        result
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let mut result = self;
        for lane in 0..N {
            let (a, b) = (self.0[lane], other.0[lane]);
            result.0[lane] = if a < b { a } else { b };
        }
        result
    }
    #[inline(always)]
    fn logistic(self) -> Self {
        let mut result = self;
        for lane in 0..N {
            result.0[lane] = 1.0 / (1.0 + exp(-self.0[lane]));
        }
        result
    }
    #[inline(always)]
    fn normals(address: &NoiseAddress<'_>, quads: &[u32], out: &mut [Self]) {
        fill(address, quads, out);
    }
    fn lane(&self, lane: usize) -> f64 {
        f64::from(self.0[lane])
    }
    fn set_lane(&mut self, lane: usize, value: f64) {
        self.0[lane] = value as f32;
    }
}

/// `exp(x)` to about 1 ulp for `|x| <= 87`, saturating outside.
///
/// Cody-Waite reduction to `|r| <= ln(2)/2` and the minimax polynomial of Cephes `expf`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Comparisons instead of `clamp`: both become a single vector instruction.
    let x = if x > 87.0 { 87.0 } else { x };
    let x = if x < -87.0 { -87.0 } else { x };
    // Adding 1.5 * 2^23 rounds to the nearest integer, which then sits in the low mantissa bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-0.693_359_4, x);
    let r = n.mul_add(2.121_944_4e-4, r);
    let mut p = 1.987_569_1e-4_f32;
    p = p.mul_add(r, 1.398_199_9e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_5e-1);
    p = p.mul_add(r, 0.5);
    p = p.mul_add(r * r, r + 1.0);
    let exponent = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    p * f32::from_bits(exponent)
}

/// Marks the body of a loop over neurons, edges or rows.
///
/// A body works on whole lanes, which the compiler turns into vector instructions; but it may prefer
/// to vectorise the *loop*, gathering single lanes of many neurons, which is two to four times
/// slower (measured). An empty piece of assembly, which costs nothing, rules that out.
#[inline(always)]
pub(crate) fn one_at_a_time() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: no instruction, no operand, no side effect.
    unsafe {
        std::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_over_its_range() {
        for k in -86_999..=86_999 {
            let x = k as f32 * 1e-3;
            let truth = f64::from(x).exp();
            let error = (f64::from(exp(x)) - truth).abs() / truth;
            assert!(error < 2e-7, "exp({x}): relative error {error:e}");
        }
    }

    #[test]
    fn logistic_of_a_positive_number_exceeds_one_half() {
        for k in 1..1000 {
            let x = k as f32 * 1e-6;
            let s = Lanes([x; 4]).logistic();
            assert!(
                s.0[0] > 0.5 && (-Lanes([x; 4])).logistic().0[0] < 0.5,
                "at {x}"
            );
        }
    }
}
