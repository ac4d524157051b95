//! What can be wrong with a file of parameters.

use std::path::PathBuf;

use super::Kind;

/// Why a file of parameters was not written or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be opened or read.
    #[error("cannot read {file}: {source}", file = file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be written; an older version, if there was one, is untouched.
    #[error(
        "cannot write {file}: {source}; nothing was changed, make room or correct the permissions \
         and resume",
        file = file.display()
    )]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file ends too early or holds more than it declares.
    #[error(
        "{file} is incomplete: its length is not the one its header declares; \
         delete it and resume",
        file = file.display()
    )]
    Truncated {
        /// The file.
        file: PathBuf,
    },
    /// The file is something else.
    #[error("{file} is not a safetensors file: {reason}", file = file.display())]
    NotSafetensors {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The metadata is absent or cannot be understood.
    #[error("{file} was not written by this program or is damaged: {reason}", file = file.display())]
    BadHeader {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The layout is of another version.
    #[error(
        "{file} has format version {found}, but this program reads version {supported}; \
         use the version of the program that wrote it",
        file = file.display()
    )]
    UnsupportedFormat {
        /// The file.
        file: PathBuf,
        /// Version of the file.
        found: u64,
        /// Version of this program.
        supported: u32,
    },
    /// The file holds another kind of parameters.
    #[error("{file} holds a {found}, but a {expected} is needed", file = file.display())]
    WrongKind {
        /// The file.
        file: PathBuf,
        /// What is needed.
        expected: Kind,
        /// What the file says it is.
        found: Kind,
    },
    /// The content is not what was written.
    #[error(
        "{file} is damaged: the SHA-256 of its content is {found}, but {expected} is recorded; \
         delete it and resume",
        file = file.display()
    )]
    HashMismatch {
        /// The file.
        file: PathBuf,
        /// The hash recorded in it.
        expected: String,
        /// The hash of its content.
        found: String,
    },
    /// The file belongs to another run.
    #[error(
        "{file} belongs to run {found}, not to {expected}; use another folder",
        file = file.display()
    )]
    ForeignRun {
        /// The file.
        file: PathBuf,
        /// The run it must belong to.
        expected: String,
        /// The run it belongs to.
        found: String,
    },
    /// A parameter group is absent.
    #[error("{file} lacks the tensor \"{tensor}\"; it belongs to another circuit", file = file.display())]
    MissingTensor {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// There is a tensor that no parameter group asks for.
    #[error("{file} holds the unknown tensor \"{tensor}\"; it belongs to another circuit", file = file.display())]
    UnknownTensor {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
    /// A tensor has another shape than its parameter group.
    #[error(
        "the tensor \"{tensor}\" in {file} has shape {found:?}, but the circuit needs {expected:?}",
        file = file.display()
    )]
    WrongShape {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Shape needed.
        expected: Vec<usize>,
        /// Shape in the file.
        found: Vec<usize>,
    },
    /// A tensor has another type than its parameter group.
    #[error(
        "the tensor \"{tensor}\" in {file} has type {found}, but the circuit needs {expected}",
        file = file.display()
    )]
    WrongType {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
        /// Type needed.
        expected: String,
        /// Type in the file.
        found: String,
    },
    /// A value is infinite or not a number.
    #[error("the tensor \"{tensor}\" in {file} holds a value that is not a finite number", file = file.display())]
    NotFinite {
        /// The file.
        file: PathBuf,
        /// Name of the tensor.
        tensor: String,
    },
}
