//! Chemical synapses with short-term depression (spec/model.md section 4).
//!
//! With presynaptic spikes `s`, the used-up share of the vesicle pool `d = 1 - x`, release
//! probability `U`, `rho = exp(-dt / tau_rec)`, normalised contacts `w`, signed strength `g` and
//! noise factor `f = 1 + sigma n`:
//!
//! ```text
//! d1 = rho d                         recovery first
//! z  = s U (1 - d1)                  release uses the recovered pool
//! d' = d1 + z                        depletion
//! J  = g (z @ w) f                   noise on the summed current of each target
//! I' = I exp(-dt / tau_s) + J        enters the target in the same step
//! ```
//!
//! Without depression `z = s`; the release probability is then absent too (quirk 21).
//!
//! Adjoint, with `q = (f I'bar) @ w^T`:
//!
//! ```text
//! gbar   += sum z q                  zbar = g q + d'bar
//! sbar   += zbar U (1 - d1)          Ubar += sum zbar s (1 - d1)
//! d1bar   = d'bar - zbar s U         rhobar += sum d1bar d1 / rho       dbar = d1bar rho
//! Ibar    = I'bar exp(-dt / tau_s)
//! ```
//!
//! Training has one strength per pathway. The share of edge `i -> j` in its gradient, which is the
//! derivative by the logarithm of the edge's own weight, is `w_ij sum g z_i f_j I'bar_j` over the steps.

use crate::Scalar;
use crate::lanes::one_at_a_time;
use crate::wiring::Wiring;

/// Coefficients of one pathway.
#[derive(Clone, Copy)]
pub(crate) struct Coefficients<S> {
    /// Signed, ampere.
    pub strength: S,
    /// Decay of the current over a step.
    pub decay: S,
    /// Amplitude of the release noise.
    pub noise: S,
    pub depression: Option<Depression<S>>,
}

/// Coefficients of short-term depression.
#[derive(Clone, Copy)]
pub(crate) struct Depression<S> {
    pub release: S,
    /// Share of a depletion that is left after a step.
    pub rho: S,
}

/// State and tape of one pathway in one step.
pub(crate) struct State<'a, S> {
    /// Used-up share of the pool, one per source.
    pub depletion: &'a mut [S],
    /// Current, one per row.
    pub current: &'a mut [S],
    /// Scratch, one per source.
    pub release: &'a mut [S],
    /// Tape: depletion after recovery, one per source.
    pub recovered: &'a mut [S],
    /// Tape: noise factor, one per row.
    pub factor: &'a mut [S],
}

#[inline(always)]
pub(crate) fn step<S: Scalar, const GRADED: bool>(
    c: &Coefficients<S>,
    wiring: &Wiring,
    weights: &[S::Weight],
    spikes: &[S],
    normals: &[S],
    state: State<'_, S>,
    input: &mut [S],
) {
    let one = S::splat(1.0);
    let sources = &wiring.sources[..];
    let release = &mut state.release[..sources.len()];
    match c.depression {
        Some(Depression { release: u, rho }) => {
            let depletion = &mut state.depletion[..sources.len()];
            for (i, &source) in sources.iter().enumerate() {
                one_at_a_time();
                let recovered = depletion[i] * rho;
                let z = spikes[source as usize] * u * (one - recovered);
                depletion[i] = recovered + z;
                release[i] = z;
                if GRADED {
                    state.recovered[i] = recovered;
                }
            }
        }
        None => {
            for (z, &source) in release.iter_mut().zip(sources) {
                one_at_a_time();
                *z = spikes[source as usize];
            }
        }
    }
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        let sum = wiring.gather(weights, release, row) * c.strength;
        let factor = c.noise.mul_add(normals[target as usize], one);
        let current = state.current[row].mul_add(c.decay, sum * factor);
        state.current[row] = current;
        input[target as usize] = input[target as usize] + current;
        if GRADED {
            state.factor[row] = factor;
        }
    }
}

