//! `kenyon report`: results as figures and one HTML file.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use kenyon_report::{Formats, Results, Written, write};
use serde_json::json;

use crate::ending::Ending;
use crate::output::Output;

/// Arguments of `kenyon report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Writes report.html, which needs nothing else, and figures/*.svg, *.pdf and *.png.\n\nExample: kenyon report results/reproduce"
)]
pub(crate) struct Arguments {
    /// Folder of results, such as results/reproduce
    results: PathBuf,
    /// Folder of the report [default: that of the results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write report.html alone, without the files of the figures
    #[arg(long)]
    page_only: bool,
}

/// Runs `kenyon report`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let start = Instant::now();
    let folder = arguments.out.as_deref().unwrap_or(&arguments.results);
    let formats = if arguments.page_only {
        Formats::PageOnly
    } else {
        Formats::All
    };
    let results = Results::read(&arguments.results)?;
    let written = write(&results, folder, formats)?;
    let seconds = start.elapsed().as_secs_f64();
    output.line(format_args!(
        "{} figures in {seconds:.1} s: {}",
        written.names.len(),
        written.names.join(", ")
    ));
    if formats == Formats::All {
        output.line(format_args!("figures: {}", written.figures.display()));
    }
    output.line(format_args!("report: {}", written.page.display()));
    output.json(&json!({
        "report": written.page,
        "figures": written.names,
        "seconds": seconds,
    }))?;
    Ok(Ending::Done)
}

/// Whether a command that makes results ends with their report.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ReportArguments {
    /// Do not draw figures and write report.html at the end
    #[arg(long)]
    no_report: bool,
}

/// The report of a study that has just been carried out, if it is wanted. Results stand whether or not
/// it can be made.
pub(crate) fn of_study(folder: &Path, wanted: ReportArguments, output: &Output) -> Option<PathBuf> {
    if wanted.no_report {
        return None;
    }
    let made = || -> anyhow::Result<Written> {
        let results = Results::read(folder)?;
        Ok(write(&results, folder, Formats::All)?)
    };
    match made().context("the report was not written") {
        Ok(written) => {
            output.line(format_args!("report: {}", written.page.display()));
            Some(written.page)
        }
        Err(error) => {
            output.warning(format_args!("{error:#}"));
            None
        }
    }
}
