//! Why a figure cannot be computed.

use kenyon_circuit::{Form, InterventionError};

use crate::course::CourseError;

/// What is wrong with the trials, templates or models that were handed in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnalysisError {
    /// An array does not have the size that its shape says.
    #[error("{what}: {found} values where {expected} are needed")]
    Shape {
        /// Which array.
        what: String,
        /// How many values its shape demands.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// There is nothing to compute on.
    #[error("{what}: at least {needed} needed, but there are {found}")]
    TooFew {
        /// What is counted.
        what: String,
        /// The smallest number that makes sense.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// There is more than the noise addresses or the decoder can number.
    #[error("{what}: {found} are more than the {limit} possible")]
    TooMany {
        /// What is counted.
        what: String,
        /// The largest possible number.
        limit: usize,
        /// How many there are.
        found: usize,
    },
    /// A value is infinite or not a number.
    #[error("{what} contains a value that is not finite")]
    NotFinite {
        /// Which array.
        what: String,
    },
    /// A role is played by a population that the circuit does not have.
    #[error("the circuit has no population \"{name}\"")]
    UnknownPopulation {
        /// Its name.
        name: String,
    },
    /// The circuit lacks a parameter that the protocol reads or edits.
    #[error("the circuit has no parameter group \"{name}\"")]
    UnknownParameter {
        /// Its name.
        name: String,
    },
    /// A parameter that the protocol edits is not stored in the form the edit is defined for.
    #[error(
        "parameter group \"{name}\" is stored as {found:?}, but the edit is defined for {expected:?}"
    )]
    UnexpectedForm {
        /// Name of the group.
        name: String,
        /// The form the edit is defined for.
        expected: Form,
        /// The form the circuit declares.
        found: Form,
    },
    /// Models that are compared do not report the same quantities.
    #[error("model {model} has no quantity \"{name}\", which model 0 has")]
    Incomparable {
        /// Index of the model.
        model: usize,
        /// The quantity that is missing.
        name: String,
    },
    /// An intervention names something that the network does not have.
    #[error("intervention: {0}")]
    Intervention(#[from] InterventionError),
    /// Trials of a time course cannot be made.
    #[error(transparent)]
    Course(Box<CourseError>),
    /// A setting contradicts the definition of its metric.
    #[error("{setting}: {problem}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Whoever oversees the work ended it.
    #[error("the work was stopped before there was a result")]
    Stopped,
}

impl AnalysisError {
    /// Whether the circuit merely lacks a part that the measurement is about.
    #[must_use]
    pub const fn is_missing_part(&self) -> bool {
        matches!(
            self,
            Self::UnknownPopulation { .. } | Self::UnknownParameter { .. }
        )
    }
}

/// `found` must be at least `needed`.
pub(crate) fn at_least(what: &str, needed: usize, found: usize) -> Result<(), AnalysisError> {
    if found < needed {
        return Err(AnalysisError::TooFew {
            what: what.to_owned(),
            needed,
            found,
        });
    }
    Ok(())
}

/// `found` must be `expected`.
pub(crate) fn same_size(what: &str, expected: usize, found: usize) -> Result<(), AnalysisError> {
    if found != expected {
        return Err(AnalysisError::Shape {
            what: what.to_owned(),
            expected,
            found,
        });
    }
    Ok(())
}
