//! Writing a neutral folder, whole or not at all.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

use super::descriptor::{
    ContactFile, DESCRIPTOR, Drawn, NeuronFile, NeutralDescriptor, ResponseFiles, SCHEMA,
};
use super::read::{CONTACT_COLUMNS, NEURON_COLUMNS, read};
use sha2::{Digest, Sha256};

use crate::archive::hexadecimal;
use crate::{Compartment, DataError, DataSet, Individual, OdourPanel, Side};

/// Name of the record of an import in its folder.
pub const IMPORT_RECORD: &str = "import.json";

/// What a folder says about itself beside the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Short name of the data set.
    pub name: String,
    /// One line saying what it is.
    pub title: String,
    /// Publications to cite.
    pub citations: Vec<String>,
}

/// Writes a data set as a neutral folder, reads it again and compares the content hash. `record` becomes
/// `import.json`. One data set, one sequence of bytes.
///
/// # Errors
/// [`DataError::FolderExists`] if `folder` is there already and not empty; otherwise what prevents
/// writing. Nothing is left behind then.
pub fn write(
    data: &DataSet,
    labels: &Labels,
    record: &str,
    folder: &Path,
) -> Result<NeutralDescriptor, DataError> {
    let unwritable = |cause| DataError::Unwritable {
        path: folder.to_owned(),
        cause,
    };
    let exists = || DataError::FolderExists {
        path: folder.to_owned(),
    };
    if std::fs::symlink_metadata(folder).is_ok() {
        let empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !empty {
            return Err(exists());
        }
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&parent).map_err(unwritable)?;
    // In the same file system, so that it can be renamed into place.
    let staging = tempfile::Builder::new()
        .prefix(".kenyon-")
        .tempdir_in(&parent)
        .map_err(unwritable)?;
    let descriptor = fill(data, labels, staging.path())?;
    write_file(staging.path(), DESCRIPTOR, descriptor.to_toml().as_bytes())?;
    write_file(staging.path(), IMPORT_RECORD, record.as_bytes())?;
    let again = read(staging.path())?;
    if again.manifest.hash != data.manifest.hash {
        return Err(DataError::WrongHash {
            file: format!("{} read again", folder.display()),
            expected: data.manifest.hash.clone(),
            actual: again.manifest.hash,
        });
    }
    make_readable(staging.path()).map_err(unwritable)?;
    std::fs::rename(staging.path(), folder).map_err(unwritable)?;
    // The folder has its final name: there is nothing left to remove.
    let _ = staging.keep();
    File::open(&parent)
        .and_then(|parent| parent.sync_all())
        .map_err(unwritable)?;
    Ok(descriptor)
}

/// Temporary folders are for their owner only; a data folder is an ordinary one.
fn make_readable(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    }
    File::open(folder)?.sync_all()
}

fn fill(data: &DataSet, labels: &Labels, folder: &Path) -> Result<NeutralDescriptor, DataError> {
    let (neuron_file, contact_file) = ("neurons.csv.gz", "contacts.csv.gz");
    let neuron_hash = table(folder, neuron_file, |rows| write_neurons(data, rows))?;
    let contact_hash = table(folder, contact_file, |rows| write_contacts(data, rows))?;
    let responses = if data.panel.odours.is_empty() {
        None
    } else {
        Some(write_panel(data, folder)?)
    };
    Ok(NeutralDescriptor {
        schema: SCHEMA,
        name: labels.name.clone(),
        title: labels.title.clone(),
        citations: labels.citations.clone(),
        statistical: match data.individual {
            Individual::Real => None,
            Individual::Sampled { seed, scale } => Some(Drawn { seed, scale }),
        },
        neurons: NeuronFile {
            file: neuron_file.to_owned(),
            sha256: Some(neuron_hash),
            count: Some(data.connectome.neurons().len() as u64),
        },
        contacts: ContactFile {
            file: contact_file.to_owned(),
            sha256: Some(contact_hash),
            edges: Some(data.manifest.edges as u64),
            contacts: Some(data.manifest.contacts),
            compartment: Compartment::AxonDendrite.code().to_owned(),
        },
        responses,
    })
}

type Rows<'a> = csv::Writer<Box<dyn Write + 'a>>;

