//! Why a description is not a time course.

use kenyon_circuit::TimeCourseError;

use crate::error::AnalysisError;

/// What is wrong with a description of a time course, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CourseError {
    /// Not TOML, an unknown key, a missing key, a value of the wrong type.
    #[error("{message}")]
    Syntax {
        /// The parser's message, with line, column and an excerpt.
        message: String,
    },
    /// An entry of the file is meaningless.
    #[error("line {line}: {problem}")]
    Meaning {
        /// Line of the entry, counted from 1.
        line: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A row of the table is meaningless.
    #[error("row {row}: {problem}")]
    Row {
        /// Row, counted from 1; the header is row 1.
        row: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The course as a whole is meaningless.
    #[error("{problem}")]
    Whole {
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The engine does not take the course.
    #[error(transparent)]
    Course(#[from] TimeCourseError),
    /// Trials of the course cannot be made.
    #[error(transparent)]
    Trials(#[from] AnalysisError),
}

impl CourseError {
    pub(super) fn whole(problem: impl Into<String>) -> Self {
        Self::Whole {
            problem: problem.into(),
        }
    }

    /// The same problem, on a line of a file.
    pub(super) fn on_line(self, line: usize) -> Self {
        match self {
            Self::Whole { problem } => Self::Meaning { line, problem },
            other => other,
        }
    }
}
