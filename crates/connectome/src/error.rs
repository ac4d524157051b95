//! Everything that can be wrong with a data set, one variant per kind of fault.

use std::path::PathBuf;

use crate::ConnectomeError;

/// Why a data set was refused. Rows and columns are counted from 1 and include the header line.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum DataError {
    /// The descriptor is not valid.
    #[error("the data-set descriptor is not valid: {reason}")]
    Descriptor { reason: String },
    /// No folder has the data.
    #[error(
        "no data set found; looked in:\n{}\nName the folder with --data or KENYON_DATA, or download the data",
        .tried.join("\n")
    )]
    NotFound { tried: Vec<String> },
    /// The folder does not exist.
    #[error("the data folder {} does not exist", .path.display())]
    FolderMissing { path: PathBuf },
    /// A file that is needed does not exist.
    #[error("{path} is missing in {}; {hint}", .folder.display())]
    FileMissing {
        folder: PathBuf,
        path: String,
        hint: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", .path.display())]
    Unreadable {
        path: PathBuf,
        cause: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {cause}", .path.display())]
    Unwritable {
        path: PathBuf,
        cause: std::io::Error,
    },
    /// The archive is truncated or no zip file at all.
    #[error("{file} is not a complete zip archive ({reason}); download it again")]
    NotAnArchive { file: String, reason: String },
    /// The archive lacks a file.
    #[error("{archive} has no member {member}; is it the right supplement?")]
    MemberMissing { archive: String, member: String },
    /// A file inside the archive is damaged.
    #[error("{member} in {archive} cannot be unpacked ({reason}); download the archive again")]
    MemberUnreadable {
        archive: String,
        member: String,
        reason: String,
    },
    /// A file has other content than expected.
    #[error(
        "{file} has SHA-256 {actual}, expected {expected}; it is damaged or another version: download it again"
    )]
    WrongHash {
        file: String,
        expected: String,
        actual: String,
    },
    /// A table cannot be split into rows and columns.
    #[error("{file}, row {row}: {reason}")]
    MalformedTable {
        file: String,
        row: u64,
        reason: String,
    },
    /// A table lacks a column.
    #[error("{file} has no column \"{column}\"; its columns are {found}")]
    MissingColumn {
        file: String,
        column: String,
        found: String,
    },
    /// A table holds a value that makes no sense.
    #[error("{file}, row {row}, column \"{column}\": \"{value}\" is not {expected}")]
    BadValue {
        file: String,
        row: u64,
        column: String,
        value: String,
        expected: String,
    },
    /// A neuron is not known to a table.
    #[error("{file}, row {row}: neuron {id} is unknown ({context})")]
    UnknownNeuron {
        file: String,
        row: u64,
        id: u64,
        context: String,
    },
    /// A selected neuron is missing.
    #[error("neuron {id} (population {population}) is missing in {file}")]
    MissingNeuron {
        file: String,
        id: u64,
        population: String,
    },
    /// A neuron stands twice in a table.
    #[error("{file}, {place}: neuron {id} is listed a second time")]
    DuplicateNeuron {
        file: String,
        place: String,
        id: u64,
    },
    /// A matrix has not as many rows as columns.
    #[error("{file} is not square: {rows} rows, {columns} columns")]
    NotSquare {
        file: String,
        rows: usize,
        columns: usize,
    },
    /// A matrix row is too short or too long.
    #[error("{file}, row {row} has {actual} cells, expected {expected}")]
    RowLength {
        file: String,
        row: usize,
        expected: usize,
        actual: usize,
    },
    /// A matrix lists another number of neurons than expected.
    #[error("{file} lists {actual} neurons, expected {expected}")]
    MatrixSize {
        file: String,
        expected: usize,
        actual: usize,
    },
    /// A cell is empty or no number.
    #[error("{file}, row {row}, column {column}: \"{value}\" is not a number")]
    NotANumber {
        file: String,
        row: usize,
        column: usize,
        value: String,
    },
    /// A cell is NaN or infinite.
    #[error("{file}, row {row}, column {column}: {value} is not a finite number")]
    NotFinite {
        file: String,
        row: usize,
        column: usize,
        value: String,
    },
    /// A cell is negative.
    #[error("{file}, row {row}, column {column}: {value} is negative; contacts are counts")]
    NegativeCount {
        file: String,
        row: usize,
        column: usize,
        value: String,
    },
    /// A cell is no whole number.
    #[error("{file}, row {row}, column {column}: {value} is not a whole number of contacts")]
    FractionalCount {
        file: String,
        row: usize,
        column: usize,
        value: String,
    },
    /// A cell is larger than any possible count.
    #[error("{file}, row {row}, column {column}: {value} contacts are too many to be true")]
    CountTooLarge {
        file: String,
        row: usize,
        column: usize,
        value: String,
    },
    /// The four compartment matrices do not add up to the matrix of all contacts.
    #[error(
        "contacts from neuron {from} to neuron {to}: aa + ad + da + dd is {parts}, but all-all says {all}"
    )]
    SumMismatch {
        from: u64,
        to: u64,
        parts: u32,
        all: u32,
    },
    /// A population has another size than expected.
    #[error("population {population} has {actual} neurons, expected {expected}")]
    PopulationSize {
        population: String,
        expected: usize,
        actual: usize,
    },
    /// A pathway has another number of edges than expected.
    #[error("pathway {pathway} has {actual} edges, expected {expected}")]
    PathwayEdges {
        pathway: String,
        expected: usize,
        actual: usize,
    },
    /// A pathway has another number of contacts than expected.
    #[error("pathway {pathway} has {actual} contacts, expected {expected}")]
    PathwayContacts {
        pathway: String,
        expected: u64,
        actual: u64,
    },
    /// A pathway's largest edge differs.
    #[error("the largest edge of pathway {pathway} has {actual} contacts, expected {expected}")]
    PathwayLargest {
        pathway: String,
        expected: u32,
        actual: u32,
    },
    /// A gap-junction rule gives another number of pairs.
    #[error("gap junctions {set}: {actual} pairs, expected {expected}")]
    GapPairs {
        set: String,
        expected: usize,
        actual: usize,
    },
    /// The split by fan-out gives other numbers.
    #[error(
        "the fan-out split of {population} gives {actual} excitatory : inhibitory neurons, expected {expected}"
    )]
    SignSplit {
        population: String,
        expected: String,
        actual: String,
    },
    /// The response table has other rows or columns.
    #[error("{file}: {found}, expected {expected}")]
    ResponseShape {
        file: String,
        expected: String,
        found: String,
    },
    /// The response table's extremes differ.
    #[error(
        "{file}: rates run from {low} to {high} spikes/s, expected {expected_low} to {expected_high}"
    )]
    ResponseRange {
        file: String,
        low: i32,
        high: i32,
        expected_low: i32,
        expected_high: i32,
    },
    /// The spontaneous rates do not add up.
    #[error("{file}: the spontaneous rates (row 0) sum to {actual}, expected {expected}")]
    ResponseSum {
        file: String,
        expected: i32,
        actual: i32,
    },
    /// The normalised file does not follow from the rates.
    #[error(
        "{file}, {odour} / {receptor}: {actual} is not the normalised rate, which is {expected}; rebuild the file"
    )]
    NormalisedMismatch {
        file: String,
        odour: String,
        receptor: String,
        expected: f64,
        actual: f64,
    },
    /// Two files that should say the same do not.
    #[error("{first} and {second} disagree: {what}")]
    TablesDisagree {
        first: String,
        second: String,
        what: String,
    },
    /// An odour is missing in a file of one receptor.
    #[error("{file} has no rate for \"{odour}\"")]
    OdourMissing { file: String, odour: String },
    /// An odour stands twice in a file of one receptor.
    #[error("{file}, row {row}: \"{odour}\" is listed a second time")]
    OdourTwice {
        file: String,
        row: u64,
        odour: String,
    },
    /// The data set has no odours, but they are needed.
    #[error(
        "the data set has no receptor responses, and this needs odours; add a table of them ([responses] in connectome.toml, or `kenyon data import --odours FILE`)"
    )]
    NoResponses,
    /// A file ends too early, is damaged or grows beyond all measure when it is unpacked.
    #[error("{file} cannot be read: {reason}")]
    BadStream { file: String, reason: String },
    /// The descriptor of a neutral folder is not valid.
    #[error("{file} is not valid: {reason}")]
    NeutralDescriptor { file: String, reason: String },
    /// A table holds another number of things than its descriptor says.
    #[error("{file} holds {actual} {what}, but the descriptor says {expected}")]
    WrongCount {
        file: String,
        what: &'static str,
        expected: u64,
        actual: u64,
    },
    /// Contacts of one pair and compartment stand in two rows.
    #[error(
        "{file}, row {row}: the {compartment} contacts from neuron {from} to neuron {to} are listed a second time; add the rows up"
    )]
    ContactTwice {
        file: String,
        row: u64,
        from: u64,
        to: u64,
        compartment: &'static str,
    },
    /// Neurons of a population do not stand together in the table.
    #[error(
        "{file}, row {row}: population \"{population}\" continues after another one began; its rows must stand together"
    )]
    ScatteredRows {
        file: String,
        row: u64,
        population: String,
    },
    /// A folder that is to be written exists already.
    #[error("{} exists already; name another folder, or remove it", .path.display())]
    FolderExists { path: PathBuf },
    /// Receptors cannot be matched by name.
    #[error(
        "receptors cannot be matched with neurons by name: {reason}; use the mapping by_position"
    )]
    NoReceptorNames { reason: String },
    /// The neurons and contacts do not form a graph.
    #[error(transparent)]
    Connectome(#[from] ConnectomeError),
    /// A download failed.
    #[error(
        "cannot download {address}: {reason}; if this machine has no network, download the file elsewhere and import it"
    )]
    Download { address: String, reason: String },
    /// There is no place for downloaded data.
    #[error("no folder for downloaded data: {reason}; name one")]
    NoCacheFolder { reason: String },
    /// What was given for import is neither a folder nor a zip archive with the data.
    #[error("{} cannot be imported: {reason}", .path.display())]
    NotImportable { path: PathBuf, reason: String },
    /// A size factor that cannot be sampled.
    #[error("scale {scale} is not possible; use a whole number from 1 to {largest}")]
    Scale { scale: u32, largest: u32 },
    /// The summary figures of the statistical larva are not valid.
    #[error("the statistics file is not valid: {reason}")]
    Statistics { reason: String },
}
