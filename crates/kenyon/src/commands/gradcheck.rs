//! `kenyon gradcheck`: the adjoint against dual numbers and central differences.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use kenyon_circuit::Network;
use kenyon_proof::gradcheck::gradcheck;
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::output::Output;
use crate::table::Table;

/// Arguments of `kenyon gradcheck`.
#[derive(Debug, Args)]
#[command(after_help = "Example: kenyon gradcheck --seed 1")]
pub(crate) struct Arguments {
    /// Seed of the parameter point, the stimuli and the noise
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Trials of the batch
    #[arg(long, default_value_t = 2)]
    trials: usize,
    /// Circuit file [default: the larval olfactory pathway]
    #[arg(long, value_name = "FILE")]
    circuit: Option<PathBuf>,
}

/// Runs `kenyon gradcheck`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let circuit = data::circuit(arguments.circuit.as_deref())?;
    let network = Network::compile(&circuit, &data.connectome)
        .context("the circuit does not fit the data")?;
    output.progress(format_args!(
        "checking {} parameters",
        network.table().len()
    ));
    let report = gradcheck(&network, arguments.seed, arguments.trials)?;

    output.line(data::describe(&data));
    let mut table = Table::new(&[
        "group",
        ">values",
        ">largest slope",
        ">dual numbers",
        ">differences, median",
        ">maximum",
        ">excluded",
    ]);
    for group in &report.groups {
        table.row([
            group.name.clone(),
            group.values.to_string(),
            format!("{:.2e}", group.largest),
            format!("{:.1e}", group.dual),
            format!("{:.1e}", group.difference_median),
            format!("{:.1e}", group.difference_maximum),
            group.excluded.to_string(),
        ]);
    }
    output.line(table);
    output.line(format_args!(
        "dual numbers {:.1e}; {} differences: median {:.1e}, maximum {:.1e}; {} left out because \
         their two sides reset different cells",
        report.dual,
        report.differences,
        report.difference_median,
        report.difference_maximum,
        report.excluded
    ));
    let inert = report.inert();
    if !inert.is_empty() {
        output.line(format_args!(
            "without effect, so nothing is proved: {}",
            inert.join(", ")
        ));
    }
    let passed = report.passed();
    output.line(if passed { "passed" } else { "FAILED" });
    output
        .json(&json!({ "passed": passed, "data_sha256": data.manifest.hash, "report": report }))?;
    Ok(Ending::of_failures(usize::from(!passed)))
}
