//! Tables as streams: plain, gzip or inside a zip archive, of any usual separator, larger than memory.
//!
//! Whatever is wrong with a stream (truncated, damaged, a bomb that unpacks to gigabytes) is an error
//! that names the file; what is wrong with a row names the row too. Rows are counted as records, the
//! header being row 1.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::DataError;
use crate::archive::hexadecimal;

/// Counts above this are taken for a damaged file.
pub(crate) const LARGEST_COUNT: u32 = 1_000_000;

/// The longest header in which the separator is looked for, bytes.
const LONGEST_HEADER: u64 = 64 << 20;

/// What a reader accepts before it takes a file for an attack or an accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest record, bytes.
    pub record_bytes: u64,
    /// Unpacked size from which `ratio` is looked at, bytes.
    pub unpacked_bytes: u64,
    /// Largest ratio of unpacked to packed size.
    pub ratio: u64,
    /// Most neurons of a table.
    pub neurons: usize,
    /// Most cells of the tables of neurons together: neurons times columns.
    pub neuron_cells: usize,
    /// Largest table of neurons, bytes.
    pub neuron_table_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 64 << 20,
            unpacked_bytes: 1 << 30,
            ratio: 500,
            neurons: 2_000_000,
            neuron_cells: 100_000_000,
            neuron_table_bytes: 256 << 20,
        }
    }
}

/// A table that can be read, more than once: a file, or bytes in memory.
#[derive(Clone, Debug)]
pub struct Input {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    File(PathBuf),
    Bytes(Arc<[u8]>),
    Member { archive: Arc<[u8]>, index: usize },
}

impl Input {
    /// A file, named in messages by its path.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            content: Content::File(path.to_owned()),
        }
    }

    /// Bytes in memory with a name for messages.
    #[must_use]
    pub fn bytes(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Bytes(bytes.into()),
        }
    }

    /// Member number `index` of a zip archive in memory.
    pub(crate) fn member(name: String, archive: Arc<[u8]>, index: usize) -> Self {
        Self {
            name,
            content: Content::Member { archive, index },
        }
    }

    /// The name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same content under another name.
    #[must_use]
    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// SHA-256 of the content as it is stored.
    pub(crate) fn sha256(&self) -> Result<String, DataError> {
        let mut hasher = Sha256::new();
        self.raw(|reader, _| -> Result<(), DataError> {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(count) => hasher.update(&buffer[..count]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(self.bad_stream(error.to_string())),
                }
            }
        })?;
        Ok(hexadecimal(&hasher.finalize()))
    }

    fn bad_stream(&self, reason: String) -> DataError {
        DataError::BadStream {
            file: self.name.clone(),
            reason,
        }
    }

    /// Calls `read` with the stored bytes and their number.
    fn raw<T, E: From<DataError>>(
        &self,
        read: impl FnOnce(&mut dyn Read, u64) -> Result<T, E>,
    ) -> Result<T, E> {
        match &self.content {
            Content::File(path) => {
                let unreadable = |cause| DataError::Unreadable {
                    path: path.clone(),
                    cause,
                };
                let mut file = File::open(path).map_err(unreadable)?;
                let size = file.metadata().map_err(unreadable)?.len();
                read(&mut file, size)
            }
            Content::Bytes(bytes) => read(&mut Cursor::new(&bytes[..]), bytes.len() as u64),
            Content::Member { archive, index } => {
                let damaged = |error: zip::result::ZipError| self.bad_stream(error.to_string());
                let mut zip = zip::ZipArchive::new(Cursor::new(&archive[..])).map_err(damaged)?;
                let mut member = zip.by_index(*index).map_err(damaged)?;
                let packed = member.compressed_size();
                read(&mut member, packed)
            }
        }
    }

    /// Calls `read` with the unpacked content. A fault of the stream is reported rather than what `read`
    /// makes of it.
    pub(crate) fn read<T, E: From<DataError>>(
        &self,
        limits: &Limits,
        read: impl FnOnce(Unpacked<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.raw(|raw, packed| {
            let watch = Rc::new(Watch::default());
            let mut raw = BufReader::with_capacity(1 << 17, raw);
            let head = raw
                .fill_buf()
                .map_err(|error| self.bad_stream(error.to_string()))?;
            let gzip = head.starts_with(&[0x1f, 0x8b]);
            let stream: Box<dyn Read + '_> = if gzip {
                Box::new(MultiGzDecoder::new(raw))
            } else {
                Box::new(raw)
            };
            let zipped = matches!(self.content, Content::Member { .. });
            let unpacked = Unpacked {
                stream,
                packed: (gzip || zipped).then_some(packed),
                limits: *limits,
                watch: Rc::clone(&watch),
            };
            let result = read(unpacked);
            match watch.fault.take() {
                Some(reason) => Err(self.bad_stream(reason).into()),
                None => result,
            }
        })
    }

    /// Calls `read` with the content as a table.
    pub(crate) fn table<T, E: From<DataError>>(
        &self,
        limits: &Limits,
        read: impl FnOnce(&mut TableStream<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read(limits, |unpacked| {
            read(&mut TableStream::new(unpacked, &self.name)?)
        })
    }

    /// The names of the columns.
    pub(crate) fn header(&self, limits: &Limits) -> Result<Vec<String>, DataError> {
        self.table(limits, |table| Ok(table.header.clone()))
    }
}

