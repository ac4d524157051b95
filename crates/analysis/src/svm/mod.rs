//! Linear support vector machine with squared hinge loss (experiments.md, section 4.6).
//!
//! What scikit-learn's `LinearSVC` minimises with its defaults (Fan et al., LIBLINEAR, 2008): L2
//! penalty, features as they are, the intercept learned as the weight of a constant feature 1 and
//! penalised like the others, one class against the rest. `C` is not free of scale, so neither are
//! accuracies.
//!
//! LIBLINEAR stops near the optimum, this goes to it; scikit-learn's accuracies come out the same.

mod cholesky;
mod problem;
mod validation;

use serde::{Deserialize, Serialize};

use crate::error::{AnalysisError, at_least, same_size};
use problem::{Samples, optimum};
pub use validation::{CrossValidation, cross_validate, stratified_folds};

/// How the classifier is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmSettings {
    /// Weight of the loss against the penalty.
    pub c: f64,
    /// Norm of the gradient at which a fit ends, relative to `2 C Σ ‖x‖`. So small that the optimum
    /// is reached, where the original stops at 1e-4.
    pub tolerance: f64,
    /// Newton steps of one fit; more are an error.
    pub max_iterations: usize,
}

impl Default for SvmSettings {
    fn default() -> Self {
        Self {
            c: 1.0,
            tolerance: 1e-12,
            max_iterations: 100,
        }
    }
}

impl SvmSettings {
    fn check(&self) -> Result<(), AnalysisError> {
        let problem = |problem: &str| {
            Err(AnalysisError::Setting {
                setting: "classifier",
                problem: problem.to_owned(),
            })
        };
        if !(self.c.is_finite() && self.c > 0.0) {
            return problem("C must be a positive number");
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            return problem("the tolerance must be a positive number");
        }
        Ok(())
    }
}

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearSvm {
    /// The labels that occur, ascending.
    pub classes: Vec<usize>,
    /// Weights `[problem][feature]`: one problem per class, or a single one of two classes, whose
    /// positive side is the second.
    pub weights: Vec<Vec<f64>>,
    /// Intercept of each problem.
    pub intercepts: Vec<f64>,
}

impl LinearSvm {
    /// Fits samples `[sample][feature]` with one label each. For each class this minimises
    /// `½ (‖w‖² + b²) + C Σ max(0, 1 - y (w·x + b))²` with `y = 1` inside and `-1` outside the class.
    ///
    /// # Errors
    /// With fewer than two classes, samples of different or no width, values that are not finite,
    /// or too few steps.
    pub fn fit(
        features: &[Vec<f64>],
        labels: &[usize],
        settings: &SvmSettings,
    ) -> Result<Self, AnalysisError> {
        check(features, labels)?;
        let all: Vec<usize> = (0..features.len()).collect();
        Self::fit_some(features, labels, &all, settings)
    }

    /// Fits the samples of those indices; features were checked.
    fn fit_some(
        features: &[Vec<f64>],
        labels: &[usize],
        chosen: &[usize],
        settings: &SvmSettings,
    ) -> Result<Self, AnalysisError> {
        settings.check()?;
        let own: Vec<usize> = chosen.iter().map(|&index| labels[index]).collect();
        let classes = classes_of(&own);
        at_least("classes to tell apart", 2, classes.len())?;
        let rows = chosen.iter().map(|&index| features[index].as_slice());
        let samples = Samples::new(rows, features[0].len());
        let problems = if classes.len() == 2 {
            &classes[1..]
        } else {
            &classes[..]
        };
        let (mut weights, mut intercepts) = (Vec::new(), Vec::new());
        for class in problems {
            let sign = |label: &usize| if label == class { 1.0 } else { -1.0 };
            let signs: Vec<f64> = own.iter().map(sign).collect();
            let mut solution = optimum(&samples, &signs, settings)?;
            intercepts.extend(solution.pop());
            weights.push(solution);
        }
        Ok(Self {
            classes,
            weights,
            intercepts,
        })
    }

    /// `w·x + b` of every problem.
    #[must_use]
    pub fn scores(&self, sample: &[f64]) -> Vec<f64> {
        self.weights
            .iter()
            .zip(&self.intercepts)
            .map(|(weights, intercept)| crate::cosine::dot(weights, sample) + intercept)
            .collect()
    }

    /// The class with the largest score, the first among equals; of two classes the second if its
    /// score is positive.
    #[must_use]
    pub fn predict(&self, sample: &[f64]) -> usize {
        let scores = self.scores(sample);
        if let [score] = scores[..] {
            return self.classes[usize::from(score > 0.0)];
        }
        let (mut best, mut largest) = (0, f64::NEG_INFINITY);
        for (problem, &score) in scores.iter().enumerate() {
            if score > largest {
                (best, largest) = (problem, score);
            }
        }
        self.classes[best]
    }
}

/// The labels that occur, ascending.
fn classes_of(labels: &[usize]) -> Vec<usize> {
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

fn check(features: &[Vec<f64>], labels: &[usize]) -> Result<(), AnalysisError> {
    at_least("samples", 1, features.len())?;
    same_size("labels", features.len(), labels.len())?;
    at_least("features", 1, features[0].len())?;
    for (index, sample) in features.iter().enumerate() {
        let what = format!("sample {index}");
        same_size(&what, features[0].len(), sample.len())?;
        if sample.iter().any(|value| !value.is_finite()) {
            return Err(AnalysisError::NotFinite { what });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
