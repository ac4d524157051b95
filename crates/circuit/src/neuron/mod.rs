//! Neuron models: one file each, with equations, step and adjoint.

pub(crate) mod graded;
pub(crate) mod leaky_integrate_and_fire;
pub(crate) mod two_compartment;

use crate::Scalar;

/// Constants of all membranes, relative to the resting potential where they are voltages.
#[derive(Clone, Copy)]
pub(crate) struct Membrane<S> {
    pub step: S,
    pub resistance: S,
    pub floor: S,
    pub refractory: S,
    /// Reciprocal of the width of the graded spike.
    pub steepness: S,
}

/// Spike, reset mask and whether a cell is out of its refractory period.
///
/// Graded mode (training): `s = logistic((v - threshold) / width)`; hard mode: `s = [v > threshold]`;
/// both only outside the refractory period. A cell with `s > 1/2` is reset (spec/model.md 3.3).
#[inline(always)]
pub(crate) fn spike<S: Scalar, const GRADED: bool>(excess: S, ready: S, steepness: S) -> S {
    let zero = S::splat(0.0);
    if GRADED {
        ready.select((excess * steepness).logistic(), zero)
    } else {
        ready.select(excess.above(zero), zero)
    }
}

/// Adjoint of the graded spike: the refractory mask needs no separate factor, since `s` is 0 there.
#[inline(always)]
pub(crate) fn spike_adjoint<S: Scalar>(spike_bar: S, spike: S, steepness: S) -> S {
    spike_bar * (spike - spike * spike) * steepness
}
