//! Neurons, contacts and data sets: what a connectome says, and nothing about dynamics.
//!
//! [`DataSet::find`] looks for the data, reads and checks them. [`Connectome`] is the graph,
//! [`OdourPanel`] the receptor responses that drive it. Without data, [`sample::sample`] draws an
//! individual from summary statistics. [`neutral`] is the format for any other connectome. [`null`] makes null models of a connectome. The [`cookbook`]
//! shows how these are used.
//!
//! What a data set must contain is data, not code: see [`descriptor`] and `datasets/winding2023.toml`.

mod annotations;
mod archive;
mod check;
mod connectome;
mod contacts;
pub mod cookbook;
pub mod descriptor;
mod error;
pub mod fetch;
mod hash;
pub mod import;
mod install;
mod list;
mod load;
pub mod lookup;
mod manifest;
mod matrix;
mod neuron;
mod neurons;
pub mod neutral;
pub mod null;
mod panel;
mod random;
mod rates;
mod responses;
mod rules;
pub mod sample;
mod stream;
mod table;

pub use archive::hash_of;
pub use check::Check;
pub use connectome::{Compartment, CompartmentSet, Connectome, ConnectomeError, Contact, Edge};
pub use descriptor::Descriptor;
pub use error::DataError;
pub use install::{Installed, InstalledFile, import};
pub use list::{ListedFile, Listing, list};
pub use load::{DataSet, Individual, verify};
pub use manifest::{Manifest, ManifestFile, PopulationCount, SourceKind};
pub use neuron::{Neuron, Side};
pub use panel::{OdourPanel, ReceptorMapping};
pub use rules::{FanOutSplit, fan_out_split, gap_pairs};
pub use stream::{Input, Limits};