/// What happened to a stream, seen from both of its ends.
#[derive(Default)]
pub(crate) struct Watch {
    fault: RefCell<Option<String>>,
    /// Bytes handed out since the last complete record.
    since_record: Cell<u64>,
    /// Bytes handed out in all.
    total: Cell<u64>,
}

/// An unpacked stream that keeps to limits and remembers why it failed.
pub(crate) struct Unpacked<'a> {
    stream: Box<dyn Read + 'a>,
    packed: Option<u64>,
    limits: Limits,
    watch: Rc<Watch>,
}

impl Unpacked<'_> {
    /// To be called at each complete record.
    pub fn watch(&self) -> Rc<Watch> {
        Rc::clone(&self.watch)
    }
}

impl Watch {
    /// A record is complete: the count of its bytes begins anew.
    pub fn record(&self) {
        self.since_record.set(0);
    }

    /// Bytes handed out so far.
    pub fn total(&self) -> u64 {
        self.total.get()
    }

    fn fail(&self, reason: String) -> io::Error {
        self.fault.replace(Some(reason.clone()));
        io::Error::other(reason)
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.stream.read(buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => {
                let hint = "it is truncated or damaged";
                return Err(self.watch.fail(format!("{error}; {hint}")));
            }
        };
        let watch = &self.watch;
        watch.total.set(watch.total.get() + count as u64);
        watch
            .since_record
            .set(watch.since_record.get() + count as u64);
        if watch.since_record.get() > self.limits.record_bytes {
            let limit = self.limits.record_bytes;
            return Err(watch.fail(format!(
                "one row is longer than {limit} bytes; it is no table, or a quotation mark is missing"
            )));
        }
        let total = watch.total.get();
        if let Some(packed) = self.packed
            && total > self.limits.unpacked_bytes
            && total / self.limits.ratio > packed
        {
            return Err(watch.fail(format!(
                "it unpacks to more than {} times its size; unpack it yourself if that is meant",
                self.limits.ratio
            )));
        }
        Ok(count)
    }
}

/// A table that is read row by row.
pub(crate) struct TableStream<'a> {
    /// Name for messages.
    pub file: String,
    /// Names of the columns.
    pub header: Vec<String>,
    reader: csv::Reader<Box<dyn Read + 'a>>,
    record: ByteRecord,
    row: u64,
    watch: Rc<Watch>,
}

impl<'a> TableStream<'a> {
    fn new(unpacked: Unpacked<'a>, file: &str) -> Result<Self, DataError> {
        let malformed = |row: u64, reason: String| DataError::MalformedTable {
            file: file.to_owned(),
            row,
            reason,
        };
        let watch = unpacked.watch();
        let mut reader = BufReader::with_capacity(1 << 17, unpacked);
        let mut line = Vec::new();
        reader
            .by_ref()
            .take(LONGEST_HEADER)
            .read_until(b'\n', &mut line)
            .map_err(|error| malformed(1, error.to_string()))?;
        if let Some(rest) = line.strip_prefix("\u{feff}".as_bytes()) {
            line = rest.to_vec();
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            return Err(malformed(1, "there is no header".to_owned()));
        }
        let delimiter = delimiter(&line);
        let stream: Box<dyn Read + 'a> = Box::new(Cursor::new(line).chain(reader));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .buffer_capacity(1 << 17)
            .from_reader(stream);
        let mut record = ByteRecord::new();
        reader
            .read_byte_record(&mut record)
            .map_err(|error| malformed(1, reason(&error)))?;
        let header = record
            .iter()
            .map(|cell| match std::str::from_utf8(cell) {
                Ok(cell) => Ok(cell.trim().to_owned()),
                Err(_) => Err(malformed(1, "a column's name is not UTF-8".to_owned())),
            })
            .collect::<Result<Vec<_>, _>>()?;
        watch.record();
        Ok(Self {
            file: file.to_owned(),
            header,
            reader,
            record,
            row: 1,
            watch,
        })
    }

