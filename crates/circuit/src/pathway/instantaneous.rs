//! Pathways without memory: graded contacts, running rates and shunting inhibition
//! (spec/model.md sections 6.2 and 6.3).
//!
//! ```text
//! y = G (w @ z)
//! graded        z = min(max(v, 0), cap)    v = depolarisation at the start of the step
//! running rate  z = N / (t + 1)            N = spikes before step t (quirk 6: the divisor is one ahead)
//! shunting      z = max(a', 0)             a' = activity after this step's update
//! ```
//!
//! Adjoint, with `q = ybar @ w^T`: `Gbar += sum z q`, `zbar = G q`, and `z` passes gradient only
//! inside its limits. The share of edge `i -> j` in `G Gbar`, which is the derivative by the logarithm
//! of its own weight, is `w_ij G z_i ybar_j`.

use crate::Scalar;
use crate::lanes::one_at_a_time;
use crate::wiring::Wiring;

/// What the sources send.
#[derive(Clone, Copy)]
pub(crate) enum Signal<S> {
    /// Depolarisation above rest, at most this.
    Depolarisation { cap: S },
    /// Spikes counted so far times this (the reciprocal of the number of steps).
    Rate { share: S },
    /// Positive activity.
    Activity,
}

impl<S: Scalar> Signal<S> {
    #[inline(always)]
    fn value(self, state: S) -> S {
        let zero = S::splat(0.0);
        match self {
            Self::Depolarisation { cap } => state.max(zero).min(cap),
            Self::Rate { share } => state * share,
            Self::Activity => state.max(zero),
        }
    }

    #[inline(always)]
    fn slope(self, state: S) -> S {
        let zero = S::splat(0.0);
        match self {
            Self::Depolarisation { cap } => state.above(zero) * cap.above(state),
            Self::Rate { share } => share,
            Self::Activity => state.above(zero),
        }
    }
}

/// `source` holds the state that `signal` reads, one per neuron of the source population.
#[inline(always)]
pub(crate) fn step<S: Scalar>(
    gain: S,
    signal: Signal<S>,
    wiring: &Wiring,
    weights: &[S::Weight],
    source: &[S],
    scratch: &mut [S],
    input: &mut [S],
) {
    let sent = &mut scratch[..wiring.sources.len()];
    for (sent, &neuron) in sent.iter_mut().zip(&wiring.sources) {
        one_at_a_time();
        *sent = signal.value(source[neuron as usize]);
    }
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        let sum = wiring.gather(weights, sent, row);
        input[target as usize] = sum.mul_add(gain, input[target as usize]);
    }
}

/// Adjoints of one pathway in one step.
pub(crate) struct Adjoint<'a, S> {
    /// Of the inputs of the target population.
    pub input: &'a [S],
    /// Of the state that the signal reads, accumulated.
    pub source: &'a mut [S],
    /// Scratch, one per source.
    pub sent: &'a mut [S],
}

/// Adds to `bar.source`; returns the contribution to the adjoint of the gain.
#[inline(always)]
pub(crate) fn adjoint<S: Scalar>(
    gain: S,
    signal: Signal<S>,
    wiring: &Wiring,
    weights: &[S::Weight],
    source: &[S],
    bar: Adjoint<'_, S>,
) -> S {
    let q = &mut bar.sent[..wiring.sources.len()];
    q.fill(S::splat(0.0));
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        wiring.scatter(weights, q, row, bar.input[target as usize]);
    }
    let mut gain_bar = S::splat(0.0);
    for (&q, &neuron) in q.iter().zip(&wiring.sources) {
        one_at_a_time();
        let neuron = neuron as usize;
        let state = source[neuron];
        gain_bar = signal.value(state).mul_add(q, gain_bar);
        bar.source[neuron] = (q * gain).mul_add(signal.slope(state), bar.source[neuron]);
    }
    gain_bar
}

/// Adds each edge's share of one step, still to be multiplied by its weight, to `sums`; `sent` is
/// scratch.
#[inline(always)]
pub(crate) fn edge_adjoints<S: Scalar>(
    gain: S,
    signal: Signal<S>,
    wiring: &Wiring,
    source: &[S],
    input: &[S],
    sent: &mut [S],
    sums: &mut [S],
) {
    let sent = &mut sent[..wiring.sources.len()];
    for (sent, &neuron) in sent.iter_mut().zip(&wiring.sources) {
        one_at_a_time();
        *sent = signal.value(source[neuron as usize]);
    }
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        wiring.outer(sent, row, input[target as usize] * gain, sums);
    }
}
