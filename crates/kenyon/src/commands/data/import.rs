//! `kenyon data import`: tables of other connectomes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use kenyon_connectome::import::{
    Duplicates, Expression, Field, ImportOptions, ImportRecord, Imported, Layout, Odours,
    Populations, Selection, Tally, import_tables,
};
use kenyon_connectome::neutral::Labels;
use kenyon_connectome::{Compartment, DataSet, Input};
use serde_json::json;

use crate::ending::Ending;
use crate::output::Output;
use crate::table::{Table, thousands};

/// What the help says.
pub(super) const ABOUT: &str = "\
Import tables of other connectomes into a folder (--out), or the published files into --data

With --out, the tables of neurons and contacts in the given files, folders and zip archives are \
recognised by their columns: exports of FlyWire Codex and neuPrint, dense matrices, lists of pairs. \
Populations are selected by expressions over the columns of the neurons, such as \
'KC = class == \"Kenyon_Cell\" and side in [\"left\", \"right\"]'; operators are ==, !=, contains, \
starts_with, in, and, or, not. The folder is used with --data; its import.json says what was read, \
dropped and merged.

Without --out, a file or folder of the published data set is checked and copied into --data or the \
cache folder.";

/// Largest file of selections, bytes.
const LARGEST_SELECTIONS: u64 = 1 << 20;

const TABLES: &str = "Import of tables";

/// Arguments of `kenyon data import`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Files, folders or zip archives
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder to write; it must not exist yet
    #[arg(long, value_name = "FOLDER", help_heading = TABLES)]
    pub out: Option<PathBuf>,
    /// Layout of the contacts [default: found by the columns]
    #[arg(long, value_enum, requires = "out", help_heading = TABLES)]
    layout: Option<LayoutName>,
    /// A population and which neurons belong to it; in model order
    #[arg(long = "population", value_name = "NAME = EXPRESSION", requires = "out",
          conflicts_with_all = ["selections", "population_column"], help_heading = TABLES)]
    populations: Vec<String>,
    /// TOML file with tables "population": name, where, neurons (optional, must come out)
    #[arg(long, value_name = "FILE", requires = "out", conflicts_with = "population_column", help_heading = TABLES)]
    selections: Option<PathBuf>,
    /// One population per value of this column
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    population_column: Option<String>,
    /// Fill a field (side, class, name, glomerulus, transmitter, partner) from a column
    #[arg(long = "field", value_name = "FIELD=COLUMN", requires = "out", help_heading = TABLES)]
    fields: Vec<String>,
    /// Column of identities in tables of neurons
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    id_column: Option<String>,
    /// Column of presynaptic identities
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    source_column: Option<String>,
    /// Column of postsynaptic identities
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    target_column: Option<String>,
    /// Column of the number of contacts
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    count_column: Option<String>,
    /// Column of compartments (aa, ad, da, dd)
    #[arg(long, value_name = "COLUMN", requires = "out", help_heading = TABLES)]
    compartment_column: Option<String>,
    /// Each row is one contact, as in tables of synapses
    #[arg(long, requires = "out", conflicts_with = "count_column", help_heading = TABLES)]
    rows_are_contacts: bool,
    /// Compartments of contacts that do not say theirs: aa, ad, da or dd
    #[arg(long, value_name = "CODE", default_value = "ad", requires = "out", help_heading = TABLES)]
    compartment: String,
    /// Drop pairs with fewer contacts, all their rows together
    #[arg(long, value_name = "N", default_value_t = 1, requires = "out", help_heading = TABLES)]
    min_contacts: u32,
    /// What to do with several rows of one pair and compartment
    #[arg(long, value_enum, default_value_t = DuplicateRows::Sum, requires = "out", help_heading = TABLES)]
    duplicates: DuplicateRows,
    /// Only rows of contacts for which this holds, such as 'neuropil in ["MB_CA_L", "MB_CA_R"]'
    #[arg(long, value_name = "EXPRESSION", requires = "out", help_heading = TABLES)]
    contact_filter: Option<String>,
    /// Rename a transmitter, such as GABA=inhibitory; * stands for all others
    #[arg(long = "transmitter", value_name = "FROM=TO", requires = "out", help_heading = TABLES)]
    transmitters: Vec<String>,
    /// Odours: a table (odour,receptor,...) in spikes/s, or a folder with data that has some
    #[arg(long, value_name = "PATH", requires = "out", help_heading = TABLES)]
    odours: Option<PathBuf>,
    /// Rates in spikes/s that become input 0 and 1 [default: 0 or the lowest rate, the highest rate]
    #[arg(long, value_name = "LOW,HIGH", requires = "odours", allow_hyphen_values = true, help_heading = TABLES)]
    clip: Option<String>,
    /// Name of the data set [default: that of the folder]
    #[arg(long, requires = "out", help_heading = TABLES)]
    name: Option<String>,
    /// One line saying what the data are
    #[arg(long, requires = "out", help_heading = TABLES)]
    title: Option<String>,
    /// A publication to cite
    #[arg(long = "cite", value_name = "CITATION", requires = "out", help_heading = TABLES)]
    citations: Vec<String>,
}

