//! Replay of golden vectors: what an independent implementation computed, recomputed by ours.

mod comparison;
mod connectome;
mod divergence;
mod hard;
mod inputs;
mod metrics;
mod names;
mod recorder;
mod report;
mod soft;
mod teacher;
mod tensors;
mod training;
mod wiring;

use std::path::Path;

use kenyon_circuit::{Circuit, CircuitError, Network, Sources};
use kenyon_connectome::{Connectome, DataError, DataSet, ReceptorMapping};
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
    /// A file of which nothing was compared.
    #[error("{file} holds nothing that this version knows how to compare")]
    NothingToCompare {
        /// Path.
        file: String,
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
    /// Whether the golden wiring was compared with the data set too, and if not, why.
    pub data: String,
    /// Every comparison.
    pub deviations: Vec<Deviation>,
    /// Number of comparisons within their tolerance.
    pub passed: usize,
    /// Number beyond it.
    pub failed: usize,
}

/// File names, in the order in which they are replayed.
pub const FILES: [&str; 8] = [
    CONNECTOME,
    "soft_noisefree.safetensors",
    "soft_noise.safetensors",
    "hard_noise.safetensors",
    "hard_interventions.safetensors",
    "teacher.safetensors",
    "training_steps.safetensors",
    METRICS,
];

const CONNECTOME: &str = "connectome.safetensors";
const METRICS: &str = "metrics.safetensors";

/// What the data look-up found.
#[derive(Clone, Debug)]
pub struct FoundData {
    /// The connectome.
    pub connectome: Connectome,
    /// Odour templates by position, `[odour][channel]`.
    pub by_position: Vec<Vec<f64>>,
    /// Odour templates by receptor name, or why they are not known.
    pub by_name: Result<Vec<Vec<f64>>, String>,
}

impl FoundData {
    /// What a loaded data set says.
    ///
    /// # Errors
    /// If it has no templates.
    pub fn new(data: &DataSet) -> Result<Self, DataError> {
        let by_name = data.panel.templates(ReceptorMapping::ByName);
        Ok(Self {
            connectome: data.connectome.clone(),
            by_position: data.panel.templates(ReceptorMapping::ByPosition)?,
            by_name: by_name.map_err(|error| error.to_string()),
        })
    }
}

/// Looks the data set up: the wiring if the folder has no `connectome.safetensors`, and something to
/// compare it with if it has. The error is a sentence for people. Called at most once.
pub type Fallback<'a> = &'a mut dyn FnMut() -> Result<FoundData, String>;

/// Replays every golden file of `folder`; any subset of [`FILES`] will do.
///
/// # Errors
/// Files that cannot be read or are damaged, missing or unexpected tensors, no golden file at all.
pub fn verify(folder: &Path, fallback: Fallback<'_>) -> Result<Verification, GoldenError> {
    let shown = folder.display().to_string();
    // Reading it tells a missing folder from a file and from one that is closed to us.
    std::fs::read_dir(folder).map_err(|source| GoldenError::Unreadable {
        file: shown.clone(),
        source,
    })?;
    let mut files = Vec::new();
    for name in FILES {
        let path = folder.join(name);
        if path.exists() {
            files.push((name, Vectors::read(&path)?));
        }
    }
    if files.is_empty() {
        return Err(GoldenError::Empty {
            folder: shown,
            expected: FILES.join(", "),
        });
    }
    let own = files
        .iter()
        .find(|(name, _)| *name == CONNECTOME)
        .map(|(_, vectors)| vectors);
    let needed = files.iter().any(|(name, _)| *name != METRICS);
    let found = if needed {
        fallback()
    } else {
        Err("not needed".to_owned())
    };
    let (connectome, wiring) = match (own, &found) {
        (Some(vectors), _) => (Some(wiring::connectome(vectors)?), CONNECTOME),
        (None, Ok(found)) => (Some(found.connectome.clone()), "data look-up"),
        (None, Err(_)) if !needed => (None, "not needed"),
        (None, Err(problem)) => {
            return Err(GoldenError::NoWiring {
                folder: shown,
                problem: problem.clone(),
            });
        }
    };
    let circuit = Circuit::larva();
    let compile =
        |connectome: &Connectome| Network::compile_with(&circuit, connectome, Sources::All);
    let network = connectome.as_ref().map(&compile).transpose()?;
    let templates = match (own, &found) {
        (Some(vectors), _) => Some(connectome::templates(vectors)?),
        (None, Ok(found)) => Some(found.by_position.clone()),
        (None, Err(_)) => None,
    };
    let mut deviations = Vec::new();
    for (name, vectors) in &files {
        let new = match (*name, &connectome, &network) {
            (METRICS, ..) => metrics::verify(vectors, templates.as_deref())?,
            (CONNECTOME, Some(connectome), Some(network)) => {
                let mut new = connectome::verify(vectors, "rebuilt", connectome, network)?;
                if let Ok(found) = &found {
                    let network = compile(&found.connectome)?;
                    new.extend(connectome::verify(
                        vectors,
                        "data",
                        &found.connectome,
                        &network,
                    )?);
                    new.extend(connectome::verify_templates(vectors, found)?);
                }
                new
            }
            ("teacher.safetensors", Some(connectome), Some(network)) => {
                teacher::verify(vectors, connectome, network)?
            }
            ("training_steps.safetensors", Some(connectome), Some(network)) => {
                training::verify(vectors, connectome, network)?
            }
            (soft, _, Some(network)) if soft.starts_with("soft") => soft::verify(vectors, network)?,
            (_, _, Some(network)) => hard::verify(vectors, network)?,
            (_, _, None) => Vec::new(),
        };
        if new.is_empty() {
            return Err(GoldenError::NothingToCompare {
                file: vectors.file.clone(),
            });
        }
        deviations.extend(new);
    }
    let failed = deviations
        .iter()
        .filter(|deviation| !deviation.passed())
        .count();
    Ok(Verification {
        files: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
        wiring: wiring.to_owned(),
        data: match (own, &found) {
            (Some(_), Ok(_)) => "compared".to_owned(),
            (Some(_), Err(problem)) => format!("not compared: {problem}"),
            (None, _) => "not compared: the folder has no connectome.safetensors".to_owned(),
        },
        passed: deviations.len() - failed,
        failed,
        deviations,
    })
}
