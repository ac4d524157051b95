//! The arithmetic that the engine is written in.
//!
//! One source serves three kinds of number: [`Lanes`](crate::Lanes) of `f32` for work (one trial per
//! lane), `f64` as the reference, and dual numbers (in the `proof` crate) as the oracle of the
//! adjoint. Conditions are numbers too (1 or 0), so that no kind needs a mask type.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::noise::{NoiseAddress, normals_f64};

/// Numbers in which the coefficients of a step (decay factors, strengths, ...) are computed from the
/// parameters, once per call.
pub trait Coefficient:
    Copy
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// The constant `value`.
    fn constant(value: f64) -> Self;
    /// `exp(self)`.
    fn exp(self) -> Self;
    /// `ln(1 + exp(self))`.
    fn softplus(self) -> Self;
    /// `1 / (1 + exp(-self))`.
    fn logistic(self) -> Self;
}

impl Coefficient for f64 {
    fn constant(value: f64) -> Self {
        value
    }
    fn exp(self) -> Self {
        libm::exp(self)
    }
    fn softplus(self) -> Self {
        crate::softplus(self)
    }
    fn logistic(self) -> Self {
        1.0 / (1.0 + libm::exp(-self))
    }
}

/// Numbers that the dynamics are computed in: one value for each of [`Scalar::LANES`] trials.
pub trait Scalar:
    Copy
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// Numbers of the coefficients.
    type Coefficient: Coefficient;
    /// Numbers of the edge weights.
    type Weight: Copy + Send + Sync;
    /// How many trials one value holds.
    const LANES: usize;
    /// Whether vector instructions pay.
    const VECTOR: bool;

    /// The same number in every lane.
    fn splat(value: f64) -> Self;
    /// A coefficient in every lane, rounded to the precision of the lanes.
    fn coefficient(value: Self::Coefficient) -> Self;
    /// An edge weight, rounded to the precision of the lanes.
    fn weight(value: f64) -> Self::Weight;
    /// `self * factor + addend`, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// `self * weight + addend`, rounded once.
    fn weight_add(self, weight: Self::Weight, addend: Self) -> Self;
    /// 1 where `self > bound`, else 0.
    fn above(self, bound: Self) -> Self;
    /// `yes` where `self` is 1, `no` where it is 0.
    fn select(self, yes: Self, no: Self) -> Self;
    /// The larger of the two.
    fn max(self, other: Self) -> Self;
    /// The smaller of the two.
    fn min(self, other: Self) -> Self;
    /// `1 / (1 + exp(-self))`.
    fn logistic(self) -> Self;
    /// Draws the standard normals of the given quads of four neurons, one trial per lane.
    fn normals(address: &NoiseAddress<'_>, quads: &[u32], out: &mut [Self]);
    /// The value of one lane.
    fn lane(&self, lane: usize) -> f64;
    /// Replaces the value of one lane.
    fn set_lane(&mut self, lane: usize, value: f64);
}

impl Scalar for f64 {
    type Coefficient = f64;
    type Weight = f64;
    const LANES: usize = 1;
    const VECTOR: bool = false;

    fn splat(value: f64) -> Self {
        value
    }
    fn coefficient(value: f64) -> Self {
        value
    }
    fn weight(value: f64) -> f64 {
        value
    }
    // Rounded twice, on purpose: a fused step would be a slow library call on machines without it,
    // and the reference needs accuracy (1e-10), not these last bits.
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }
    fn weight_add(self, weight: f64, addend: Self) -> Self {
        self * weight + addend
    }
    fn above(self, bound: Self) -> Self {
        f64::from(u8::from(self > bound))
    }
    fn select(self, yes: Self, no: Self) -> Self {
        if self == 1.0 { yes } else { no }
    }
    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    fn logistic(self) -> Self {
        1.0 / (1.0 + libm::exp(-self))
    }
    fn normals(address: &NoiseAddress<'_>, quads: &[u32], out: &mut [Self]) {
        normals_f64(address, quads, out);
    }
    fn lane(&self, _lane: usize) -> f64 {
        *self
    }
    fn set_lane(&mut self, _lane: usize, value: f64) {
        *self = value;
    }
}
