//! A folder of results: read, and checked against its manifest before anything is trusted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kenyon_circuit::Form;
use kenyon_learning::{Header, History};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::outcome::{DESCRIPTION, MANIFEST, SUMMARY};
use crate::{
    ACROSS, AcrossMetrics, Description, Detail, ManifestEntry, Measured, Quantity, RunSummary,
    Summary, Timing,
};

/// Why results cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The folder does not hold results.
    #[error(
        "{} holds no results of a study: there is no {file}; name a folder that `kenyon reproduce` or `kenyon study run` made, such as results/reproduce",
        folder.display()
    )]
    NoResults {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        file: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what was written.
    #[error(
        "{} is damaged or was changed after it was written ({problem}); run the study again, which keeps what is whole",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

/// The results of one study.
pub struct Results {
    /// Where they lie.
    pub folder: PathBuf,
    /// The outcome.
    pub summary: Summary,
    /// What was run.
    pub description: Description,
    /// How long it took; empty if no call did all of it.
    pub timings: Vec<Timing>,
    manifest: BTreeMap<String, String>,
}

/// A trained model as it was stored.
#[derive(Clone, Debug)]
pub struct StoredModel {
    /// What happened during its training.
    pub history: History,
    /// Realised parameters by name.
    pub parameters: BTreeMap<String, Vec<f64>>,
    /// Their shapes; empty of a single value.
    pub shapes: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Stored<T> {
    content: T,
}

impl Results {
    /// Reads the folder of a study.
    ///
    /// # Errors
    /// Folders without results, and files that are damaged.
    pub fn read(folder: &Path) -> Result<Self, ResultsError> {
        let missing = |file: &'static str| ResultsError::NoResults {
            folder: folder.to_path_buf(),
            file,
        };
        for file in [SUMMARY, MANIFEST, DESCRIPTION] {
            if !folder.join(file).is_file() {
                return Err(missing(file));
            }
        }
        let entries: Vec<ManifestEntry> =
            parsed(&folder.join(MANIFEST), &bytes(&folder.join(MANIFEST))?)?;
        let mut results = Self {
            folder: folder.to_path_buf(),
            manifest: entries
                .into_iter()
                .map(|entry| (entry.path, entry.sha256))
                .collect(),
            summary: parsed(&folder.join(SUMMARY), &bytes(&folder.join(SUMMARY))?)?,
            description: parsed(
                &folder.join(DESCRIPTION),
                &bytes(&folder.join(DESCRIPTION))?,
            )?,
            timings: Vec::new(),
        };
        for file in [SUMMARY, DESCRIPTION] {
            results.bytes(file)?;
        }
        let timings = folder.join("timings.json");
        if timings.is_file() {
            results.timings = parsed(&timings, &bytes(&timings)?)?;
        }
        Ok(results)
    }

    /// The bytes of a file of the manifest.
    fn bytes(&self, file: &str) -> Result<Vec<u8>, ResultsError> {
        let path = self.folder.join(file);
        let bytes = bytes(&path)?;
        let found: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        match self.manifest.get(file) {
            Some(expected) if *expected == found => Ok(bytes),
            Some(_) => Err(damaged(&path, "its SHA-256 is not that of the manifest")),
            None => Err(damaged(&path, "the manifest does not list it")),
        }
    }

    /// What was found by a measurement of a run, as it is stored; `None` if it was not made.
    ///
    /// # Errors
    /// Files that are damaged.
    pub fn measurement(
        &self,
        run: &RunSummary,
        measurement: &str,
    ) -> Result<Option<serde_json::Value>, ResultsError> {
        self.content(&format!("{}/{measurement}.json", run.folder))
    }

    fn content<T: DeserializeOwned>(&self, file: &str) -> Result<Option<T>, ResultsError> {
        if !self.manifest.contains_key(file) {
            return Ok(None);
        }
        let bytes = self.bytes(file)?;
        let stored: Stored<T> = parsed(&self.folder.join(file), &bytes)?;
        Ok(Some(stored.content))
    }

    /// The runs of an experiment, in the order of their seeds.
    pub fn runs_of(&self, experiment: &str) -> impl Iterator<Item = &RunSummary> {
        self.summary
            .runs
            .iter()
            .filter(move |run| run.experiment == experiment)
    }

    /// A measurement of all seeds of an experiment, with the seed; those that were not made are left out.
    ///
    /// # Errors
    /// Files that are damaged.
    pub fn details(
        &self,
        experiment: &str,
        measurement: &str,
    ) -> Result<Vec<(u64, Detail)>, ResultsError> {
        let mut found = Vec::new();
        for run in self.runs_of(experiment) {
            let file = format!("{}/{measurement}.json", run.folder);
            if let Some(measured) = self.content::<Measured>(&file)? {
                found.push((run.seed, measured.detail));
            }
        }
        Ok(found)
    }

    /// What was measured of all models of an experiment together.
    ///
    /// # Errors
    /// Files that are damaged.
    pub fn across(&self, experiment: &str) -> Result<Option<AcrossMetrics>, ResultsError> {
        self.content(&format!("{experiment}/{}.json", ACROSS))
    }

    /// The trained model of a run.
    ///
    /// # Errors
    /// Files that are damaged.
    pub fn model(&self, run: &RunSummary) -> Result<StoredModel, ResultsError> {
        let file = format!("{}/model.safetensors", run.folder);
        let bytes = self.bytes(&file)?;
        let path = self.folder.join(&file);
        let problem = |problem: String| damaged(&path, &problem);
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes)
            .map_err(|source| problem(source.to_string()))?;
        let tensors = safetensors::SafeTensors::deserialize(&bytes)
            .map_err(|source| problem(source.to_string()))?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get("kenyon"))
            .ok_or_else(|| problem("it has no header of a model".to_owned()))?;
        #[derive(Deserialize)]
        struct Metadata {
            header: Header,
        }
        let Metadata { header } =
            serde_json::from_str(text).map_err(|source| problem(source.to_string()))?;
        let forms: BTreeMap<&str, Form> = self
            .description
            .network
            .parameters
            .iter()
            .map(|parameter| (parameter.name.as_str(), parameter.form))
            .collect();
        let (mut parameters, mut shapes) = (BTreeMap::new(), BTreeMap::new());
        for (name, tensor) in tensors.tensors() {
            let form = forms.get(name.as_str()).copied().unwrap_or(Form::Plain);
            let stored =
                numbers(&tensor).ok_or_else(|| problem(format!("\"{name}\" holds no numbers")))?;
            let realised = stored
                .into_iter()
                .map(|value| form.realise(value))
                .collect();
            shapes.insert(name.clone(), tensor.shape().to_vec());
            parameters.insert(name, realised);
        }
        Ok(StoredModel {
            history: header.history,
            parameters,
            shapes,
        })
    }

    /// A figure of a family of experiments.
    #[must_use]
    pub fn quantity(&self, family: &str, measurement: &str, figure: &str) -> Option<&Quantity> {
        self.summary.quantities.iter().find(|one| {
            one.family == family && one.measurement == measurement && one.figure == figure
        })
    }

    /// Whether an experiment was measured so.
    #[must_use]
    pub fn details_exist(&self, experiment: &str, measurement: &str) -> bool {
        let described = self.description.experiments.iter();
        let mut own = described.filter(|it| it.name == experiment);
        own.any(|it| it.measurements.iter().any(|name| name == measurement))
    }

    /// Whether the study has an experiment of that name.
    #[must_use]
    pub fn has(&self, experiment: &str) -> bool {
        self.runs_of(experiment).next().is_some()
    }
}

fn damaged(path: &Path, problem: &str) -> ResultsError {
    ResultsError::Damaged {
        path: path.to_path_buf(),
        problem: problem.to_owned(),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, ResultsError> {
    std::fs::read(path).map_err(|source| ResultsError::File {
        path: path.to_path_buf(),
        source,
    })
}

fn parsed<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ResultsError> {
    serde_json::from_slice(bytes).map_err(|source| damaged(path, &source.to_string()))
}

fn numbers(tensor: &safetensors::tensor::TensorView<'_>) -> Option<Vec<f64>> {
    let bytes = tensor.data();
    match tensor.dtype() {
        safetensors::Dtype::F32 => Some(
            bytes
                .chunks_exact(4)
                .map(|it| f64::from(f32::from_le_bytes([it[0], it[1], it[2], it[3]])))
                .collect(),
        ),
        safetensors::Dtype::F64 => Some(
            bytes
                .chunks_exact(8)
                .map(|it| {
                    let mut word = [0; 8];
                    word.copy_from_slice(it);
                    f64::from_le_bytes(word)
                })
                .collect(),
        ),
        _ => None,
    }
}
