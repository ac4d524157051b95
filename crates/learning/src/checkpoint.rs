//! Files of trained parameters: safetensors, one tensor per parameter group, with provenance.
//!
//! A file holds every group under its name and in its shape (`f32` for single, `f64` for double
//! precision), and in the middle of a training Adam's moments as `f64` under `adam.first_moment.NAME`
//! and `adam.second_moment.NAME`. The metadata entry `kenyon` is JSON: a [`Header`] and the SHA-256
//! of header and tensors. Equal content gives equal bytes, and a reader trusts a file only after
//! every check in [`CheckpointError`] has passed.

mod atomic;
mod encoding;
mod error;

use std::path::Path;

use kenyon_circuit::{ParameterGroup, Parameters, Precision};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::adam::Adam;
use crate::fit::{FitState, History};
use crate::settings::TrainingSettings;
use crate::start::StartDescription;
use crate::task::TaskDescription;

pub use atomic::{is_temporary, write_atomically};
pub(crate) use atomic::{remove, sync_folder};
use encoding::Tensor;
pub use error::CheckpointError;

/// Version of the layout described above.
pub const FORMAT: u32 = 1;

const FIRST_MOMENT: &str = "adam.first_moment.";
const SECOND_MOMENT: &str = "adam.second_moment.";

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A trained rate teacher.
    Teacher,
    /// A student in the middle of its training.
    Checkpoint,
    /// A trained student.
    Model,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Teacher => "teacher",
            Self::Checkpoint => "checkpoint",
            Self::Model => "model",
        })
    }
}

/// Which run a file belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunIdentity {
    /// Identity of the run: the hash of everything that determines its bytes.
    pub run_id: String,
    /// SHA-256 of the circuit.
    pub circuit_sha256: String,
    /// SHA-256 of the data.
    pub data_sha256: String,
    /// Settings, the seed among them.
    pub settings: TrainingSettings,
    /// The odours and classes, if they are not those of the data's panel, so that whoever reads the
    /// model can present them again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskDescription>,
    /// The start values, if they were handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<StartDescription>,
}

/// Everything in a file besides tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the file is.
    pub kind: Kind,
    /// Version of the layout: [`FORMAT`].
    pub format: u32,
    /// The run it belongs to.
    pub run: RunIdentity,
    /// Number of epochs done.
    pub epoch: usize,
    /// Optimiser steps done; checkpoints only.
    pub steps: Option<u64>,
    /// Test accuracy of the teacher, between 0 and 1; teachers only.
    pub teacher_accuracy: Option<f64>,
    /// The course of the training.
    pub history: History,
}

/// A parameter group as a file holds it; what it is a group of is known to its circuit only.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredGroup {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its stored values.
    pub values: Vec<f64>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// What and whose it is.
    pub header: Header,
    /// Stored values.
    pub parameters: Parameters,
    /// The optimiser; checkpoints only.
    pub adam: Option<Adam>,
}

impl Checkpoint {
    /// A student in the middle of its training.
    #[must_use]
    pub fn of_training(run: &RunIdentity, state: &FitState) -> Self {
        let mut checkpoint = Self::of_model(run, state);
        checkpoint.header.kind = Kind::Checkpoint;
        checkpoint.header.steps = Some(state.adam.steps);
        checkpoint.adam = Some(state.adam.clone());
        checkpoint
    }

    /// A trained student.
    #[must_use]
    pub fn of_model(run: &RunIdentity, state: &FitState) -> Self {
        let header = Header {
            kind: Kind::Model,
            format: FORMAT,
            run: run.clone(),
            epoch: state.epoch(),
            steps: None,
            teacher_accuracy: None,
            history: state.history.clone(),
        };
        Self {
            header,
            parameters: state.parameters.clone(),
            adam: None,
        }
    }

