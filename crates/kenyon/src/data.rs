//! Which data a command works on: what was asked for, what is found, or the statistical larva.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use kenyon_circuit::Circuit;
use kenyon_connectome::fetch::{FetchOptions, fetch};
use kenyon_connectome::lookup::{DATA_VARIABLE, cache_folder};
use kenyon_connectome::sample::sample;
use kenyon_connectome::{DataError, DataSet, Descriptor, Individual};
use kenyon_pytorch::published::{find_data_folder, load_data};

use crate::output::Output;

/// Largest circuit file, bytes.
const LARGEST_CIRCUIT: u64 = 16 << 20;

/// Seed of the individual that stands in when no data can be found.
const FALLBACK_SEED: u64 = 42;

/// The data: the statistical larva if it was asked for, else the first place that has them, else a
/// download, else the statistical larva with a warning. Data that were named but are missing or
/// damaged are an error: other data than asked for would be a silent one.
pub(crate) fn find(output: &Output) -> anyhow::Result<DataSet> {
    if let Some(seed) = output.shared.statistical_larva {
        return statistical(output, seed);
    }
    match find_or_download(output) {
        Err(error) if !named(output) && error.is::<Unavailable>() => {
            output.warning(format_args!("{error:#}"));
            output.warning(
                "no connectome was found, so a STATISTICAL LARVA stands in for it; \
                 `kenyon data fetch` downloads the real one",
            );
            statistical(output, FALLBACK_SEED)
        }
        Ok(data) => {
            // A folder can hold one too.
            warn_if_statistical(output, &data);
            Ok(data)
        }
        Err(error) => Err(error),
    }
}

/// As [`find`], but never the statistical larva: for comparisons that need the real connectome.
pub(crate) fn find_real(output: &Output) -> anyhow::Result<DataSet> {
    find_or_download(output)
}

/// Whether the user named the data folder.
pub(crate) fn named(output: &Output) -> bool {
    let variable = std::env::var_os(DATA_VARIABLE).is_some_and(|value| !value.is_empty());
    output.shared.data.is_some() || variable
}

/// Data that are nowhere on this machine and cannot be downloaded either.
#[derive(Debug, thiserror::Error)]
#[error("the data are not on this machine and cannot be downloaded")]
struct Unavailable(#[source] DataError);

fn find_or_download(output: &Output) -> anyhow::Result<DataSet> {
    if let Some(folder) = find_data_folder(output.shared.data.as_deref()) {
        return Ok(load_data(&folder)?);
    }
    let missing = match DataSet::find(output.shared.data.as_deref()) {
        Err(error @ DataError::NotFound { .. }) if !named(output) => error,
        result => return Ok(result?),
    };
    let descriptor = Descriptor::winding2023();
    let Ok(cache) = cache_folder(&descriptor) else {
        return Err(Unavailable(missing).into());
    };
    output.progress(format_args!(
        "downloading {} into {}",
        descriptor.title,
        cache.display()
    ));
    match fetch(&descriptor, &cache, &FetchOptions::default(), |step| {
        output.progress(step)
    }) {
        Ok(_) => Ok(DataSet::load_with(&cache, &descriptor)?),
        Err(error) => Err(Unavailable(error).into()),
    }
}

fn statistical(output: &Output, seed: u64) -> anyhow::Result<DataSet> {
    let data = sample(seed, 1)?;
    warn_if_statistical(output, &data);
    Ok(data)
}

/// Says loudly that numbers describe no animal.
pub(crate) fn warn_if_statistical(output: &Output, data: &DataSet) {
    if let Individual::Sampled { seed, scale } = data.individual {
        output.warning(format_args!(
            "STATISTICAL LARVA (seed {seed}, size {scale}): drawn from summary statistics, no real \
             animal; nothing below is a result about the larva"
        ));
    }
}

/// One line saying what the data are, for the head of a result.
pub(crate) fn describe(data: &DataSet) -> String {
    let hash = data.manifest.hash.get(..12).unwrap_or(&data.manifest.hash);
    match data.individual {
        Individual::Real => format!("data: {} (content {hash})", data.manifest.dataset),
        Individual::Sampled { seed, scale } => {
            format!(
                "data: STATISTICAL LARVA, not an animal (seed {seed}, size {scale}, content {hash})"
            )
        }
    }
}

/// The circuit in a file, or the larva's.
pub(crate) fn circuit(file: Option<&Path>) -> anyhow::Result<Circuit> {
    let Some(file) = file else {
        return Ok(Circuit::larva());
    };
    let shown = file.display();
    let mut text = String::new();
    File::open(file)
        .and_then(|file| file.take(LARGEST_CIRCUIT + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read the circuit file {shown}"))?;
    if text.len() as u64 > LARGEST_CIRCUIT {
        bail!("{shown} is larger than {LARGEST_CIRCUIT} bytes, so it is no circuit file");
    }
    Circuit::parse(&text).with_context(|| format!("the circuit file {shown} cannot be used"))
}
