//! The published model's data folder: one tensor per matrix, without any neuron's identity.
//!
//! `winding2023/` holds matrices of axo-dendritic contacts and, with the suffix `_nonad`, of all
//! others added up; `winding2023_compartments/` those between Kenyon cells and onto the APL by
//! compartment; `kreher2008/` the normalised responses. Rows are presynaptic (spec/model.md 10.1).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kenyon_connectome::lookup::{DATA_VARIABLE, candidates};
use kenyon_connectome::{
    Compartment, Connectome, Contact, DataSet, Descriptor, Individual, Manifest, ManifestFile,
    Neuron, OdourPanel, Side, SourceKind, hash_of,
};

use super::PublishedError;
use crate::{Limits, Tensor, Value, read_bytes};

/// Populations in model order.
const POPULATIONS: [&str; 5] = ["ORN", "LN", "PN", "KC", "APL"];
/// The matrix by which the folder is recognised.
const MARK: &str = "winding2023/orn_to_pn.pt";
/// Contacts that are not axo-dendritic come as one sum. The circuit reads them as one sum too, so it
/// does not matter which of the other compartments they are filed under.
const OTHER: Compartment = Compartment::AxonAxon;

/// A matrix of the folder.
struct Entry {
    file: &'static str,
    source: &'static str,
    target: &'static str,
    compartment: Compartment,
    /// Whether the published network does without it.
    optional: bool,
}

const fn entry(
    file: &'static str,
    source: &'static str,
    target: &'static str,
    compartment: Compartment,
) -> Entry {
    Entry {
        file,
        source,
        target,
        compartment,
        optional: false,
    }
}

const ENTRIES: [Entry; 20] = [
    entry(MARK, "ORN", "PN", Compartment::AxonDendrite),
    entry(
        "winding2023/orn_to_ln.pt",
        "ORN",
        "LN",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023/ln_to_pn.pt",
        "LN",
        "PN",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023/ln_to_ln.pt",
        "LN",
        "LN",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023/pn_to_ln.pt",
        "PN",
        "LN",
        Compartment::AxonDendrite,
    ),
    // No such contact exists in the larva.
    Entry {
        optional: true,
        ..entry(
            "winding2023/ln_to_orn.pt",
            "LN",
            "ORN",
            Compartment::AxonDendrite,
        )
    },
    entry(
        "winding2023/pn_to_kc.pt",
        "PN",
        "KC",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023/kc_to_apl.pt",
        "KC",
        "APL",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023/apl_to_kc.pt",
        "APL",
        "KC",
        Compartment::AxonDendrite,
    ),
    entry("winding2023/orn_to_ln_nonad.pt", "ORN", "LN", OTHER),
    entry("winding2023/ln_to_pn_nonad.pt", "LN", "PN", OTHER),
    entry("winding2023/ln_to_ln_nonad.pt", "LN", "LN", OTHER),
    entry("winding2023/pn_to_ln_nonad.pt", "PN", "LN", OTHER),
    entry("winding2023/pn_to_kc_nonad.pt", "PN", "KC", OTHER),
    entry("winding2023/ln_to_orn_nonad.pt", "LN", "ORN", OTHER),
    entry(
        "winding2023_compartments/kc_to_kc_aa.pt",
        "KC",
        "KC",
        Compartment::AxonAxon,
    ),
    entry(
        "winding2023_compartments/kc_to_kc_ad.pt",
        "KC",
        "KC",
        Compartment::AxonDendrite,
    ),
    entry(
        "winding2023_compartments/kc_to_kc_da.pt",
        "KC",
        "KC",
        Compartment::DendriteAxon,
    ),
    entry(
        "winding2023_compartments/kc_to_kc_dd.pt",
        "KC",
        "KC",
        Compartment::DendriteDendrite,
    ),
    entry(
        "winding2023_compartments/kc_to_apl_da.pt",
        "KC",
        "APL",
        Compartment::DendriteAxon,
    ),
];

const RESPONSES: &str = "kreher2008/orn_responses_normalized.pt";
const RESPONSE_NAMES: &str = "kreher2008/orn_responses_normalized.csv";

/// Whether a folder is laid out like the published model's `data`.
#[must_use]
pub fn is_data_folder(folder: &Path) -> bool {
    folder.join(MARK).is_file()
}

