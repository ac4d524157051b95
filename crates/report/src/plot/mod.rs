//! Drawing: pages, panels with axes, marks, colours. Knows nothing of neurons.
//!
//! Why not a plotting library: the figures share colour bars between panels, mirror histograms, align
//! rasters on one time axis, draw a circuit, and every mark carries the value that it shows, for whoever
//! hovers over it and for the tests. Elements are those of the crate `svg`; this is what lies between
//! them and a figure.

mod canvas;
mod colour;
mod marks;
mod panel;
mod scale;
mod text;

pub use canvas::{Area, Canvas, Drawing};
pub use colour::{Colour, ColourMap, ink};
pub use marks::{
    Anchor, Mark, Stroke, circle, group, hover, line, path, polygon, rectangle, upright, words,
};
pub use panel::{Axis, Panel, Shape, colour_bar, key};
pub use scale::{Scale, Tick, nice_ticks, number, quantity};
pub(crate) use text::{BOLD, REGULAR};
pub use text::{SIZE, Weight, elided, width_pt};
