//! The single source of the paper's accuracies, decorrelations and ratios (experiments.md,
//! section 3).

use serde::{Deserialize, Serialize};

use super::trials::{
    ActiveFractions, Seeds, centroid_test, concentration_test, stations, suppression_test,
    test_pass,
};
use crate::accuracy::Accuracy;
use crate::concentration::ConcentrationTest;
use crate::decorrelation::Decorrelation;
use crate::error::AnalysisError;
use crate::model::{Ablation, Model, ablate};
use crate::suppression::Suppression;

/// What is measured, how often, and on what noise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReevaluationSettings {
    /// Seed of all noise. It does not depend on the model: all checkpoints see the same noise.
    pub seed: u64,
    /// Trials per template for accuracy and active fractions.
    pub repeats: usize,
    /// Trials per template for the centroid accuracy (half of them make the centroids).
    pub centroid_trials: usize,
    /// Trials per template for decorrelation, whose value depends on this number.
    pub decorrelation_trials: usize,
    /// Trials per arm of the APL suppression test; `None` to leave it out.
    pub suppression_trials: Option<usize>,
    /// Trials per odour and level of the concentration test; `None` to leave it out.
    pub concentration_trials: Option<usize>,
    /// Removals made before measuring.
    pub ablations: Vec<Ablation>,
}

impl Default for ReevaluationSettings {
    /// The protocol of the paper: 50 of everything, seed 42, no concentration test, nothing removed.
    fn default() -> Self {
        Self {
            seed: 42,
            repeats: 50,
            centroid_trials: 50,
            decorrelation_trials: 50,
            suppression_trials: Some(50),
            concentration_trials: None,
            ablations: Vec::new(),
        }
    }
}

/// Figures of one model under one protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reevaluation {
    /// How they were measured.
    pub settings: ReevaluationSettings,
    /// Decoder accuracy over all templates.
    pub accuracy: Accuracy,
    /// Shares of active neurons in the same trials.
    pub active: ActiveFractions,
    /// Accuracy of the nearest KC centroid.
    pub centroid: Accuracy,
    /// Per-pair decorrelation.
    pub decorrelation: Decorrelation,
    /// Mean-similarity decorrelation of the same trials (monitor, not published from here).
    pub mean_similarity_decorrelation: Decorrelation,
    /// APL suppression test.
    pub suppression: Option<Suppression>,
    /// Concentration test; the paper keeps only its PN and KC ranges.
    pub concentration: Option<ConcentrationTest>,
}

/// Measures a model. Removals edit a copy of its parameters.
///
/// # Errors
/// If templates or settings do not fit the model, see [`crate::noisy_block`] and [`ablate`].
pub fn reevaluate(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &ReevaluationSettings,
) -> Result<Reevaluation, AnalysisError> {
    let parameters = ablate(
        model.network.table(),
        model.parameters,
        model.roles,
        &settings.ablations,
    )?;
    let model = &Model {
        parameters: &parameters,
        ..*model
    };
    let seeds = Seeds::both(settings.seed);
    let (accuracy, active) = test_pass(model, templates, settings.repeats, seeds)?;
    let stations = stations(model, templates, settings.decorrelation_trials, seeds)?;
    Ok(Reevaluation {
        settings: settings.clone(),
        accuracy,
        active,
        centroid: centroid_test(model, templates, settings.centroid_trials, seeds)?,
        decorrelation: stations.per_pair()?,
        mean_similarity_decorrelation: stations.mean_similarity(),
        suppression: settings
            .suppression_trials
            .map(|trials| suppression_test(model, trials, settings.seed))
            .transpose()?,
        concentration: settings
            .concentration_trials
            .map(|trials| concentration_test(model, templates, trials, settings.seed))
            .transpose()?,
    })
}
