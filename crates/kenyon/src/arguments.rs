//! The command line: commands, and the options that all of them share.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kenyon_connectome::ReceptorMapping;

use crate::commands::{
    bench, data, evaluate, gradcheck, inspect, report, reproduce, screen, sensitivity, simulate,
    study, train, verify,
};

/// Connectome-constrained spiking networks: train, perturb and measure them on a laptop.
///
/// Exit codes: 0 done and every judged check passed; 1 a check failed; 2 bad input or environment.
#[derive(Debug, Parser)]
#[command(
    name = "kenyon",
    version,
    after_help = "Example: kenyon train --seed 42 --epochs 50 --out runs/42 && kenyon evaluate runs/42"
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub shared: SharedArguments,
    #[command(subcommand)]
    pub command: Command,
}

/// More threads than this are a typing error.
const MOST_THREADS: i64 = 1024;

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SharedArguments {
    /// Folder with the data [default: KENYON_DATA, data, ../shared/data, the cache folder, download]
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        help_heading = "Options of every command"
    )]
    pub data: Option<PathBuf>,
    /// Use an individual drawn from summary statistics instead of data
    #[arg(
        long,
        global = true,
        value_name = "SEED",
        conflicts_with = "data",
        help_heading = "Options of every command"
    )]
    pub statistical_larva: Option<u64>,
    /// Number of threads [default: all cores]; results do not depend on it
    #[arg(
        long,
        global = true,
        value_name = "N",
        help_heading = "Options of every command",
    value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS)
    )]
    pub threads: Option<u16>,
    /// Print no progress
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub quiet: bool,
    /// End standard output with one line of JSON
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train and measure the published models and compare them with the publication
    Reproduce(reproduce::Arguments),
    /// Plan, run and sum up studies of your own: circuit edits, null models, objectives, seeds
    Study(study::Arguments),
    /// Draw the figures of results and write them into one HTML file
    Report(report::Arguments),
    /// Find, check, download, import or sample connectome data
    Data(data::Arguments),
    /// Show what a circuit and the data amount to: populations, pathways, parameters
    Inspect(inspect::Arguments),
    /// Train a teacher and a spiking student
    Train(train::Arguments),
    /// Measure a trained model as the publication does
    Evaluate(evaluate::Arguments),
    /// Show an odour or a mixture to a model, with interventions
    Simulate(simulate::Arguments),
    /// Silence or drive every neuron, class or pathway in turn and rank the effects
    Screen(screen::Arguments),
    /// Derivatives of an objective by every edge and neuron, in one backward pass
    Sensitivity(sensitivity::Arguments),
    /// Replay golden vectors of an independent implementation
    Verify(verify::Arguments),
    /// Compare the adjoint with dual numbers and central differences
    Gradcheck(gradcheck::Arguments),
    /// Measure the speed of this machine
    Bench(bench::Arguments),
}

/// How receptor responses are assigned to receptor neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Mapping {
    /// Column k drives neurons 2k and 2k + 1, as in the published model
    ByPosition,
    /// Every neuron is driven by the receptor it expresses
    ByName,
}

impl From<Mapping> for ReceptorMapping {
    fn from(mapping: Mapping) -> Self {
        match mapping {
            Mapping::ByPosition => Self::ByPosition,
            Mapping::ByName => Self::ByName,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::CommandLine::command().debug_assert();
    }
}
