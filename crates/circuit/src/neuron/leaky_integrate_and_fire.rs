//! Leaky integrate-and-fire cell (spec/model.md section 3).
//!
//! With voltages relative to rest, `alpha = exp(-dt / tau)` and noise `n1, n2, n3`:
//!
//! ```text
//! ready = (max(r - dt, 0) <= 0)
//! vinf  = R (I + sigma_I n1)
//! v2    = vinf + (v - vinf) alpha + sigma_V n2
//! v4    = max(v2, floor) if ready else 0
//! s     = spike(v4 - (theta + sigma_theta n3)),   m = [s > 1/2]
//! v'    = 0 if m else v4,   r' = t_ref if m else max(r - dt, 0)
//! ```
//!
//! Adjoint (mask, reset, timer and floor carry no gradient; noise is constant):
//!
//! ```text
//! cbar     = sbar s (1 - s) / width          thetabar -= cbar
//! v2bar    = (v'bar (1 - m) + cbar) [ready and v2 > floor]
//! alphabar += v2bar (v - vinf)               vbar = v2bar alpha      Ibar = R (1 - alpha) v2bar
//! ```

use super::{Membrane, spike, spike_adjoint};
use crate::Scalar;
use crate::lanes::one_at_a_time;

/// Coefficients of one population.
pub(crate) struct Coefficients<S> {
    pub alpha: S,
    /// Thresholds above rest.
    pub threshold: Vec<S>,
    pub background: S,
    pub membrane: S,
    pub jitter: S,
}

/// State of one population.
pub(crate) struct State<'a, S> {
    pub voltage: &'a mut [S],
    pub timer: &'a mut [S],
    pub spike: &'a mut [S],
}

/// What the adjoint needs of one step, besides the spikes.
pub(crate) struct Tape<'a, S> {
    /// `v - vinf`.
    pub distance: &'a mut [S],
    /// 1 where the voltage was neither pinned nor at the floor.
    pub open: &'a mut [S],
}

/// Normals of one step: background, membrane, threshold.
pub(crate) type Normals<'a, S> = [&'a [S]; 3];

#[inline(always)]
pub(crate) fn step<S: Scalar, const GRADED: bool>(
    c: &Coefficients<S>,
    m: &Membrane<S>,
    input: &[S],
    normals: Normals<'_, S>,
    state: State<'_, S>,
    tape: Tape<'_, S>,
) {
    let n = c.threshold.len();
    let (zero, half) = (S::splat(0.0), S::splat(0.5));
    let (input, threshold) = (&input[..n], &c.threshold[..n]);
    let [n1, n2, n3] = normals.map(|normal| &normal[..n]);
    let (voltage, timer) = (&mut state.voltage[..n], &mut state.timer[..n]);
    let spikes = &mut state.spike[..n];
    for i in 0..n {
        one_at_a_time();
        let rest_of_timer = (timer[i] - m.step).max(zero);
        let ready = S::splat(1.0) - rest_of_timer.above(zero);
        let current = c.background.mul_add(n1[i], input[i]);
        let target = current * m.resistance;
        let distance = voltage[i] - target;
        let free = c.membrane.mul_add(n2[i], distance.mul_add(c.alpha, target));
        let pinned = ready.select(free.max(m.floor), zero);
        let excess = pinned - c.jitter.mul_add(n3[i], threshold[i]);
        let s = spike::<S, GRADED>(excess, ready, m.steepness);
        let reset = s.above(half);
        voltage[i] = reset.select(zero, pinned);
        timer[i] = reset.select(m.refractory, rest_of_timer);
        spikes[i] = s;
        if GRADED {
            tape.distance[i] = distance;
            tape.open[i] = ready * free.above(m.floor);
        }
    }
}

/// Adjoints that one step updates.
pub(crate) struct Adjoint<'a, S> {
    /// In: of the voltage after the step; out: of the voltage before it.
    pub voltage: &'a mut [S],
    /// Of the spikes of the step (through pathways), emptied.
    pub spike: &'a mut [S],
    /// Of the spikes of the step through their count.
    pub count: &'a [S],
    /// Out: of the input current.
    pub input: &'a mut [S],
    /// Accumulated, one per cell.
    pub threshold: &'a mut [S],
}

/// Returns the step's contribution to the adjoint of `alpha`.
#[inline(always)]
pub(crate) fn adjoint<S: Scalar>(
    c: &Coefficients<S>,
    m: &Membrane<S>,
    spikes: &[S],
    distance: &[S],
    open: &[S],
    bar: Adjoint<'_, S>,
) -> S {
    let n = c.threshold.len();
    let (zero, one, half) = (S::splat(0.0), S::splat(1.0), S::splat(0.5));
    let input_gain = (one - c.alpha) * m.resistance;
    let mut alpha_bar = zero;
    let (spikes, distance, open) = (&spikes[..n], &distance[..n], &open[..n]);
    let (voltage, spike_bar, count) = (&mut bar.voltage[..n], &mut bar.spike[..n], &bar.count[..n]);
    let (input, threshold) = (&mut bar.input[..n], &mut bar.threshold[..n]);
    for i in 0..n {
        one_at_a_time();
        let s = spikes[i];
        let excess_bar = spike_adjoint(spike_bar[i] + count[i], s, m.steepness);
        spike_bar[i] = zero;
        threshold[i] = threshold[i] - excess_bar;
        let kept = s.above(half).select(zero, voltage[i]);
        let free_bar = (kept + excess_bar) * open[i];
        alpha_bar = free_bar.mul_add(distance[i], alpha_bar);
        voltage[i] = free_bar * c.alpha;
        input[i] = free_bar * input_gain;
    }
    alpha_bar
}
