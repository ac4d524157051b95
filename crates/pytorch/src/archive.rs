//! The zip archive: which members there are, and their bytes within bounds.
//!
//! Nothing is written to disk: names of members are looked up, never opened as paths.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};

use zip::{CompressionMethod, ZipArchive};

use crate::{Fault, Limits};

/// First bytes of the format before PyTorch 1.6: a pickle of its magic number.
const LEGACY: &[u8] = &[
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
];
/// Longest name of a member.
const LONGEST_NAME: usize = 1 << 10;

/// An opened archive with what may still be read from it.
pub(crate) struct Archive<R> {
    zip: ZipArchive<R>,
    /// The folder that all members lie in, with a slash.
    folder: String,
    /// Whether numbers are stored with the most significant byte first.
    pub big_endian: bool,
    compression_ratio: u64,
    pickle_bytes: u64,
    /// Bytes of records and tensors that may still be allocated.
    budget: u64,
    limit: u64,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive and checks the list of its members.
    pub fn open(mut source: R, limits: &Limits) -> Result<Self, Fault> {
        let mut beginning = Vec::new();
        let length = source.seek(SeekFrom::End(0)).map_err(Fault::Read)?;
        source.rewind().map_err(Fault::Read)?;
        let mut head = source.by_ref().take(16);
        head.read_to_end(&mut beginning).map_err(Fault::Read)?;
        if !crate::is_archive(&beginning) {
            let pickle = beginning.first() == Some(&0x80);
            if pickle && beginning.get(2..).is_some_and(|it| it.starts_with(LEGACY)) {
                return Err(Fault::Legacy);
            }
            return Err(Fault::Archive("it does not begin like one".to_owned()));
        }
        let too_many = Fault::Limit {
            what: "records",
            limit: limits.records as u64,
        };
        let zip = ZipArchive::new(source).map_err(|error| Fault::Archive(error.to_string()))?;
        if zip.len() > limits.records {
            return Err(too_many);
        }
        let names = names(&zip)?;
        let mut pickles = names.iter().filter(|name| is_pickle(name));
        let (Some(pickle), None) = (pickles.next(), pickles.next()) else {
            return Err(Fault::Archive(
                "it needs one member data.pkl in a folder".to_owned(),
            ));
        };
        let folder = pickle[..pickle.len() - "data.pkl".len()].to_owned();
        if names.contains(&format!("{folder}constants.pkl")) {
            return Err(Fault::TorchScript);
        }
        let allowed = length
            .saturating_mul(limits.tensor_bytes_per_file_byte)
            .saturating_add(limits.free_bytes)
            .min(limits.tensor_bytes);
        let mut archive = Self {
            zip,
            big_endian: false,
            compression_ratio: limits.compression_ratio,
            pickle_bytes: limits.pickle_bytes,
            budget: allowed,
            limit: allowed,
            folder,
        };
        archive.big_endian = archive.byte_order(&names)?;
        Ok(archive)
    }

    fn byte_order(&mut self, names: &HashSet<String>) -> Result<bool, Fault> {
        // Files before PyTorch 2.1 do not say it; they come from little-endian machines.
        if !names.contains(&format!("{}byteorder", self.folder)) {
            return Ok(false);
        }
        match self.record("byteorder", 16)?.as_slice() {
            b"little" => Ok(false),
            b"big" => Ok(true),
            other => Err(Fault::Record {
                record: "byteorder".to_owned(),
                problem: format!(
                    "\"{}\" is neither little nor big",
                    String::from_utf8_lossy(other).escape_debug()
                ),
            }),
        }
    }

    /// The pickle.
    pub fn pickle(&mut self) -> Result<Vec<u8>, Fault> {
        self.record("data.pkl", self.pickle_bytes)
    }

    /// The bytes of a storage, which must be at least `needed`.
    pub fn storage(&mut self, key: &str, needed: u64) -> Result<Vec<u8>, Fault> {
        let name = format!("data/{key}");
        let limit = self.budget;
        let bytes = self.record(&name, limit)?;
        if (bytes.len() as u64) < needed {
            return Err(Fault::Record {
                record: name,
                problem: format!("has {} bytes, but {needed} are needed", bytes.len()),
            });
        }
        Ok(bytes)
    }

    /// Takes bytes off what may still be allocated.
    pub fn spend(&mut self, bytes: u64) -> Result<(), Fault> {
        self.budget = self.budget.checked_sub(bytes).ok_or(Fault::Limit {
            what: "bytes of tensors for a file of its size",
            limit: self.limit,
        })?;
        Ok(())
    }

    fn record(&mut self, name: &str, largest: u64) -> Result<Vec<u8>, Fault> {
        let full = format!("{}{name}", self.folder);
        let fault = |problem: String| Fault::Record {
            record: name.to_owned(),
            problem,
        };
        let index = self.zip.index_for_name(&full);
        let index = index.ok_or_else(|| fault("is not in the archive".to_owned()))?;
        let entry = self.zip.by_index(index);
        let entry = entry.map_err(|error| fault(error.to_string()))?;
        let (size, packed) = (entry.size(), entry.compressed_size());
        if size > largest {
            return Err(fault(format!(
                "has {size} bytes, but not more than {largest} are read"
            )));
        }
        let ratio = match entry.compression() {
            CompressionMethod::Stored => 1,
            _ => self.compression_ratio,
        };
        if size > packed.saturating_mul(ratio) {
            return Err(fault(format!(
                "unpacks from {packed} to {size} bytes; it is damaged or hostile"
            )));
        }
        // `size` is what the archive says: memory grows with what is really there.
        let mut bytes = Vec::new();
        let read = entry.take(size.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| fault(error.to_string()))?;
        if bytes.len() as u64 != size {
            return Err(fault(format!(
                "should have {size} bytes, but has {}",
                bytes.len()
            )));
        }
        self.spend(size)?;
        Ok(bytes)
    }
}

fn is_pickle(name: &str) -> bool {
    name.strip_suffix("/data.pkl")
        .is_some_and(|folder| !folder.is_empty() && !folder.contains('/'))
}

/// Names of all members; none may occur twice or lead elsewhere.
fn names<R: Read + Seek>(zip: &ZipArchive<R>) -> Result<HashSet<String>, Fault> {
    if zip.has_duplicate_names() {
        let problem = "two of its members have the same name";
        return Err(Fault::Archive(problem.to_owned()));
    }
    let mut names = HashSet::new();
    for name in zip.file_names() {
        let name = name.map_err(|error| Fault::Archive(error.to_string()))?;
        let mut parts = name.split('/');
        if name.len() > LONGEST_NAME
            || name.contains(['\\', '\0', ':'])
            || name.starts_with('/')
            || parts.any(|part| part == ".." || part == ".")
        {
            let shown: String = name.chars().take(80).collect();
            return Err(Fault::Archive(format!(
                "its member \"{}\" has a name that leads elsewhere",
                shown.escape_debug()
            )));
        }
        names.insert(name.into_owned());
    }
    Ok(names)
}