/// Writes a table row by row; returns the SHA-256 of what is stored.
fn table(
    folder: &Path,
    file: &str,
    fill: impl FnOnce(&mut Rows) -> csv::Result<()>,
) -> Result<String, DataError> {
    let path = folder.join(file);
    let unwritable = |cause| DataError::Unwritable {
        path: path.clone(),
        cause,
    };
    let mut stored = Hashed {
        file: BufWriter::new(File::create(&path).map_err(unwritable)?),
        hasher: Sha256::new(),
    };
    let write = |stored: &mut dyn Write| -> io::Result<()> {
        let mut rows: Rows = csv::Writer::from_writer(Box::new(stored));
        fill(&mut rows).map_err(io::Error::other)?;
        rows.flush()
    };
    if file.ends_with(".gz") {
        // Neither name nor time in the header: one content, one file.
        let mut encoder = GzBuilder::new().write(&mut stored, Compression::new(6));
        write(&mut encoder)
            .and_then(|()| encoder.finish().map(|_| ()))
            .map_err(unwritable)?;
    } else {
        write(&mut stored).map_err(unwritable)?;
    }
    stored.flush().map_err(unwritable)?;
    stored.file.get_ref().sync_all().map_err(unwritable)?;
    Ok(hexadecimal(&stored.hasher.finalize()))
}

/// A file that is hashed while it is written.
struct Hashed {
    file: BufWriter<File>,
    hasher: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_neurons(data: &DataSet, rows: &mut Rows) -> csv::Result<()> {
    rows.write_record(NEURON_COLUMNS)?;
    for neuron in data.connectome.neurons() {
        let id = neuron.id.to_string();
        let partner = neuron.partner.map(|partner| partner.to_string());
        let side = match neuron.side {
            Side::Left => "left",
            Side::Right => "right",
            Side::Unknown => "",
        };
        rows.write_record([
            id.as_str(),
            neuron.population.as_str(),
            side,
            neuron.class.as_str(),
            neuron.name.as_str(),
            neuron.glomerulus.as_str(),
            neuron.transmitter.as_str(),
            partner.as_deref().unwrap_or_default(),
        ])?;
    }
    Ok(())
}

fn write_contacts(data: &DataSet, rows: &mut Rows) -> csv::Result<()> {
    rows.write_record(CONTACT_COLUMNS)?;
    let neurons = data.connectome.neurons();
    for contact in data.connectome.contacts() {
        let source = neurons[contact.source as usize].id.to_string();
        let target = neurons[contact.target as usize].id.to_string();
        for kind in Compartment::ALL {
            let count = contact.counts[kind as usize];
            if count > 0 {
                let count = count.to_string();
                rows.write_record([&source, &target, kind.code(), &count])?;
            }
        }
    }
    Ok(())
}

fn write_panel(data: &DataSet, folder: &Path) -> Result<ResponseFiles, DataError> {
    let panel = &data.panel;
    let (file, by_name_file) = ("odours.csv", "odours_by_name.csv");
    let sha256 = table(folder, file, |rows| {
        write_rates(panel, &panel.receptors, &panel.rates, rows)
    })?;
    let mut files = ResponseFiles {
        file: file.to_owned(),
        sha256: Some(sha256),
        by_name_file: None,
        by_name_sha256: None,
        clip_low: panel.clip_low,
        clip_high: panel.clip_high,
    };
    if let Ok(by_name) = &panel.rates_by_name {
        let names = pair_names(data, by_name.first().map_or(0, Vec::len));
        let sha256 = table(folder, by_name_file, |rows| {
            write_rates(panel, &names, by_name, rows)
        })?;
        files.by_name_sha256 = Some(sha256);
        files.by_name_file = Some(by_name_file.to_owned());
    }
    Ok(files)
}

/// Names of the columns by pair: the receptor types of the first population where they tell pairs apart.
fn pair_names(data: &DataSet, pairs: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    (0..pairs)
        .map(|pair| {
            let kind = (data.connectome.neurons().get(2 * pair))
                .map(|neuron| neuron.glomerulus.trim().to_owned())
                .filter(|kind| !kind.is_empty());
            let name = kind.unwrap_or_else(|| format!("pair {}", pair + 1));
            if seen.insert(name.clone()) {
                name
            } else {
                format!("{name} (pair {})", pair + 1)
            }
        })
        .collect()
}

fn write_rates(
    panel: &OdourPanel,
    columns: &[String],
    rates: &[Vec<f64>],
    rows: &mut Rows,
) -> csv::Result<()> {
    rows.write_field("odour")?;
    rows.write_record(columns)?;
    for (odour, rates) in panel.odours.iter().zip(rates) {
        rows.write_field(odour)?;
        // The shortest digits that read back as the same bits.
        rows.write_record(rates.iter().map(f64::to_string))?;
    }
    Ok(())
}

/// Writes and syncs a small file.
fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), DataError> {
    let path = folder.join(name);
    let unwritable = |cause| DataError::Unwritable {
        path: path.clone(),
        cause,
    };
    let mut file = File::create(&path).map_err(unwritable)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(unwritable)
}
