//! The neutral format: a folder with a descriptor, a table of neurons and a table of contacts.
//!
//! ```text
//! FOLDER/
//!   connectome.toml    schema, name, files with their hashes and counts
//!   neurons.csv.gz     id,population,side,class,name,glomerulus,transmitter,partner
//!   contacts.csv.gz    source,target,compartment,contacts
//!   odours.csv         odour,<receptor 1>,<receptor 2>,...   rates in spikes/s; optional
//!   import.json        what was read, kept, dropped and merged when the folder was made
//! ```
//!
//! Only `id`, `population`, `source`, `target` and `contacts` are required columns. Neurons stand in model
//! order, those of a population together. Tables may be gzip or plain text, separated by commas,
//! semicolons or tabs. Every fault is an error that names file and row.
//!
//! [`DataSet::load`](crate::DataSet::load) accepts such a folder, [`read_with`] reads one that lies in
//! memory, [`write()`] makes one of any data set.

mod descriptor;
mod panel;
mod read;
mod write;

pub use descriptor::{
    ContactFile, DESCRIPTOR, Drawn, NeuronFile, NeutralDescriptor, ResponseFiles, SCHEMA,
};
pub(crate) use panel::read_rates;
pub(crate) use read::parse_side;
pub use read::{is_neutral, read, read_with, verify};
pub use write::{IMPORT_RECORD, Labels, write};
