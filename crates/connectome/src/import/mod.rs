//! Import: other people's tables as a data set in the [neutral format](crate::neutral).
//!
//! Tables are recognised by the names of their columns ([`Layout`]): exports of FlyWire Codex and neuPrint,
//! dense matrices, lists of pairs. Tables of neurons are joined by identity; populations are selected by
//! [expressions](expression) over their columns; contacts are streamed, and only those of selected pairs are
//! kept. The [record](ImportRecord) says what became of every row.

mod columns;
mod contacts;
mod error;
pub mod expression;
mod neurons;
mod record;
mod selections;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use columns::{Field, Layout};
pub use error::ImportError;
pub use expression::{Expression, ExpressionError};
pub use record::{
    ContactCounts, IgnoredFile, ImportRecord, NeuronCounts, ReadFile, SelectedPopulation, Settings,
    Tally,
};
pub use selections::Selection;

use contacts::Gathered;
use neurons::NeuronTable;
use sources::Sources;

use crate::manifest::{Manifest, SourceKind};
use crate::neutral::{Labels, read_rates};
use crate::stream::{Input, Limits};
use crate::{Compartment, Connectome, DataSet, Individual, OdourPanel};

/// What to do with several rows of one pair and compartment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// Add them up, as exports by neuropil need it.
    #[default]
    Sum,
    /// Refuse them.
    Refuse,
}

/// Which neurons make up which population.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Populations {
    /// Not said, which is an error.
    #[default]
    None,
    /// By expressions, in this order.
    Expressions(Vec<Selection>),
    /// One population per value of a column, in the order in which values appear.
    Column(String),
}

/// Where the odours come from.
#[derive(Clone, Debug)]
pub enum Odours {
    /// A table `odour,receptor,receptor,...` of rates in spikes/s, and the rates that become input 0 and 1
    /// (the lowest rate or 0, and the highest rate, if not given).
    Table(Input, Option<(f64, f64)>),
    /// The panel of another data set, with a name for the record. Its responses by receptor name are
    /// taken only if the driven neurons are the same.
    Panel(Box<DataSet>, String),
}

/// How to import.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// What the data set is called.
    pub labels: Labels,
    /// Layout of the contacts; found by the columns if absent.
    pub layout: Option<Layout>,
    /// Which neurons.
    pub populations: Populations,
    /// Columns that fill fields of neurons, where they are not those that are usual.
    pub fields: BTreeMap<Field, String>,
    /// Column of identities in tables of neurons.
    pub id_column: Option<String>,
    /// Column of presynaptic identities.
    pub source_column: Option<String>,
    /// Column of postsynaptic identities.
    pub target_column: Option<String>,
    /// Column of the number of contacts.
    pub count_column: Option<String>,
    /// Column of the compartments.
    pub compartment_column: Option<String>,
    /// Whether each row is one contact.
    pub rows_are_contacts: bool,
    /// Compartments of contacts that do not say theirs.
    pub compartment: Compartment,
    /// Fewest contacts of an ordered pair, all its rows together.
    pub minimum_contacts: u32,
    /// What to do with several rows of a pair.
    pub duplicates: Duplicates,
    /// Condition on rows of contacts.
    pub contact_filter: Option<Expression>,
    /// New names of transmitters, such as `("GABA", "inhibitory")`; `"*"` stands for all others.
    pub transmitters: Vec<(String, String)>,
    /// Odour responses.
    pub odours: Option<Odours>,
    /// What readers accept.
    pub limits: Limits,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            labels: Labels {
                name: "imported".to_owned(),
                ..Labels::default()
            },
            layout: None,
            populations: Populations::None,
            fields: BTreeMap::new(),
            id_column: None,
            source_column: None,
            target_column: None,
            count_column: None,
            compartment_column: None,
            rows_are_contacts: false,
            compartment: Compartment::AxonDendrite,
            minimum_contacts: 1,
            duplicates: Duplicates::Sum,
            contact_filter: None,
            transmitters: Vec::new(),
            odours: None,
            limits: Limits::default(),
        }
    }
}

/// A data set made of tables, and what became of their rows.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The data.
    pub data: DataSet,
    /// What was read, kept, dropped and merged.
    pub record: ImportRecord,
}

