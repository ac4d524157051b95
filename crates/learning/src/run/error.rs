//! Why a run did not start or did not end.

use std::path::PathBuf;

use crate::checkpoint::CheckpointError;
use crate::fit::FitError;
use crate::loss::LossError;
use crate::settings::SettingsError;
use crate::transfer::TransferError;

/// Why a run did not start or did not end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A setting makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The objective does not fit the network.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// The teacher does not fit the student.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Training diverged.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A file of parameters could not be written or was not accepted.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Student, teacher and odours disagree.
    #[error("the {what} number {actual}, but the student has {expected}")]
    Sizes {
        /// What is counted.
        what: &'static str,
        /// Number in the student.
        expected: usize,
        /// Number found.
        actual: usize,
    },
    /// A rate teacher was to be trained on stimuli that change.
    #[error(
        "a rate teacher knows no time, so it cannot learn stimuli that change during a trial; start from \
         start values or from another model"
    )]
    TimelessTeacher,
    /// There is a run already.
    #[error(
        "{folder} holds a run already; resume it, or choose another folder",
        folder = folder.display()
    )]
    ExistingRun {
        /// The folder.
        folder: PathBuf,
    },
    /// The run that is there differs from the one asked for.
    #[error(
        "{file} has {setting} = {stored}, but {requested} was asked for; a run is resumed only with \
         what it was started with: undo the change, or choose another folder",
        file = file.display()
    )]
    DifferentRun {
        /// The file that describes the stored run.
        file: PathBuf,
        /// Name of the first difference, such as `settings.loss.sparsity.weight`.
        setting: String,
        /// Its value in the file, as JSON.
        stored: String,
        /// The value asked for, as JSON.
        requested: String,
    },
    /// There are results but nothing that says which run they are of.
    #[error(
        "{folder} holds {found} but no run.json; move it away, or choose another folder",
        folder = folder.display()
    )]
    NotARun {
        /// The folder.
        folder: PathBuf,
        /// The file found.
        found: &'static str,
    },
    /// The description of the run cannot be understood.
    #[error(
        "{file} does not describe a run: {reason}; restore it, or choose another folder",
        file = file.display()
    )]
    BadRunFile {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another process works in the folder.
    #[error("another process is training in {folder}; wait for it to end", folder = folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// A teacher file without its accuracy.
    #[error("{file} does not state the teacher's accuracy; delete it and resume", file = file.display())]
    NoAccuracy {
        /// The file.
        file: PathBuf,
    },
    /// The system refused an operation.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    System {
        /// What was to be done.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
