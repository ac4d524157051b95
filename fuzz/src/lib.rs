//! What several fuzz targets start from.

use kenyon_connectome::neutral::read_with;
use kenyon_connectome::{DataSet, Input, Limits};

/// The circuit of the guide.
pub const FIVE_NEURONS: &str = include_str!("../../circuits/teaching/circuit.toml");

/// The neurons and odours that it is made for.
///
/// # Panics
/// If the files of the guide are no data set.
#[must_use]
pub fn five_neurons() -> DataSet {
    let descriptor = include_str!("../../circuits/teaching/connectome.toml");
    read_with(descriptor, &Limits::default(), &|name| {
        let bytes: &[u8] = match name {
            "neurons.csv" => include_bytes!("../../circuits/teaching/neurons.csv"),
            "contacts.csv" => include_bytes!("../../circuits/teaching/contacts.csv"),
            _ => include_bytes!("../../circuits/teaching/odours.csv"),
        };
        Ok(Input::bytes(name, bytes))
    })
    .expect("the files of the guide are a data set")
}
