//! Adam with one learning rate per parameter group, a joint gradient clip, and projection onto bounds.
//!
//! PyTorch's formula (training.md sections 1.1 and 1.3), with moments in `f64`:
//!
//! ```text
//! g ← g · min(1, limit / (‖g‖ + 1e-6))          one norm over all learned parameters
//! m ← m + (1 − β₁)(g − m)      v ← β₂ v + (1 − β₂) g²
//! p ← p − (rate / (1 − β₁ᵗ)) · m / (√v / √(1 − β₂ᵗ) + ε)
//! p ← rounded to the group's precision, then projected onto its bounds
//! ```
//!
//! The projection does not touch the moments.

use kenyon_circuit::{ParameterGroup, Parameters};
use serde::{Deserialize, Serialize};

/// The optimiser's constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamSettings {
    /// Decay of the first moment, β₁.
    pub first_decay: f64,
    /// Decay of the second moment, β₂.
    pub second_decay: f64,
    /// ε, added to the denominator.
    pub epsilon: f64,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self {
            first_decay: 0.9,
            second_decay: 0.999,
            epsilon: 1e-8,
        }
    }
}

/// Added to the norm before dividing, as PyTorch does.
const CLIP_GUARD: f64 = 1e-6;

/// How far one step may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSize {
    /// Learning rate, multiplied by each group's factor.
    pub base_rate: f64,
    /// Largest gradient norm that is not scaled down; `None` switches clipping off.
    pub clip_norm: Option<f64>,
}

/// What one optimiser step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Euclidean norm of the gradient of all learned parameters, before clipping.
    pub gradient_norm: f64,
    /// Factor the gradient was multiplied with, at most 1.
    pub clip_factor: f64,
}

/// Moments and step count: with the parameters, the whole state of the optimiser.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Constants.
    pub settings: AdamSettings,
    /// Steps done so far.
    pub steps: u64,
    /// Running mean of the gradient, laid out like the parameters.
    pub first_moment: Vec<f64>,
    /// Running mean of its square.
    pub second_moment: Vec<f64>,
}

impl Adam {
    /// An optimiser of `parameters` values that has not done any step.
    #[must_use]
    pub fn new(settings: AdamSettings, parameters: usize) -> Self {
        let zeros = vec![0.0; parameters];
        Self {
            settings,
            steps: 0,
            first_moment: zeros.clone(),
            second_moment: zeros,
        }
    }

    /// One step against `gradient`. Groups that are not learned keep their values and their moments,
    /// and their gradient does not count in the norm.
    ///
    /// # Panics
    /// If `gradient`, the parameters and the groups do not have the size given to [`Adam::new`].
    pub fn step(
        &mut self,
        groups: &[ParameterGroup],
        size: StepSize,
        parameters: &mut Parameters,
        gradient: &[f64],
    ) -> StepReport {
        let count = groups.last().map_or(0, |group| group.range.end);
        assert_eq!(
            (
                parameters.values.len(),
                gradient.len(),
                self.first_moment.len()
            ),
            (count, count, count),
            "parameters, gradient and moments must fit the groups"
        );
        let report = clip(groups, size.clip_norm, gradient);
        self.steps += 1;
        let AdamSettings {
            first_decay,
            second_decay,
            epsilon,
        } = self.settings;
        // Deterministic on every machine, unlike the standard library's `powi`.
        let steps = self.steps as f64;
        let first_correction = 1.0 - libm::pow(first_decay, steps);
        let second_correction = (1.0 - libm::pow(second_decay, steps)).sqrt();
        for group in groups.iter().filter(|group| group.learned) {
            let pace = size.base_rate * group.learning_rate / first_correction;
            let (low, high) = group
                .stored_bounds()
                .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let range = group.range.clone();
            let values = &mut parameters.values[range.clone()];
            let moments = self.first_moment[range.clone()]
                .iter_mut()
                .zip(&mut self.second_moment[range.clone()]);
            for ((value, (first, second)), &raw) in
                values.iter_mut().zip(moments).zip(&gradient[range])
            {
                let slope = raw * report.clip_factor;
                *first += (1.0 - first_decay) * (slope - *first);
                *second = second_decay * *second + (1.0 - second_decay) * slope * slope;
                let denominator = second.sqrt() / second_correction + epsilon;
                let moved = group.precision.round(*value - pace * *first / denominator);
                // Bounds are rounded already. Comparisons, not `clamp`: NaN must stay visible.
                *value = if moved < low {
                    low
                } else if moved > high {
                    high
                } else {
                    moved
                };
            }
        }
        report
    }
}

