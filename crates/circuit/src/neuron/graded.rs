//! A graded unit such as the APL: a low-pass filter of its drive (spec/model.md section 6.2).
//!
//! ```text
//! a' = a beta + p (1 - beta) + boost,   beta = exp(-dt / tau)
//! ```
//!
//! Adjoint: `abar = a'bar beta`, `pbar = a'bar (1 - beta)`, `betabar += a'bar (a - p)`.

use crate::Scalar;
use crate::lanes::one_at_a_time;

/// Coefficients of one population.
pub(crate) struct Coefficients<S> {
    pub beta: S,
    /// Added after every update and carried on.
    pub boost: S,
    /// 1, or 0 for a silenced unit, one per unit.
    pub alive: Vec<S>,
}

/// Updates `activity` and keeps `a - p` for the adjoint.
#[inline(always)]
pub(crate) fn step<S: Scalar>(
    c: &Coefficients<S>,
    drive: &[S],
    activity: &mut [S],
    distance: &mut [S],
) {
    for (i, &alive) in c.alive.iter().enumerate() {
        one_at_a_time();
        distance[i] = activity[i] - drive[i];
        activity[i] = (distance[i].mul_add(c.beta, drive[i]) + c.boost) * alive;
    }
}

/// Returns the step's contribution to the adjoint of `beta`.
#[inline(always)]
pub(crate) fn adjoint<S: Scalar>(
    c: &Coefficients<S>,
    distance: &[S],
    activity_bar: &mut [S],
    drive_bar: &mut [S],
) -> S {
    let mut beta_bar = S::splat(0.0);
    for (i, &alive) in c.alive.iter().enumerate() {
        one_at_a_time();
        let bar = activity_bar[i] * alive;
        beta_bar = bar.mul_add(distance[i], beta_bar);
        let through = bar * c.beta;
        drive_bar[i] = bar - through;
        activity_bar[i] = through;
    }
    beta_bar
}
