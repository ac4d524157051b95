//! Reading a data set from a folder: select, read, compare with every expectation.

use std::path::{Path, PathBuf};

use crate::annotations::{read_annotations, select};
use crate::archive::{Archive, hash_of};
use crate::check::{Check, Outcome, check_connectome};
use crate::contacts::read_contacts;
use crate::descriptor::{Descriptor, FileDescriptor};
use crate::manifest::{Manifest, ManifestFile, SourceKind};
use crate::neurons::{apply_metadata, apply_neuron_table};
use crate::panel::OdourPanel;
use crate::rates::read_panel;
use crate::{Connectome, DataError, Neuron, neutral};

/// Whether a data set describes an animal or was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Individual {
    /// Reconstructed from an animal.
    Real,
    /// Drawn from summary statistics.
    Sampled {
        /// Seed: one seed, one individual.
        seed: u64,
        /// Size factor of every population.
        scale: u32,
    },
}

/// A connectome with the odour panel that drives it.
#[derive(Clone, Debug)]
pub struct DataSet {
    /// Neurons and contacts.
    pub connectome: Connectome,
    /// Receptor responses.
    pub panel: OdourPanel,
    /// What it was made of.
    pub manifest: Manifest,
    /// Animal or drawn.
    pub individual: Individual,
}

impl DataSet {
    /// Reads a folder in the [neutral format](crate::neutral), or else the built-in data set (see
    /// [`Descriptor::winding2023`]), and checks everything.
    ///
    /// # Errors
    /// The first fault found; see [`DataError`].
    pub fn load(folder: &Path) -> Result<Self, DataError> {
        if neutral::is_neutral(folder) {
            return neutral::read(folder);
        }
        Self::load_with(folder, &Descriptor::winding2023())
    }

    /// Reads the data set of a descriptor from a folder and checks everything.
    ///
    /// # Errors
    /// The first fault found; see [`DataError`].
    pub fn load_with(folder: &Path, descriptor: &Descriptor) -> Result<Self, DataError> {
        let (data_set, outcomes) = read(folder, descriptor)?;
        match outcomes.into_iter().find_map(|outcome| outcome.error) {
            Some(error) => Err(error),
            None => Ok(data_set),
        }
    }
}

/// Compares a data folder with every expectation of the descriptor, or, if it is in the neutral format, of
/// its own. A fault that makes further reading
/// impossible is the last check of the list.
#[must_use]
pub fn verify(folder: &Path, descriptor: &Descriptor) -> Vec<Check> {
    if neutral::is_neutral(folder) {
        return neutral::verify(folder);
    }
    match read(folder, descriptor) {
        Ok((_, outcomes)) => outcomes.into_iter().map(|outcome| outcome.check).collect(),
        Err(error) => vec![Check {
            name: "data can be read".to_owned(),
            expected: "complete and well-formed files".to_owned(),
            actual: error.to_string(),
            ok: false,
        }],
    }
}

/// Where a file of the descriptor lies: at its path, or directly in the folder.
pub(crate) fn locate(folder: &Path, path: &str) -> Option<PathBuf> {
    let bare = path.rsplit('/').next().unwrap_or(path);
    [folder.join(path), folder.join(bare)]
        .into_iter()
        .find(|file| file.is_file())
}

/// Reads files below one folder and keeps their hashes.
pub(crate) struct Source<'a> {
    pub folder: &'a Path,
    pub files: Vec<ManifestFile>,
    pub outcomes: Vec<Outcome>,
}

