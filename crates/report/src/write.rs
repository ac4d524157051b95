//! A report on the disk: every figure in three formats, and the page.

use std::path::{Path, PathBuf};

use kenyon_learning::write_atomically;
use rayon::prelude::*;

use crate::figures::{Figure, figures};
use crate::page::page;
use crate::render::{pdf, png};
use crate::{ReportError, Results};

/// Folder of the figures, in the folder of the report.
const FIGURES: &str = "figures";
/// The page.
const PAGE: &str = "report.html";
/// Resolution of PNG files, for print.
const DOTS_PER_INCH: f64 = 300.0;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// Folder of the figures.
    pub figures: PathBuf,
    /// Names of the figures, without endings.
    pub names: Vec<String>,
}

/// Which files of the figures are made beside the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formats {
    /// SVG, PDF and PNG.
    All,
    /// None: the page holds the figures anyway.
    PageOnly,
}

/// Draws all figures of the results, writes them into `folder` (SVG, PDF, PNG) and the page beside them.
/// Files are written completely or not at all; figures of earlier reports that are not drawn any more
/// are removed.
///
/// # Errors
/// Results that are damaged, figures that cannot be rendered, files that cannot be written.
pub fn write(results: &Results, folder: &Path, formats: Formats) -> Result<Written, ReportError> {
    let drawn = figures(results)?;
    let target = folder.join(FIGURES);
    std::fs::create_dir_all(&target).map_err(failed("create", &target))?;
    if formats == Formats::All {
        remove_old(&target, &drawn)?;
        drawn
            .par_iter()
            .try_for_each(|figure| write_figure(&target, figure))?;
    }
    let html = page(results, &drawn)?;
    let page = folder.join(PAGE);
    write_atomically(&page, html.as_bytes()).map_err(failed("write", &page))?;
    Ok(Written {
        page,
        figures: target,
        names: drawn.into_iter().map(|figure| figure.id).collect(),
    })
}

/// Writes one figure into `folder` as SVG, PDF and PNG.
///
/// # Errors
/// Figures that cannot be rendered, files that cannot be written.
pub fn write_figure(folder: &Path, figure: &Figure) -> Result<(), ReportError> {
    let drawing = &figure.drawing;
    let files = [
        ("svg", drawing.svg.clone().into_bytes()),
        ("pdf", pdf(drawing)?),
        ("png", png(drawing, DOTS_PER_INCH)?),
    ];
    for (ending, bytes) in files {
        let file = folder.join(format!("{}.{ending}", figure.id));
        write_atomically(&file, &bytes).map_err(failed("write", &file))?;
    }
    Ok(())
}

/// Removes pictures that no figure of this report has the name of.
fn remove_old(folder: &Path, drawn: &[Figure]) -> Result<(), ReportError> {
    let entries = std::fs::read_dir(folder).map_err(failed("read", folder))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let picture = path
            .extension()
            .is_some_and(|ending| ["svg", "pdf", "png"].iter().any(|it| ending == *it));
        let current = drawn.iter().any(|figure| {
            path.file_stem()
                .is_some_and(|stem| stem == figure.id.as_str())
        });
        if picture && !current {
            std::fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
    let path = path.to_path_buf();
    move |source| ReportError::File {
        action,
        path,
        source,
    }
}
