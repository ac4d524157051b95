//! `kenyon inspect`: what a circuit and the data amount to.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use kenyon_circuit::{Circuit, Network, PathwayCounts};
use kenyon_connectome::{DataSet, Descriptor, Individual, Manifest};
use kenyon_study::{
    GroupDescription, NetworkDescription, ParameterDescription, PopulationDescription,
};
use serde::Serialize;

use crate::data;
use crate::ending::Ending;
use crate::output::Output;
use crate::table::{Table, thousands};

/// Arguments of `kenyon inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Example: kenyon inspect --circuit my_circuit.toml")]
pub(crate) struct Arguments {
    /// Circuit file [default: the larval olfactory pathway]
    #[arg(long, value_name = "FILE")]
    circuit: Option<PathBuf>,
}

/// Everything that is shown.
#[derive(Debug, Serialize)]
struct Inspection {
    circuit: String,
    circuit_sha256: String,
    populations: Vec<PopulationDescription>,
    pathways: Vec<PathwayRow>,
    gap_junctions: Vec<GapRow>,
    groups: Vec<GroupDescription>,
    parameters: Vec<ParameterDescription>,
    biophysical_parameters: usize,
    decoder_parameters: usize,
    all_parameters: usize,
    normals_per_step: usize,
    differences: usize,
    data: Manifest,
}

#[derive(Debug, Serialize)]
struct PathwayRow {
    #[serde(flatten)]
    counts: PathwayCounts,
    expected: Option<PathwayCounts>,
}

#[derive(Debug, Serialize)]
struct GapRow {
    name: String,
    pairs: usize,
    expected: Option<usize>,
}

/// Runs `kenyon inspect`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let circuit = data::circuit(arguments.circuit.as_deref())?;
    let network = Network::compile(&circuit, &data.connectome)
        .context("the circuit does not fit the data")?;
    let inspection = Inspection::new(&circuit, &network, &data);
    output.line(data::describe(&data));
    show(&inspection, output);
    output.json(&inspection)?;
    // Counts of a sampled individual or of another circuit are shown, not judged.
    let expected = data.manifest.dataset == Descriptor::winding2023().name;
    let judged = expected && data.individual == Individual::Real && arguments.circuit.is_none();
    Ok(Ending::of_failures(if judged {
        inspection.differences
    } else {
        0
    }))
}

impl Inspection {
    fn new(circuit: &Circuit, network: &Network, data: &DataSet) -> Self {
        let descriptor = Descriptor::winding2023();
        let expected = |name: &str| {
            descriptor.pathway(name).map(|row| PathwayCounts {
                name: row.name.clone(),
                edges: row.edges,
                contacts: row.contacts,
                largest: row.largest,
            })
        };
        let pathways: Vec<PathwayRow> = network
            .pathway_counts()
            .into_iter()
            .map(|counts| PathwayRow {
                expected: expected(&counts.name),
                counts,
            })
            .collect();
        let gap_junctions: Vec<GapRow> = network
            .gap_junctions()
            .iter()
            .map(|gap| {
                let expected = descriptor.gaps.iter().find(|row| row.name == gap.name);
                GapRow {
                    name: gap.name.clone(),
                    pairs: gap.pairs.len(),
                    expected: expected.map(|row| row.pairs),
                }
            })
            .collect();
        let differences = pathways.iter().filter(|row| row.differs()).count()
            + gap_junctions.iter().filter(|row| row.differs()).count();
        let table = network.table();
        let described = NetworkDescription::new(network);
        Self {
            circuit: circuit.name.clone(),
            circuit_sha256: circuit.hash(),
            populations: described.populations,
            pathways,
            gap_junctions,
            groups: described.groups,
            parameters: described.parameters,
            biophysical_parameters: table.biophysical(),
            decoder_parameters: table.len() - table.biophysical(),
            all_parameters: table.len(),
            normals_per_step: network.normals_per_step(),
            differences,
            data: data.manifest.clone(),
        }
    }
}

impl PathwayRow {
    fn differs(&self) -> bool {
        self.expected
            .as_ref()
            .is_some_and(|expected| *expected != self.counts)
    }
}

impl GapRow {
    fn differs(&self) -> bool {
        self.expected.is_some_and(|expected| expected != self.pairs)
    }
}