/// Layouts as they are written on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LayoutName {
    /// FlyWire Codex: connections by neuropil, classification
    Flywire,
    /// neuPrint, such as the hemibrain: total connections, traced neurons
    Neuprint,
    /// Dense matrices, such as the supplement of Winding et al., with annotations
    Matrix,
    /// Any list of pairs
    Edges,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum DuplicateRows {
    /// Add them up
    Sum,
    /// An error
    Refuse,
}

impl Arguments {
    /// The path, if there is but one.
    pub(super) fn only_path(&self) -> anyhow::Result<&Path> {
        match self.paths.as_slice() {
            [path] => Ok(path),
            _ => bail!("several files are imported into a folder; name it with --out"),
        }
    }

    fn options(&self, out: &Path) -> anyhow::Result<ImportOptions> {
        let folder = out
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Ok(ImportOptions {
            labels: Labels {
                name: self
                    .name
                    .clone()
                    .or(folder)
                    .unwrap_or_else(|| "imported".to_owned()),
                title: self.title.clone().unwrap_or_default(),
                citations: self.citations.clone(),
            },
            layout: self.layout.map(|layout| match layout {
                LayoutName::Flywire => Layout::Flywire,
                LayoutName::Neuprint => Layout::Neuprint,
                LayoutName::Matrix => Layout::Matrix,
                LayoutName::Edges => Layout::Edges,
            }),
            populations: self.selected()?,
            fields: self.fields()?,
            id_column: self.id_column.clone(),
            source_column: self.source_column.clone(),
            target_column: self.target_column.clone(),
            count_column: self.count_column.clone(),
            compartment_column: self.compartment_column.clone(),
            rows_are_contacts: self.rows_are_contacts,
            compartment: Compartment::from_code(&self.compartment).with_context(|| {
                format!(
                    "--compartment is \"{}\"; use aa, ad, da or dd",
                    self.compartment
                )
            })?,
            minimum_contacts: self.min_contacts,
            duplicates: match self.duplicates {
                DuplicateRows::Sum => Duplicates::Sum,
                DuplicateRows::Refuse => Duplicates::Refuse,
            },
            contact_filter: match &self.contact_filter {
                None => None,
                Some(text) => Some(Expression::parse(text).context("--contact-filter")?),
            },
            transmitters: (self.transmitters.iter())
                .map(|rule| {
                    let (from, to) = split(rule, "--transmitter", "FROM=TO")?;
                    Ok((from.to_owned(), to.to_owned()))
                })
                .collect::<anyhow::Result<_>>()?,
            odours: self.odours()?,
            ..ImportOptions::default()
        })
    }

    fn selected(&self) -> anyhow::Result<Populations> {
        if let Some(column) = &self.population_column {
            return Ok(Populations::Column(column.clone()));
        }
        if let Some(file) = &self.selections {
            let shown = file.display();
            let unreadable = || format!("cannot read {shown}");
            let size = std::fs::metadata(file).with_context(unreadable)?.len();
            if size > LARGEST_SELECTIONS {
                bail!("{shown} is too large to be a file of selections");
            }
            let text = std::fs::read_to_string(file).with_context(unreadable)?;
            let selections = Selection::from_toml(&text, &shown.to_string())?;
            return Ok(Populations::Expressions(selections));
        }
        if self.populations.is_empty() {
            return Ok(Populations::None);
        }
        let selections: Result<_, _> = self
            .populations
            .iter()
            .map(|text| Selection::parse(text))
            .collect();
        Ok(Populations::Expressions(selections?))
    }

    fn fields(&self) -> anyhow::Result<BTreeMap<Field, String>> {
        let mut fields = BTreeMap::new();
        for text in &self.fields {
            let (name, column) = split(text, "--field", "FIELD=COLUMN")?;
            let Some(field) = Field::ALL.into_iter().find(|field| field.name() == name) else {
                let known: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
                bail!(
                    "--field {text}: there is no field \"{name}\"; use {}",
                    known.join(", ")
                );
            };
            fields.insert(field, column.to_owned());
        }
        Ok(fields)
    }