/// The folder of the published model's tensors, if that is what comes first among the places where data are
/// searched (see [`candidates`]). One that is named, by `argument` or by [`DATA_VARIABLE`], is the only place.
#[must_use]
pub fn find_data_folder(argument: Option<&Path>) -> Option<PathBuf> {
    let variable = std::env::var_os(DATA_VARIABLE).is_some_and(|value| !value.is_empty());
    let named = argument.is_some() || variable;
    for candidate in candidates(argument, &Descriptor::winding2023()) {
        let Some(folder) = candidate.folder else {
            continue;
        };
        if candidate.found {
            return None;
        }
        if is_data_folder(&folder) {
            return Some(folder);
        }
        if named {
            return None;
        }
    }
    None
}

/// Reads a folder laid out like the published model's `data`. Its tensors do not say which neuron a row
/// is: neurons are numbered, and receptors can be mapped by position only.
///
/// # Errors
/// The first file that is missing, damaged, of another shape, or holds other numbers than it should.
pub fn load_data(folder: &Path) -> Result<DataSet, PublishedError> {
    let mut reader = Reader {
        folder,
        files: Vec::new(),
        sizes: BTreeMap::new(),
    };
    let mut matrices = Vec::new();
    for entry in &ENTRIES {
        if entry.optional && !folder.join(entry.file).is_file() {
            continue;
        }
        matrices.push((entry, reader.counts(entry)?));
    }
    let panel = reader.panel()?;
    let mut neurons = Vec::new();
    let mut first = BTreeMap::new();
    for population in POPULATIONS {
        first.insert(population, neurons.len());
        let size = reader.sizes.get(population).map_or(0, |(size, _)| *size);
        for _ in 0..size {
            neurons.push(Neuron {
                id: neurons.len() as u64 + 1,
                population: population.to_owned(),
                side: Side::Unknown,
                class: String::new(),
                name: String::new(),
                glomerulus: String::new(),
                transmitter: String::new(),
                partner: None,
            });
        }
    }
    let mut counts: BTreeMap<(u32, u32), [u32; 4]> = BTreeMap::new();
    for (entry, matrix) in matrices {
        let [source, target] = [entry.source, entry.target].map(|name| first[name] as u32);
        for (row, column, count) in matrix {
            let pair = counts.entry((source + row, target + column)).or_default();
            pair[entry.compartment as usize] = count;
        }
    }
    let contacts = counts
        .into_iter()
        .map(|((source, target), counts)| Contact {
            source,
            target,
            counts,
        });
    let connectome = Connectome::new(neurons, contacts.collect())?;
    let name = format!("{}-tensors", Descriptor::winding2023().name);
    let mut manifest = Manifest::describe(&name, SourceKind::PublishedTensors, &connectome, &panel);
    manifest.files = reader.files;
    Ok(DataSet {
        connectome,
        panel,
        manifest,
        individual: Individual::Real,
    })
}

struct Reader<'a> {
    folder: &'a Path,
    files: Vec<ManifestFile>,
    /// Sizes of populations, and which file said so first.
    sizes: BTreeMap<&'static str, (usize, &'static str)>,
}

