//! A training run in a folder, which may be killed at any moment and resumed.
//!
//! | file | content |
//! |---|---|
//! | `run.json` | [`RunIdentity`]: what determines the run; written first |
//! | `teacher.safetensors` | the trained teacher, unless it was handed in or there is none |
//! | `checkpoint.safetensors` | the student's state at an epoch boundary; removed at the end |
//! | `model.safetensors` | the trained student; its existence means the run is complete |
//!
//! Every file is written under a temporary name, synced and renamed, so each exists completely or not
//! at all, and a resumed run ends in the same bytes as one that was never interrupted.
//!
//! Students that differ only in what the teacher does not know (objective, ablation, noise) can share
//! one: [`train_teacher`] trains it in a folder of its own.

mod error;
mod folder;

use std::ops::ControlFlow;
use std::path::Path;

use kenyon_circuit::{Network, Parameters};

use crate::checkpoint::{Checkpoint, Kind, RunIdentity, digest};
use crate::fit::{FitState, History};
use crate::phases::{
    Callbacks, Ending, Progress, TrainedTeacher, fit_student, fit_teacher, start_state, student_run,
};
use crate::samples::{Odours, Stimuli};
use crate::start::Start;
use crate::teacher::RateTeacher;
use crate::transfer::transfer;

pub use error::RunError;
use folder::{Occupied, RunFolder};

/// What a run trains, and on what.
#[derive(Clone, Copy)]
pub struct RunInputs<'a, S = Odours> {
    /// Identity of the run, settings included.
    pub identity: &'a RunIdentity,
    /// The student.
    pub network: &'a Network,
    /// Where the student starts.
    pub start: Start<'a>,
    /// What it learns to tell apart.
    pub stimuli: &'a S,
}

/// What to do with a run that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse to touch it.
    Refuse,
    /// Continue it if its identity is the same; start if there is none.
    Resume,
}

/// How a run is carried out; none of this changes its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// What to do with a run that is already there.
    pub existing: Existing,
    /// Epochs between two checkpoints, at least 1. A checkpoint is about 180 KB and
    /// takes about as long as a tenth of an epoch to write.
    pub checkpoint_every: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            existing: Existing::Refuse,
            checkpoint_every: 10,
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All epochs are done and the model is written.
    Complete(Box<TrainedStudent>),
    /// The progress callback stopped it; it can be resumed.
    Stopped {
        /// Epochs of the student that are done and saved.
        epoch: usize,
    },
}

/// The result of a complete run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainedStudent {
    /// Stored values, laid out by the network's table.
    pub parameters: Parameters,
    /// SHA-256 of the parameters, see [`digest`].
    pub digest: String,
    /// The course of the student's training.
    pub history: History,
    /// Share of test trials that the teacher decided correctly; `None` without a teacher.
    pub teacher_accuracy: Option<f64>,
}

/// Trains teacher and student in `folder`, which is created if needed.
///
/// # Errors
/// See [`RunError`]. Whatever the error, the files in the folder are complete ones.
pub fn train<S: Stimuli>(
    folder: &Path,
    inputs: &RunInputs<'_, S>,
    options: RunOptions,
    callbacks: &mut Callbacks<'_>,
) -> Result<Outcome, RunError> {
    let RunInputs {
        identity,
        network,
        start,
        stimuli,
    } = *inputs;
    let settings = &identity.settings;
    settings.check(stimuli.labels().len())?;
    settings.loss.check(network)?;
    check_sizes(inputs)?;
    let folder = RunFolder::open(folder, identity, options.existing, Occupied::Refuse)?;

    let trained = match start {
        Start::Values(_) => None,
        Start::Teacher {
            trained: Some(trained),
            ..
        } => Some(trained.clone()),
        Start::Teacher { teacher, .. } => {
            let odours = stimuli.odours().ok_or(RunError::TimelessTeacher)?;
            match obtain_teacher(&folder, identity, teacher, odours, callbacks.progress)? {
                None => return Ok(Outcome::Stopped { epoch: 0 }),
                trained => trained,
            }
        }
    };
    let accuracy = trained.as_ref().map(|teacher| teacher.accuracy);
    let groups = network.table().groups();
    let run_id = Some(identity.run_id.as_str());
    if folder.has(RunFolder::MODEL) {
        let model = Checkpoint::read(groups, &folder.file(RunFolder::MODEL), Kind::Model, run_id)?;
        folder.remove_checkpoint()?;
        let Checkpoint {
            header, parameters, ..
        } = model;
        return Ok(complete(network, parameters, header.history, accuracy));
    }

    let checkpoint = folder.file(RunFolder::CHECKPOINT);
    let stored = if folder.has(RunFolder::CHECKPOINT) {
        Checkpoint::read(groups, &checkpoint, Kind::Checkpoint, run_id)?.into_state()
    } else {
        None
    };
    let state = match stored {
        Some(state) => state,
        None => {
            let start = match (start, &trained) {
                (Start::Teacher { teacher, rule, .. }, Some(trained)) => {
                    transfer(teacher, &trained.parameters, network.table(), rule)?
                }
                (Start::Values(values), _) => values.clone(),
                (Start::Teacher { .. }, None) => network.table().start(),
            };
            start_state(start, settings)
        }
    };
    let mut run = student_run(network, stimuli, settings, state);
    let every = options.checkpoint_every.max(1);
    let save =
        |state: &FitState| Checkpoint::of_training(identity, state).write(groups, &checkpoint);
    let mut boundary = |state: &FitState| -> Result<(), RunError> {
        let due = state.epoch().is_multiple_of(every) && state.epoch() < settings.student_epochs;
        if due { Ok(save(state)?) } else { Ok(()) }
    };
    match fit_student(&mut run, settings, callbacks, &mut boundary)? {
        Ending::Stopped => {
            save(run.state())?;
            Ok(Outcome::Stopped {
                epoch: run.state().epoch(),
            })
        }
        Ending::Complete => {
            let state = run.into_state();
            Checkpoint::of_model(identity, &state).write(groups, &folder.file(RunFolder::MODEL))?;
            folder.remove_checkpoint()?;
            Ok(complete(network, state.parameters, state.history, accuracy))
        }
    }
}

