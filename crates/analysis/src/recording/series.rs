//! Values of every trial, step and unit.

/// A dense array `[trial][step][unit]`; unlike in [`Patterns`](crate::Patterns) a side may be empty,
/// because a pathway may have no edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<T = f32> {
    shape: [usize; 3],
    values: Vec<T>,
}

impl<T: Copy + Default> Series<T> {
    /// An array of zeros.
    #[must_use]
    pub fn zeros(trials: usize, steps: usize, units: usize) -> Self {
        Self {
            shape: [trials, steps, units],
            values: vec![T::default(); trials * steps * units],
        }
    }

    /// Number of trials, steps and units.
    #[must_use]
    pub const fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// All values, trial by trial, step by step.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All units at one step of a trial; like a slice, it panics outside the array.
    #[must_use]
    pub fn at(&self, trial: usize, step: usize) -> &[T] {
        let first = self.first(trial, step);
        &self.values[first..][..self.shape[2]]
    }

    pub(super) fn at_mut(&mut self, trial: usize, step: usize) -> &mut [T] {
        let first = self.first(trial, step);
        &mut self.values[first..][..self.shape[2]]
    }

    fn first(&self, trial: usize, step: usize) -> usize {
        let [trials, steps, units] = self.shape;
        assert!(
            trial < trials && step < steps,
            "trial {trial} of {trials}, step {step} of {steps}"
        );
        (trial * steps + step) * units
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_a_trial_stand_together() {
        let mut series = Series::<u8>::zeros(2, 3, 2);
        series.at_mut(1, 0).copy_from_slice(&[7, 8]);
        assert_eq!(series.at(1, 0), [7, 8]);
        assert_eq!(&series.values()[6..8], [7, 8]);
        assert_eq!(series.shape(), [2, 3, 2]);
        assert!(Series::<f32>::zeros(1, 2, 0).at(0, 1).is_empty());
    }

    #[test]
    #[should_panic(expected = "step 3 of 3")]
    fn there_is_nothing_after_the_last_step() {
        let _ = Series::<u8>::zeros(2, 3, 2).at(0, 3);
    }
}
