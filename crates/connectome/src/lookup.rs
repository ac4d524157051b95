//! Where the data are: the folders that are tried, in order, and what was found in each.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Serialize;

use crate::load::locate;
use crate::neutral::is_neutral;
use crate::{DataError, DataSet, Descriptor};

/// Environment variable that names the data folder.
pub const DATA_VARIABLE: &str = "KENYON_DATA";

/// A folder that may hold the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Why it is tried, such as `--data`.
    pub origin: String,
    /// The folder, if the origin names one.
    pub folder: Option<PathBuf>,
    /// Whether the archive of the data set, or a folder in the neutral format, is there.
    pub found: bool,
    /// What was found, or why not.
    pub outcome: String,
}

/// All places where data are looked for, in order: the argument, `KENYON_DATA`, `data` in the working
/// folder, `../shared/data`, the cache folder of the user. An argument or variable that is given but
/// wrong is not skipped silently: see [`find_folder`].
#[must_use]
pub fn candidates(argument: Option<&Path>, descriptor: &Descriptor) -> Vec<Candidate> {
    let variable = std::env::var_os(DATA_VARIABLE).filter(|value| !value.is_empty());
    candidates_from(
        argument,
        variable.map(PathBuf::from),
        cache_folder(descriptor).ok(),
        descriptor,
    )
}

fn candidates_from(
    argument: Option<&Path>,
    variable: Option<PathBuf>,
    cache: Option<PathBuf>,
    descriptor: &Descriptor,
) -> Vec<Candidate> {
    let places = [
        ("--data", argument.map(Path::to_owned)),
        (DATA_VARIABLE, variable),
        ("data in the working folder", Some(PathBuf::from("data"))),
        (
            "shared data beside the working folder",
            Some(PathBuf::from("../shared/data")),
        ),
        ("download cache", cache),
    ];
    places
        .into_iter()
        .map(|(origin, folder)| {
            let (found, outcome) = match &folder {
                None => (false, "not given".to_owned()),
                // Reading it tells a missing folder from a file and from one that is closed to us.
                Some(folder) if let Err(problem) = std::fs::read_dir(folder) => {
                    (false, problem.to_string())
                }
                Some(folder) if is_neutral(folder) => (true, "found (neutral format)".to_owned()),
                Some(folder) => match locate(folder, &descriptor.archive.path) {
                    Some(_) => (true, "found".to_owned()),
                    None => (false, format!("{} is missing", descriptor.archive.path)),
                },
            };
            Candidate {
                origin: origin.to_owned(),
                folder,
                found,
                outcome,
            }
        })
        .collect()
}

/// The first folder with the data. A folder given by the argument or the variable must hold it: another
/// one is not taken instead.
///
/// # Errors
/// [`DataError::NotFound`] with all places tried.
pub fn find_folder(argument: Option<&Path>, descriptor: &Descriptor) -> Result<PathBuf, DataError> {
    choose(candidates(argument, descriptor))
}

fn choose(candidates: Vec<Candidate>) -> Result<PathBuf, DataError> {
    let mut tried = Vec::new();
    for (place, candidate) in candidates.into_iter().enumerate() {
        let shown = candidate
            .folder
            .as_ref()
            .map_or_else(|| "-".to_owned(), |folder| folder.display().to_string());
        tried.push(format!(
            "  {} ({shown}): {}",
            candidate.origin, candidate.outcome
        ));
        match candidate.folder {
            Some(folder) if candidate.found => return Ok(folder),
            // Explicitly named: using other data than asked for would be a silent error.
            Some(_) if place < 2 => break,
            _ => {}
        }
    }
    Err(DataError::NotFound { tried })
}

impl DataSet {
    /// Finds data (see [`find_folder`]) and reads them: a folder in the neutral format, or the built-in
    /// data set.
    ///
    /// # Errors
    /// [`DataError::NotFound`] with all places tried, or the first fault of the data found.
    pub fn find(argument: Option<&Path>) -> Result<Self, DataError> {
        let descriptor = Descriptor::winding2023();
        Self::load(&find_folder(argument, &descriptor)?)
    }
}

/// The folder into which data are downloaded: `kenyon/<data set>` in the user's cache folder.
///
/// # Errors
/// [`DataError::NoCacheFolder`] if the user has no home folder.
pub fn cache_folder(descriptor: &Descriptor) -> Result<PathBuf, DataError> {
    let strategy = etcetera::choose_base_strategy().map_err(|error| DataError::NoCacheFolder {
        reason: error.to_string(),
    })?;
    Ok(strategy.cache_dir().join("kenyon").join(&descriptor.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_without_data_is_not_replaced_by_another() {
        let empty = tempfile::tempdir().expect("a temporary folder");
        let descriptor = Descriptor::winding2023();
        let error = choose(candidates_from(Some(empty.path()), None, None, &descriptor));
        match error {
            Err(DataError::NotFound { tried }) => {
                assert_eq!(tried.len(), 1);
                assert!(
                    tried[0].contains("--data") && tried[0].contains("missing"),
                    "{tried:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn candidates_are_tried_in_the_documented_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("Supplementary-Data-S1.zip"), b"x").expect("written");
        let descriptor = Descriptor::winding2023();
        let list = candidates_from(
            None,
            Some(folder.path().to_owned()),
            Some(folder.path().join("cache")),
            &descriptor,
        );
        let origins: Vec<&str> = list.iter().map(|place| place.origin.as_str()).collect();
        assert_eq!(origins[..2], ["--data", DATA_VARIABLE]);
        assert!(list[1].found && !list[4].found);
        assert_eq!(choose(list).ok().as_deref(), Some(folder.path()));
    }
}
