//! What of the teacher's and the students' parameters is consistent, and how far the student moves
//! away from its teacher (experiments.md, section 4.2).

use kenyon_circuit::{ParameterTable, Parameters};
use serde::{Deserialize, Serialize};

use crate::consistency::{
    ParameterConsistency, ParameterReadout, VectorConsistency, parameter_consistency,
    weighted_correlation,
};
use crate::error::{AnalysisError, at_least, same_size};
use crate::model::{realised, stored};
use crate::roles::{GAP_OWNER, Roles, decoder, group, quantity};
use crate::statistics::mean;

mod drift;

pub use drift::{Drift, DriftRule, DriftVerdict};

/// Names of the compared vectors and scalars. Teachers are read out under the same names.
pub mod names {
    /// Raw receptor gains.
    pub const GAINS: &str = "receptor_gains";
    /// Decoder matrix.
    pub const DECODER_WEIGHT: &str = "decoder_weight";
    /// Decoder bias.
    pub const DECODER_BIAS: &str = "decoder_bias";
    /// Thresholds of the coding neurons (KC).
    pub const CODING_THRESHOLD: &str = "kc_threshold";
    /// Thresholds of the local neurons (LN).
    pub const LOCAL_THRESHOLD: &str = "ln_threshold";
    /// Thresholds of the receptor neurons (ORN).
    pub const INPUT_THRESHOLD: &str = "orn_threshold";
    /// Thresholds of the relay neurons (PN).
    pub const RELAY_THRESHOLD: &str = "pn_threshold";
    /// Stored feedback (APL) gain, before softplus.
    pub const FEEDBACK_GAIN: &str = "apl_gain_raw";
    /// Coupling of the coding neurons' compartments, siemens.
    pub const COUPLING: &str = "g_soma_S";
    /// Time constant of the feedback neuron, second.
    pub const FEEDBACK_TIME_CONSTANT: &str = "tau_apl_s";
    /// Groups that teacher and student both have: they weigh in the teacher's headline.
    pub const SHARED: [&str; 4] = [GAINS, CODING_THRESHOLD, DECODER_WEIGHT, DECODER_BIAS];
    /// Vectors that the student takes over, so that drift can be measured.
    pub const TRANSFERRED: [&str; 3] = [GAINS, DECODER_WEIGHT, DECODER_BIAS];
}

/// Reads the compared parameters of a student. Teachers are read out by their owner: the vectors
/// [`names::SHARED`] and the scalars [`names::FEEDBACK_GAIN`] and strengths under any names.
///
/// # Errors
/// If the circuit lacks one of them.
pub fn student_readout(
    table: &ParameterTable,
    parameters: &Parameters,
    roles: &Roles,
) -> Result<ParameterReadout, AnalysisError> {
    let threshold = |population: &str| group(population, quantity::THRESHOLD);
    let groups = [
        (names::GAINS, group(&roles.receptor_gain, quantity::GAIN)),
        (names::DECODER_WEIGHT, decoder::WEIGHT.to_owned()),
        (names::DECODER_BIAS, decoder::BIAS.to_owned()),
        (names::CODING_THRESHOLD, threshold(&roles.coding)),
        (names::LOCAL_THRESHOLD, threshold(&roles.local)),
        (names::INPUT_THRESHOLD, threshold(&roles.input)),
        (names::RELAY_THRESHOLD, threshold(&roles.relay)),
    ];
    let mut readout = ParameterReadout::default();
    for (name, group) in groups {
        readout
            .vectors
            .push((name.to_owned(), stored(table, parameters, &group)?.to_vec()));
    }
    let mut scalar = |name: &str, values: &[f64]| {
        same_size(name, 1, values.len())?;
        readout.scalars.push((name.to_owned(), values[0]));
        Ok::<(), AnalysisError>(())
    };
    scalar(
        names::FEEDBACK_GAIN,
        stored(
            table,
            parameters,
            &group(&roles.feedback_pathway, quantity::GAIN),
        )?,
    )?;
    // What was removed from the circuit is not compared.
    let there = |own: &String| table.group(own).is_some();
    for (name, set) in &roles.gap_junctions {
        if let Some(own) = Some(group(GAP_OWNER, set)).filter(there) {
            scalar(name, &realised(table, parameters, &own)?)?;
        }
    }
    scalar(
        names::COUPLING,
        &realised(table, parameters, &group(&roles.coding, quantity::COUPLING))?,
    )?;
    for (name, pathway) in &roles.compared_strengths {
        if let Some(own) = Some(group(pathway, quantity::STRENGTH)).filter(there) {
            scalar(name, &realised(table, parameters, &own)?)?;
        }
    }
    let time_constant = group(&roles.feedback, quantity::TIME_CONSTANT);
    scalar(
        names::FEEDBACK_TIME_CONSTANT,
        &realised(table, parameters, &time_constant)?,
    )?;
    Ok(readout)
}

/// Whether students agree more than their teachers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// r grows by more than 0.01.
    More,
    /// r falls by more than 0.01.
    Less,
    /// Neither.
    Stable,
}

