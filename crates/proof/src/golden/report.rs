//! Deviations and their tolerances.

use serde::Serialize;

/// How far one tensor is from its golden values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// File name.
    pub file: String,
    /// Tensor name, with the arithmetic in front (`f32`, `f64`).
    pub tensor: String,
    /// Largest absolute difference, relative to the largest golden value (absolute if that is 0),
    /// unless `measure` says otherwise.
    pub deviation: f64,
    /// What is allowed.
    pub tolerance: f64,
    /// What `deviation` is.
    pub measure: &'static str,
    /// Index of the worst value in row-major order; for `step.*` tensors its step.
    pub worst: usize,
    /// More about it, if there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Deviation {
    /// Whether the deviation is allowed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.deviation <= self.tolerance
    }
}

/// Largest absolute difference relative to the largest expected value, and where it is. A value that
/// is not a number counts as infinitely far.
pub(crate) fn relative(actual: &[f64], expected: &[f64]) -> (f64, usize) {
    if actual.len() != expected.len() {
        return (f64::INFINITY, 0);
    }
    let scale = expected
        .iter()
        .fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let mut worst = (0.0, 0);
    for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let difference = (actual - expected).abs();
        let difference = if difference.is_nan() {
            f64::INFINITY
        } else {
            difference
        };
        if difference > worst.0 {
            worst = (difference, index);
        }
    }
    (
        if scale > 0.0 {
            worst.0 / scale
        } else {
            worst.0
        },
        worst.1,
    )
}
