//! What is measured while and right after training (training.md, sections 5.1 and 5.2).

use serde::{Deserialize, Serialize};

use super::readout::{ParameterFigures, coupling_ns, parameter_figures};
use super::trials::{
    ActiveFractions, Seeds, centroid_test, concentration_test, stations, suppression_test,
    test_pass,
};
use crate::accuracy::Accuracy;
use crate::concentration::ConcentrationTest;
use crate::decorrelation::Decorrelation;
use crate::error::AnalysisError;
use crate::model::Model;
use crate::suppression::Suppression;

/// Seeds of the odour noise that do not depend on the model (circuit noise does).
struct OdourSeed;

impl OdourSeed {
    const CENTROID: u64 = 12345;
    const DECORRELATION: u64 = 99999;
}

/// How often the monitor measures, and on what noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorSettings {
    /// Seed of the circuit noise and of the accuracy's odour noise. Equal seeds at different epochs
    /// make a smoother curve, because only the network changes between its points.
    pub seed: u64,
    /// Trials per template for accuracy and active fraction.
    pub repeats: usize,
    /// Trials per template for decorrelation.
    pub decorrelation_trials: usize,
    /// Trials per arm of the APL suppression test; `None` to leave it out.
    pub suppression_trials: Option<usize>,
}

impl MonitorSettings {
    /// The original's numbers: 140 samples of 28 templates, 10 trials, 20 + 20 trials.
    #[must_use]
    pub fn canonical(seed: u64) -> Self {
        Self {
            seed,
            repeats: 5,
            decorrelation_trials: 10,
            suppression_trials: Some(20),
        }
    }
}

/// A point of the training curves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitor {
    /// Test accuracy.
    pub accuracy: Accuracy,
    /// Share of active KCs.
    pub active_fraction: f64,
    /// Mean-similarity decorrelation (not the headline's).
    pub mean_similarity_decorrelation: Decorrelation,
    /// Ratio of the APL suppression test.
    pub apl_ratio: Option<f64>,
    /// Coupling of the KC compartments, nanosiemens.
    #[serde(rename = "g_soma_nS")]
    pub g_soma_ns: f64,
}

/// Measures a network in training.
///
/// # Errors
/// If templates do not fit the network, see [`crate::noisy_block`].
pub fn monitor(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &MonitorSettings,
) -> Result<Monitor, AnalysisError> {
    let (accuracy, active) = test_pass(
        model,
        templates,
        settings.repeats,
        Seeds::both(settings.seed),
    )?;
    let seeds = Seeds {
        odour: OdourSeed::DECORRELATION,
        circuit: settings.seed,
    };
    let stations = stations(model, templates, settings.decorrelation_trials, seeds)?;
    let suppression = settings
        .suppression_trials
        .map(|trials| suppression_test(model, trials, settings.seed))
        .transpose()?;
    Ok(Monitor {
        accuracy,
        active_fraction: active.kc,
        mean_similarity_decorrelation: stations.mean_similarity(),
        apl_ratio: suppression.map(|test| test.ratio),
        g_soma_ns: coupling_ns(model)?,
    })
}

/// How the trained network is measured, and on what noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalSettings {
    /// The model's seed: circuit noise everywhere, odour noise of accuracy and concentration test.
    pub seed: u64,
    /// Trials per template for accuracy and active fractions.
    pub repeats: usize,
    /// Trials per template for the centroid accuracy.
    pub centroid_trials: usize,
    /// Trials per template for decorrelation.
    pub decorrelation_trials: usize,
    /// Trials per arm of the APL suppression test; `None` to leave it out (networks without APL).
    pub suppression_trials: Option<usize>,
    /// Trials per odour and level of the concentration test; `None` to leave it out.
    pub concentration_trials: Option<usize>,
}

impl FinalSettings {
    /// The original's numbers.
    #[must_use]
    pub fn canonical(seed: u64) -> Self {
        Self {
            seed,
            repeats: 5,
            centroid_trials: 20,
            decorrelation_trials: 10,
            suppression_trials: Some(20),
            concentration_trials: Some(10),
        }
    }
}

/// Figures of a trained network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinalMetrics {
    /// How they were measured.
    pub settings: FinalSettings,
    /// Test accuracy.
    pub accuracy: Accuracy,
    /// Shares of active neurons in the same trials.
    pub active: ActiveFractions,
    /// Accuracy of the nearest KC centroid.
    pub centroid: Accuracy,
    /// Per-pair decorrelation.
    pub decorrelation: Decorrelation,
    /// Mean-similarity decorrelation of the same trials.
    pub mean_similarity_decorrelation: Decorrelation,
    /// APL suppression test.
    pub suppression: Option<Suppression>,
    /// Concentration test.
    pub concentration: Option<ConcentrationTest>,
    /// What was learned.
    pub parameters: ParameterFigures,
}

/// Measures a trained network.
///
/// # Errors
/// If templates or settings do not fit the network, see [`crate::noisy_block`].
pub fn final_metrics(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &FinalSettings,
) -> Result<FinalMetrics, AnalysisError> {
    let seeds = |odour: u64| Seeds {
        odour,
        circuit: settings.seed,
    };
    let (accuracy, active) = test_pass(model, templates, settings.repeats, seeds(settings.seed))?;
    let centroid = centroid_test(
        model,
        templates,
        settings.centroid_trials,
        seeds(OdourSeed::CENTROID),
    )?;
    let stations = stations(
        model,
        templates,
        settings.decorrelation_trials,
        seeds(OdourSeed::DECORRELATION),
    )?;
    Ok(FinalMetrics {
        settings: *settings,
        accuracy,
        active,
        centroid,
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
        parameters: parameter_figures(model)?,
    })
}
