//! `kenyon verify`: replay golden vectors of an independent implementation.

use std::path::{Path, PathBuf};

use clap::Args;
use kenyon_connectome::DataSet;
use kenyon_proof::golden::{self, Deviation, FoundData};

use crate::data;
use crate::ending::Ending;
use crate::output::Output;
use crate::table::Table;

/// The file whose presence makes a folder independent of other data.
const WIRING: &str = "connectome.safetensors";

/// Arguments of `kenyon verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "The wiring comes from DIR/connectome.safetensors, or from the data if that file is \
                  absent.\n\nExample: kenyon verify ../shared/golden"
)]
pub(crate) struct Arguments {
    /// Folder with golden vectors (any subset of the files)
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs `kenyon verify`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let found = |data: DataSet| FoundData::new(&data).map_err(|error| error.to_string());
    // Data that were named must be usable; data that merely happen to be there need not.
    let mut named = if data::named(output) {
        Some(data::find_real(output)?)
    } else {
        None
    };
    let own_wiring = arguments.folder.join(WIRING).exists();
    let mut fallback = || match named.take() {
        Some(data) => found(data),
        None if own_wiring => DataSet::find(None)
            .map_err(|error| error.to_string())
            .and_then(found),
        None => data::find_real(output)
            .map_err(|error| format!("{error:#}"))
            .and_then(found),
    };
    let verification = golden::verify(&arguments.folder, &mut fallback)?;

    let mut worst: Vec<&Deviation> = verification.deviations.iter().collect();
    let excess = |deviation: &Deviation| {
        if deviation.tolerance > 0.0 {
            deviation.deviation / deviation.tolerance
        } else if deviation.passed() {
            0.0
        } else {
            f64::INFINITY
        }
    };
    worst.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
    let mut table = Table::new(&[
        "",
        "file",
        "tensor",
        ">deviation",
        ">tolerance",
        ">at",
        "measure",
    ]);
    for deviation in worst {
        table.row([
            if deviation.passed() { "ok" } else { "BAD" }.to_owned(),
            file_name(&deviation.file),
            deviation.tensor.clone(),
            format!("{:.2e}", deviation.deviation),
            format!("{:.0e}", deviation.tolerance),
            deviation.worst.to_string(),
            match &deviation.detail {
                Some(detail) => format!("{}; {detail}", deviation.measure),
                None => deviation.measure.to_owned(),
            },
        ]);
    }
    output.line(table);
    output.line(format_args!(
        "files: {}; wiring: {}; data set: {}",
        verification.files.len(),
        verification.wiring,
        verification.data
    ));
    let (passed, failed) = (verification.passed, verification.failed);
    output.line(format_args!(
        "{passed} comparisons within tolerance, {failed} beyond"
    ));
    output.json(&verification)?;
    Ok(Ending::of_failures(failed))
}

/// The name of a golden file without folder and ending.
fn file_name(path: &str) -> String {
    let stem = Path::new(path).file_stem();
    stem.map_or_else(
        || path.to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
