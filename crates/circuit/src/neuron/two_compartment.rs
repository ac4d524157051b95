//! Kenyon cell: dendrite and axon, coupled by a conductance (spec/model.md section 6.4).
//!
//! The linear system is integrated exactly over a step with inputs held constant. With voltages
//! relative to rest (which makes rest an exact fixed point) and `g' = g / C`:
//!
//! ```text
//! Id   = Itot / (1 + div) + Idirect                     only Itot is shunted
//! vd2  = m1 vd + m2 va + k11 Id + k12 Ia + sigma_V n1
//! va2  = m2 vd + m1 va + k12 Id + k11 Ia + sigma_V n2
//! vd3  = max(vd2, floor),   va4 = max(va2, floor) if ready else 0     only the axon is pinned
//! s    = spike(va4 - (theta + sigma_theta n3)),   m = [s > 1/2]
//! vd'  = 0 if m else vd3,   va' = 0 if m else va4       both compartments are reset
//!
//! e1 = exp(-dt/tau)   e2 = exp(-dt (1/tau + 2 g'))   m1 = (e1 + e2)/2   m2 = (e1 - e2)/2
//! A  = -(1/tau + g')  F = g'   den = A^2 - F^2 + 1e-8
//! k11 = (A (m1 - 1) - F m2) / (den C)    k12 = (A m2 - F (m1 - 1)) / (den C)
//! ```
//!
//! Adjoint: the transposed 2 x 2 maps, and with `d/dg'`:
//! `de2 = -2 dt e2`, `dm1 = de2/2 = -dm2`, `dA = -1`, `dF = 1`, `dden = 2/tau`.

use super::{Membrane, spike, spike_adjoint};
use crate::Scalar;
use crate::lanes::one_at_a_time;
use crate::scalar::Coefficient;

/// Entries of the exact propagator.
#[derive(Clone, Copy)]
pub(crate) struct Propagator<T> {
    pub m1: T,
    pub m2: T,
    /// Volt per ampere.
    pub k11: T,
    pub k12: T,
}

/// A guard of the reference against a vanishing determinant; it has no effect (quirk 23).
const DETERMINANT_GUARD: f64 = 1e-8;

/// The propagator of a coupling conductance `g` (siemens), time constant `tau` (second), capacitance
/// (farad) and step (second).
pub(crate) fn propagator<C: Coefficient>(
    g: C,
    tau: f64,
    capacitance: f64,
    step: f64,
) -> Propagator<C> {
    let k = C::constant;
    let rate = k(1.0 / tau);
    let f = g / k(capacitance);
    let e1 = k(-step / tau).exp();
    let e2 = (-(k(step) * (rate + k(2.0) * f))).exp();
    let (m1, m2) = (k(0.5) * (e1 + e2), k(0.5) * (e1 - e2));
    let a = -(rate + f);
    let scale = k(1.0 / capacitance) / (a * a - f * f + k(DETERMINANT_GUARD));
    Propagator {
        m1,
        m2,
        k11: (a * (m1 - k(1.0)) - f * m2) * scale,
        k12: (a * m2 - f * (m1 - k(1.0))) * scale,
    }
}

/// Derivatives of the propagator by `g`.
pub(crate) fn propagator_slope(g: f64, tau: f64, capacitance: f64, step: f64) -> Propagator<f64> {
    let f = g / capacitance;
    let e2 = libm::exp(-step * (1.0 / tau + 2.0 * f));
    let p = propagator(g, tau, capacitance, step);
    let a = -(1.0 / tau + f);
    let den = a * a - f * f + DETERMINANT_GUARD;
    let (dm1, dm2) = (-step * e2, step * e2);
    let dden = 2.0 / tau;
    let quotient = |numerator_slope: f64, k: f64| {
        (numerator_slope / (den * capacitance) - k * dden / den) / capacitance
    };
    Propagator {
        m1: dm1 / capacitance,
        m2: dm2 / capacitance,
        k11: quotient(-(p.m1 - 1.0) + a * dm1 - p.m2 - f * dm2, p.k11),
        k12: quotient(-p.m2 + a * dm2 - (p.m1 - 1.0) - f * dm1, p.k12),
    }
}

/// Coefficients of one population.
pub(crate) struct Coefficients<S> {
    pub propagator: Propagator<S>,
    /// Thresholds above rest.
    pub threshold: Vec<S>,
    pub membrane: S,
    pub jitter: S,
}

/// State of one population.
pub(crate) struct State<'a, S> {
    pub dendrite: &'a mut [S],
    pub axon: &'a mut [S],
    pub timer: &'a mut [S],
    pub spike: &'a mut [S],
}

/// Inputs of one step, one value per cell.
pub(crate) struct Input<'a, S> {
    /// Dendritic current that inhibition divides, ampere.
    pub shunted: &'a [S],
    /// Dendritic current that it does not divide, ampere.
    pub dendrite: &'a [S],
    /// Axonal current, ampere.
    pub axon: &'a [S],
    /// Shunting inhibition, `div`.
    pub divisor: &'a [S],
}

/// What the adjoint needs of one step, besides spikes and voltages.
pub(crate) struct Tape<'a, S> {
    pub shunted: &'a mut [S],
    /// `1 / (1 + div)`.
    pub share: &'a mut [S],
    pub dendrite_current: &'a mut [S],
    pub axon_current: &'a mut [S],
    /// 1 where the dendrite was not at the floor.
    pub dendrite_open: &'a mut [S],
    /// 1 where the axon was neither pinned nor at the floor.
    pub axon_open: &'a mut [S],
}

/// Normals of one step: membrane of dendrite and axon, threshold.
pub(crate) type Normals<'a, S> = [&'a [S]; 3];

