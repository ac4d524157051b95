//! What can go wrong in a study.

use std::path::PathBuf;

use kenyon_analysis::AnalysisError;
use kenyon_analysis::course::CourseError;
use kenyon_circuit::CircuitError;
use kenyon_connectome::DataError;
use kenyon_connectome::null::NullError;
use kenyon_learning::{OdourError, RunError, TeacherError};

use crate::table::TableError;

/// Why a study cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A null model cannot be drawn.
    #[error(transparent)]
    Null(#[from] NullError),
    /// A study file is no TOML, or has unknown or missing keys.
    #[error("{message}")]
    Syntax {
        /// The parser's message, with line, column and an excerpt.
        message: String,
    },
    /// A run that should be there is not, or not complete.
    #[error("{unit} is not complete in {folder}: {what} is missing; run the study first")]
    Incomplete {
        /// The unit of work.
        unit: String,
        /// What is missing.
        what: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// The circuit does not fit the data.
    #[error("the circuit cannot be compiled: {0}")]
    Circuit(#[from] CircuitError),
    /// A table of odours or labels cannot be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The teacher does not fit the data.
    #[error(transparent)]
    Teacher(#[from] TeacherError),
    /// The odours do not fit the circuit.
    #[error(transparent)]
    Odours(#[from] OdourError),
    /// Time courses cannot be used.
    #[error("{table}: {problem}")]
    Courses {
        /// Where they stand: the file, or the part of a study file.
        table: String,
        /// What is wrong and what would be right.
        problem: CourseError,
    },
    /// A training failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A measurement failed.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// A file or folder cannot be written or read.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process is at work.
    #[error("another process is working in {path}; wait for it or choose another folder")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A result cannot be written as JSON.
    #[error("cannot write {path} as JSON: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
    /// Whoever watches the work ended it.
    #[error("the study was stopped; the next run goes on where this one ended")]
    Stopped,
    /// A list that must not be empty, or numbers that make no sense.
    #[error("{0}")]
    Plan(String),
}
