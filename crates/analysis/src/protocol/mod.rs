//! The experiments' measurements: which trials, which seeds, which metric.
//!
//! Each protocol makes few large calls of the engine, which spreads them over lanes and threads;
//! nothing here depends on the number of threads. Results serialise in the order of their fields.

mod across;
mod by_trials;
mod canonical;
mod evaluation;
mod figures;
mod mixtures;
mod readout;
mod recordings;
mod reevaluation;
mod separability;
mod trials;

pub use across::{
    AcrossSettings, confusion_and_consistency, per_odour_table, prediction_agreement_across,
    similarity_across,
};
pub use by_trials::{
    DECORRELATION_TRIALS, DecorrelationByTrials, DecorrelationPoint, decorrelation_by_trials,
};
pub use canonical::{
    FinalMetrics, FinalSettings, Monitor, MonitorSettings, final_metrics, monitor,
};
pub use evaluation::{
    ClassFigures, Evaluation, EvaluationMonitor, EvaluationSettings, LeftOut, PopulationFigures,
    evaluate, evaluation_monitor,
};
pub use figures::{SimilarityMap, SimilarityMaps, similarity_maps};
pub use mixtures::{
    FigureFour, MixtureGeometry, MixtureSettings, MixtureSubAdditivity, SubAdditivitySettings,
    figure_four, mixture_geometry, sub_additivity,
};
pub use readout::{ParameterFigures, parameter_figures, threshold_figures};
pub use recordings::{RecordingSettings, recordings};
pub use reevaluation::{Reevaluation, ReevaluationSettings, reevaluate};
pub use separability::{LinearSeparability, SeparabilitySettings, linear_separability};
pub use trials::{ActiveFractions, concentration_test, suppression_test};
