//! Protocols on mixtures, with the untrained larval circuit on a statistical individual (no data
//! needed), against figures recomputed from raw trials.

mod codes;
mod larva;
mod readout;
