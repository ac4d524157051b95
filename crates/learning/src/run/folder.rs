//! The folder of a run: who may enter, what is in it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Existing, RunError};
use crate::checkpoint::{RunIdentity, is_temporary, remove, sync_folder, write_atomically};

/// A folder that belongs to a run and that no other process trains in.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    /// Held for as long as the run lasts; the system releases it even if the process is killed.
    _lock: Option<File>,
}

fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunError + use<> {
    let path = path.to_owned();
    move |source| RunError::System {
        action,
        path,
        source,
    }
}

/// What to do if another process is in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupied {
    /// Leave it alone.
    Refuse,
    /// Wait until it is done.
    Wait,
}

impl RunFolder {
    pub(super) const RUN: &'static str = "run.json";
    pub(super) const TEACHER: &'static str = "teacher.safetensors";
    pub(super) const CHECKPOINT: &'static str = "checkpoint.safetensors";
    pub(super) const MODEL: &'static str = "model.safetensors";

    /// Creates or enters the folder, cleans up after a killed process and checks whose run it is.
    pub(super) fn open(
        path: &Path,
        identity: &RunIdentity,
        existing: Existing,
        occupied: Occupied,
    ) -> Result<Self, RunError> {
        fs::create_dir_all(path).map_err(system("create the folder", path))?;
        let folder = Self {
            path: path.to_owned(),
            _lock: lock(path, occupied)?,
        };
        let file = folder.file(Self::RUN);
        if folder.has(Self::RUN) {
            if existing == Existing::Refuse {
                return Err(RunError::ExistingRun {
                    folder: folder.path,
                });
            }
            folder.compare(identity)?;
            folder.remove_temporary_files()?;
            return Ok(folder);
        }
        for found in [Self::TEACHER, Self::CHECKPOINT, Self::MODEL] {
            if folder.has(found) {
                return Err(RunError::NotARun {
                    folder: folder.path,
                    found,
                });
            }
        }
        folder.remove_temporary_files()?;
        let mut text =
            serde_json::to_string_pretty(identity).map_err(|error| RunError::BadRunFile {
                file: file.clone(),
                reason: error.to_string(),
            })?;
        text.push('\n');
        write_atomically(&file, text.as_bytes()).map_err(system("write", &file))?;
        Ok(folder)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        // A dangling link counts: it must not be overwritten silently.
        self.file(name).symlink_metadata().is_ok()
    }

    pub(super) fn remove_checkpoint(&self) -> Result<(), RunError> {
        let file = self.file(Self::CHECKPOINT);
        remove(&file)
            .and_then(|()| sync_folder(&self.path))
            .map_err(system("remove", &file))
    }

    fn remove_temporary_files(&self) -> Result<(), RunError> {
        for entry in fs::read_dir(&self.path).map_err(system("list", &self.path))? {
            let entry = entry.map_err(system("list", &self.path))?;
            if is_temporary(&entry.file_name()) {
                remove(&entry.path()).map_err(system("remove", &entry.path()))?;
            }
        }
        Ok(())
    }

    /// The stored identity must be the one asked for.
    fn compare(&self, identity: &RunIdentity) -> Result<(), RunError> {
        let file = self.file(Self::RUN);
        let bad = |error: serde_json::Error| RunError::BadRunFile {
            file: file.clone(),
            reason: error.to_string(),
        };
        let text = fs::read_to_string(&file).map_err(system("read", &file))?;
        let stored: RunIdentity = serde_json::from_str(&text).map_err(bad)?;
        let (stored, requested) = (
            serde_json::to_value(stored).map_err(bad)?,
            serde_json::to_value(identity).map_err(bad)?,
        );
        match first_difference(&stored, &requested) {
            None => Ok(()),
            Some((setting, stored, requested)) => Err(RunError::DifferentRun {
                file,
                setting,
                stored,
                requested,
            }),
        }
    }
}

/// One process at a time, where the system can lock a folder.
fn lock(path: &Path, occupied: Occupied) -> Result<Option<File>, RunError> {
    if !cfg!(unix) {
        return Ok(None);
    }
    let handle = File::open(path).map_err(system("open the folder", path))?;
    if occupied == Occupied::Wait {
        return Ok(handle.lock().is_ok().then_some(handle));
    }
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked {
            folder: path.to_owned(),
        }),
        // Some network file systems cannot lock folders; that is no reason not to train there.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Path and both values of the first difference. Settings come before hashes, because a changed
/// setting also changes the run's identity and says more.
fn first_difference(stored: &Value, requested: &Value) -> Option<(String, String, String)> {
    const MOST_TELLING: [&str; 3] = ["settings", "circuit_sha256", "data_sha256"];
    for key in MOST_TELLING {
        let found = difference(key, &stored[key], &requested[key]);
        if found.is_some() {
            return found;
        }
    }
    difference("", stored, requested)
}

fn difference(path: &str, stored: &Value, requested: &Value) -> Option<(String, String, String)> {
    if let (Value::Object(left), Value::Object(right)) = (stored, requested) {
        let keys = left
            .keys()
            .chain(right.keys().filter(|key| !left.contains_key(*key)));
        return keys
            .map(|key| {
                let inner = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                difference(&inner, &stored[key.as_str()], &requested[key.as_str()])
            })
            .find_map(|found| found);
    }
    (stored != requested).then(|| (path.to_owned(), stored.to_string(), requested.to_string()))
}
