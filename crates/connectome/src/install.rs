//! Putting files into a data folder, all or nothing, after they were checked together.
//!
//! Files are gathered in a temporary folder beside the destination, read as a data set, and only then
//! renamed into place one by one. A folder that was good before stays good whatever goes wrong.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::TempDir;

use crate::archive::hash_of;
use crate::list::files;
use crate::load::locate;
use crate::{DataError, DataSet, Descriptor};

/// Larger files are refused: nothing in a data set comes near.
const LARGEST_FILE: u64 = 1 << 30;

/// What is in a data folder after files were added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The data folder.
    pub folder: PathBuf,
    /// Files that were added or were there already.
    pub files: Vec<InstalledFile>,
    /// What is still missing for a complete data set, if anything.
    pub missing: Option<String>,
}

/// A file of a data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstalledFile {
    /// Path below the data folder.
    pub path: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Whether it was added now.
    pub new: bool,
}

/// Files on their way into a data folder.
pub(crate) struct Staging<'a> {
    descriptor: &'a Descriptor,
    destination: PathBuf,
    folder: TempDir,
    files: Vec<InstalledFile>,
}

impl<'a> Staging<'a> {
    /// Starts beside `destination` with the files that are there already and have the right hash.
    pub fn new(descriptor: &'a Descriptor, destination: &Path) -> Result<Self, DataError> {
        let unwritable = |cause| DataError::Unwritable {
            path: destination.to_owned(),
            cause,
        };
        let parent = destination.parent().unwrap_or(destination);
        std::fs::create_dir_all(parent).map_err(unwritable)?;
        // In the same file system, so that files can be renamed into place.
        let folder = tempfile::Builder::new()
            .prefix(".kenyon-")
            .tempdir_in(parent)
            .map_err(unwritable)?;
        let mut staging = Self {
            descriptor,
            destination: destination.to_owned(),
            folder,
            files: Vec::new(),
        };
        for listed in files(descriptor) {
            let Some(path) = locate(destination, &listed.file.path) else {
                continue;
            };
            let bytes = read_limited(&path)?;
            if listed
                .file
                .sha256
                .is_none_or(|expected| expected == hash_of(&bytes))
            {
                staging.write(&listed.file.path, &bytes, false)?;
            }
        }
        Ok(staging)
    }

    /// Whether the file is there already.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    /// Adds a file after comparing its hash, if one is expected.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), DataError> {
        let listed = files(self.descriptor)
            .into_iter()
            .find(|listed| listed.file.path == path);
        // The archive may differ as long as its members are right, which reading it decides.
        let judged_by_content = path == self.descriptor.archive.path;
        if let Some(expected) = listed.and_then(|listed| listed.file.sha256) {
            let actual = hash_of(bytes);
            if actual != expected && !judged_by_content {
                return Err(DataError::WrongHash {
                    file: path.to_owned(),
                    expected,
                    actual,
                });
            }
        }
        self.write(path, bytes, true)
    }

    fn write(&mut self, path: &str, bytes: &[u8], new: bool) -> Result<(), DataError> {
        let target = self.folder.path().join(path);
        let unwritable = |cause| DataError::Unwritable {
            path: target.clone(),
            cause,
        };
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(unwritable)?;
        }
        let mut file = File::create(&target).map_err(unwritable)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(unwritable)?;
        self.files.retain(|file| file.path != path);
        self.files.push(InstalledFile {
            path: path.to_owned(),
            sha256: hash_of(bytes),
            new,
        });
        Ok(())
    }

    /// Reads the gathered files as a data set and puts the new ones into place. Files that are merely
    /// missing make the result incomplete; anything else wrong refuses all of them.
    pub fn install(self) -> Result<Installed, DataError> {
        let missing = match DataSet::load_with(self.folder.path(), self.descriptor) {
            Ok(_) => None,
            Err(DataError::FileMissing { path, hint, .. }) => Some(format!("{path} ({hint})")),
            Err(error) => return Err(error),
        };
        for file in self.files.iter().filter(|file| file.new) {
            let target = self.destination.join(&file.path);
            let unwritable = |cause| DataError::Unwritable {
                path: target.clone(),
                cause,
            };
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(unwritable)?;
            }
            std::fs::rename(self.folder.path().join(&file.path), &target).map_err(unwritable)?;
        }
        Ok(Installed {
            folder: self.destination,
            files: self.files,
            missing,
        })
    }
}

/// Copies downloaded files into the data folder `destination`: from a folder that holds them at their
/// paths or directly, from the supplement archive itself, or from a zip archive of such a folder.
///
/// # Errors
/// [`DataError::NotImportable`] if nothing usable is there; otherwise the first fault found in the
/// files. Nothing is changed then.
pub fn import(
    path: &Path,
    destination: &Path,
    descriptor: &Descriptor,
) -> Result<Installed, DataError> {
    let mut staging = Staging::new(descriptor, destination)?;
    let mut added = 0_usize;
    if path.is_dir() {
        for listed in files(descriptor) {
            let Some(file) = locate(path, &listed.file.path) else {
                continue;
            };
            staging.add(&listed.file.path, &read_limited(&file)?)?;
            added += 1;
        }
    } else {
        for (name, bytes) in unpack(path, descriptor)? {
            staging.add(&name, &bytes)?;
            added += 1;
        }
    }
    if added == 0 {
        return Err(DataError::NotImportable {
            path: path.to_owned(),
            reason: format!("it holds none of the files of {}", descriptor.name),
        });
    }
    staging.install()
}

/// The files of the data set in a zip archive, wherever they lie in it; or the archive as a whole if it
/// is the supplement.
fn unpack(path: &Path, descriptor: &Descriptor) -> Result<Vec<(String, Vec<u8>)>, DataError> {
    let bytes = read_limited(path)?;
    let shown = path.display().to_string();
    let not_an_archive = |error: String| DataError::NotAnArchive {
        file: shown.clone(),
        reason: error,
    };
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes.as_slice()))
        .map_err(|error| not_an_archive(error.to_string()))?;
    if zip
        .index_for_name(&descriptor.archive.annotations.path)
        .is_some()
    {
        return Ok(vec![(descriptor.archive.path.clone(), bytes)]);
    }
    let wanted = files(descriptor);
    let mut found = Vec::new();
    for index in 0..zip.len() {
        let mut member = zip
            .by_index(index)
            .map_err(|error| not_an_archive(error.to_string()))?;
        let name = member
            .name()
            .map(|name| name.to_string())
            .unwrap_or_default();
        if !member.is_file() || name.split('/').any(|part| part == "__MACOSX") {
            continue;
        }
        let bare = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        // "SOURCE.md" and the like are too common to be taken by their bare name.
        let listed = wanted.iter().find(|listed| {
            name.ends_with(&listed.file.path)
                || (bare(&name) == bare(&listed.file.path) && !name.ends_with(".md"))
        });
        let Some(listed) = listed else { continue };
        let mut content = Vec::new();
        member
            .by_ref()
            .take(LARGEST_FILE)
            .read_to_end(&mut content)
            .map_err(|error| not_an_archive(format!("{name}: {error}")))?;
        found.push((listed.file.path.clone(), content));
    }
    Ok(found)
}

fn read_limited(path: &Path) -> Result<Vec<u8>, DataError> {
    let unreadable = |cause| DataError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}
