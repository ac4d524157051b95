//! A figure in a file that the user names.

use std::path::Path;

use anyhow::{Context, bail};
use kenyon_learning::write_atomically;
use kenyon_report::plot::Drawing;
use kenyon_report::{pdf, png};

/// Endings of figures.
const ENDINGS: [&str; 3] = ["svg", "pdf", "png"];
/// Resolution of PNG files, for print.
const DOTS_PER_INCH: f64 = 300.0;

/// Checks that a figure can be written, before anything is computed.
pub(crate) fn check_figure(file: &Path) -> anyhow::Result<()> {
    check_file("--figure", file, &ENDINGS)
}

/// Writes a drawing as the ending of `file` says, completely or not at all.
pub(crate) fn write_figure(file: &Path, drawing: Drawing) -> anyhow::Result<()> {
    let bytes = match file.extension().and_then(|ending| ending.to_str()) {
        Some("png") => png(&drawing, DOTS_PER_INCH)?,
        Some("pdf") => pdf(&drawing)?,
        _ => drawing.svg.into_bytes(),
    };
    write_file(file, &bytes)
}

/// Writes a file completely or not at all.
pub(crate) fn write_file(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_atomically(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// The name must say what the file is, so that nothing else is overwritten by mistake.
pub(crate) fn check_file(option: &str, file: &Path, endings: &[&str]) -> anyhow::Result<()> {
    let shown = file.display();
    let ending = file.extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| endings.contains(&ending)) {
        let listed: Vec<String> = endings.iter().map(|it| format!(".{it}")).collect();
        bail!(
            "{option} is {shown}; its name must end in {}",
            listed.join(", ")
        );
    }
    if file.is_dir() {
        bail!("{option} is {shown}, which is a folder");
    }
    let folder = file.parent().filter(|folder| *folder != Path::new(""));
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => bail!(
            "cannot write {shown}: there is no folder {}",
            folder.display()
        ),
        None => Ok(()),
    }
}
