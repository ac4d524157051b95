//! Whether a chain ran long enough.

use serde::{Deserialize, Serialize};

/// Parts of a chain after which the overlap is taken.
pub(crate) const PARTS: usize = 10;

/// How far a chain of swaps came in one matrix. A chain that stops too early leaves the null model too
/// near to the original; then the overlap still falls at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mixing {
    /// Steps, refused ones included.
    pub attempted: u64,
    /// Steps that changed something.
    pub accepted: u64,
    /// Overlap with the original after each tenth of the chain: the share of the movable edges that are
    /// edges of the original, or of the single contacts that have the target they began with.
    pub overlap: Vec<f64>,
    /// Whether the overlap no longer falls: its means over parts 5 to 7 and over parts 8 to 10 differ
    /// by at most three standard deviations, had each edge been drawn independently in each part. A
    /// chain over few edges passes easily; then look at `accepted`.
    pub levelled_off: bool,
}

/// Counts of one chain, or of several that are reported as one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub attempted: u64,
    pub accepted: u64,
    /// Movable edges or contacts.
    pub size: u64,
    /// How many of them are as in the original after each part.
    pub shared: [u64; PARTS],
}

impl Trace {
    /// Runs `steps` steps in equal parts: `step` tells whether it changed something, `shared` how much
    /// of the original is left.
    pub fn run<S>(
        state: &mut S,
        size: usize,
        steps: u64,
        mut step: impl FnMut(&mut S) -> bool,
        shared: impl Fn(&S) -> u64,
    ) -> Self {
        let mut trace = Self {
            attempted: steps,
            size: size as u64,
            ..Self::default()
        };
        for part in 0..PARTS as u64 {
            let share = |part: u64| {
                let place = u128::from(steps) * u128::from(part) / PARTS as u128;
                u64::try_from(place).unwrap_or(steps)
            };
            for _ in share(part)..share(part + 1) {
                trace.accepted += u64::from(step(state));
            }
            trace.shared[part as usize] = shared(state);
        }
        trace
    }

    /// Adds the counts of another chain.
    pub fn add(&mut self, other: &Self) {
        self.attempted += other.attempted;
        self.accepted += other.accepted;
        self.size += other.size;
        for (sum, shared) in self.shared.iter_mut().zip(other.shared) {
            *sum += shared;
        }
    }

    /// The counts as a report.
    pub fn report(&self) -> Mixing {
        let overlap = |&shared: &u64| match self.size {
            0 => 1.0,
            size => shared as f64 / size as f64,
        };
        let sum = |parts: &[u64]| parts.iter().map(|&shared| u128::from(shared)).sum::<u128>();
        let (earlier, later) = (sum(&self.shared[4..7]), sum(&self.shared[7..]));
        // The variance of a difference of two means of three counts with success rate later / (3 size) is
        // 2/3 of that of one count. In whole numbers, both sides times 9 size; one edge is always allowed.
        let size = u128::from(self.size);
        let difference = earlier.abs_diff(later);
        let tolerated = (6 * later * (3 * size - later)).max(9 * size);
        Mixing {
            attempted: self.attempted,
            accepted: self.accepted,
            overlap: self.shared.iter().map(overlap).collect(),
            levelled_off: difference * difference * size <= tolerated,
        }
    }
}

/// The number of steps for `size` edges or contacts: exact, and rounded up.
pub(crate) fn chain_length(per_item: f64, size: usize) -> u64 {
    (per_item * size as f64).ceil() as u64
}
