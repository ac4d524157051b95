//! The compiled part of the Python package `kenyon`.
//!
//! Each file holds one idea: what Python sees of it, as classes and functions that call the libraries.
//! Nothing is computed here. Long work runs on a thread of its own without the interpreter's lock, see
//! `work.rs`; every error of a library becomes an exception with the library's message, see `errors.rs`.

mod arguments;
mod circuit;
mod course;
mod data;
mod errors;
mod evaluate;
mod gradient;
mod load_model;
mod model;
mod network;
mod parameters;
mod pytorch;
mod results;
mod screen;
mod sensitivity;
mod simulate;
mod simulate_course;
mod stimulus;
mod study;
mod task;
mod train;
mod values;
mod work;

use pyo3::prelude::*;

/// The compiled part of `kenyon`; import that instead.
#[pymodule]
mod _kenyon {
    use kenyon_circuit::InstructionSet;
    use pyo3::prelude::*;

    use crate::errors::argument;

    #[pymodule_export]
    use crate::circuit::Circuit;
    #[pymodule_export]
    use crate::course::Course;
    #[pymodule_export]
    use crate::data::{Data, load, statistical_larva};
    #[pymodule_export]
    use crate::errors::{
        ArgumentError, CircuitError, DataError, KenyonError, ModelError, ResultsError, Stopped,
        StudyError, TrainingError,
    };
    #[pymodule_export]
    use crate::model::Model;
    #[pymodule_export]
    use crate::network::Network;
    #[pymodule_export]
    use crate::pytorch::read_pytorch;
    #[pymodule_export]
    use crate::results::read_results;
    #[pymodule_export]
    use crate::study::run_study;
    #[pymodule_export]
    use crate::train::train;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // A forced instruction set that this machine lacks is said now, not in the middle of a training.
        InstructionSet::from_environment().map_err(argument)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
