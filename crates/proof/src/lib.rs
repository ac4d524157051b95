//! Evidence that the engine is right: golden vectors, gradient checks, benchmarks of the machine.
//!
//! ```no_run
//! use kenyon_circuit::{Circuit, Network};
//! use kenyon_connectome::sample::sample;
//! use kenyon_proof::gradcheck::gradcheck;
//!
//! // Every slope of the adjoint, against dual numbers and central differences; seconds.
//! let network = Network::compile(&Circuit::larva(), &sample(7, 1)?.connectome)?;
//! let report = gradcheck(&network, 1, 2)?;
//! assert!(report.passed() && report.dual < 1e-10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod benchmark;
pub mod golden;
pub mod gradcheck;