/// Imports the tables in files, folders (their tables, not those of folders in them) and zip archives.
///
/// # Errors
/// The first fault found; see [`ImportError`].
pub fn import_tables(paths: &[PathBuf], options: &ImportOptions) -> Result<Imported, ImportError> {
    import_sources(Sources::find(paths, options)?, options)
}

/// Imports tables that are given as inputs.
///
/// # Errors
/// The first fault found; see [`ImportError`].
pub fn import_inputs(inputs: Vec<Input>, options: &ImportOptions) -> Result<Imported, ImportError> {
    import_sources(Sources::of_inputs(inputs, options)?, options)
}

impl Imported {
    /// Writes the neutral folder, reads it again, and compares content and counts.
    ///
    /// # Errors
    /// As [`crate::neutral::write()`].
    pub fn write(&self, labels: &Labels, folder: &Path) -> Result<(), ImportError> {
        let mut record = serde_json::to_string_pretty(&self.record)
            .expect("names and numbers can be written as JSON");
        record.push('\n');
        crate::neutral::write(&self.data, labels, &record, folder)?;
        Ok(())
    }
}

fn import_sources(sources: Sources, options: &ImportOptions) -> Result<Imported, ImportError> {
    let table = NeuronTable::read(&sources.neurons, &sources.contacts, options)?;
    let mut neuron_counts = NeuronCounts::default();
    let (mut neurons, populations) = table.select(options, &mut neuron_counts)?;
    let fields = table.fields(options)?;
    let mut gathered = Gathered::read(&sources.contacts, &neurons, &table, options)?;
    let mut notes = Vec::new();
    let mut transmitter_source = "none".to_owned();
    if let Some(&column) = fields.get(&Field::Transmitter) {
        transmitter_source = format!("column {} of the neurons", table.columns[column]);
    } else {
        let voted = gathered.voted(neurons.len());
        if voted.iter().any(|transmitter| !transmitter.is_empty()) {
            transmitter_source =
                "the most frequent prediction of the contacts that a neuron makes".to_owned();
            for (neuron, transmitter) in neurons.iter_mut().zip(voted) {
                neuron.transmitter = transmitter;
            }
        }
    }
    for neuron in &mut neurons {
        rename(&mut neuron.transmitter, &options.transmitters);
    }
    for neuron in &neurons {
        let transmitters = &mut neuron_counts.transmitters;
        *transmitters.entry(neuron.transmitter.clone()).or_default() += 1;
    }
    let contacts = gathered.finish(options.minimum_contacts);
    let counts = gathered.counts;
    account(&counts)?;
    let mut touched = vec![false; neurons.len()];
    for contact in &contacts {
        touched[contact.source as usize] = true;
        touched[contact.target as usize] = true;
    }
    if contacts.is_empty() {
        notes.push("no contact is left between the selected neurons".to_owned());
    }
    let selected = neurons.len() as u64;
    let connectome =
        Connectome::new(neurons, contacts).map_err(|error| ImportError::Data(error.into()))?;
    let (panel, odours) = panel(options, &connectome, &mut notes)?;
    let manifest = Manifest::describe(
        &options.labels.name,
        SourceKind::Neutral,
        &connectome,
        &panel,
    );
    let record = ImportRecord {
        made_by: concat!("kenyon ", env!("CARGO_PKG_VERSION"), " data import").to_owned(),
        layout: sources.layout,
        files: sources.files,
        ignored: sources.ignored,
        neurons: NeuronCounts {
            listed: table.len() as u64,
            selected,
            not_selected: table.len() as u64 - selected,
            isolated: touched.iter().filter(|touched| !**touched).count() as u64,
            renamed_columns: table.renamed.clone(),
            ..neuron_counts
        },
        populations,
        contacts: counts,
        settings: Settings {
            minimum_contacts: options.minimum_contacts,
            duplicates: match options.duplicates {
                Duplicates::Sum => "sum".to_owned(),
                Duplicates::Refuse => "refuse".to_owned(),
            },
            contact_filter: options
                .contact_filter
                .as_ref()
                .map(|filter| filter.text().to_owned()),
            compartment: options.compartment.code().to_owned(),
            fields: fields
                .iter()
                .map(|(field, &column)| {
                    let column = table.columns.get(column).map_or("id", String::as_str);
                    (field.name().to_owned(), column.to_owned())
                })
                .collect(),
            transmitter_source,
            transmitter_rules: options
                .transmitters
                .iter()
                .map(|(from, to)| format!("{from}={to}"))
                .collect(),
            odours,
        },
        notes,
    };
    Ok(Imported {
        data: DataSet {
            connectome,
            panel,
            manifest,
            individual: Individual::Real,
        },
        record,
    })
}

