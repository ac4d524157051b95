//! Replay of golden vectors: what an independent implementation computed, recomputed by ours.

mod metrics;
mod names;
mod recorder;
mod report;
mod teacher;
mod tensors;
mod training;
mod trials;
mod wiring;

use std::path::Path;

use kenyon_circuit::{Circuit, CircuitError, Network, Sources};
use kenyon_connectome::Connectome;
use serde::Serialize;

pub use report::Deviation;
pub use tensors::{Tensor, Vectors};

/// Why golden vectors cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// A file or folder cannot be read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// Path.
        file: String,
        /// Cause.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file} is damaged: {problem}")]
    Damaged {
        /// Path.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A tensor that is needed is not there.
    #[error("{file} has no tensor \"{tensor}\"")]
    MissingTensor {
        /// Path.
        file: String,
        /// Name.
        tensor: String,
    },
    /// A tensor that nothing here knows.
    #[error("{file} has a tensor \"{tensor}\" that belongs to no parameter")]
    UnknownTensor {
        /// Path.
        file: String,
        /// Name.
        tensor: String,
    },
    /// A tensor of the wrong shape.
    #[error("{file}: tensor \"{tensor}\" has shape {found:?} instead of {expected:?}")]
    Shape {
        /// Path.
        file: String,
        /// Name.
        tensor: String,
        /// Shape found.
        found: Vec<usize>,
        /// Shape expected.
        expected: Vec<usize>,
    },
    /// A folder without any golden file.
    #[error("{folder} holds none of the golden files ({expected})")]
    Empty {
        /// Path.
        folder: String,
        /// Names looked for.
        expected: String,
    },
    /// Neither the folder nor the data look-up provides the wiring.
    #[error("{folder} has no connectome.safetensors, and the data look-up failed: {problem}")]
    NoWiring {
        /// Path.
        folder: String,
        /// Why the look-up failed.
        problem: String,
    },
    /// The teacher cannot be built.
    #[error("the golden wiring does not fit the teacher: {0}")]
    Teacher(String),
    /// The wiring does not fit the circuit.
    #[error("the golden wiring does not fit the circuit: {0}")]
    Circuit(#[from] CircuitError),
}

/// The outcome of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct Verification {
    /// Files replayed.
    pub files: Vec<String>,
    /// Where the wiring came from.
    pub wiring: String,
    /// Every comparison.
    pub deviations: Vec<Deviation>,
    /// Number of comparisons within their tolerance.
    pub passed: usize,
    /// Number beyond it.
    pub failed: usize,
}

/// File names, in the order in which they are replayed.
pub const FILES: [&str; 8] = [
    "connectome.safetensors",
    "soft_noisefree.safetensors",
    "soft_noise.safetensors",
    "hard_noise.safetensors",
    "hard_interventions.safetensors",
    "teacher.safetensors",
    "training_steps.safetensors",
    "metrics.safetensors",
];

/// The wiring to fall back on when the folder has no `connectome.safetensors`.
pub type Fallback<'a> = &'a mut dyn FnMut() -> Result<Connectome, String>;

/// Replays every golden file of `folder`.
///
/// # Errors
/// Files that cannot be read or are damaged, missing or unexpected tensors, no golden file at all.
pub fn verify(folder: &Path, fallback: Fallback<'_>) -> Result<Verification, GoldenError> {
    let shown = folder.display().to_string();
    if !folder.is_dir() {
        let source = std::io::Error::new(std::io::ErrorKind::NotADirectory, "not a folder");
        return Err(GoldenError::Unreadable { file: shown, source });
    }
    let mut files = Vec::new();
    for name in FILES {
        let path = folder.join(name);
        if path.exists() {
            files.push((name, Vectors::read(&path)?));
        }
    }
    if files.is_empty() {
        return Err(GoldenError::Empty { folder: shown, expected: FILES.join(", ") });
    }
    let own = files.iter().find(|(name, _)| *name == FILES[0]);
    let needed = files.iter().any(|(name, _)| !matches!(*name, "connectome.safetensors" | "metrics.safetensors"));
    let (connectome, wiring) = match own {
        Some((name, vectors)) => (Some(wiring::connectome(vectors)?), (*name).to_owned()),
        None if needed => {
            let connectome = fallback().map_err(|problem| GoldenError::NoWiring { folder: shown, problem })?;
            (Some(connectome), "data look-up".to_owned())
        }
        None => (None, "not needed".to_owned()),
    };
    let circuit = Circuit::larva();
    let network = match &connectome {
        Some(connectome) => Some(Network::compile_with(&circuit, connectome, Sources::All)?),
        None => None,
    };
    let mut deviations = Vec::new();
    for (name, vectors) in &files {
        let (Some(connectome), Some(network)) = (&connectome, &network) else {
            deviations.extend(metrics::verify(vectors)?);
            continue;
        };
        deviations.extend(match *name {
            "connectome.safetensors" => wiring::verify(vectors, connectome, network, fallback)?,
            "teacher.safetensors" => teacher::verify(vectors, connectome, network)?,
            "training_steps.safetensors" => training::verify(vectors, connectome, network)?,
            "metrics.safetensors" => metrics::verify(vectors)?,
            soft if soft.starts_with("soft") => trials::verify_soft(vectors, network)?,
            _ => trials::verify_hard(vectors, network)?,
        });
    }
    let failed = deviations.iter().filter(|deviation| !deviation.passed()).count();
    Ok(Verification {
        files: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        wiring,
        passed: deviations.len() - failed,
        failed,
        deviations,
    })
}