/// Teacher, student and stimuli must agree about channels and classes.
fn check_sizes<S: Stimuli>(inputs: &RunInputs<'_, S>) -> Result<(), RunError> {
    let RunInputs {
        network,
        start,
        stimuli,
        ..
    } = inputs;
    let channels = stimuli.channels();
    let classes = stimuli.labels().iter().max().map_or(0, |last| last + 1);
    let mut sizes = vec![
        (
            "receptor channels of the stimuli",
            network.channels(),
            channels,
        ),
        ("classes of the stimuli", network.classes(), classes),
    ];
    match start {
        Start::Teacher { teacher, .. } => sizes.extend([
            (
                "receptor channels of the teacher",
                network.channels(),
                teacher.channels(),
            ),
            (
                "classes of the teacher",
                network.classes(),
                teacher.classes(),
            ),
        ]),
        Start::Values(values) => sizes.push((
            "parameters of the start",
            network.table().len(),
            values.values.len(),
        )),
    }
    for (what, student, other) in sizes {
        if student != other {
            return Err(RunError::Sizes {
                what,
                expected: student,
                actual: other,
            });
        }
    }
    Ok(())
}

/// Trains a teacher in a folder of its own, or reads the one that is there. If another process is at
/// it, this one waits. Returns `None` if the progress callback stopped it.
///
/// # Errors
/// See [`RunError`].
pub fn train_teacher(
    folder: &Path,
    identity: &RunIdentity,
    teacher: &RateTeacher,
    odours: &Odours,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<TrainedTeacher>, RunError> {
    identity.settings.check(odours.templates().len())?;
    let folder = RunFolder::open(folder, identity, Existing::Resume, Occupied::Wait)?;
    obtain_teacher(&folder, identity, teacher, odours, progress)
}

/// The teacher of the folder, trained now if it is not there yet; `None` if it was stopped.
fn obtain_teacher(
    folder: &RunFolder,
    identity: &RunIdentity,
    teacher: &RateTeacher,
    odours: &Odours,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Option<TrainedTeacher>, RunError> {
    let file = folder.file(RunFolder::TEACHER);
    if folder.has(RunFolder::TEACHER) {
        let run_id = Some(identity.run_id.as_str());
        let stored = Checkpoint::read(teacher.groups(), &file, Kind::Teacher, run_id)?;
        let Some(accuracy) = stored.header.teacher_accuracy else {
            return Err(RunError::NoAccuracy { file });
        };
        let Checkpoint {
            header, parameters, ..
        } = stored;
        return Ok(Some(TrainedTeacher {
            parameters,
            accuracy,
            history: header.history,
        }));
    }
    let trained = fit_teacher(teacher, odours, &identity.settings, progress)?;
    if let Some(trained) = &trained {
        Checkpoint::of_teacher(identity, trained).write(teacher.groups(), &file)?;
    }
    Ok(trained)
}

fn complete(
    network: &Network,
    parameters: Parameters,
    history: History,
    teacher_accuracy: Option<f64>,
) -> Outcome {
    let digest = digest(network.table().groups(), &parameters);
    Outcome::Complete(Box::new(TrainedStudent {
        parameters,
        digest,
        history,
        teacher_accuracy,
    }))
}
