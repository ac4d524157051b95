//! Files written by `torch.save`, read in pure Rust and without executing anything.
//!
//! [`read`] takes the zip format (the default since PyTorch 1.6): an archive with a pickle and one
//! record per storage. A pickle is a program; [`read`] understands the part of it that builds
//! dictionaries, lists, tuples, texts, numbers and tensors, and refuses everything else with the
//! name of the opcode or function and its place. What a file may cost is bounded by [`Limits`].
//!
//! `published` (a feature, on by default) knows the names in the checkpoints and the data folder of the
//! published model.
//!
//! ```no_run
//! # fn main() -> Result<(), kenyon_pytorch::PyTorchError> {
//! let model = kenyon_pytorch::read("model_seed42.pt".as_ref())?;
//! if let Some(gains) = model.get("or_to_orn.or_gains").and_then(|it| it.as_tensor()) {
//!     println!("{:?}: {:?}", gains.shape(), gains.to_f64());
//! }
//! # Ok(())
//! # }
//! ```

mod archive;
mod error;
mod limits;
mod machine;
mod numpy;
mod opcode;
#[cfg(feature = "published")]
pub mod published;
mod tensor;
mod value;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

pub use error::{Fault, PyTorchError};
pub use limits::Limits;
pub use tensor::{ElementType, Tensor};
pub use value::{Dictionary, Key, Value};

/// Reads a file with the usual [`Limits`].
///
/// # Errors
/// Files that cannot be read, are no zip archive of PyTorch, hold more than dictionaries, lists,
/// tuples, texts, numbers and tensors, are damaged, or exceed a limit.
pub fn read(file: &Path) -> Result<Value, PyTorchError> {
    read_with(file, &Limits::default())
}

/// Reads a file.
///
/// # Errors
/// As [`read`].
pub fn read_with(file: &Path, limits: &Limits) -> Result<Value, PyTorchError> {
    let name = file.display().to_string();
    File::open(file)
        .map_err(Fault::Read)
        .and_then(|opened| read_archive(BufReader::new(opened), limits))
        .map_err(|fault| PyTorchError { file: name, fault })
}

/// Reads the content of a file; `name` stands in messages.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8], name: &str, limits: &Limits) -> Result<Value, PyTorchError> {
    read_archive(Cursor::new(bytes), limits).map_err(|fault| PyTorchError {
        file: name.to_owned(),
        fault,
    })
}

fn read_archive(source: impl Read + Seek, limits: &Limits) -> Result<Value, Fault> {
    let mut archive = archive::Archive::open(source, limits)?;
    let pickle = archive.pickle()?;
    let items = machine::run(&pickle, limits)?;
    value::assemble(&items, &mut archive, limits)
}

/// Whether the beginning of a file is that of a zip archive, as PyTorch writes them.
#[must_use]
pub fn is_archive(beginning: &[u8]) -> bool {
    beginning.starts_with(b"PK\x03\x04")
}
