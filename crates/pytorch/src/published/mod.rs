//! The published model's own files: checkpoints (`model_seed42.pt`) and the data folder.
//!
//! Names are those of the name map in spec/model.md, section 13, the folder is that of section 10.1.
//! Neither says what every module is called: where it is silent, a value is recognised by the last
//! part of its key and by its shape, and ambiguity is an error.

mod checkpoint;
mod error;
mod file;
mod folder;
mod names;
mod wiring;

pub use checkpoint::{ModelValues, model_values};
pub use error::PublishedError;
pub use file::{CheckpointFile, is_pytorch, read_checkpoint, seed_of_name};
pub use folder::{find_data_folder, is_data_folder, load_data};
