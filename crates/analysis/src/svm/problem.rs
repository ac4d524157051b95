//! One class against the rest: the convex problem and its optimum.

use super::SvmSettings;
use super::cholesky::solve;
use crate::cosine::norm;
use crate::error::AnalysisError;

/// Samples in sparse rows. The last column is the constant 1, whose weight is the intercept.
pub(super) struct Samples {
    /// (column, value) of what is not zero, in the order of columns.
    rows: Vec<Vec<(usize, f64)>>,
    columns: usize,
}

impl Samples {
    pub(super) fn new<'f>(features: impl Iterator<Item = &'f [f64]>, width: usize) -> Self {
        let rows = features
            .map(|sample| {
                let values = sample.iter().copied().enumerate();
                let mut row: Vec<_> = values.filter(|&(_, value)| value != 0.0).collect();
                row.push((width, 1.0));
                row
            })
            .collect();
        Self {
            rows,
            columns: width + 1,
        }
    }

    /// `X w`.
    fn scores(&self, weights: &[f64]) -> Vec<f64> {
        let score = |row: &Vec<(usize, f64)>| row.iter().map(|&(j, x)| x * weights[j]).sum();
        self.rows.iter().map(score).collect()
    }

    /// `Σ ‖x‖`, the scale of gradients.
    fn size(&self) -> f64 {
        let length = |row: &Vec<(usize, f64)>| row.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
        self.rows.iter().map(length).sum()
    }
}

/// The weights, intercept last, that minimise `½ ‖w‖² + C Σ max(0, 1 - y w·x)²` for signs `y`.
///
/// Newton's method on the samples inside the margin, with the exact minimum along each step. The
/// objective is piecewise quadratic and strictly convex: once the right samples are inside, one step
/// reaches the optimum, which is unique, so the path to it leaves no trace.
pub(super) fn optimum(
    samples: &Samples,
    signs: &[f64],
    settings: &SvmSettings,
) -> Result<Vec<f64>, AnalysisError> {
    let mut weights = vec![0.0; samples.columns];
    let mut scores = vec![0.0; signs.len()];
    let smallest = settings.tolerance * 2.0 * settings.c * samples.size();
    let mut matrix = vec![0.0; samples.columns * samples.columns];
    for _ in 0..settings.max_iterations {
        let gradient = assemble(samples, signs, settings.c, &weights, &scores, &mut matrix);
        if norm(&gradient) <= smallest {
            return Ok(weights);
        }
        let mut step: Vec<f64> = gradient.iter().map(|value| -value).collect();
        solve(&mut matrix, &mut step);
        let length = minimum_along(samples, signs, settings.c, &weights, &scores, &step);
        for (weight, change) in weights.iter_mut().zip(&step) {
            *weight += length * change;
        }
        scores = samples.scores(&weights);
    }
    Err(AnalysisError::Setting {
        setting: "max_iterations of the classifier",
        problem: format!(
            "{} steps do not reach the tolerance {:e}",
            settings.max_iterations, settings.tolerance
        ),
    })
}

/// The gradient `w - 2C Σ (y - s) x` over samples inside the margin; the upper triangle of `matrix`
/// becomes the Hessian `1 + 2C Σ x x'`.
fn assemble(
    samples: &Samples,
    signs: &[f64],
    c: f64,
    weights: &[f64],
    scores: &[f64],
    matrix: &mut [f64],
) -> Vec<f64> {
    let n = samples.columns;
    let mut gradient = weights.to_vec();
    matrix.fill(0.0);
    for diagonal in 0..n {
        matrix[diagonal * n + diagonal] = 1.0;
    }
    for ((row, &sign), &score) in samples.rows.iter().zip(signs).zip(scores) {
        if sign * score >= 1.0 {
            continue;
        }
        for (position, &(i, x)) in row.iter().enumerate() {
            gradient[i] -= 2.0 * c * (sign - score) * x;
            for &(j, z) in &row[position..] {
                matrix[i * n + j] += 2.0 * c * x * z;
            }
        }
    }
    gradient
}

/// Where along `step` the objective is smallest. Its slope is a rising line with a kink wherever a
/// sample crosses the margin; the kinks are walked in order.
fn minimum_along(
    samples: &Samples,
    signs: &[f64],
    c: f64,
    weights: &[f64],
    scores: &[f64],
    step: &[f64],
) -> f64 {
    let changes = samples.scores(step);
    // Slope at t: start + rise t.
    let mut start: f64 = step.iter().zip(weights).map(|(p, w)| p * w).sum();
    let mut rise: f64 = step.iter().map(|p| p * p).sum();
    let mut kinks = Vec::new();
    for (index, ((&sign, &score), &change)) in signs.iter().zip(scores).zip(&changes).enumerate() {
        let inside = sign * score < 1.0;
        if inside {
            start -= 2.0 * c * (sign - score) * change;
            rise += 2.0 * c * change * change;
        }
        let crossing = (sign - score) / change;
        // From inside only a step towards the margin crosses it, from outside only one against it.
        if change != 0.0 && crossing >= 0.0 && inside == (sign * change > 0.0) {
            kinks.push((crossing, index, inside));
        }
    }
    kinks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (crossing, index, leaves) in kinks {
        if start + rise * crossing >= 0.0 {
            break;
        }
        let (change, offset) = (changes[index], signs[index] - scores[index]);
        let direction = if leaves { -1.0 } else { 1.0 };
        start -= direction * 2.0 * c * offset * change;
        rise += direction * 2.0 * c * change * change;
    }
    -start / rise
}