/// Adjoints of one pathway in one step.
pub(crate) struct Adjoint<'a, S> {
    /// Of the inputs of the target population.
    pub input: &'a [S],
    /// In: of the current after the step; out: before it. One per row.
    pub current: &'a mut [S],
    /// In: of the depletion after the step; out: before it. One per source.
    pub depletion: &'a mut [S],
    /// Of the presynaptic spikes, accumulated.
    pub spike: &'a mut [S],
    /// Scratch, one per source.
    pub release: &'a mut [S],
}

/// Contributions of one step to the adjoints of the coefficients.
pub(crate) struct CoefficientAdjoint<S> {
    pub strength: S,
    pub release: S,
    pub rho: S,
}

#[inline(always)]
pub(crate) fn adjoint<S: Scalar>(
    c: &Coefficients<S>,
    wiring: &Wiring,
    weights: &[S::Weight],
    spikes: &[S],
    recovered: &[S],
    factor: &[S],
    bar: Adjoint<'_, S>,
) -> CoefficientAdjoint<S> {
    let (zero, one) = (S::splat(0.0), S::splat(1.0));
    let sources = &wiring.sources[..];
    let q = &mut bar.release[..sources.len()];
    q.fill(zero);
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        let current = bar.current[row] + bar.input[target as usize];
        bar.current[row] = current * c.decay;
        wiring.scatter(weights, q, row, current * factor[row]);
    }
    let mut sum = CoefficientAdjoint {
        strength: zero,
        release: zero,
        rho: zero,
    };
    match c.depression {
        Some(Depression { release: u, rho }) => {
            for (i, &source) in sources.iter().enumerate() {
                one_at_a_time();
                let source = source as usize;
                let (s, d1) = (spikes[source], recovered[i]);
                let pool = one - d1;
                let used = s * pool;
                sum.strength = (used * u).mul_add(q[i], sum.strength);
                let depletion = bar.depletion[i];
                let z = q[i].mul_add(c.strength, depletion);
                bar.spike[source] = z.mul_add(u * pool, bar.spike[source]);
                sum.release = z.mul_add(used, sum.release);
                let d1_bar = depletion - z * (s * u);
                // `d = d1 / rho`; the division is made once, for the sum.
                sum.rho = d1_bar.mul_add(d1, sum.rho);
                bar.depletion[i] = d1_bar * rho;
            }
            sum.rho = sum.rho / rho;
        }
        None => {
            for (&q, &source) in q.iter().zip(sources) {
                one_at_a_time();
                let source = source as usize;
                sum.strength = spikes[source].mul_add(q, sum.strength);
                bar.spike[source] = q.mul_add(c.strength, bar.spike[source]);
            }
        }
    }
    sum
}

/// Adds each edge's share of one step, still to be multiplied by its weight, to `sums`. `tape` is
/// (spikes, depletion after recovery, noise factor), `bar` the adjoints of (input, current), both as
/// [`adjoint`] finds them; `release` is scratch.
#[inline(always)]
pub(crate) fn edge_adjoints<S: Scalar>(
    c: &Coefficients<S>,
    wiring: &Wiring,
    tape: (&[S], &[S], &[S]),
    bar: (&[S], &[S]),
    release: &mut [S],
    sums: &mut [S],
) {
    let (spikes, recovered, factor) = tape;
    let (input, current) = bar;
    let release = &mut release[..wiring.sources.len()];
    for (i, &source) in wiring.sources.iter().enumerate() {
        one_at_a_time();
        let s = spikes[source as usize];
        release[i] = match c.depression {
            Some(Depression { release: u, .. }) => s * u * (S::splat(1.0) - recovered[i]),
            None => s,
        };
    }
    for (row, &target) in wiring.targets.iter().enumerate() {
        one_at_a_time();
        let value = (current[row] + input[target as usize]) * factor[row] * c.strength;
        wiring.outer(release, row, value, sums);
    }
}
