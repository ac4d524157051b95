//! `kenyon data export`: any data set as a folder of plain tables.

use std::path::PathBuf;

use clap::Args;
use kenyon_connectome::neutral::{Labels, write};
use kenyon_connectome::{Descriptor, Individual};
use serde_json::json;

use crate::data::{self, describe};
use crate::ending::Ending;
use crate::output::Output;
use crate::table::thousands;

/// Arguments of `kenyon data export`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder to write; it must not exist yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Runs `kenyon data export`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let known = Descriptor::winding2023();
    let mut labels = Labels {
        name: data.manifest.dataset.clone(),
        ..Labels::default()
    };
    if data.manifest.dataset == known.name && data.individual == Individual::Real {
        labels.title = known.title;
        labels.citations = known.citations;
    }
    let made_by = concat!("kenyon ", env!("CARGO_PKG_VERSION"), " data export");
    let mut record =
        serde_json::to_string_pretty(&json!({ "made_by": made_by, "source": data.manifest }))?;
    record.push('\n');
    let descriptor = write(&data, &labels, &record, &arguments.out)?;
    output.line(describe(&data));
    output.line(format_args!(
        "{}: {} neurons, {} edges, {} contacts, {} odours",
        arguments.out.display(),
        thousands(data.connectome.neurons().len()),
        thousands(data.manifest.edges),
        thousands(data.manifest.contacts as usize),
        data.panel.odours.len()
    ));
    output.json(&json!({
        "folder": arguments.out,
        "hash": data.manifest.hash,
        "descriptor": descriptor,
    }))?;
    Ok(Ending::Done)
}