/// Consistency of teachers and students.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherStudent {
    /// Among teachers.
    pub teachers: ParameterConsistency,
    /// Among students.
    pub students: ParameterConsistency,
    /// Headline of the teachers (0.7806): shared groups, weighted by size.
    pub teacher_correlation: Option<f64>,
    /// Headline of the students (0.9086): all groups, the ORN thresholds with the wrong weight of
    /// the original (quirk 7).
    pub student_correlation: Option<f64>,
    /// All groups weighted by size (0.9084).
    pub student_correlation_true_weights: Option<f64>,
    /// Only the teacher's groups (0.9060).
    pub student_correlation_shared: Option<f64>,
    /// Of the vectors that the student takes over.
    pub drift: Vec<Drift>,
    /// |student gain - 4 teacher gain| / |4 teacher gain| of the stored APL gain, per seed; `None`
    /// where the teacher's gain is 0.
    pub feedback_gain_change: Vec<Option<f64>>,
    /// Mean over seeds of student gain / (4 teacher gain).
    pub feedback_gain_ratio: Option<f64>,
    /// (shared vector, r of students minus r of teachers, verdict).
    pub comparison: Vec<(String, f64, Change)>,
}

/// Weighted r of teachers or of students restricted to shared groups.
#[must_use]
pub fn shared_correlation(vectors: &[VectorConsistency]) -> Option<f64> {
    weighted_correlation(vectors, |vector| {
        names::SHARED
            .contains(&vector.name.as_str())
            .then_some(vector.elements as f64)
    })
}

/// The students' headline: all groups weighted by size, but the ORN thresholds by the number of
/// receptor gains (21 instead of 42 in the larva; quirk 7 of section 11, effect 0.0002).
#[must_use]
pub fn published_student_correlation(vectors: &[VectorConsistency]) -> Option<f64> {
    let gains = vectors
        .iter()
        .find(|vector| vector.name == names::GAINS)
        .map(|vector| vector.elements);
    weighted_correlation(vectors, |vector| {
        let elements = match gains {
            Some(gains) if vector.name == names::INPUT_THRESHOLD => gains,
            _ => vector.elements,
        };
        Some(elements as f64)
    })
}

/// Compares teachers and students of the same seeds, in the same order.
///
/// # Errors
/// With fewer than two seeds, or if read-outs lack what they are compared by.
pub fn teacher_student(
    teachers: &[ParameterReadout],
    students: &[ParameterReadout],
) -> Result<TeacherStudent, AnalysisError> {
    at_least("seeds", 2, teachers.len())?;
    same_size("students of the teachers", teachers.len(), students.len())?;
    let (teacher, student) = (
        parameter_consistency(teachers)?,
        parameter_consistency(students)?,
    );
    let drift = names::TRANSFERRED
        .iter()
        .map(|name| drift::drift(name, teachers, students))
        .collect::<Result<_, _>>()?;
    let gains = ratios(teachers, students)?;
    let known: Vec<f64> = gains.iter().flatten().copied().collect();
    let mut comparison = Vec::new();
    for name in names::SHARED {
        let r = |side: &ParameterConsistency| {
            side.vectors
                .iter()
                .find(|vector| vector.name == name)
                .and_then(|vector| vector.mean_r)
        };
        if let (Some(before), Some(after)) = (r(&teacher), r(&student)) {
            let difference = after - before;
            let change = match difference {
                more if more > DriftRule::STABLE => Change::More,
                less if less < -DriftRule::STABLE => Change::Less,
                _ => Change::Stable,
            };
            comparison.push((name.to_owned(), difference, change));
        }
    }
    Ok(TeacherStudent {
        teacher_correlation: shared_correlation(&teacher.vectors),
        student_correlation: published_student_correlation(&student.vectors),
        student_correlation_true_weights: weighted_correlation(&student.vectors, |vector| {
            Some(vector.elements as f64)
        }),
        student_correlation_shared: shared_correlation(&student.vectors),
        drift,
        feedback_gain_change: gains
            .iter()
            .map(|ratio| ratio.map(|ratio| (ratio - 1.0).abs()))
            .collect(),
        feedback_gain_ratio: (!known.is_empty()).then(|| mean(&known)),
        comparison,
        teachers: teacher,
        students: student,
    })
}

/// Student's stored feedback gain over four times the teacher's.
fn ratios(
    teachers: &[ParameterReadout],
    students: &[ParameterReadout],
) -> Result<Vec<Option<f64>>, AnalysisError> {
    let gain = |model: usize, readout: &ParameterReadout| {
        readout
            .scalar(names::FEEDBACK_GAIN)
            .ok_or_else(|| AnalysisError::Incomparable {
                model,
                name: names::FEEDBACK_GAIN.to_owned(),
            })
    };
    teachers
        .iter()
        .zip(students)
        .enumerate()
        .map(|(seed, (teacher, student))| {
            let expected = DriftRule::FEEDBACK_GAIN_FACTOR * gain(seed, teacher)?;
            let found = gain(seed, student)?;
            Ok((expected != 0.0).then(|| found / expected))
        })
        .collect()
}

#[cfg(test)]
mod tests;
