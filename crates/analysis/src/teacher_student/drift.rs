//! How far a student's parameters are from those it took over (experiments.md, section 4.2).

use serde::{Deserialize, Serialize};

use crate::consistency::ParameterReadout;
use crate::cosine::norm;
use crate::error::{AnalysisError, same_size};
use crate::statistics::{mean, pearson};

/// Numbers of the comparison between teacher and student.
#[derive(Clone, Copy, Debug)]
pub struct DriftRule;

impl DriftRule {
    /// Factor with which the student takes over the teacher's stored APL gain.
    pub const FEEDBACK_GAIN_FACTOR: f64 = 4.0;
    /// A norm ratio needs a teacher norm above this.
    pub const SMALLEST_NORM: f64 = 1e-10;
    /// Floor of the denominators of relative changes.
    pub const FLOOR: f64 = 1e-8;
    /// Preserved above this mean correlation.
    pub const PRESERVED: f64 = 0.9;
    /// Partially preserved above this.
    pub const PARTIAL: f64 = 0.5;
    /// Differences of correlation beyond this count as more or less.
    pub const STABLE: f64 = 0.01;
}

/// How far a student's vector is from its teacher's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Which vector.
    pub name: String,
    /// Pearson r per seed.
    pub correlation: Vec<Option<f64>>,
    /// ‖student‖ / ‖teacher‖ per seed; `None` if the teacher's norm vanishes.
    pub norm_ratio: Vec<Option<f64>>,
    /// Mean of |s - t| / max(|t|, 1e-8) per seed.
    pub relative_change: Vec<f64>,
    /// Mean correlation over seeds that have one.
    pub mean_correlation: Option<f64>,
    /// Verdict on it.
    pub verdict: DriftVerdict,
}

/// What is left of a transferred vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftVerdict {
    /// Mean r above 0.9.
    Preserved,
    /// Above 0.5.
    PartiallyPreserved,
    /// Not above 0.5, or without a correlation.
    SubstantiallyReshaped,
}

/// Drift of one vector over seeds, teachers and students in the same order.
///
/// # Errors
/// If a read-out lacks the vector or its sizes differ.
pub(super) fn drift(
    name: &str,
    teachers: &[ParameterReadout],
    students: &[ParameterReadout],
) -> Result<Drift, AnalysisError> {
    let (mut correlation, mut norm_ratio, mut relative_change) =
        (Vec::new(), Vec::new(), Vec::new());
    for (seed, (teacher, student)) in teachers.iter().zip(students).enumerate() {
        let missing = || AnalysisError::Incomparable {
            model: seed,
            name: name.to_owned(),
        };
        let teacher = teacher.vector(name).ok_or_else(missing)?;
        let student = student.vector(name).ok_or_else(missing)?;
        same_size(name, teacher.len(), student.len())?;
        correlation.push(pearson(teacher, student));
        let length = norm(teacher);
        norm_ratio.push((length > DriftRule::SMALLEST_NORM).then(|| norm(student) / length));
        let changes: Vec<f64> = teacher
            .iter()
            .zip(student)
            .map(|(t, s)| (s - t).abs() / t.abs().max(DriftRule::FLOOR))
            .collect();
        relative_change.push(mean(&changes));
    }
    let known: Vec<f64> = correlation.iter().flatten().copied().collect();
    let mean_correlation = (!known.is_empty()).then(|| mean(&known));
    let verdict = match mean_correlation {
        Some(r) if r > DriftRule::PRESERVED => DriftVerdict::Preserved,
        Some(r) if r > DriftRule::PARTIAL => DriftVerdict::PartiallyPreserved,
        _ => DriftVerdict::SubstantiallyReshaped,
    };
    Ok(Drift {
        name: name.to_owned(),
        correlation,
        norm_ratio,
        relative_change,
        mean_correlation,
        verdict,
    })
}
