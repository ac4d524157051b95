//! The terms that both objectives, the teacher's and the student's, are made of.
//!
//! Sources: training.md sections 2.3 (teacher) and 4 (student). Everything is summed in `f64`, trial
//! by trial in the order of the batch, so that the result does not depend on how a batch is split.

use serde::{Deserialize, Serialize};

/// A push of activity towards a target share of active cells:
/// `(mean over trials and cells of σ(steepness · (activity − offset)) − target)²`.
///
/// Both published targets are unreachable (training.md quirk 1): a silent cell contributes
/// σ(−steepness · offset), so the term is a monotone push towards silence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SparsityTerm {
    /// Factor on the squared difference.
    pub weight: f64,
    /// Activity at which a cell counts half (student: spikes per step; teacher: rate units).
    pub offset: f64,
    /// Slope of the logistic per unit of activity.
    pub steepness: f64,
    /// Target of the mean.
    pub target: f64,
}

impl SparsityTerm {
    /// The student's term (training.md section 4): weight 15, offset 0.02, steepness 50, target 0.05.
    pub const STUDENT: Self = Self {
        weight: 15.0,
        offset: 0.02,
        steepness: 50.0,
        target: 0.05,
    };
    /// The teacher's term (training.md section 2.3): `2 (mean σ(10 z) − 0.10)²`.
    pub const TEACHER: Self = Self {
        weight: 2.0,
        offset: 0.0,
        steepness: 10.0,
        target: 0.10,
    };

    /// How far one activity counts as active, between 0 and 1.
    #[inline]
    pub(crate) fn activation(&self, activity: f64) -> f64 {
        logistic(self.steepness * (activity - self.offset))
    }

    /// The squared difference, without weight, for a mean activation.
    pub(crate) fn value(&self, mean: f64) -> f64 {
        (mean - self.target) * (mean - self.target)
    }

    /// Derivative of the squared difference by one activity is this times `a (1 − a)`, `a` being the
    /// activation of that activity among `cells` averaged.
    pub(crate) fn slope(&self, mean: f64, cells: usize) -> f64 {
        2.0 * (mean - self.target) * self.steepness / cells as f64
    }
}

/// What one batch gave, and what its terms were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossReport {
    /// Cross-entropy, natural logarithm, mean over the batch.
    pub cross_entropy: f64,
    /// The sparsity term before weighting; 0 if the objective has none.
    pub sparsity: f64,
    /// The energy term before weighting; 0 if the objective has none.
    pub energy: f64,
    /// The weighted sum that is minimised.
    pub total: f64,
    /// Number of trials whose largest decoder output is that of their class.
    pub correct: usize,
}

/// The logistic function.
#[inline]
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Cross-entropy of one trial; writes `share · (softmax − one-hot)`, its derivative by the decoder
/// output, into `adjoint`.
pub(crate) fn cross_entropy(logits: &[f64], label: usize, share: f64, adjoint: &mut [f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (slot, &logit) in adjoint.iter_mut().zip(logits) {
        *slot = libm::exp(logit - largest);
        sum += *slot;
    }
    for slot in adjoint.iter_mut() {
        *slot *= share / sum;
    }
    adjoint[label] -= share;
    libm::log(sum) + largest - logits[label]
}

/// Index of the largest value, the first one if there are several.
pub(crate) fn argmax(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, &value) in values.iter().enumerate() {
        if value > values[best] {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_of_equal_outputs_is_the_logarithm_of_their_number() {
        let mut adjoint = [0.0; 4];
        let loss = cross_entropy(&[3.0; 4], 1, 0.5, &mut adjoint);
        assert!((loss - 4_f64.ln()).abs() < 1e-15);
        assert_eq!(adjoint, [0.125, -0.375, 0.125, 0.125]);
    }

    #[test]
    fn cross_entropy_survives_huge_outputs() {
        let mut adjoint = [0.0; 2];
        let loss = cross_entropy(&[1e6, -1e6], 1, 1.0, &mut adjoint);
        assert_eq!((loss, adjoint), (2e6, [1.0, -1.0]));
    }

    #[test]
    fn of_equal_largest_values_the_first_wins() {
        assert_eq!(argmax(&[0.0, 2.0, 2.0, 1.0]), 1);
    }

    #[test]
    fn a_silent_student_cannot_reach_the_target() {
        let silent = SparsityTerm::STUDENT.activation(0.0);
        assert!((silent - 0.2689).abs() < 1e-4);
        assert!((15.0 * SparsityTerm::STUDENT.value(silent) - 0.719).abs() < 1e-3);
    }
}
