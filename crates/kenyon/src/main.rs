//! `kenyon`: connectome-constrained spiking networks on the command line.
//!
//! Arguments, progress and the presentation of results and errors; everything that computes is in
//! the libraries. Every command returns one [`Ending`] or an error, which `main` maps to the exit
//! code: 0 done and every judged check passed, 1 a check failed, 2 bad input or environment.

mod arguments;
mod commands;
mod data;
mod ending;
mod errors;
mod figure_file;
mod interventions;
mod model;
mod npz;
mod output;
mod progress;
mod study_progress;
mod summary;
mod table;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use kenyon_circuit::InstructionSet;

use arguments::{Command, CommandLine};
use ending::Ending;
use output::Output;

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(message) => {
            // Help and version are messages too; a closed pipe must not turn them into a failure.
            let _ = message.print();
            let code = if message.use_stderr() { 2 } else { 0 };
            return ExitCode::from(code);
        }
    };
    let output = Output::new(line.shared);
    let result = run(line.command, &output).and_then(|ending| {
        output.finish().context("cannot write to standard output")?;
        Ok(ending)
    });
    match result {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::CheckFailed) => ExitCode::from(1),
        Err(error) => {
            errors::print(&error);
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, output: &Output) -> anyhow::Result<Ending> {
    InstructionSet::from_environment()?;
    if let Some(threads) = output.shared.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .with_context(|| format!("cannot start {threads} threads"))?;
    }
    match command {
        Command::Reproduce(arguments) => commands::reproduce::run(&arguments, output),
        Command::Study(arguments) => commands::study::run(&arguments, output),
        Command::Report(arguments) => commands::report::run(&arguments, output),
        Command::Data(arguments) => commands::data::run(arguments, output),
        Command::Inspect(arguments) => commands::inspect::run(&arguments, output),
        Command::Train(arguments) => commands::train::run(arguments, output),
        Command::Evaluate(arguments) => commands::evaluate::run(&arguments, output),
        Command::Simulate(arguments) => commands::simulate::run(&arguments, output),
        Command::Screen(arguments) => commands::screen::run(&arguments, output),
        Command::Sensitivity(arguments) => commands::sensitivity::run(&arguments, output),
        Command::Verify(arguments) => commands::verify::run(&arguments, output),
        Command::Gradcheck(arguments) => commands::gradcheck::run(&arguments, output),
        Command::Bench(arguments) => commands::bench::run(&arguments, output),
    }
}