fn show(inspection: &Inspection, output: &Output) {
    output.line(format_args!(
        "circuit: {} ({})",
        inspection.circuit,
        inspection.circuit_sha256.get(..12).unwrap_or_default()
    ));
    let mut table = Table::new(&["population", ">neurons", "model"]);
    for row in &inspection.populations {
        let model = serde_json::to_value(row.model).ok();
        let model = model.as_ref().and_then(serde_json::Value::as_str);
        let model = model.unwrap_or_default().replace('_', " ");
        table.row([row.name.clone(), thousands(row.neurons), model]);
    }
    output.line(table);
    output.line("");
    show_wiring(inspection, output);
    output.line("");
    let mut table = Table::new(&[
        "parameters",
        ">values",
        "stored as",
        ">start",
        "unit",
        ">lower",
        ">upper",
        ">rate",
    ]);
    for row in &inspection.parameters {
        let bound = |value: Option<f64>| value.map_or_else(String::new, number);
        table.row([
            row.name.clone(),
            thousands(row.values),
            format!("{:?}", row.form).to_lowercase(),
            number(row.start),
            row.unit.clone(),
            bound(row.bounds.map(|bounds| bounds.0)),
            bound(row.bounds.map(|bounds| bounds.1)),
            if row.learned {
                row.learning_rate.to_string()
            } else {
                "fixed".to_owned()
            },
        ]);
    }
    output.line(table);
    output.line(format_args!(
        "{} + {} = {} parameters",
        thousands(inspection.biophysical_parameters),
        thousands(inspection.decoder_parameters),
        thousands(inspection.all_parameters)
    ));
    output.line(format_args!(
        "{} normals per step and trial",
        thousands(inspection.normals_per_step)
    ));
    output.line("");
    show_manifest(&inspection.data, output);
}

fn show_wiring(inspection: &Inspection, output: &Output) {
    let mut table = Table::new(&["pathway", ">edges", ">contacts", ">largest", "expected"]);
    for row in &inspection.pathways {
        let counts = &row.counts;
        let expected = match &row.expected {
            None => "not stated".to_owned(),
            Some(expected) if expected == counts => "as expected".to_owned(),
            Some(other) => format!(
                "DIFFERS from {} edges, {} contacts, {}",
                thousands(other.edges),
                thousands(other.contacts as usize),
                other.largest
            ),
        };
        table.row([
            counts.name.clone(),
            thousands(counts.edges),
            thousands(counts.contacts as usize),
            counts.largest.to_string(),
            expected,
        ]);
    }
    output.line(table);
    let edges: usize = inspection.pathways.iter().map(|row| row.counts.edges).sum();
    output.line(format_args!("{} edges in all pathways", thousands(edges)));
    output.line("");
    let mut table = Table::new(&["gap junctions", ">pairs", "expected"]);
    for row in &inspection.gap_junctions {
        let expected = match row.expected {
            None => "not stated".to_owned(),
            Some(expected) if expected == row.pairs => "as expected".to_owned(),
            Some(expected) => format!("DIFFERS from {}", thousands(expected)),
        };
        table.row([row.name.clone(), thousands(row.pairs), expected]);
    }
    output.line(table);
    for row in &inspection.groups {
        output.line(format_args!(
            "group \"{}\": {} of {} {}",
            row.name, row.members, row.neurons, row.population
        ));
    }
    if inspection.differences > 0 {
        output.line(format_args!(
            "{} rows differ from what is expected",
            inspection.differences
        ));
    }
}

fn show_manifest(manifest: &Manifest, output: &Output) {
    output.line(format_args!(
        "data set {}, content {}",
        manifest.dataset, manifest.hash
    ));
    let mut table = Table::new(&["file", "SHA-256"]);
    for file in &manifest.files {
        table.row([file.path.clone(), file.sha256.clone()]);
    }
    if !manifest.files.is_empty() {
        output.line(table);
    }
    output.line(format_args!(
        "{} edges, {} contacts among the selected neurons",
        thousands(manifest.edges),
        thousands(manifest.contacts as usize)
    ));
}

/// A number in its shortest readable form.
fn number(value: f64) -> String {
    if value == 0.0 || (1e-3..1e4).contains(&value.abs()) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.2e}")
    }
}