impl Source<'_> {
    /// The error for a file that is needed.
    pub fn missing(&self, path: &str, hint: &str) -> DataError {
        DataError::FileMissing {
            folder: self.folder.to_owned(),
            path: path.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// The content of a file, or `None` if there is no such file.
    pub fn optional(&mut self, file: &FileDescriptor) -> Result<Option<Vec<u8>>, DataError> {
        let Some(path) = locate(self.folder, &file.path) else {
            return Ok(None);
        };
        let bytes = std::fs::read(&path).map_err(|cause| DataError::Unreadable { path, cause })?;
        let actual = hash_of(&bytes);
        if let Some(expected) = &file.sha256 {
            if actual != *expected {
                return Err(DataError::WrongHash {
                    file: file.path.clone(),
                    expected: expected.clone(),
                    actual,
                });
            }
            self.hash_matches(&file.path, expected);
        }
        self.files.push(ManifestFile {
            path: file.path.clone(),
            sha256: actual,
        });
        Ok(Some(bytes))
    }

    fn hash_matches(&mut self, path: &str, hash: &String) {
        self.outcomes.push(Outcome::new(
            format!("SHA-256 of {path}"),
            hash,
            hash,
            || unreachable!("equal values do not make an error"),
        ));
    }
}

fn read(folder: &Path, descriptor: &Descriptor) -> Result<(DataSet, Vec<Outcome>), DataError> {
    if !folder.is_dir() {
        return Err(DataError::FolderMissing {
            path: folder.to_owned(),
        });
    }
    let mut source = Source {
        folder,
        files: Vec::new(),
        outcomes: Vec::new(),
    };
    let archive = open_archive(&mut source, descriptor)?;
    let annotations = &descriptor.archive.annotations;
    let mut neurons = archive.member(annotations, |reader| {
        let rows = read_annotations(reader, &annotations.path)?;
        select(&rows, &descriptor.populations, &annotations.path)
    })?;
    let named = name_neurons(&mut source, descriptor, &mut neurons)?;
    let contacts = read_contacts(&archive, descriptor, &neurons)?;
    let connectome = Connectome::new(neurons, contacts)?;
    source
        .outcomes
        .extend(check_connectome(descriptor, &connectome));
    let (panel, tabled) = read_panel(&mut source, descriptor, &connectome)?;
    let kind = if named && tabled {
        SourceKind::Tables
    } else {
        SourceKind::Downloads
    };
    let mut manifest = Manifest::describe(&descriptor.name, kind, &connectome, &panel);
    manifest.files = source.files;
    manifest.rules.clone_from(&descriptor.populations);
    let data_set = DataSet {
        connectome,
        panel,
        manifest,
        individual: Individual::Real,
    };
    Ok((data_set, source.outcomes))
}

fn open_archive(source: &mut Source, descriptor: &Descriptor) -> Result<Archive, DataError> {
    let expected = &descriptor.archive;
    let path = locate(source.folder, &expected.path).ok_or_else(|| {
        source.missing(
            &expected.path,
            "download it, or name the folder that holds it",
        )
    })?;
    let archive = Archive::open(&path, expected)?;
    if let Some(hash) = &expected.sha256 {
        // Another archive is judged by its members, each of which fails on its own.
        if *hash == archive.sha256 {
            source.hash_matches(&expected.path, hash);
        } else {
            source.outcomes.push(Outcome {
                check: Check {
                    name: format!("SHA-256 of {}", expected.path),
                    expected: format!("{hash}, or members with the right hashes"),
                    actual: format!("{}, members right", archive.sha256),
                    ok: true,
                },
                error: None,
            });
        }
    }
    source.files.push(ManifestFile {
        path: expected.path.clone(),
        sha256: archive.sha256.clone(),
    });
    Ok(archive)
}

/// Fills in names and classes from whatever is there; both sources must agree. Returns whether the
/// neuron table was there.
fn name_neurons(
    source: &mut Source,
    descriptor: &Descriptor,
    neurons: &mut [Neuron],
) -> Result<bool, DataError> {
    let metadata = source.optional(&descriptor.metadata)?;
    let table = source.optional(&descriptor.neuron_table)?;
    if let Some(bytes) = &metadata {
        let (driven, classes) = (&descriptor.mapping.population, &descriptor.classes);
        apply_metadata(
            bytes.as_slice(),
            &descriptor.metadata.path,
            driven,
            classes,
            neurons,
        )?;
    }
    let Some(bytes) = &table else {
        return Ok(false);
    };
    let rebuilt = neurons.to_vec();
    let file = &descriptor.neuron_table.path;
    apply_neuron_table(
        bytes.as_slice(),
        file,
        &descriptor.archive.annotations.path,
        neurons,
    )?;
    if metadata.is_some() {
        for (table, rebuilt) in neurons.iter().zip(&rebuilt) {
            let same = (&table.name, table.side, &table.glomerulus)
                == (&rebuilt.name, rebuilt.side, &rebuilt.glomerulus);
            if !same {
                return Err(DataError::TablesDisagree {
                    first: file.clone(),
                    second: descriptor.metadata.path.clone(),
                    what: format!("name, side or glomerulus of neuron {}", table.id),
                });
            }
        }
    }
    Ok(true)
}
