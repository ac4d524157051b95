//! Evidence that the engine is right: golden vectors, gradient checks, benchmarks of the machine.

pub mod golden;