#[inline(always)]
pub(crate) fn step<S: Scalar, const GRADED: bool>(
    c: &Coefficients<S>,
    m: &Membrane<S>,
    input: Input<'_, S>,
    normals: Normals<'_, S>,
    state: State<'_, S>,
    tape: Tape<'_, S>,
) {
    let n = c.threshold.len();
    let (zero, one, half) = (S::splat(0.0), S::splat(1.0), S::splat(0.5));
    let Propagator { m1, m2, k11, k12 } = c.propagator;
    let [n1, n2, n3] = normals.map(|normal| &normal[..n]);
    for (i, &threshold) in c.threshold.iter().enumerate() {
        one_at_a_time();
        let rest_of_timer = (state.timer[i] - m.step).max(zero);
        let ready = one - rest_of_timer.above(zero);
        let share = one / (one + input.divisor[i]);
        let id = input.shunted[i].mul_add(share, input.dendrite[i]);
        let ia = input.axon[i];
        let (vd, va) = (state.dendrite[i], state.axon[i]);
        let vd1 = m1.mul_add(vd, m2.mul_add(va, k11.mul_add(id, k12 * ia)));
        let va1 = m2.mul_add(vd, m1.mul_add(va, k12.mul_add(id, k11 * ia)));
        let vd2 = c.membrane.mul_add(n1[i], vd1);
        let va2 = c.membrane.mul_add(n2[i], va1);
        let vd3 = vd2.max(m.floor);
        let va4 = ready.select(va2.max(m.floor), zero);
        let excess = va4 - c.jitter.mul_add(n3[i], threshold);
        let s = spike::<S, GRADED>(excess, ready, m.steepness);
        let reset = s.above(half);
        state.dendrite[i] = reset.select(zero, vd3);
        state.axon[i] = reset.select(zero, va4);
        state.timer[i] = reset.select(m.refractory, rest_of_timer);
        state.spike[i] = s;
        if GRADED {
            tape.shunted[i] = input.shunted[i];
            tape.share[i] = share;
            tape.dendrite_current[i] = id;
            tape.axon_current[i] = ia;
            tape.dendrite_open[i] = vd2.above(m.floor);
            tape.axon_open[i] = ready * va2.above(m.floor);
        }
    }
}

/// What one step left behind.
pub(crate) struct Taped<'a, S> {
    pub spikes: &'a [S],
    /// Before the step.
    pub dendrite: &'a [S],
    /// Before the step.
    pub axon: &'a [S],
    pub shunted: &'a [S],
    pub share: &'a [S],
    pub dendrite_current: &'a [S],
    pub axon_current: &'a [S],
    pub dendrite_open: &'a [S],
    pub axon_open: &'a [S],
}

/// Adjoints that one step updates.
pub(crate) struct Adjoint<'a, S> {
    /// In: of the voltages after the step; out: of those before it.
    pub dendrite: &'a mut [S],
    pub axon: &'a mut [S],
    /// Of the spikes of the step (through pathways), emptied.
    pub spike: &'a mut [S],
    /// Of the spikes of the step through their count.
    pub count: &'a [S],
    /// Out: of the inputs.
    pub shunted: &'a mut [S],
    pub dendrite_current: &'a mut [S],
    pub axon_current: &'a mut [S],
    pub divisor: &'a mut [S],
    /// Accumulated, one per cell.
    pub threshold: &'a mut [S],
}

/// Returns the step's contribution to the adjoint of the propagator.
#[inline(always)]
pub(crate) fn adjoint<S: Scalar>(
    c: &Coefficients<S>,
    m: &Membrane<S>,
    tape: Taped<'_, S>,
    bar: Adjoint<'_, S>,
) -> Propagator<S> {
    let (zero, half) = (S::splat(0.0), S::splat(0.5));
    let Propagator { m1, m2, k11, k12 } = c.propagator;
    let mut sum = Propagator {
        m1: zero,
        m2: zero,
        k11: zero,
        k12: zero,
    };
    for i in 0..c.threshold.len() {
        one_at_a_time();
        let s = tape.spikes[i];
        let excess_bar = spike_adjoint(bar.spike[i] + bar.count[i], s, m.steepness);
        bar.spike[i] = zero;
        bar.threshold[i] = bar.threshold[i] - excess_bar;
        let reset = s.above(half);
        let va2 = (reset.select(zero, bar.axon[i]) + excess_bar) * tape.axon_open[i];
        let vd2 = reset.select(zero, bar.dendrite[i]) * tape.dendrite_open[i];
        let (vd, va) = (tape.dendrite[i], tape.axon[i]);
        let (id, ia) = (tape.dendrite_current[i], tape.axon_current[i]);
        sum.m1 = vd2.mul_add(vd, va2.mul_add(va, sum.m1));
        sum.m2 = vd2.mul_add(va, va2.mul_add(vd, sum.m2));
        sum.k11 = vd2.mul_add(id, va2.mul_add(ia, sum.k11));
        sum.k12 = vd2.mul_add(ia, va2.mul_add(id, sum.k12));
        bar.dendrite[i] = m1.mul_add(vd2, m2 * va2);
        bar.axon[i] = m2.mul_add(vd2, m1 * va2);
        let id_bar = k11.mul_add(vd2, k12 * va2);
        bar.axon_current[i] = k12.mul_add(vd2, k11 * va2);
        bar.dendrite_current[i] = id_bar;
        let share = tape.share[i];
        bar.shunted[i] = id_bar * share;
        bar.divisor[i] = -(id_bar * tape.shunted[i] * share * share);
    }
    sum
}
