//! `import.json`: what was read, kept, dropped and merged. Nothing is dropped that is not counted here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::Layout;

/// The record of an import; fields are written in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportRecord {
    /// What made the folder.
    pub made_by: String,
    /// Layout of the tables of contacts.
    pub layout: Layout,
    /// Tables that were read, in order; an archive's hash stands at each of its members.
    pub files: Vec<ReadFile>,
    /// Files that were not used, and why.
    pub ignored: Vec<IgnoredFile>,
    /// Neurons: listed, selected.
    pub neurons: NeuronCounts,
    /// The populations in model order.
    pub populations: Vec<SelectedPopulation>,
    /// Contacts: read, dropped, merged, kept.
    pub contacts: ContactCounts,
    /// What was asked for.
    pub settings: Settings,
    /// What the reader of these figures should know.
    pub notes: Vec<String>,
}

/// A table that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFile {
    /// Name of the file.
    pub file: String,
    /// SHA-256 in hexadecimal of the file, or of the archive that it is in.
    pub sha256: String,
}

/// A file that was not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredFile {
    /// Name of the file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// What became of the neurons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeuronCounts {
    /// Different neurons in the tables (without tables: in the contacts).
    pub listed: u64,
    /// Of these, in a population.
    pub selected: u64,
    /// Of these, in no population.
    pub not_selected: u64,
    /// Selected neurons without any contact among the selected.
    pub isolated: u64,
    /// Selected neurons whose side is neither left, right, middle nor empty; it is taken as unknown.
    pub sides_not_understood: u64,
    /// Selected neurons whose partner is no whole number; it is taken as unknown.
    pub partners_not_understood: u64,
    /// Columns of later tables that were renamed because an earlier table has one of the name.
    pub renamed_columns: Vec<String>,
    /// Selected neurons by transmitter, as written.
    pub transmitters: BTreeMap<String, u64>,
}

/// A population and how it was selected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectedPopulation {
    /// Its name.
    pub name: String,
    /// The expression, or the column and value, that selected it.
    pub selection: String,
    /// Number of neurons.
    pub neurons: u64,
}

/// Rows (or non-zero cells of matrices) and the contacts in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Number of rows, cells or pairs.
    pub rows: u64,
    /// Sum of their contacts.
    pub contacts: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, contacts: u32) {
        self.rows += 1;
        self.contacts += u64::from(contacts);
    }
}

/// What became of the contacts: `read` is the sum of the `dropped` and of `used`; `used.contacts` is the sum
/// of `below_minimum.contacts` and `kept_contacts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCounts {
    /// Rows of the tables, or non-zero cells of the matrices.
    pub read: Tally,
    /// Dropped: not what `--contact-filter` asks for.
    pub dropped_by_filter: Tally,
    /// Dropped: no contact in the row.
    pub dropped_without_contact: Tally,
    /// Dropped: a neuron that no table of neurons lists.
    pub dropped_unlisted_neuron: Tally,
    /// Dropped: a neuron that is in no population.
    pub dropped_not_selected: Tally,
    /// Between selected neurons.
    pub used: Tally,
    /// Of the used rows, those added to an earlier row of the same pair and compartment.
    pub merged_rows: u64,
    /// Pairs dropped because all their rows together have too few contacts.
    pub below_minimum: Tally,
    /// Ordered pairs of neurons in the folder.
    pub kept_edges: u64,
    /// Contacts in the folder.
    pub kept_contacts: u64,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Fewest contacts of a pair.
    pub minimum_contacts: u32,
    /// Whether rows of one pair were added up.
    pub duplicates: String,
    /// Condition on rows of contacts.
    pub contact_filter: Option<String>,
    /// Compartments of contacts that do not say theirs.
    pub compartment: String,
    /// Columns that filled the fields of the neurons.
    pub fields: BTreeMap<String, String>,
    /// Where transmitters come from.
    pub transmitter_source: String,
    /// Rules that renamed transmitters.
    pub transmitter_rules: Vec<String>,
    /// Where the odours come from.
    pub odours: Option<String>,
}
