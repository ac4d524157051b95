//! The rate teacher, the transfer to the spiking student, and its training.

mod adam;
mod checkpoint;
mod fit;
mod loss;
mod phases;
mod run;
mod samples;
mod settings;
mod teacher;
mod terms;
mod transfer;

pub use adam::{Adam, AdamSettings, StepReport, StepSize};
pub use checkpoint::{Checkpoint, CheckpointError, FORMAT, Header, Kind, RunIdentity, digest};
pub use fit::{EpochRecord, Fit, FitError, FitState, History, MonitorRecord, Objective, Schedule};
pub use loss::{EnergyTerm, Loss, LossError};
pub use phases::{
    Callbacks, Ending, Monitor, Phase, Progress, StudentObjective, StudentRun, TeacherObjective,
    TrainedTeacher, fit_student, fit_teacher, start_state, student_run,
};
pub use run::{Existing, Outcome, RunError, RunInputs, RunOptions, TrainedStudent, train};
pub use samples::{OdourError, Odours, Samples};
pub use settings::{SettingsError, TeacherSettings, TrainingSettings};
pub use teacher::{RateTeacher, TeacherError, TeacherResponses, TeacherRoles, TeacherWorkspace};
pub use terms::{LossReport, SparsityTerm};
pub use transfer::{TransferError, TransferRule, transfer};
