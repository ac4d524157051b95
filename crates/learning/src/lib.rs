//! The rate teacher, the transfer to the spiking student, and its training.
//!
//! [`RateTeacher`] is a static network of the same wiring; [`fit_teacher`] trains it, [`transfer`]
//! hands its decoder and gains to the student, and [`fit_student`] trains that against a [`Loss`].
//! Without a teacher a student starts from [`untaught_start`], or from what it can [`take_over`].
//! Both trainings are a [`Fit`]: [`Samples`] in, an [`Objective`] and its gradient, [`Adam`].
//! [`train`] does all of it in a folder and survives being killed; [`Checkpoint`] is what it writes.
//!
//! The crate knows no metrics: they come in through [`Callbacks::monitor`]. The same settings, data
//! and circuit give the same bytes on every machine, whether or not a run was interrupted.

mod adam;
mod checkpoint;
mod fit;
mod loss;
mod phases;
mod run;
mod samples;
mod settings;
mod start;
mod task;
mod teacher;
mod terms;
mod transfer;

pub use adam::{Adam, AdamSettings, StepReport, StepSize};
pub use checkpoint::{
    Checkpoint, CheckpointError, FORMAT, Header, Kind, RunIdentity, StoredGroup, digest,
    is_temporary, write_atomically,
};
pub use fit::{EpochRecord, Fit, FitError, FitState, History, MonitorRecord, Objective, Schedule};
pub use loss::{EnergyTerm, Loss, LossError};
pub use phases::{
    Callbacks, Ending, Monitor, Phase, Progress, StudentObjective, StudentRun, TeacherObjective,
    TrainedTeacher, fit_student, fit_teacher, start_state, student_run,
};
pub use run::{
    Existing, Outcome, RunError, RunInputs, RunOptions, TrainedStudent, train, train_teacher,
};
pub use samples::{OdourError, Odours, Samples, Stimuli};
pub use settings::{SettingsError, TeacherSettings, TrainingSettings};
pub use start::{Start, StartDescription, StartOrigin, TakenOver, take_over, untaught_start};
pub use task::{DescribedOdour, TaskDescription};
pub use teacher::{RateTeacher, TeacherError, TeacherResponses, TeacherRoles, TeacherWorkspace};
pub use terms::{LossReport, SparsityTerm};
pub use transfer::{TransferError, TransferRule, transfer};
