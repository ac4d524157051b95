//! What the student takes over from the teacher (training.md section 3): the decoder and the raw
//! receptor gains verbatim, and the raw feedback gain times a factor, applied *before* softplus.
//! Everything else starts where the circuit file says, and so does what the file does not let learn: a
//! gain that was fixed to silence the feedback neuron stays fixed (spec/experiments.md section 4.3).

use kenyon_circuit::{ParameterGroup, ParameterTable, Parameters};

use crate::RateTeacher;

/// Where the teacher's feedback gain goes.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferRule {
    /// The student's shunting pathway (larva: `apl_to_kc`).
    pub feedback_gain_pathway: String,
    /// Factor on the stored value (4).
    pub feedback_gain_factor: f64,
}

impl TransferRule {
    /// The rule that a circuit file declares.
    #[must_use]
    pub fn new(table: &kenyon_circuit::Teacher) -> Self {
        Self {
            feedback_gain_pathway: table.feedback_gain_pathway.clone(),
            feedback_gain_factor: table.feedback_gain_factor,
        }
    }
}

/// Why a teacher does not fit a student.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The student has no such group.
    #[error(
        "the student has no parameter group \"{group}\" to take over the teacher's \"{teacher_group}\"; \
         compare the [teacher] table of the circuit file with its pathways"
    )]
    NoSuchGroup {
        /// The student's group.
        group: String,
        /// The teacher's group.
        teacher_group: String,
    },
    /// Teacher and student disagree about sizes.
    #[error(
        "\"{group}\" has shape {actual:?} in the student but {expected:?} in the teacher; \
         both must have the same receptor channels, readout population and classes"
    )]
    Shape {
        /// The group.
        group: String,
        /// Shape in the student.
        actual: Vec<usize>,
        /// Shape in the teacher.
        expected: Vec<usize>,
    },
    /// The teacher's parameters do not belong to the teacher.
    #[error("the teacher has {expected} parameters, but {actual} values were given")]
    ParameterCount {
        /// Parameters of the teacher.
        expected: usize,
        /// Values given.
        actual: usize,
    },
}

/// Groups that are copied as they are; they have the same name in teacher and student.
const VERBATIM: [&str; 3] = ["input.gain", "decoder.weight", "decoder.bias"];

/// The student's start values: those of its circuit file, with the teacher's share put in.
///
/// # Errors
/// See [`TransferError`].
pub fn transfer(
    teacher: &RateTeacher,
    trained: &Parameters,
    table: &ParameterTable,
    rule: &TransferRule,
) -> Result<Parameters, TransferError> {
    let expected = teacher.groups().last().map_or(0, |group| group.range.end);
    if trained.values.len() != expected {
        return Err(TransferError::ParameterCount {
            expected,
            actual: trained.values.len(),
        });
    }
    let mut start = table.start();
    for from in teacher.groups() {
        let (name, factor) = if VERBATIM.contains(&from.name.as_str()) {
            (from.name.clone(), 1.0)
        } else if from.name == teacher.feedback_gain_group() {
            (
                format!("{}.gain", rule.feedback_gain_pathway),
                rule.feedback_gain_factor,
            )
        } else {
            continue;
        };
        let to = table
            .group(&name)
            .ok_or_else(|| TransferError::NoSuchGroup {
                group: name.clone(),
                teacher_group: from.name.clone(),
            })?;
        if to.learned {
            copy(from, &trained.values, factor, to, &mut start.values)?;
        }
    }
    Ok(start)
}

fn copy(
    from: &ParameterGroup,
    source: &[f64],
    factor: f64,
    to: &ParameterGroup,
    target: &mut [f64],
) -> Result<(), TransferError> {
    if from.shape != to.shape {
        return Err(TransferError::Shape {
            group: to.name.clone(),
            actual: to.shape.clone(),
            expected: from.shape.clone(),
        });
    }
    for (new, &old) in target[to.range.clone()]
        .iter_mut()
        .zip(&source[from.range.clone()])
    {
        *new = to.precision.round(factor * old);
    }
    Ok(())
}
