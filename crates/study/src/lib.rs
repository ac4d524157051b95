//! Runs, their store, and the comparison with the publication.
//!
//! A [`Subject`] is what is trained (data, circuit, mapping); a run is a subject with settings and a
//! seed, identified by the hash of everything that determines its bytes. [`reproduce`] trains and
//! measures the canonical runs, skips what is finished and unchanged, and judges the means over the
//! seeds against the published values.

mod acceptance;
mod error;
mod identity;
mod measure;
mod reproduce;
mod store;
mod subject;

pub use acceptance::{Acceptance, Band, Judgement, Row, Verdict};
pub use error::StudyError;
pub use identity::{ANALYSIS_CODE, TRAINING_CODE};
pub use measure::{AcrossMetrics, MeasurementPlan, ModelMetrics, across, measure};
pub use reproduce::{
    CANONICAL_SEEDS, Event, Plan, Reproduction, RunSummary, Timing, monitor_figures, reproduce,
};
pub use store::{lock_folder, write_json};
pub use subject::{Provenance, Subject};
