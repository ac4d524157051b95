//! Writes the summary figures of the statistical larva, measured on the real data:
//! `cargo run --release -p kenyon-connectome --example measure_statistics -- FOLDER OUTPUT.json`.

use std::path::PathBuf;

use kenyon_connectome::{DataSet, Descriptor, sample};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, output] = arguments.as_slice() else {
        return Err("usage: measure_statistics FOLDER OUTPUT.json".into());
    };
    let data = DataSet::load(folder)?;
    let text = sample::measure(&data, &Descriptor::winding2023()).to_json()?;
    std::fs::write(output, text)?;
    Ok(())
}
