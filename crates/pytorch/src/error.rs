//! Everything that can be wrong with a file.

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct PyTorchError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a file. Offsets are bytes from the beginning of the pickle (`data.pkl`).
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[source] std::io::Error),
    /// The format before PyTorch 1.6.
    #[error(
        "is written in the legacy format of PyTorch before 1.6, which is not read; load it with PyTorch \
         and save it again: torch.save(torch.load(FILE), NEW_FILE)"
    )]
    Legacy,
    /// A TorchScript archive.
    #[error(
        "is a TorchScript archive (torch.jit.save), which holds a program; save the state_dict with \
         torch.save instead"
    )]
    TorchScript,
    /// No zip archive, or a damaged one.
    #[error("is no complete zip archive as torch.save writes it: {0}")]
    Archive(String),
    /// A member of the archive cannot be used.
    #[error("record \"{record}\": {problem}")]
    Record { record: String, problem: String },
    /// The pickle ends too early.
    #[error("the pickle ends in the middle of opcode {opcode} at byte {offset}")]
    Truncated { opcode: &'static str, offset: usize },
    /// An opcode that builds none of the values that are read.
    #[error("opcode {opcode} (0x{byte:02x}) at byte {offset} is not allowed")]
    Opcode {
        opcode: &'static str,
        byte: u8,
        offset: usize,
    },
    /// An opcode that is allowed, but not here.
    #[error("opcode {opcode} at byte {offset}: {problem}")]
    Misplaced {
        opcode: &'static str,
        offset: usize,
        problem: String,
    },
    /// A class or function that builds none of the values that are read.
    #[error(
        "{module}.{name} at byte {offset} is not allowed: only tensors, numbers, texts and plain \
         containers are read, and nothing is executed"
    )]
    Global {
        module: String,
        name: String,
        offset: usize,
    },
    /// A value that is allowed in a pickle, but not as part of the result.
    #[error("the content cannot be used: {0}")]
    Content(String),
    /// A tensor that does not fit its storage.
    #[error("a tensor of shape {shape:?} cannot be built: {problem}")]
    Tensor { shape: Vec<i128>, problem: String },
    /// Too much of something.
    #[error("has more than {limit} {what}; it is damaged or hostile")]
    Limit { what: &'static str, limit: u64 },
}
