//! `kenyon bench`: the speed of this machine, and cost against network size.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use kenyon_circuit::{Circuit, Network};
use kenyon_connectome::sample::sample;
use kenyon_connectome::{DataSet, ReceptorMapping};
use kenyon_proof::benchmark::{
    Benchmark, Effort, Machine, Share, SizePoint, measure, measure_size,
};
use kenyon_report::{ScalingPoint, scaling};
use kenyon_study::Subject;
use serde::Serialize;

use crate::data;
use crate::ending::Ending;
use crate::figure_file::{check_figure, write_figure};
use crate::output::Output;
use crate::table::{Table, thousands};

/// Seed of the individuals of other sizes.
const SEED: u64 = 42;

/// Arguments of `kenyon bench`.
#[derive(Debug, Args)]
#[command(
    after_help = "Medians of many repetitions on one core, all noise on.\n\nExample: kenyon bench --scale 1,2,10 --json"
)]
pub(crate) struct Arguments {
    /// Also measure networks that are larger by these factors, made from summary statistics
    #[arg(long, value_name = "FACTORS", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1000))]
    scale: Vec<u32>,
    /// Measure with few repetitions, for a first impression
    #[arg(long)]
    quick: bool,
    /// Draw time and memory against size (.svg, .pdf or .png)
    #[arg(long, value_name = "FILE", requires = "scale")]
    figure: Option<PathBuf>,
}

/// The result.
#[derive(Debug, Serialize)]
struct Report {
    #[serde(flatten)]
    benchmark: Benchmark,
    machine: Machine,
    statistical_larva: bool,
    sizes: Vec<SizePoint>,
}

/// Runs `kenyon bench`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    if let Some(file) = &arguments.figure {
        check_figure(file)?;
    }
    let data = data::find(output)?;
    let subject = Subject::new(&data, &Circuit::larva(), ReceptorMapping::ByPosition)?;
    let machine = Machine::of_this_process();
    if machine.debug_build {
        output.warning("this is a debug build; use `cargo run --release -- bench`");
    }
    let effort = if arguments.quick {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    // One core: everything runs in a pool of one thread.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .context("cannot start a thread")?;
    output.progress("measuring training and evaluation on one core");
    let benchmark = pool.install(|| measure(&subject.network, &subject.odours, effort))?;
    output.line(data::describe(&data));
    show(&benchmark, &machine, output);
    let mut sizes = Vec::new();
    for &scale in &arguments.scale {
        output.progress(format_args!("measuring a network of size {scale}"));
        let (data, network) = larger(scale)?;
        sizes.push(pool.install(|| measure_size(&network, &data.panel, scale, effort))?);
    }
    if !sizes.is_empty() {
        show_sizes(&sizes, output);
    }
    if let Some(file) = &arguments.figure {
        let points: Vec<ScalingPoint> = sizes.iter().map(drawn).collect();
        write_figure(file, scaling(&points).drawing)?;
        output.line(format_args!("drawn in {}", file.display()));
    }
    let statistical_larva = data.manifest.statistical;
    output.json(&Report {
        benchmark,
        machine,
        statistical_larva,
        sizes,
    })?;
    Ok(Ending::Done)
}

fn drawn(point: &SizePoint) -> ScalingPoint {
    ScalingPoint {
        neurons: point.neurons,
        edges: point.edges,
        training_step_ms: point.training_step_ms,
        memory_mb: point.memory_mb,
    }
}

/// An individual that is `scale` times as large, with its network.
fn larger(scale: u32) -> anyhow::Result<(DataSet, Network)> {
    let data = sample(SEED, scale)?;
    let channels = data.panel.receptors.len() as i64;
    let circuit = Circuit::larva().with("input.channels", channels)?;
    let network = Network::compile(&circuit, &data.connectome)?;
    Ok((data, network))
}

fn show(benchmark: &Benchmark, machine: &Machine, output: &Output) {
    output.line(format_args!(
        "{}, {} cores, {} {}, instructions {}",
        machine.processor,
        machine.cores,
        machine.system,
        machine.architecture,
        machine.instruction_set
    ));
    output.line(format_args!(
        "training step (16 trials)  {:8.3} ms   {}",
        benchmark.training_step_ms,
        shares(&benchmark.training_shares)
    ));
    output.line(format_args!(
        "evaluation trial           {:8.4} ms   {}",
        benchmark.evaluation_trial_ms,
        shares(&benchmark.evaluation_shares)
    ));
    output.line(format_args!(
        "noise                      {:8.3} ns per normal ({} per step and trial)",
        benchmark.noise_ns_per_normal,
        thousands(benchmark.normals_per_step)
    ));
}

fn shares(shares: &[Share]) -> String {
    let texts: Vec<String> = shares
        .iter()
        .map(|share| format!("{} {:.0} %", share.phase, 100.0 * share.share))
        .collect();
    texts.join(", ")
}

fn show_sizes(sizes: &[SizePoint], output: &Output) {
    output.line("\ncost against size (statistical larva, not an animal):");
    let mut table = Table::new(&[
        ">size",
        ">neurons",
        ">edges",
        ">ms per step",
        ">ns per edge and step",
        ">memory/MB",
    ]);
    for point in sizes {
        let memory = point
            .memory_mb
            .map_or_else(String::new, |memory| format!("{memory:.0}"));
        table.row([
            point.scale.to_string(),
            thousands(point.neurons),
            thousands(point.edges),
            format!("{:.2}", point.training_step_ms),
            format!("{:.1}", 1e6 * point.training_step_ms / point.edges as f64),
            memory,
        ]);
    }
    output.line(table);
}
