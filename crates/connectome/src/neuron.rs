//! One neuron of a connectome.

use serde::{Deserialize, Serialize};

/// Side of the body on which a neuron's cell body lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Not stated by the source.
    Unknown,
}

/// One neuron: who it is, not what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neuron {
    /// Identity in the source data set (the skeleton id of an electron-microscopy reconstruction).
    pub id: u64,
    /// Population (cell type) the neuron was selected into, such as `"KC"`.
    pub population: String,
    /// Side of the body.
    pub side: Side,
    /// Class inside the population, such as `"Broad Trio"`; empty if unknown.
    pub class: String,
    /// Name in the source data set; empty if unknown.
    pub name: String,
    /// Glomerulus (uniglomerular PN) or receptor type (ORN); empty if none or unknown.
    pub glomerulus: String,
    /// Transmitter of the neuron or its class; empty if unknown.
    pub transmitter: String,
    /// Identity of the left/right homologue, if the source names one.
    pub partner: Option<u64>,
}
