//! Numbers per row, trial and unit: the shape in which every metric reads trials.

use crate::error::{AnalysisError, at_least, same_size};

/// A dense array `[row][trial][unit]`.
///
/// A *row* is a stimulus (experiments.md, section 2.2), usually one of the odour templates, so that
/// its index is its class. *Units* are neurons, receptors or classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Patterns<T = f32> {
    rows: usize,
    trials: usize,
    units: usize,
    values: Vec<T>,
}

impl<T: Copy + Into<f64>> Patterns<T> {
    /// The array of that shape; none of its sides may be empty.
    ///
    /// # Errors
    /// If a side is empty or the number of values differs from `rows * trials * units`.
    pub fn new(
        rows: usize,
        trials: usize,
        units: usize,
        values: Vec<T>,
    ) -> Result<Self, AnalysisError> {
        at_least("rows of patterns", 1, rows)?;
        at_least("trials of patterns", 1, trials)?;
        at_least("units of patterns", 1, units)?;
        same_size(
            "patterns",
            rows.saturating_mul(trials).saturating_mul(units),
            values.len(),
        )?;
        Ok(Self {
            rows,
            trials,
            units,
            values,
        })
    }

    /// Number of stimuli.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of trials of each stimulus.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.trials
    }

    /// Number of neurons, receptors or classes.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// All values, row by row, trial by trial.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// One trial; like a slice, it panics outside the array.
    #[must_use]
    pub fn trial(&self, row: usize, trial: usize) -> &[T] {
        assert!(trial < self.trials, "trial {trial} of {}", self.trials);
        &self.values[(row * self.trials + trial) * self.units..][..self.units]
    }

    /// All trials of a row, in order.
    pub fn trials_of(&self, row: usize) -> impl ExactSizeIterator<Item = &[T]> {
        let size = self.trials * self.units;
        self.values[row * size..][..size].chunks_exact(self.units)
    }

    /// All trials of all rows, row by row.
    pub fn all_trials(&self) -> impl ExactSizeIterator<Item = &[T]> {
        self.values.chunks_exact(self.units)
    }

    /// Mean over the trials `from..to` of a row, added up in trial order; `to` is cut to the number
    /// of trials. Zeros if the range is empty.
    #[must_use]
    pub fn mean_of_trials(&self, row: usize, from: usize, to: usize) -> Vec<f64> {
        let mut mean = vec![0.0; self.units];
        let mut count = 0.0;
        for trial in self.trials_of(row).take(to).skip(from) {
            count += 1.0;
            for (sum, &value) in mean.iter_mut().zip(trial) {
                *sum += value.into();
            }
        }
        if count > 0.0 {
            for value in &mut mean {
                *value /= count;
            }
        }
        mean
    }

    /// Mean over all trials of every row, `[row][unit]`.
    #[must_use]
    pub fn means(&self) -> Vec<Vec<f64>> {
        (0..self.rows)
            .map(|row| self.mean_of_trials(row, 0, self.trials))
            .collect()
    }

    /// Rows `from..to` as an array of their own.
    ///
    /// # Errors
    /// If the range is empty or reaches beyond the last row.
    pub fn rows_between(&self, from: usize, to: usize) -> Result<Self, AnalysisError> {
        if to > self.rows {
            return Err(AnalysisError::TooMany {
                what: "rows of patterns".to_owned(),
                limit: self.rows,
                found: to,
            });
        }
        let size = self.trials * self.units;
        Self::new(
            to.saturating_sub(from),
            self.trials,
            self.units,
            self.values[from.min(to) * size..to * size].to_vec(),
        )
    }

    /// Rows and trials must be those of `other`, because they describe the same simulations.
    pub(crate) fn same_trials<U: Copy + Into<f64>>(
        &self,
        other: &Patterns<U>,
        what: &str,
    ) -> Result<(), AnalysisError> {
        same_size(&format!("rows of {what}"), self.rows, other.rows())?;
        same_size(&format!("trials of {what}"), self.trials, other.trials())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_run_over_the_trials_of_a_row() {
        let patterns =
            Patterns::new(2, 2, 2, vec![1.0_f32, 2.0, 3.0, 4.0, 0.0, 0.0, 1.0, 0.0]).unwrap();
        assert_eq!(patterns.means(), vec![vec![2.0, 3.0], vec![0.5, 0.0]]);
        assert_eq!(patterns.mean_of_trials(0, 1, 2), vec![3.0, 4.0]);
        assert_eq!(patterns.mean_of_trials(0, 2, 2), vec![0.0, 0.0]);
        assert_eq!(patterns.trial(1, 1), &[1.0, 0.0]);
        assert_eq!(
            patterns.rows_between(1, 2).unwrap().values(),
            &[0.0, 0.0, 1.0, 0.0]
        );
    }

    #[test]
    fn impossible_shapes_are_errors() {
        assert!(Patterns::new(2, 2, 2, vec![0.0_f32; 7]).is_err());
        assert!(Patterns::new(0, 2, 2, Vec::<f32>::new()).is_err());
        let patterns = Patterns::new(2, 1, 1, vec![0.0_f32; 2]).unwrap();
        assert!(patterns.rows_between(1, 3).is_err());
        assert!(patterns.rows_between(2, 1).is_err());
    }
}
