//! Evidence that the engine is right: golden vectors, gradient checks, benchmarks of the machine.

pub mod benchmark;
pub mod golden;
pub mod gradcheck;
