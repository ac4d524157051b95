//! Everything that can be wrong with an import, beyond what can be wrong with a table.

use super::expression::ExpressionError;
use crate::DataError;

/// Why tables were not imported.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum ImportError {
    /// A table cannot be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An expression is not valid.
    #[error("{place}: {fault}")]
    Expression {
        place: String,
        fault: ExpressionError,
    },
    /// Nothing to read contacts from.
    #[error(
        "none of the files is a table of contacts; a table needs columns such as {expected}. Files seen:\n{seen}"
    )]
    NoContacts { expected: String, seen: String },
    /// Contact tables of several layouts.
    #[error(
        "{first} is a {first_layout} table and {second} a {second_layout} table; import one layout at a time, or name it with --layout"
    )]
    MixedLayouts {
        first: String,
        first_layout: &'static str,
        second: String,
        second_layout: &'static str,
    },
    /// Tables of contacts that may say the same twice.
    #[error("there are several tables of contacts: {files}. {reason}")]
    SeveralTables { files: String, reason: &'static str },
    /// No population was asked for.
    #[error(
        "no population is selected; use --population 'NAME = EXPRESSION', --selections FILE or --population-column COLUMN. The columns of the neurons are {columns}"
    )]
    NoPopulation { columns: String },
    /// A population has no name, or one that another has.
    #[error("population \"{name}\" {problem}")]
    PopulationName { name: String, problem: &'static str },
    /// A selection selects nothing.
    #[error("population {name} ({expression}) selects no neuron")]
    EmptyPopulation { name: String, expression: String },
    /// A selection has another size than it says.
    #[error("population {name} ({expression}) selects {actual} neurons, expected {expected}")]
    PopulationSize {
        name: String,
        expression: String,
        expected: usize,
        actual: usize,
    },
    /// A neuron belongs to two populations.
    #[error(
        "neuron {id} is selected into both {first} and {second}; exclude it from one, for example with `and not (...)`"
    )]
    TwoPopulations {
        id: u64,
        first: String,
        second: String,
    },
    /// A column that an option names does not exist.
    #[error("there is no column \"{column}\" for {purpose}; the columns are {found}")]
    NoColumn {
        column: String,
        purpose: String,
        found: String,
    },
    /// Rows that must not be merged.
    #[error(
        "{file}, row {row}: contacts from neuron {from} to neuron {to} stand in an earlier row already; --duplicates sum adds them up"
    )]
    Duplicate {
        file: String,
        row: u64,
        from: u64,
        to: u64,
    },
    /// A sum that cannot be true.
    #[error("contacts from neuron {from} to neuron {to} sum to more than {largest}")]
    TooManyContacts { from: u64, to: u64, largest: u32 },
    /// A file with selections is not valid.
    #[error("{file} is not a valid file of selections: {reason}")]
    Selections { file: String, reason: String },
    /// Matrices that cannot be combined.
    #[error("{reason}")]
    Matrices { reason: String },
    /// The counts before and after do not fit: a fault of this program.
    #[error("{what}: {read} were read, but {accounted} are accounted for; nothing was written")]
    Unaccounted {
        what: &'static str,
        read: u64,
        accounted: u64,
    },
}
