//! `kenyon reproduce`: placeholder until the command is there.

use anyhow::bail;
use clap::Args;

use crate::ending::Ending;
use crate::output::Output;

/// Arguments of `kenyon reproduce`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Trains and measures the published models.
pub(crate) fn run(_arguments: Arguments, _output: &Output) -> anyhow::Result<Ending> {
    bail!("`kenyon reproduce` is not there yet")
}