    /// Goes to the next row; `false` at the end.
    pub fn advance(&mut self) -> Result<bool, DataError> {
        self.row += 1;
        let more = self.reader.read_byte_record(&mut self.record);
        self.watch.record();
        more.map_err(|error| DataError::MalformedTable {
            file: self.file.clone(),
            row: self.row,
            reason: reason(&error),
        })
    }

    /// Number of the row, the header being 1.
    pub const fn row(&self) -> u64 {
        self.row
    }

    /// Unpacked bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.watch.total()
    }

    /// The bytes of a cell.
    pub fn cell(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }

    /// A cell as text.
    pub fn text(&self, column: usize) -> Result<&str, DataError> {
        std::str::from_utf8(self.cell(column)).map_err(|_| self.bad_value(column, "UTF-8 text"))
    }

    /// A cell as a neuron's identity.
    pub fn id(&self, column: usize) -> Result<u64, DataError> {
        let cell = self.cell(column).trim_ascii();
        parse_id(cell).ok_or_else(|| self.bad_value(column, &expected_id(cell)))
    }

    /// A cell as a number of contacts.
    pub fn count(&self, column: usize) -> Result<u32, DataError> {
        let cell = self.cell(column).trim_ascii();
        parse_count(cell).ok_or_else(|| {
            self.bad_value(
                column,
                &format!("a number of contacts (whole, from 0 to {LARGEST_COUNT})"),
            )
        })
    }

    /// The position of a column that must be there once.
    pub fn column(&self, name: &str) -> Result<usize, DataError> {
        self.find(name)?.ok_or_else(|| DataError::MissingColumn {
            file: self.file.clone(),
            column: name.to_owned(),
            found: self.header.join(", "),
        })
    }

    /// The position of a column that may be absent but not be there twice.
    pub fn find(&self, name: &str) -> Result<Option<usize>, DataError> {
        let mut places = (0..self.header.len()).filter(|&place| self.header[place] == name);
        let first = places.next();
        match places.next() {
            None => Ok(first),
            Some(_) => Err(DataError::MalformedTable {
                file: self.file.clone(),
                row: 1,
                reason: format!("there are two columns \"{name}\""),
            }),
        }
    }

    /// The error for a cell that is not what it should be.
    pub fn bad_value(&self, column: usize, expected: &str) -> DataError {
        let value = String::from_utf8_lossy(self.cell(column));
        DataError::BadValue {
            file: self.file.clone(),
            row: self.row,
            column: self.header.get(column).cloned().unwrap_or_default(),
            value: value.chars().take(100).collect(),
            expected: expected.to_owned(),
        }
    }
}

/// What the csv crate says, without its own idea of rows.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells, but {expected_len} columns"),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// The separator: the most frequent of comma, semicolon and tab in the header, quoted text left out.
pub(crate) fn delimiter(header: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    for &byte in header {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    // The first of equals: a header of one column is taken for comma-separated.
    counts
        .iter()
        .rev()
        .max_by_key(|(_, count)| count)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

/// A whole number written with digits only.
pub(crate) fn parse_id(cell: &[u8]) -> Option<u64> {
    if cell.is_empty() || cell.len() > 20 {
        return None;
    }
    cell.iter().try_fold(0_u64, |id, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        id.checked_mul(10)?.checked_add(digit)
    })
}

/// What should have been there instead of a cell that is no identity.
pub(crate) fn expected_id(cell: &[u8]) -> String {
    let float = std::str::from_utf8(cell)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(|_| cell.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')));
    if float {
        "a neuron's identity (a whole number); it was saved as a floating-point number, which loses \
         digits of long identities: export it again as a whole number or as text"
            .to_owned()
    } else {
        "a neuron's identity (a whole number)".to_owned()
    }
}

/// `12` or `12.0`, up to nine digits before the point; `None` for anything else.
pub(crate) fn parse_count(cell: &[u8]) -> Option<u32> {
    let digits = cell.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zeros_only = match &cell[digits..] {
        [] => true,
        [b'.', decimals @ ..] => decimals.iter().all(|&byte| byte == b'0'),
        _ => false,
    };
    if digits == 0 || digits > 9 || !zeros_only {
        return None;
    }
    let value = cell[..digits]
        .iter()
        .fold(0, |sum, digit| 10 * sum + u32::from(digit - b'0'));
    (value <= LARGEST_COUNT).then_some(value)
}
