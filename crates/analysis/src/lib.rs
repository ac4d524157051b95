//! What trials say: accuracy, decorrelation, gain control, consistency.
//!
//! Three layers, each usable without the next:
//!
//! 1. **Metrics** are pure functions on arrays `[row][trial][unit]` ([`Patterns`]): [`accuracy()`],
//!    [`centroid_accuracy`], [`Stations::per_pair`], [`suppression()`], [`ConcentrationTrials`], ...
//! 2. A **trial block** ([`noisy_block`]) asks the engine for those arrays, all stimuli in one call.
//! 3. **Protocols** ([`protocol`]) say which trials and seeds make a published figure, and
//!    [`headline`] gives the figures the names of the acceptance table.
//!
//! What single trials look like, step by step, is shown by [`recording`].
//! What values of several seeds or connectomes allow to be said is in [`inference`].
//! What each neuron, class or pathway contributes is asked by [`screen`] (perturb one after the other) and
//! by [`sensitivity`] (derivatives, all at once).
//!
//! Sums run in a fixed order in `f64`, so results do not depend on threads. A metric whose value
//! does not exist is `None` (no pair counts, a constant vector); input that cannot be measured is an
//! [`AnalysisError`]. Section numbers refer to `spec/experiments.md`.
//!
//! ```
//! use kenyon_analysis::{Patterns, accuracy};
//!
//! // Two odours, one trial each, three classes: the second trial is taken for class 2.
//! let logits = Patterns::new(2, 1, 3, vec![1.0, 0.0, 0.0, 0.0, 0.1, 0.9])?;
//! assert_eq!(accuracy(&logits, 0)?.fraction, 0.5);
//! # Ok::<(), kenyon_analysis::AnalysisError>(())
//! ```

// A failed unwrap is how a test reports; the library has none.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accuracy;
mod agreement;
mod block;
mod centroid;
mod clustering;
mod concentration;
mod confusion;
mod consistency;
mod cosine;
pub mod course;
mod decorrelation;
mod error;
mod geometry;
pub mod headline;
pub mod inference;
mod labelled;
mod mixture;
mod model;
mod patterns;
mod per_odour;
pub mod protocol;
pub mod recording;
pub mod roles;
pub mod screen;
pub mod sensitivity;
mod statistics;
mod sub_additivity;
mod suppression;
mod svm;
pub mod teacher_student;
mod thresholds;

pub use accuracy::{
    ACTIVE_COUNT, ACTIVE_FRACTION_BATCH, Accuracy, accuracy, active_fraction, active_neurons,
    decide, softmax,
};
pub use agreement::{
    PatternSimilarity, PredictionAgreement, pattern_similarity, prediction_agreement,
};
pub use block::{BlockNoise, TrialBlock, noisy_block, noisy_stimuli};
pub use centroid::{Centroids, centroid_accuracy};
pub use clustering::{Linkage, Merge, average_linkage};
pub use concentration::{
    ConcentrationLevel, ConcentrationRule, ConcentrationTest, ConcentrationTrials, Identity,
    concentration_stimuli, diluted, effective_concentration,
};
pub use confusion::{Confusion, Consistency, confusion, consistency, within_odour_consistency};
pub use consistency::{
    CategoryConsistency, ConsistencyRule, ParameterConsistency, ParameterReadout,
    ScalarConsistency, VectorConsistency, category_consistency, parameter_consistency,
    weighted_correlation,
};
pub use cosine::{
    Silence, cosine, dot, mean_absolute_similarity, near_identical_pairs, norm, similarity_matrix,
};
pub use decorrelation::{Decorrelation, RatioRule, Stations};
pub use error::AnalysisError;
pub use geometry::{MixtureCode, MixtureSummary};
pub use labelled::{Labelled, Shown};
pub use mixture::{BLANK_ROW, Superposition, combination, combinations, mixture_template};
pub use model::{Ablation, AblationRule, Model, ablate};
pub use patterns::Patterns;
pub use per_odour::{OdourRow, OdourTable, per_odour};
pub use roles::{Roles, spiking_populations};
pub use statistics::{
    MeanDeviation, binomial_standard_error, mean, mean_deviation, median, pearson, ranks, spearman,
};
pub use sub_additivity::{
    LinearPrediction, MixtureRow, SubAdditivity, SubAdditivityRule, sub_additivity,
};
pub use suppression::{Suppression, SuppressionRule, suppression, suppression_percent};
pub use svm::{CrossValidation, LinearSvm, SvmSettings, cross_validate, stratified_folds};
pub use thresholds::{ThresholdRule, ThresholdStatistics, threshold_statistics};
