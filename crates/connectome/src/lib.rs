//! Neurons, contacts and data sets: what a connectome says, and nothing about dynamics.

mod connectome;
mod neuron;

pub use connectome::{Compartment, CompartmentSet, Connectome, ConnectomeError, Contact, Edge};
pub use neuron::{Neuron, Side};
