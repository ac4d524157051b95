//! Why a file of the published model cannot be used.

use std::path::PathBuf;

use kenyon_connectome::ConnectomeError;

use crate::PyTorchError;

/// Why a checkpoint or a data folder of the published model was refused.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum PublishedError {
    /// A file cannot be read as one of PyTorch.
    #[error(transparent)]
    PyTorch(#[from] PyTorchError),
    /// A checkpoint without a dictionary of tensors.
    #[error(
        "{file} holds no dictionary of tensors (state_dict), but a {found}; `kenyon pytorch show` lists \
         its content"
    )]
    NoStateDictionary { file: String, found: &'static str },
    /// Parameters that the circuit needs and the checkpoint lacks.
    #[error("{file} is no checkpoint of this circuit; it lacks {}", .missing.join(", "))]
    Missing { file: String, missing: Vec<String> },
    /// A learned value that no parameter of the circuit takes.
    #[error("{file}: \"{key}\" is a learned value, but the circuit has no such parameter")]
    Unmapped { file: String, key: String },
    /// Two keys for one parameter.
    #[error("{file}: \"{first}\" and \"{second}\" both stand for the parameter {parameter}")]
    Twice {
        file: String,
        first: String,
        second: String,
        parameter: String,
    },
    /// A parameter of another shape.
    #[error(
        "{file}: \"{key}\" has shape {found:?}, but the parameter {parameter} has shape {expected:?}"
    )]
    Shape {
        file: String,
        key: String,
        parameter: String,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
    /// A parameter that is not a number.
    #[error("{file}: \"{key}\" holds {value}, which is no finite number")]
    NotFinite {
        file: String,
        key: String,
        value: f64,
    },
    /// A checkpoint that was trained on another connectome.
    #[error(
        "{file}: \"{key}\" is not that of this connectome: {difference}; the model was trained on another \
         wiring (shuffled, split otherwise, or in another order of neurons)"
    )]
    Wiring {
        file: String,
        key: String,
        difference: String,
    },
    /// A file of the folder does not exist.
    #[error(
        "{} is missing; the published network needs it (optional are only ln_to_orn.pt and names of odours)",
        .path.display()
    )]
    FileMissing { path: PathBuf },
    /// A file of the folder is no matrix.
    #[error("{file} holds a {found}, but should hold one tensor with two dimensions")]
    NotAMatrix { file: String, found: String },
    /// Two matrices disagree about the size of a population.
    #[error(
        "{file} has {found} {population}, but {first} has {expected}; rows are presynaptic, columns \
         postsynaptic neurons"
    )]
    Size {
        file: String,
        first: String,
        population: &'static str,
        expected: usize,
        found: usize,
    },
    /// A number of contacts that is none.
    #[error("{file}, row {row}, column {column}: {value} is no number of contacts")]
    NotACount {
        file: String,
        row: usize,
        column: usize,
        value: f64,
    },
    /// A response that is none.
    #[error("{file}, row {row}, column {column}: {value} is no normalised response (0 to 1)")]
    NotAResponse {
        file: String,
        row: usize,
        column: usize,
        value: f64,
    },
    /// Names of odours or receptors that do not fit the responses.
    #[error("{file} cannot be used: {problem}")]
    Table { file: String, problem: String },
    /// A file cannot be read at all.
    #[error("cannot read {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    /// The contacts do not make a connectome.
    #[error("the matrices cannot be used: {0}")]
    Connectome(#[from] ConnectomeError),
}
