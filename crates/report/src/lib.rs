//! Figures and the report: results in, pictures and one HTML file out.
//!
//! Reads a folder that `kenyon study run` or `kenyon reproduce` made, checks every file against the
//! manifest, and draws. It computes no result: every number in a figure stands in the results, and every
//! mark carries it as `data-value`.
//!
//! ```no_run
//! use std::path::Path;
//!
//! let results = kenyon_report::Results::read(Path::new("results/reproduce"))?;
//! for figure in kenyon_report::figures(&results)? {
//!     println!("{}: {}", figure.name, figure.title);
//! }
//! # Ok::<(), kenyon_report::ReportError>(())
//! ```

mod error;
mod figures;
mod label;
mod page;
pub mod plot;
mod population;
mod render;
mod results;
mod write;

pub use error::ReportError;
pub use figures::{
    Figure, ScalingPoint, ScreenEffect, ScreenPlot, figures, raster, scaling, screen,
};
pub use label::{Label, label};
pub use render::{pdf, pixels, png};
pub use results::{Results, StoredModel};
pub use write::{Formats, Written, write, write_figure};
