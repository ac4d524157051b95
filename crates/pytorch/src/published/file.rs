//! Checkpoints as files: recognised, read, and what their names say.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kenyon_circuit::Network;
use kenyon_connectome::{Connectome, hash_of};

use super::{ModelValues, PublishedError, model_values};
use crate::{Limits, is_archive, read_bytes};

/// A checkpoint of the published model.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointFile {
    /// What it gives the network.
    pub values: ModelValues,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Reads a checkpoint for a network, see [`model_values`].
///
/// # Errors
/// A file that cannot be read or used.
pub fn read_checkpoint(
    file: &Path,
    network: &Network,
    connectome: &Connectome,
) -> Result<CheckpointFile, PublishedError> {
    let shown = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|cause| PublishedError::Unreadable {
        file: shown.clone(),
        cause,
    })?;
    let content = read_bytes(&bytes, &shown, &Limits::default())?;
    Ok(CheckpointFile {
        values: model_values(&content, &shown, network, connectome)?,
        sha256: hash_of(&bytes),
    })
}

/// Whether a file looks like one of PyTorch. What cannot be read does not, so it is left to other readers.
#[must_use]
pub fn is_pytorch(file: &Path) -> bool {
    let mut beginning = [0; 4];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut beginning));
    let named = file.extension().is_some_and(|it| it == "pt" || it == "pth");
    read.is_ok() && (named || is_archive(&beginning))
}

/// The seed in a name such as `model_seed42.pt`.
#[must_use]
pub fn seed_of_name(file: &Path) -> Option<u64> {
    let name = file.file_stem()?.to_str()?;
    let (_, seed) = name.rsplit_once("seed")?;
    seed.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::seed_of_name;

    #[test]
    fn the_seed_is_read_from_names_as_the_original_writes_them() {
        for (name, seed) in [
            ("model_seed42.pt", Some(42)),
            ("runs/model_ce_only_seed7.pt", Some(7)),
            ("model.pt", None),
            ("model_seed42_copy.pt", None),
        ] {
            assert_eq!(seed_of_name(Path::new(name)), seed, "{name}");
        }
    }
}
