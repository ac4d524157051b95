//! Circuit files, the network compiled from them, its forward pass and its adjoint.

mod api;
mod parameters;

pub use api::*;
pub use parameters::{Form, ParameterGroup, ParameterTable, Parameters, Precision, softplus};