impl Reader<'_> {
    fn bytes(&mut self, file: &str) -> Result<Vec<u8>, PublishedError> {
        let path: PathBuf = self.folder.join(file);
        if !path.is_file() {
            return Err(PublishedError::FileMissing { path });
        }
        let bytes = std::fs::read(&path).map_err(|cause| PublishedError::Unreadable {
            file: path.display().to_string(),
            cause,
        })?;
        self.files.push(ManifestFile {
            path: file.to_owned(),
            sha256: hash_of(&bytes),
        });
        Ok(bytes)
    }

    fn shown(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }

    /// A tensor with two dimensions: rows, columns and numbers in rows.
    fn matrix(&mut self, file: &str) -> Result<(usize, usize, Vec<f64>), PublishedError> {
        let bytes = self.bytes(file)?;
        let shown = self.shown(file);
        let value = read_bytes(&bytes, &shown, &Limits::default())?;
        match value.as_tensor().map(Tensor::shape) {
            Some(&[rows, columns]) => {
                let numbers = value.as_tensor().map(Tensor::to_f64).unwrap_or_default();
                Ok((rows, columns, numbers))
            }
            shape => Err(PublishedError::NotAMatrix {
                file: shown,
                found: match (&value, shape) {
                    (Value::Tensor(_), Some(shape)) => format!("tensor of shape {shape:?}"),
                    _ => value.kind().to_owned(),
                },
            }),
        }
    }

    fn size(
        &mut self,
        entry: &Entry,
        population: &'static str,
        found: usize,
    ) -> Result<(), PublishedError> {
        let &mut (expected, first) = self.sizes.entry(population).or_insert((found, entry.file));
        if expected == found {
            return Ok(());
        }
        Err(PublishedError::Size {
            file: self.shown(entry.file),
            first: first.to_owned(),
            population,
            expected,
            found,
        })
    }

    /// The contacts of a matrix: row, column and how many.
    fn counts(&mut self, entry: &Entry) -> Result<Vec<(u32, u32, u32)>, PublishedError> {
        let (rows, columns, numbers) = self.matrix(entry.file)?;
        self.size(entry, entry.source, rows)?;
        self.size(entry, entry.target, columns)?;
        let mut counts = Vec::new();
        for (place, &value) in numbers.iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            if value.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&value) {
                return Err(PublishedError::NotACount {
                    file: self.shown(entry.file),
                    row,
                    column,
                    value,
                });
            }
            if value > 0.0 {
                counts.push((row as u32, column as u32, value as u32));
            }
        }
        Ok(counts)
    }

    /// The responses, as rates: the tensor holds (clip(rate, low, high) - low) / (high - low).
    fn panel(&mut self) -> Result<OdourPanel, PublishedError> {
        let usual = Descriptor::winding2023().responses;
        let (rows, columns, numbers) = self.matrix(RESPONSES)?;
        let (low, high) = (usual.clip_low, usual.clip_high);
        let mut rates = vec![Vec::with_capacity(columns); rows];
        for (place, &value) in numbers.iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            if !(0.0..=1.0).contains(&value) {
                return Err(PublishedError::NotAResponse {
                    file: self.shown(RESPONSES),
                    row,
                    column,
                    value,
                });
            }
            let rate = value * (high - low) + low;
            // Rates are whole numbers; single precision has rounded the responses made of them.
            let whole = rate.round();
            let rate = if (rate - whole).abs() < 1e-4 {
                whole
            } else {
                rate
            };
            rates[row].push(rate);
        }
        let usual = (usual.odours, usual.receptors);
        let (odours, receptors) = match self.folder.join(RESPONSE_NAMES).is_file() {
            true => self.names(rows, columns)?,
            false if (usual.0.len(), usual.1.len()) == (rows, columns) => usual,
            false => {
                let numbered = |what: &str, count: usize| -> Vec<String> {
                    (0..count)
                        .map(|number| format!("{what} {number}"))
                        .collect()
                };
                (numbered("odour", rows), numbered("receptor", columns))
            }
        };
        let reason = "the published model's tensors do not say which receptor a neuron expresses";
        Ok(OdourPanel {
            odours,
            receptors,
            rates,
            rates_by_name: Err(reason.to_owned()),
            clip_low: low,
            clip_high: high,
        })
    }

    /// Names of odours (first column) and receptors (header) from the table beside the tensor.
    fn names(
        &mut self,
        rows: usize,
        columns: usize,
    ) -> Result<(Vec<String>, Vec<String>), PublishedError> {
        let bytes = self.bytes(RESPONSE_NAMES)?;
        let fault = |problem: String| PublishedError::Table {
            file: self.shown(RESPONSE_NAMES),
            problem,
        };
        let mut table = csv::Reader::from_reader(bytes.as_slice());
        let header = table.headers().map_err(|error| fault(error.to_string()))?;
        let receptors: Vec<String> = header.iter().skip(1).map(str::to_owned).collect();
        let mut odours = Vec::new();
        for record in table.records() {
            let record = record.map_err(|error| fault(error.to_string()))?;
            odours.push(record.get(0).unwrap_or_default().to_owned());
        }
        if (odours.len(), receptors.len()) != (rows, columns) {
            return Err(fault(format!(
                "it names {} odours and {} receptors, but the tensor has {rows} and {columns}",
                odours.len(),
                receptors.len()
            )));
        }
        Ok((odours, receptors))
    }
}
