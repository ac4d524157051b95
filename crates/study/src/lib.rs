//! Studies: runs that differ from the canonical one, their store, and what comes of them.
//!
//! A [`StudyFile`] declares experiments as edits: of the circuit, the wiring, the objective, the odours.
//! [`Plan`] looks up every name and gives each run (a *unit*: teacher, student, measurements) an
//! identity, the hash of everything that determines its bytes. [`run`] carries out what is missing on
//! all threads, skips what is finished and unchanged, and sums up: figures with their spread and their
//! effects, and the comparison with the [`Publication`]. [`work_units`] and [`merge`] do the same in
//! pieces, for any job system.
//!
//! ```
//! use std::path::Path;
//!
//! use kenyon_circuit::Circuit;
//! use kenyon_connectome::sample::sample;
//! use kenyon_study::{Plan, StudyFile};
//!
//! let file = StudyFile::parse(
//!     r#"
//!     name = "gaps"
//!     seeds = [42, 43]
//!     [circuit.no_gap_junctions]
//!     remove = ["gap_junction.ln_ln", "gap_junction.pn_pn", "gap_junction.eln_pn"]
//!     [[experiment]]
//!     name = "canonical"
//!     [[experiment]]
//!     name = "without"
//!     circuit = "no_gap_junctions"
//!     "#,
//! )?;
//! let larva = sample(7, 1)?;
//! let plan = Plan::new(file, &larva, &Circuit::larva(), Path::new("results/gaps"), false)?;
//! assert_eq!(plan.units.len(), 4);
//! assert_eq!(plan.units[3].id, "without/seed43");
//! // Students that differ in what a teacher does not know share it.
//! assert_eq!(plan.units[1].teacher, plan.units[3].teacher);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod across;
mod courses;
mod description;
mod effect;
mod error;
mod experiment;
mod file;
mod identity;
mod measure;
mod measurement;
mod outcome;
mod parallel;
mod parameters;
mod plan;
mod publication;
mod quantity;
mod results;
mod samples;
mod status;
mod store;
mod studies;
mod subject;
mod table;
mod task;
mod wiring;
mod work;

pub use across::{ACROSS, AcrossMetrics, across};
pub use description::{
    ClassDescription, Description, ExperimentDescription, GapJunctionDescription, GroupDescription,
    NetworkDescription, ParameterDescription, PathwayDescription, PopulationDescription,
};
pub use effect::Effect;
pub use error::StudyError;
pub use experiment::{Draw, Experiment};
pub use file::{CANONICAL, Choice, CircuitEdit, ExperimentEntry, StudyFile, Task, Wiring};
pub use identity::{ANALYSIS_CODE, MONITOR_CODE, TRAINING_CODE};
pub use measure::{Candidate, Detail, Measured, Stored, measure};
pub use measurement::{BUILT_IN, Measurement};
pub use outcome::{
    AcrossSummary, Comparison, DESCRIPTION, Failure, MANIFEST, ManifestEntry, MeasurementSummary,
    RunSummary, SUMMARY, Summary, Timing, merge, run, run_overseen, work_units,
};
pub use parameters::{
    ParameterFormat, ParameterRow, parameter_rows, parse_parameters, read_parameters,
    write_parameters,
};
pub use plan::{Plan, RESULTS, Unit};
pub use publication::{Judgement, Ours, Publication, Published, Row, Verdict};
pub use quantity::{Quantity, Sample};
pub use results::{Results, ResultsError, StoredModel};
pub use samples::{SampledMixtures, odour_subset, published_shuffle, synthetic_odours};
pub use status::{Progress, UnitStatus, status};
pub use store::{lock_folder, lock_folder_shared, write_json};
pub use studies::{BuiltIn, CANONICAL_SEEDS, NullStudy};
pub use subject::{Edits, Provenance, Subject, TeacherOfSubject};
pub use table::{OdourLabel, OdourResponses, PanelTable, TableError, parse_labels, read_labels};
pub use wiring::WiringCertificate;
pub use work::{Effort, Event, Finished, FinishedMeasurement, Observer, Overseer, monitor_figures};
