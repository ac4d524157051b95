//! Decisions by the nearest mean pattern (experiments.md, sections 2.1 and 2.4).

use crate::accuracy::Accuracy;
use crate::cosine::{Silence, dot, norm, scaled};
use crate::error::{AnalysisError, at_least, same_size};
use crate::patterns::Patterns;

/// Mean patterns of classes, ready for cosine comparisons.
#[derive(Clone, Debug, PartialEq)]
pub struct Centroids {
    /// Divided by their norms, which are floored at [`Silence::NORM`].
    unit: Vec<Vec<f64>>,
}

impl Centroids {
    /// From the mean pattern of every class.
    #[must_use]
    pub fn new(means: &[Vec<f64>]) -> Self {
        Self {
            unit: scaled(means, |norm| norm.max(Silence::NORM)),
        }
    }

    /// The class with the largest cosine, the lowest among equals; `None` for a silent trial.
    #[must_use]
    pub fn decide(&self, trial: &[f32]) -> Option<usize> {
        let length = norm(trial);
        if length < Silence::NORM {
            return None;
        }
        let mut best = None;
        let mut largest = f64::NEG_INFINITY;
        for (class, centroid) in self.unit.iter().enumerate() {
            let cosine = dot(centroid, trial) / length;
            if cosine > largest {
                (best, largest) = (Some(class), cosine);
            }
        }
        best
    }

    /// Decisions on single trials of rows that are in the order of the classes. Silent trials count
    /// neither as hits nor as samples; without any decision the accuracy is 0.
    ///
    /// # Errors
    /// If the rows are not as many as the centroids.
    pub fn accuracy(
        &self,
        counts: &Patterns,
        first_trial: usize,
    ) -> Result<Accuracy, AnalysisError> {
        same_size("rows judged by centroids", self.unit.len(), counts.rows())?;
        let (mut hits, mut samples) = (0, 0);
        for row in 0..counts.rows() {
            for trial in counts.trials_of(row).skip(first_trial) {
                if let Some(class) = self.decide(trial) {
                    samples += 1;
                    hits += usize::from(class == row);
                }
            }
        }
        Ok(Accuracy::of(hits, samples))
    }
}

/// Centroid accuracy: the first half of the trials (rounded down) makes the centroids, the others
/// are judged.
///
/// # Errors
/// With fewer than two trials per row, because then there is no first half.
pub fn centroid_accuracy(counts: &Patterns) -> Result<Accuracy, AnalysisError> {
    at_least("trials per row for centroids", 2, counts.trials())?;
    let half = counts.trials() / 2;
    let means: Vec<_> = (0..counts.rows())
        .map(|row| counts.mean_of_trials(row, 0, half))
        .collect();
    Centroids::new(&means).accuracy(counts, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_trials_go_to_the_nearest_centroid() {
        // Two rows, three trials (one makes the centroid), two neurons. Trial (0, 1) is right,
        // (0, 2) wrong, (1, 1) silent, (1, 2) a tie that goes to class 0 and is wrong.
        let counts = vec![2.0, 0.0, 3.0, 1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 1.0];
        let result = centroid_accuracy(&Patterns::new(2, 3, 2, counts).unwrap()).unwrap();
        assert_eq!((result.hits, result.samples), (1, 3));
    }

    #[test]
    fn nothing_decided_is_zero() {
        let result = centroid_accuracy(&Patterns::new(2, 2, 2, vec![0.0; 8]).unwrap()).unwrap();
        assert_eq!((result.fraction, result.samples), (0.0, 0));
    }

    #[test]
    fn a_silent_centroid_never_wins_against_an_active_one() {
        let centroids = Centroids::new(&[vec![0.0, 0.0], vec![1.0, 0.0]]);
        assert_eq!(centroids.decide(&[1.0, 0.0]), Some(1));
        // Orthogonal to both: cosine 0 twice, the lowest index.
        assert_eq!(centroids.decide(&[0.0, 1.0]), Some(0));
        assert_eq!(centroids.decide(&[0.0, 0.0]), None);
    }

    #[test]
    fn one_trial_is_too_few() {
        assert!(centroid_accuracy(&Patterns::new(1, 1, 1, vec![1.0]).unwrap()).is_err());
    }
}
