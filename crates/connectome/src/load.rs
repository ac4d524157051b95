//! Reading a data set from a folder: select, read, compare with every expectation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::annotations::{read_annotations, select};
use crate::archive::{Archive, hash_of};
use crate::check::{Check, Outcome, check_connectome, check_normalised, check_rates};
use crate::descriptor::{Descriptor, FileDescriptor};
use crate::manifest::{Manifest, ManifestFile, SourceKind};
use crate::matrix::{Cell, read_matrix};
use crate::neurons::{apply_metadata, apply_neuron_table};
use crate::panel::{OdourPanel, rates_by_name};
use crate::responses::{Rates, rates_text, read_normalised, read_notes, read_rates, read_receptor};
use crate::{Compartment, Connectome, Contact, DataError, Neuron};

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
    /// Reads the built-in data set (see [`Descriptor::winding2023`]) from a folder and checks everything.
    ///
    /// # Errors
    /// The first fault found; see [`DataError`].
    pub fn load(folder: &Path) -> Result<Self, DataError> {
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

/// Compares a data folder with every expectation of the descriptor. A fault that makes further reading
/// impossible is the last check of the list.
#[must_use]
pub fn verify(folder: &Path, descriptor: &Descriptor) -> Vec<Check> {
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
struct Source<'a> {
    folder: &'a Path,
    files: Vec<ManifestFile>,
    outcomes: Vec<Outcome>,
}

impl Source<'_> {
    fn missing(&self, path: &str, hint: &str) -> DataError {
        DataError::FileMissing {
            folder: self.folder.to_owned(),
            path: path.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// The content of a file, or `None` if there is no such file.
    fn optional(&mut self, file: &FileDescriptor) -> Result<Option<Vec<u8>>, DataError> {
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

/// Reads the five matrices, two at a time, and joins the four compartment matrices.
fn read_contacts(
    archive: &Archive,
    descriptor: &Descriptor,
    neurons: &[Neuron],
) -> Result<Vec<Contact>, DataError> {
    let expected = &descriptor.archive;
    let read_one = |member: &FileDescriptor| {
        archive.member(member, |reader| {
            read_matrix(reader, &member.path, neurons, expected.matrix_size)
        })
    };
    // Errors are reported in the order of the files, whichever thread meets one first.
    let members = [
        &expected.aa,
        &expected.ad,
        &expected.da,
        &expected.dd,
        &expected.all,
    ];
    let matrices: Vec<Vec<Cell>> = std::thread::scope(|scope| {
        let handles: Vec<_> = members
            .iter()
            .map(|&member| scope.spawn(move || read_one(member)))
            .collect();
        handles
            .into_iter()
            .map(|handle| match handle.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect::<Result<_, DataError>>()
    })?;
    let mut counts: HashMap<(u32, u32), [u32; 4]> = HashMap::new();
    for (compartment, cells) in Compartment::ALL.into_iter().zip(&matrices) {
        for cell in cells {
            counts.entry((cell.source, cell.target)).or_default()[compartment as usize] =
                cell.count;
        }
    }
    let all: HashMap<(u32, u32), u32> = matrices[4]
        .iter()
        .map(|cell| ((cell.source, cell.target), cell.count))
        .collect();
    // The lowest pair is reported, so that the message does not depend on hash order.
    let mismatch = counts
        .iter()
        .map(|(&pair, counts)| {
            (
                pair,
                counts.iter().sum(),
                all.get(&pair).copied().unwrap_or(0),
            )
        })
        .chain(
            all.iter()
                .filter(|(pair, _)| !counts.contains_key(pair))
                .map(|(&pair, &count)| (pair, 0, count)),
        )
        .filter(|&(_, parts, all): &(_, u32, u32)| parts != all)
        .min();
    if let Some(((from, to), parts, all)) = mismatch {
        let (from, to) = (neurons[from as usize].id, neurons[to as usize].id);
        return Err(DataError::SumMismatch {
            from,
            to,
            parts,
            all,
        });
    }
    Ok(counts
        .into_iter()
        .map(|((source, target), counts)| Contact {
            source,
            target,
            counts,
        })
        .collect())
}

/// Reads or rebuilds the rates. Returns also whether the table was there.
fn read_panel(
    source: &mut Source,
    descriptor: &Descriptor,
    connectome: &Connectome,
) -> Result<(OdourPanel, bool), DataError> {
    let expected = &descriptor.responses;
    let single = read_single_receptors(source, descriptor)?;
    let table = source.optional(&expected.table)?;
    let stated = match &table {
        Some(bytes) => Some(read_rates(
            bytes.as_slice(),
            &expected.table.path,
            expected,
        )?),
        None => None,
    };
    let column = |receptor: &String| {
        let constant = || {
            expected
                .constant
                .get(receptor)
                .map(|&rate| vec![rate; expected.odours.len()])
        };
        single.get(receptor).cloned().or_else(constant)
    };
    let columns: Option<Vec<Vec<i32>>> = expected.receptors.iter().map(column).collect();
    let rebuilt: Option<Rates> = columns.map(|columns| {
        (0..expected.odours.len())
            .map(|odour| columns.iter().map(|column| column[odour]).collect())
            .collect()
    });
    if let Some(stated) = &stated {
        check_columns(stated, &single, descriptor)?;
    }
    let rates = match (stated, rebuilt) {
        (Some(rates), _) => rates,
        (None, Some(rates)) => {
            let actual = hash_of(rates_text(&rates, expected).as_bytes());
            if let Some(wanted) = expected
                .table
                .sha256
                .as_ref()
                .filter(|hash| **hash != actual)
            {
                return Err(DataError::WrongHash {
                    file: format!("{} rebuilt from the receptor files", expected.table.path),
                    expected: wanted.clone(),
                    actual,
                });
            }
            rates
        }
        (None, None) => {
            return Err(source.missing(
                &expected.table.path,
                "download it or the files of all single receptors, from which it is rebuilt",
            ));
        }
    };
    source
        .outcomes
        .extend(check_rates(&expected.table.path, &rates, expected));
    if let Some(bytes) = source.optional(&expected.normalised)? {
        let file = &expected.normalised.path;
        let normalised = read_normalised(bytes.as_slice(), file, expected)?;
        source
            .outcomes
            .push(check_normalised(file, &normalised, &rates, expected));
    }
    let as_f64 = |values: &[i32]| {
        values
            .iter()
            .map(|&rate| f64::from(rate))
            .collect::<Vec<_>>()
    };
    let further = further_receptors(source, descriptor, &single)?;
    let driven = connectome
        .population(&descriptor.mapping.population)
        .map_or(&[][..], |range| &connectome.neurons()[range]);
    let by_name = rates_by_name(
        driven,
        expected.odours.len(),
        &descriptor.mapping,
        |receptor| match expected
            .receptors
            .iter()
            .position(|other| other == receptor)
        {
            Some(place) => Some(rates.iter().map(|row| f64::from(row[place])).collect()),
            None => further.get(receptor).map(|rates| as_f64(rates)),
        },
    );
    let panel = OdourPanel {
        odours: expected.odours.clone(),
        receptors: expected.receptors.clone(),
        rates: rates.iter().map(|row| as_f64(row)).collect(),
        rates_by_name: by_name,
        clip_low: expected.clip_low,
        clip_high: expected.clip_high,
    };
    Ok((panel, table.is_some()))
}

/// Rates of the receptors whose own file is there.
fn read_single_receptors(
    source: &mut Source,
    descriptor: &Descriptor,
) -> Result<HashMap<String, Vec<i32>>, DataError> {
    let expected = &descriptor.responses;
    let mut single = HashMap::new();
    for receptor in expected.receptors.iter().chain(&expected.further.receptors) {
        if expected.constant.contains_key(receptor) {
            continue;
        }
        let file = expected.per_receptor.file(receptor);
        let Some(bytes) = source.optional(&file)? else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let rates = read_receptor(&text, &file.path, &expected.odours, &expected.per_receptor)?;
        single.insert(receptor.clone(), rates);
    }
    Ok(single)
}

/// The table and the files of single receptors must agree where both exist.
fn check_columns(
    stated: &Rates,
    single: &HashMap<String, Vec<i32>>,
    descriptor: &Descriptor,
) -> Result<(), DataError> {
    let expected = &descriptor.responses;
    for (place, receptor) in expected.receptors.iter().enumerate() {
        let Some(rates) = single.get(receptor) else {
            continue;
        };
        let different = stated
            .iter()
            .zip(rates)
            .position(|(row, rate)| row[place] != *rate);
        if let Some(odour) = different {
            return Err(DataError::TablesDisagree {
                first: expected.table.path.clone(),
                second: expected.per_receptor.file(receptor).path,
                what: format!(
                    "{} spikes/s against {} for {}",
                    stated[odour][place], rates[odour], expected.odours[odour]
                ),
            });
        }
    }
    Ok(())
}

/// Rates of the receptors outside the table: from their files, else from the notes, else unknown.
fn further_receptors(
    source: &mut Source,
    descriptor: &Descriptor,
    single: &HashMap<String, Vec<i32>>,
) -> Result<HashMap<String, Vec<i32>>, DataError> {
    let expected = &descriptor.responses;
    let wanted = &expected.further.receptors;
    if wanted.iter().all(|receptor| single.contains_key(receptor)) {
        return Ok(single.clone());
    }
    let Some(notes) = &expected.further.notes else {
        return Ok(single.clone());
    };
    let file = FileDescriptor {
        path: notes.clone(),
        sha256: None,
        address: None,
    };
    // The notes of another folder may lie here by their bare name: only those at the path count.
    if !source.folder.join(notes).is_file() {
        return Ok(single.clone());
    }
    let Some(bytes) = source.optional(&file)? else {
        return Ok(single.clone());
    };
    let table = read_notes(
        &String::from_utf8_lossy(&bytes),
        notes,
        wanted,
        &expected.odours,
    )?;
    let mut further = single.clone();
    for (receptor, rates) in table {
        let stated = further
            .entry(receptor.clone())
            .or_insert_with(|| rates.clone());
        if *stated != rates {
            return Err(DataError::TablesDisagree {
                first: notes.clone(),
                second: expected.per_receptor.file(&receptor).path,
                what: format!("the rates of {receptor}"),
            });
        }
    }
    Ok(further)
}
