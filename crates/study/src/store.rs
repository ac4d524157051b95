//! Files of a study: written completely or not at all, trusted only after their hash is checked.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use kenyon_learning::{is_temporary, write_atomically};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::identity::hash_of;

/// A stored result: its key says what determined it, its hash that it is whole.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    key: String,
    content_sha256: String,
    content: T,
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StudyError {
    let path = path.to_path_buf();
    move |source| StudyError::File {
        action,
        path,
        source,
    }
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One value per line, for people.
    Indented,
    /// All on one line, for long lists of numbers.
    Compact,
}

/// Writes a value as JSON: to a temporary file in the same folder, synced, then renamed.
///
/// # Errors
/// Folders or files that cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StudyError> {
    write(path, &text(path, value, Layout::Indented)?)
}

/// As [`write_json`], unless the file has just these bytes already.
pub(crate) fn write_json_if_changed(path: &Path, value: &impl Serialize) -> Result<(), StudyError> {
    let text = text(path, value, Layout::Indented)?;
    if std::fs::read(path).is_ok_and(|written| written == text) {
        return Ok(());
    }
    write(path, &text)
}

fn text(path: &Path, value: &impl Serialize, layout: Layout) -> Result<Vec<u8>, StudyError> {
    let text = match layout {
        Layout::Indented => serde_json::to_vec_pretty(value),
        Layout::Compact => serde_json::to_vec(value),
    };
    let mut text = text.map_err(|source| StudyError::Json {
        path: path.to_path_buf(),
        source,
    })?;
    text.push(b'\n');
    Ok(text)
}

fn write(path: &Path, text: &[u8]) -> Result<(), StudyError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(file_error("create", folder))?;
    write_atomically(path, text).map_err(file_error("write", path))
}

/// Stores a result under its key.
pub(crate) fn store<T: Serialize>(
    path: &Path,
    key: &str,
    content: &T,
    layout: Layout,
) -> Result<(), StudyError> {
    let content_sha256 = hash_of(content).map_err(|source| StudyError::Json {
        path: path.to_path_buf(),
        source,
    })?;
    let stored = Stored {
        key: key.to_owned(),
        content_sha256,
        content,
    };
    write(path, &text(path, &stored, layout)?)
}

/// The stored result, if it is there, whole, and was determined by the same key.
pub(crate) fn stored<T: Serialize + DeserializeOwned>(path: &Path, key: &str) -> Option<T> {
    let stored: Stored<T> = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let whole = hash_of(&stored.content).ok()? == stored.content_sha256;
    (whole && stored.key == key).then_some(stored.content)
}

/// Locks a folder (created if needed) for this process until the returned file is dropped, and
/// removes what an interrupted process left half written.
///
/// # Errors
/// A folder that cannot be written, or that another process has locked.
pub fn lock_folder(folder: &Path) -> Result<File, StudyError> {
    let file = lock(folder, File::try_lock)?;
    remove_temporary_files(folder)?;
    Ok(file)
}

/// Removes what an interrupted process left half written in a folder, if there is one. Nobody else may
/// work there.
pub(crate) fn remove_temporary_files(folder: &Path) -> Result<(), StudyError> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        if is_temporary(&entry.file_name()) {
            std::fs::remove_file(entry.path()).map_err(file_error("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Locks a folder (created if needed) as [`lock_folder`] does, but waits until it is free.
pub(crate) fn wait_for_folder(folder: &Path) -> Result<File, StudyError> {
    lock(folder, |file| file.lock().map_err(TryLockError::Error))
}

/// Locks a folder (created if needed) against processes that want it for themselves; others that
/// share it may work beside this one.
///
/// # Errors
/// As [`lock_folder`].
pub fn lock_folder_shared(folder: &Path) -> Result<File, StudyError> {
    lock(folder, File::try_lock_shared)
}

fn lock(
    folder: &Path,
    try_lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<File, StudyError> {
    std::fs::create_dir_all(folder).map_err(file_error("create", folder))?;
    let path = folder.join(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(file_error("write", &path))?;
    match try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StudyError::Locked {
            path: folder.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(file_error("lock", &path)(source)),
    }
}
