//! NumPy archives: `numpy.load` reads them, without pickle.
//!
//! An archive is a ZIP file of arrays; an array is a header of text, padded to 64 bytes, and its values
//! in little-endian order, the last index fastest (NumPy's format 1.0).

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Start of every array: magic bytes and format version.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
/// Values start at a multiple of this many bytes.
const ALIGNMENT: usize = 64;

/// A kind of number that an array can hold.
pub(crate) trait Number: Copy {
    /// NumPy's name of it.
    const DESCRIPTOR: &'static str;

    /// Appends its bytes.
    fn append(self, bytes: &mut Vec<u8>);
}

macro_rules! number {
    ($type:ty, $descriptor:literal) => {
        impl Number for $type {
            const DESCRIPTOR: &'static str = $descriptor;

            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    };
}
number!(u8, "|u1");
number!(u32, "<u4");
number!(f32, "<f4");
number!(f64, "<f8");

/// An archive that is being put together. The same arrays give the same bytes.
pub(crate) struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
}

impl Archive {
    pub(crate) fn new() -> Self {
        Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
        }
    }

    /// Adds an array of numbers.
    pub(crate) fn numbers<T: Number>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &[T],
    ) -> anyhow::Result<()> {
        self.start(name, T::DESCRIPTOR, shape)?;
        let mut bytes = Vec::new();
        for part in values.chunks(1 << 16) {
            bytes.clear();
            part.iter().for_each(|value| value.append(&mut bytes));
            self.zip.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Adds an array of texts.
    pub(crate) fn texts(
        &mut self,
        name: &str,
        shape: &[usize],
        texts: &[impl AsRef<str>],
    ) -> anyhow::Result<()> {
        let lengths = texts.iter().map(|text| text.as_ref().chars().count());
        let longest = lengths.max().unwrap_or(0).max(1);
        self.start(name, &format!("<U{longest}"), shape)?;
        let mut bytes = Vec::new();
        for text in texts {
            // Four bytes per character; zeros after the last one are no part of the text.
            let characters = text.as_ref().chars().map(u32::from);
            let padded = characters.chain(std::iter::repeat(0)).take(longest);
            padded.for_each(|character| character.append(&mut bytes));
        }
        self.zip.write_all(&bytes)?;
        Ok(())
    }

    fn start(&mut self, name: &str, descriptor: &str, shape: &[usize]) -> anyhow::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            // Always the same time, so that equal arrays make equal files.
            .last_modified_time(DateTime::default());
        self.zip.start_file(format!("{name}.npy"), options)?;
        self.zip.write_all(&header(descriptor, shape))?;
        Ok(())
    }

    /// The bytes of the file.
    pub(crate) fn finish(self) -> anyhow::Result<Vec<u8>> {
        Ok(self.zip.finish()?.into_inner())
    }
}

/// What stands before the values.
fn header(descriptor: &str, shape: &[usize]) -> Vec<u8> {
    let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let mut text =
        format!("{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({sides}), }}");
    // Two bytes say how long the text is, which ends with a line break.
    let before = MAGIC.len() + 2;
    let whole = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', whole - before - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [MAGIC, &length.to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn headers_are_those_of_numpy() {
        let text = |descriptor, shape: &[usize]| {
            let header = header(descriptor, shape);
            assert_eq!(header.len() % ALIGNMENT, 0);
            assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
            let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
            assert_eq!(length, header.len() - 10);
            assert_eq!(header.last(), Some(&b'\n'));
            String::from_utf8_lossy(&header[10..]).trim_end().to_owned()
        };
        assert_eq!(
            text("<f4", &[2, 30, 7]),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 30, 7, ), }"
        );
        assert!(text("<U3", &[]).contains("'shape': (), "));
        assert!(text("|u1", &[5]).contains("'shape': (5, ), "));
    }

    #[test]
    fn values_follow_their_header() {
        let archive = || -> anyhow::Result<Vec<u8>> {
            let mut archive = Archive::new();
            archive.numbers("a/b", &[2], &[1.5_f32, -2.0])?;
            archive.texts("names", &[2], &["é", "KC"])?;
            archive.finish()
        };
        let bytes = archive().expect("an archive");
        assert_eq!(archive().expect("the same"), bytes);
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file");
        let mut values = |name: &str| {
            let mut bytes = Vec::new();
            let mut file = zip.by_name(name).expect("the array");
            file.read_to_end(&mut bytes).expect("its bytes");
            bytes[bytes.iter().position(|&it| it == b'\n').expect("a header") + 1..].to_vec()
        };
        assert_eq!(values("a/b.npy"), [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]);
        let names = values("names.npy");
        assert_eq!(names[..8], [0xe9, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(names[8..], [b'K', 0, 0, 0, b'C', 0, 0, 0]);
    }
}
