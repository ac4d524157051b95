//! The supplement: a zip archive read in place, and the question whether to trust it.

use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::DataError;
use crate::descriptor::{ArchiveDescriptor, FileDescriptor};

/// A zip archive held in memory; cheap to open again in each thread.
pub(crate) struct Archive {
    bytes: Vec<u8>,
    /// Name for messages.
    pub name: String,
    /// SHA-256 of the whole archive.
    pub sha256: String,
    /// Whether that hash is the expected one (or none is expected); otherwise members are hashed.
    trusted: bool,
}

impl Archive {
    /// Reads and hashes the archive and checks that it is one and has all members.
    pub fn open(path: &Path, descriptor: &ArchiveDescriptor) -> Result<Self, DataError> {
        let bytes = std::fs::read(path).map_err(|cause| DataError::Unreadable {
            path: path.to_owned(),
            cause,
        })?;
        let sha256 = hash_of(&bytes);
        let trusted = descriptor
            .sha256
            .as_ref()
            .is_none_or(|expected| *expected == sha256);
        let archive = Self {
            bytes,
            name: descriptor.path.clone(),
            sha256,
            trusted,
        };
        let mut zip = archive.zip()?;
        for member in descriptor.members() {
            archive.find(&mut zip, &member.path)?;
        }
        Ok(archive)
    }

    fn zip(&self) -> Result<zip::ZipArchive<Cursor<&[u8]>>, DataError> {
        zip::ZipArchive::new(Cursor::new(self.bytes.as_slice())).map_err(|error| {
            DataError::NotAnArchive {
                file: self.name.clone(),
                reason: error.to_string(),
            }
        })
    }

    /// Position of a member. Resource forks (`__MACOSX/...`) never match because names are exact.
    fn find(
        &self,
        zip: &mut zip::ZipArchive<Cursor<&[u8]>>,
        member: &str,
    ) -> Result<usize, DataError> {
        zip.index_for_name(member)
            .ok_or_else(|| DataError::MemberMissing {
                archive: self.name.clone(),
                member: member.to_owned(),
            })
    }

    /// Streams one member through `read`, then checks the rest of it (length, checksum and, in an
    /// archive that is not trusted, the hash).
    pub fn member<T>(
        &self,
        member: &FileDescriptor,
        read: impl FnOnce(&mut dyn io::BufRead) -> Result<T, DataError>,
    ) -> Result<T, DataError> {
        let damaged = |reason: String| DataError::MemberUnreadable {
            archive: self.name.clone(),
            member: member.path.clone(),
            reason,
        };
        // A foreign archive is judged before its content is: a wrong file gives a clear message then.
        if let (false, Some(expected)) = (self.trusted, &member.sha256) {
            let actual = self.member_hash(&member.path)?;
            if actual != *expected {
                return Err(DataError::WrongHash {
                    file: format!("{} in {}", member.path, self.name),
                    expected: expected.clone(),
                    actual,
                });
            }
        }
        let mut zip = self.zip()?;
        let index = self.find(&mut zip, &member.path)?;
        let file = zip
            .by_index(index)
            .map_err(|error| damaged(error.to_string()))?;
        let mut reader = BufReader::with_capacity(1 << 17, Watched { file, fault: None });
        let result = read(&mut reader);
        // A reader of tables takes a broken stream for a broken table: the cause is more useful.
        if let Some(reason) = reader.get_mut().fault.take() {
            return Err(damaged(reason));
        }
        let result = result?;
        // The checksum is compared at the end of the stream only.
        io::copy(&mut reader, &mut io::sink()).map_err(|error| damaged(error.to_string()))?;
        Ok(result)
    }

    fn member_hash(&self, member: &str) -> Result<String, DataError> {
        let damaged = |reason: String| DataError::MemberUnreadable {
            archive: self.name.clone(),
            member: member.to_owned(),
            reason,
        };
        let mut zip = self.zip()?;
        let index = self.find(&mut zip, member)?;
        let mut file = zip
            .by_index(index)
            .map_err(|error| damaged(error.to_string()))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = file
                .read(&mut buffer)
                .map_err(|error| damaged(error.to_string()))?;
            if count == 0 {
                return Ok(hexadecimal(&hasher.finalize()));
            }
            hasher.update(&buffer[..count]);
        }
    }
}

/// Remembers why reading failed.
struct Watched<R> {
    file: R,
    fault: Option<String>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file
            .read(buffer)
            .inspect_err(|error| self.fault = Some(error.to_string()))
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