fn clip(groups: &[ParameterGroup], limit: Option<f64>, gradient: &[f64]) -> StepReport {
    let learned = groups.iter().filter(|group| group.learned);
    let squares: f64 = learned
        .map(|group| {
            gradient[group.range.clone()]
                .iter()
                .map(|slope| slope * slope)
                .sum::<f64>()
        })
        .sum();
    let gradient_norm = squares.sqrt();
    let scale = limit.map_or(1.0, |limit| limit / (gradient_norm + CLIP_GUARD));
    StepReport {
        gradient_norm,
        clip_factor: if scale < 1.0 { scale } else { 1.0 },
    }
}

#[cfg(test)]
mod tests {
    use kenyon_circuit::{Form, Precision};

    use super::*;

    fn group(range: std::ops::Range<usize>) -> ParameterGroup {
        ParameterGroup {
            name: format!("group{}", range.start),
            shape: vec![range.len()],
            range,
            form: Form::Plain,
            unit: "1",
            start: 0.0,
            bounds: None,
            learning_rate: 1.0,
            precision: Precision::Double,
            learned: true,
        }
    }

    const SIZE: StepSize = StepSize {
        base_rate: 0.01,
        clip_norm: None,
    };

    #[test]
    fn the_first_step_goes_one_learning_rate_against_the_sign() {
        let groups = [
            group(0..2),
            ParameterGroup {
                learning_rate: 4.0,
                ..group(2..3)
            },
        ];
        let mut parameters = Parameters {
            values: vec![1.0; 3],
        };
        let mut adam = Adam::new(AdamSettings::default(), 3);
        adam.step(&groups, SIZE, &mut parameters, &[3.0, -200.0, 0.5]);
        for (value, expected) in parameters.values.iter().zip([0.99, 1.01, 0.96]) {
            assert!((value - expected).abs() < 1e-8);
        }
    }

    #[test]
    fn groups_that_are_not_learned_are_neither_moved_nor_counted() {
        let groups = [
            group(0..1),
            ParameterGroup {
                learned: false,
                ..group(1..2)
            },
        ];
        let mut parameters = Parameters {
            values: vec![0.5; 2],
        };
        let mut adam = Adam::new(AdamSettings::default(), 2);
        let size = StepSize {
            clip_norm: Some(5.0),
            ..SIZE
        };
        let report = adam.step(&groups, size, &mut parameters, &[10.0, 1e9]);
        assert_eq!(report.gradient_norm, 10.0);
        assert!((report.clip_factor - 0.5).abs() < 1e-7);
        assert_eq!((parameters.values[1], adam.first_moment[1]), (0.5, 0.0));
    }

    #[test]
    fn values_are_rounded_and_projected_but_moments_are_not() {
        let bounded = ParameterGroup {
            form: Form::Log,
            bounds: Some((1e-12, 1e-7)),
            precision: Precision::Single,
            ..group(0..1)
        };
        let mut parameters = Parameters {
            values: vec![Precision::Single.round(libm::log(1e-13))],
        };
        let mut adam = Adam::new(AdamSettings::default(), 1);
        adam.step(
            std::slice::from_ref(&bounded),
            SIZE,
            &mut parameters,
            &[1.0],
        );
        // Quirk 3 of the specification: a start value below the bound jumps onto it.
        assert_eq!(parameters.values[0], f64::from(libm::log(1e-12) as f32));
        assert!((adam.first_moment[0] - 0.1).abs() < 1e-15);
    }

    #[test]
    fn a_gradient_that_is_not_a_number_is_not_hidden_by_bounds() {
        let bounded = ParameterGroup {
            bounds: Some((0.0, 1.0)),
            ..group(0..1)
        };
        let mut parameters = Parameters { values: vec![0.5] };
        let mut adam = Adam::new(AdamSettings::default(), 1);
        adam.step(&[bounded], SIZE, &mut parameters, &[f64::NAN]);
        assert!(parameters.values[0].is_nan());
    }
}