    /// A trained teacher.
    #[must_use]
    pub fn of_teacher(run: &RunIdentity, teacher: &crate::TrainedTeacher) -> Self {
        let header = Header {
            kind: Kind::Teacher,
            format: FORMAT,
            run: run.clone(),
            epoch: teacher.history.epochs.len(),
            steps: None,
            teacher_accuracy: Some(teacher.accuracy),
            history: teacher.history.clone(),
        };
        Self {
            header,
            parameters: teacher.parameters.clone(),
            adam: None,
        }
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// If a value is not finite; `file` is only named in the error.
    pub fn encode(
        &self,
        groups: &[ParameterGroup],
        file: &Path,
    ) -> Result<Vec<u8>, CheckpointError> {
        let mut tensors = Vec::new();
        for group in groups {
            let (name, values) = (group.name.clone(), &self.parameters.values);
            tensors.push(Tensor::new(name, group, group.precision, values));
        }
        for group in groups {
            let Some(adam) = &self.adam else { break };
            for (prefix, moments) in [
                (FIRST_MOMENT, &adam.first_moment),
                (SECOND_MOMENT, &adam.second_moment),
            ] {
                let name = format!("{prefix}{}", group.name);
                tensors.push(Tensor::new(name, group, Precision::Double, moments));
            }
        }
        encoding::encode(&self.header, &tensors, file)
    }

    /// Writes the file: completely, or not at all.
    ///
    /// # Errors
    /// If a value is not finite or the file cannot be written.
    pub fn write(&self, groups: &[ParameterGroup], file: &Path) -> Result<(), CheckpointError> {
        let bytes = self.encode(groups, file)?;
        write_atomically(file, &bytes).map_err(|source| CheckpointError::Write {
            file: file.to_owned(),
            source,
        })
    }

    /// Reads and checks a file. `run` is the identity it must have; `None` accepts any run.
    ///
    /// # Errors
    /// One variant of [`CheckpointError`] for each thing that can be wrong.
    pub fn read(
        groups: &[ParameterGroup],
        file: &Path,
        kind: Kind,
        run: Option<&str>,
    ) -> Result<Self, CheckpointError> {
        let bytes = std::fs::read(file).map_err(|source| CheckpointError::Read {
            file: file.to_owned(),
            source,
        })?;
        Self::decode(groups, &bytes, file, kind, run)
    }

    /// As [`Checkpoint::read`], from the bytes of `file`.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn decode(
        groups: &[ParameterGroup],
        bytes: &[u8],
        file: &Path,
        kind: Kind,
        run: Option<&str>,
    ) -> Result<Self, CheckpointError> {
        let mut content = encoding::decode(bytes, file, kind)?;
        if let Some(expected) = run.filter(|&expected| expected != content.header.run.run_id) {
            return Err(CheckpointError::ForeignRun {
                file: file.to_owned(),
                expected: expected.to_owned(),
                found: content.header.run.run_id,
            });
        }
        let count = groups.last().map_or(0, |group| group.range.end);
        let mut parameters = Parameters {
            values: vec![0.0; count],
        };
        for group in groups {
            content.take(&group.name, group, group.precision, &mut parameters.values)?;
        }
        let adam = match content.header.steps {
            None => None,
            Some(steps) => {
                let mut adam = Adam::new(content.header.run.settings.adam, count);
                adam.steps = steps;
                for group in groups {
                    let [first, second] = [FIRST_MOMENT, SECOND_MOMENT]
                        .map(|prefix| format!("{prefix}{}", group.name));
                    content.take(&first, group, Precision::Double, &mut adam.first_moment)?;
                    content.take(&second, group, Precision::Double, &mut adam.second_moment)?;
                }
                Some(adam)
            }
        };
        content.finish()?;
        Ok(Self {
            header: content.header,
            parameters,
            adam,
        })
    }

    /// Reads and checks a trained model of whatever circuit: its header, and its parameter groups as
    /// they are stored, in order of their names.
    ///
    /// # Errors
    /// As [`Checkpoint::read`], but for what concerns the layout.
    pub fn read_groups(file: &Path) -> Result<(Header, Vec<StoredGroup>), CheckpointError> {
        let bytes = std::fs::read(file).map_err(|source| CheckpointError::Read {
            file: file.to_owned(),
            source,
        })?;
        let content = encoding::decode(&bytes, file, Kind::Model)?;
        let groups = content.groups()?;
        Ok((content.header, groups))
    }

    /// The state to continue from; `None` if the file is no checkpoint.
    #[must_use]
    pub fn into_state(self) -> Option<FitState> {
        let Self {
            header,
            parameters,
            adam,
        } = self;
        adam.map(|adam| FitState {
            parameters,
            adam,
            history: header.history,
        })
    }
}

/// SHA-256 (hexadecimal) of trained parameters: of each group in order its name, shape and stored
/// values, little endian, in the precision they are stored in.
///
/// # Panics
/// If the parameters do not fit the groups.
#[must_use]
pub fn digest(groups: &[ParameterGroup], parameters: &Parameters) -> String {
    let mut hash = Sha256::new();
    for group in groups {
        Tensor::new(
            group.name.clone(),
            group,
            group.precision,
            &parameters.values,
        )
        .add_to(&mut hash);
    }
    encoding::hexadecimal(hash)
}