    fn odours(&self) -> anyhow::Result<Option<Odours>> {
        let Some(path) = &self.odours else {
            return Ok(None);
        };
        if path.is_dir() {
            if self.clip.is_some() {
                bail!("--clip is about a table of odours; a folder says its own");
            }
            let data = DataSet::load(path)
                .with_context(|| format!("cannot take odours from {}", path.display()))?;
            let name = format!("{} ({})", data.manifest.dataset, data.panel.hash());
            return Ok(Some(Odours::Panel(Box::new(data), name)));
        }
        let clip = match &self.clip {
            None => None,
            Some(text) => {
                let parts = text.split_once(',').and_then(|(low, high)| {
                    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
                });
                Some(parts.with_context(|| {
                    format!("--clip is \"{text}\"; give two rates, such as -50,300")
                })?)
            }
        };
        Ok(Some(Odours::Table(Input::file(path), clip)))
    }
}

fn split<'a>(text: &'a str, option: &str, form: &str) -> anyhow::Result<(&'a str, &'a str)> {
    text.split_once('=')
        .map(|(left, right)| (left.trim(), right.trim()))
        .filter(|(left, right)| !left.is_empty() && !right.is_empty())
        .with_context(|| format!("{option} is \"{text}\"; it should be of the form {form}"))
}

/// Imports tables into the folder `out`.
pub(super) fn run(arguments: &Arguments, out: &Path, output: &Output) -> anyhow::Result<Ending> {
    let options = arguments.options(out)?;
    output.progress("reading tables");
    let imported = import_tables(&arguments.paths, &options)?;
    imported.write(&options.labels, out)?;
    show(&imported, output);
    output.line(format_args!(
        "written to {}; use it with --data",
        out.display()
    ));
    output.json(&json!({
        "folder": out,
        "hash": imported.data.manifest.hash,
        "connectome": imported.data.connectome.hash(),
        "record": imported.record,
    }))?;
    Ok(Ending::Done)
}

fn show(imported: &Imported, output: &Output) {
    let record = &imported.record;
    output.line(format_args!(
        "layout {}, tables read:",
        record.layout.name()
    ));
    for file in &record.files {
        output.line(format_args!("  {}", file.file));
    }
    let mut table = Table::new(&["population", ">neurons", "selection"]);
    for population in &record.populations {
        table.row([
            population.name.clone(),
            thousands(population.neurons as usize),
            population.selection.clone(),
        ]);
    }
    output.line(table);
    show_contacts(record, output);
    output.line(format_args!(
        "neurons: {} listed, {} selected, {} of them without a contact here",
        thousands(record.neurons.listed as usize),
        thousands(record.neurons.selected as usize),
        thousands(record.neurons.isolated as usize)
    ));
    let panel = &imported.data.panel;
    if panel.odours.is_empty() {
        output.line("odours: none; --odours adds them");
    } else {
        let (odours, receptors) = (panel.odours.len(), panel.receptors.len());
        output.line(format_args!("odours: {odours}, of {receptors} receptors"));
    }
    for ignored in &record.ignored {
        output.progress(format_args!(
            "not used: {} ({})",
            ignored.file, ignored.reason
        ));
    }
    for note in &record.notes {
        output.warning(note);
    }
}

fn show_contacts(record: &ImportRecord, output: &Output) {
    let counts = &record.contacts;
    let mut table = Table::new(&["rows of contacts", ">rows", ">contacts"]);
    let mut row = |name: &str, tally: Tally, always: bool| {
        if always || tally.rows > 0 {
            table.row([
                name.to_owned(),
                thousands(tally.rows as usize),
                thousands(tally.contacts as usize),
            ]);
        }
    };
    row("read", counts.read, true);
    row(
        "dropped: not in --contact-filter",
        counts.dropped_by_filter,
        false,
    );
    row(
        "dropped: no contact in the row",
        counts.dropped_without_contact,
        false,
    );
    row(
        "dropped: neuron not listed",
        counts.dropped_unlisted_neuron,
        false,
    );
    row(
        "dropped: neuron not selected",
        counts.dropped_not_selected,
        false,
    );
    row("used", counts.used, true);
    output.line(table);
    if counts.merged_rows > 0 {
        let merged = thousands(counts.merged_rows as usize);
        output.line(format_args!(
            "{merged} rows were added to earlier ones of their pair"
        ));
    }
    if counts.below_minimum.rows > 0 {
        output.line(format_args!(
            "{} pairs with {} contacts were dropped: fewer than {}",
            thousands(counts.below_minimum.rows as usize),
            thousands(counts.below_minimum.contacts as usize),
            record.settings.minimum_contacts
        ));
    }
    output.line(format_args!(
        "kept: {} edges, {} contacts",
        thousands(counts.kept_edges as usize),
        thousands(counts.kept_contacts as usize)
    ));
}
