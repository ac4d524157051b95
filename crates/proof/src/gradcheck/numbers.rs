//! Several parameter sets, or several directions of differentiation, simulated side by side.
//!
//! A [`Several`] holds the same quantity of one trial for `N` different parameter vectors, so that
//! the noise, which is the same for all of them, is drawn once. With plain numbers the vectors are
//! shifted copies (differences); with dual numbers they are one vector with `N` directions.

use std::ops::{Add, Div, Mul, Neg, Sub};

use kenyon_circuit::{Coefficient, NoiseAddress, Scalar, normals_f64, softplus};
use num_dual::Dual64;

/// A plain or a dual number.
pub(crate) trait Number:
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
    /// A number that depends on nothing.
    fn constant(value: f64) -> Self;
    /// The number without its derivative.
    fn value(self) -> f64;
    /// `f(self)`, given `f` and its derivative at `self`. Done by hand because functions of the
    /// dual-number library overflow where ours saturate.
    fn map(self, value: f64, slope: f64) -> Self;

    /// `exp(self)`, with the bits of the engine's.
    fn exponential(self) -> Self {
        let value = libm::exp(self.value());
        self.map(value, value)
    }

    /// `1 / (1 + exp(-self))`.
    fn logistic(self) -> Self {
        let value = 1.0 / (1.0 + libm::exp(-self.value()));
        self.map(value, value * (1.0 - value))
    }

    /// `ln(self)`.
    fn logarithm(self) -> Self {
        self.map(libm::log(self.value()), 1.0 / self.value())
    }
}

impl Number for f64 {
    fn constant(value: f64) -> Self {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn map(self, value: f64, _slope: f64) -> Self {
        value
    }
}

impl Number for Dual64 {
    fn constant(value: f64) -> Self {
        Self::new(value, 0.0)
    }
    fn value(self) -> f64 {
        self.re
    }
    fn map(self, value: f64, slope: f64) -> Self {
        Self::new(value, slope * self.eps)
    }
}

/// `N` numbers that share one trial.
#[derive(Clone, Copy)]
pub(crate) struct Several<T, const N: usize>(pub [T; N]);

impl<T: Number, const N: usize> Several<T, N> {
    #[inline(always)]
    fn each(self, other: Self, operation: impl Fn(T, T) -> T) -> Self {
        Self(std::array::from_fn(|index| {
            operation(self.0[index], other.0[index])
        }))
    }
}

macro_rules! each {
    ($trait:ident, $method:ident) => {
        impl<T: Number, const N: usize> $trait for Several<T, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.each(other, $trait::$method)
            }
        }
    };
}
each!(Add, add);
each!(Sub, sub);
each!(Mul, mul);
each!(Div, div);

impl<T: Number, const N: usize> Neg for Several<T, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.map(Neg::neg))
    }
}

impl<T: Number, const N: usize> Coefficient for Several<T, N> {
    fn constant(value: f64) -> Self {
        Self([T::constant(value); N])
    }
    fn exp(self) -> Self {
        Self(self.0.map(T::exponential))
    }
    fn softplus(self) -> Self {
        Self(
            self.0
                .map(|x| x.map(softplus(x.value()), x.logistic().value())),
        )
    }
    fn logistic(self) -> Self {
        Self(self.0.map(T::logistic))
    }
}

impl<T: Number, const N: usize> Scalar for Several<T, N> {
    type Coefficient = Self;
    type Weight = f64;
    const LANES: usize = 1;
    const VECTOR: bool = false;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([T::constant(value); N])
    }
    #[inline(always)]
    fn coefficient(value: Self) -> Self {
        value
    }
    fn weight(value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }
    #[inline(always)]
    fn weight_add(self, weight: f64, addend: Self) -> Self {
        self * Self::splat(weight) + addend
    }
    #[inline(always)]
    fn above(self, bound: Self) -> Self {
        let above = |a: T, b: T| T::constant(f64::from(u8::from(a.value() > b.value())));
        self.each(bound, above)
    }
    #[inline(always)]
    fn select(self, yes: Self, no: Self) -> Self {
        let choose = |index: usize| {
            if self.0[index].value() == 1.0 {
                yes.0[index]
            } else {
                no.0[index]
            }
        };
        Self(std::array::from_fn(choose))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.each(other, |a, b| if a.value() > b.value() { a } else { b })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.each(other, |a, b| if a.value() < b.value() { a } else { b })
    }
    #[inline(always)]
    fn logistic(self) -> Self {
        Self(self.0.map(T::logistic))
    }
    fn normals(address: &NoiseAddress<'_>, quads: &[u32], out: &mut [Self]) {
        let mut buffer = vec![0.0; out.len()];
        normals_f64(address, quads, &mut buffer);
        for &quad in quads {
            let four = 4 * quad as usize..4 * quad as usize + 4;
            for (out, &normal) in out[four.clone()].iter_mut().zip(&buffer[four]) {
                *out = Self::splat(normal);
            }
        }
    }
    /// The one trial, of the first parameter vector.
    fn lane(&self, _lane: usize) -> f64 {
        self.0[0].value()
    }
    fn set_lane(&mut self, _lane: usize, value: f64) {
        *self = Self::splat(value);
    }
}

#[cfg(test)]
mod tests {
    use num_dual::DualNum;

    use super::*;

    /// Our rules for functions against those of the dual-number library, where it does not overflow.
    #[test]
    fn functions_have_the_derivatives_of_the_library() {
        for k in -40..=40 {
            let x = Dual64::new(f64::from(k) * 0.3 + 0.05, 1.7);
            let one = Dual64::constant(1.0);
            for (ours, theirs) in [
                (Number::exponential(x), DualNum::exp(&x)),
                (Number::logistic(x), one / (one + DualNum::exp(&-x))),
                (Number::logarithm(x * x), DualNum::ln(&(x * x))),
                (
                    Coefficient::softplus(Several([x])).0[0],
                    DualNum::ln_1p(&DualNum::exp(&x)),
                ),
            ] {
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-13 * b.abs().max(1.0);
                assert!(
                    close(ours.re, theirs.re) && close(ours.eps, theirs.eps),
                    "{ours} {theirs}"
                );
            }
        }
        let far = Number::logistic(Dual64::new(-1000.0, 1.0));
        assert_eq!((far.re, far.eps), (0.0, 0.0));
    }
}