/// Checks that every row and every contact is accounted for.
fn account(counts: &ContactCounts) -> Result<(), ImportError> {
    let parts = [
        counts.dropped_by_filter,
        counts.dropped_without_contact,
        counts.dropped_unlisted_neuron,
        counts.dropped_not_selected,
        counts.used,
    ];
    let check = |what: &'static str, read: u64, accounted: u64| {
        if read == accounted {
            return Ok(());
        }
        Err(ImportError::Unaccounted {
            what,
            read,
            accounted,
        })
    };
    check(
        "rows",
        counts.read.rows,
        parts.iter().map(|part| part.rows).sum(),
    )?;
    check(
        "contacts",
        counts.read.contacts,
        parts.iter().map(|part| part.contacts).sum(),
    )?;
    check(
        "contacts between selected neurons",
        counts.used.contacts,
        counts.below_minimum.contacts + counts.kept_contacts,
    )
}

fn rename(transmitter: &mut String, rules: &[(String, String)]) {
    let rule = rules.iter().find(|(from, _)| from == transmitter);
    let rule = rule.or_else(|| rules.iter().find(|(from, _)| from == "*"));
    if let Some((_, to)) = rule {
        transmitter.clone_from(to);
    }
}

fn panel(
    options: &ImportOptions,
    connectome: &Connectome,
    notes: &mut Vec<String>,
) -> Result<(OdourPanel, Option<String>), ImportError> {
    match &options.odours {
        None => Ok((OdourPanel::empty(), None)),
        Some(Odours::Table(input, clip)) => {
            let table = read_rates(input, &options.limits)?;
            let rates = || table.rates.iter().flatten().copied();
            let (low, high) = clip.unwrap_or_else(|| {
                (
                    rates().fold(0.0, f64::min),
                    rates().fold(f64::MIN, f64::max),
                )
            });
            if !(low.is_finite() && high.is_finite() && low < high) {
                return Err(crate::DataError::NeutralDescriptor {
                    file: input.name().to_owned(),
                    reason: format!(
                        "the rates that become 0 and 1, {low} and {high} spikes/s, must differ"
                    ),
                }
                .into());
            }
            let panel = OdourPanel {
                odours: table.odours,
                receptors: table.columns,
                rates: table.rates,
                rates_by_name: Err("the odours came as a table of receptors".to_owned()),
                clip_low: low,
                clip_high: high,
            };
            Ok((panel, Some(input.name().to_owned())))
        }
        Some(Odours::Panel(other, name)) => {
            let mut panel = other.panel.clone();
            let pairs = panel
                .rates_by_name
                .as_ref()
                .map_or(0, |rates| rates.first().map_or(0, Vec::len));
            let driven = |connectome: &Connectome| -> Vec<u64> {
                let neurons = connectome.neurons().iter().take(2 * pairs);
                neurons.map(|neuron| neuron.id).collect()
            };
            if panel.rates_by_name.is_ok() && driven(connectome) != driven(&other.connectome) {
                let reason = "the neurons that odours drive are not those of the folder the odours came from";
                panel.rates_by_name = Err(reason.to_owned());
                notes.push(format!(
                    "responses by receptor name were left out: {reason}"
                ));
            }
            Ok((panel, Some(name.clone())))
        }
    }
}

/// The place of a column by its name: as written, or but for capitals and outer spaces.
pub(crate) fn named_column(header: &[String], name: &str) -> Option<usize> {
    let exact = header.iter().position(|column| column == name);
    exact.or_else(|| {
        let wanted = columns::simple(name);
        header
            .iter()
            .position(|column| columns::simple(column) == wanted)
    })
}
