//! Whether a linear readout of single trials tells odours and mixtures apart (experiments.md,
//! section 4.6).

use serde::{Deserialize, Serialize};

use super::trials::Seeds;
use crate::block::noisy_block;
use crate::error::{AnalysisError, at_least};
use crate::mixture::{Superposition, mixture_templates, mixtures_of_ranks};
use crate::model::Model;
use crate::svm::{CrossValidation, SvmSettings, cross_validate};

/// Which stimuli are told apart, how often they are presented, and by what classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeparabilitySettings {
    /// Seed of odour and circuit noise, usually the model's.
    pub seed: u64,
    /// Trials per stimulus.
    pub trials: usize,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Pairs among the rows 1.. that stand for mixtures, as ranks of [`crate::combination`].
    pub pairs: Vec<usize>,
    /// How many of them, from the front, are told apart from each other.
    pub between: usize,
    /// The classifier.
    pub classifier: SvmSettings,
}

impl SeparabilitySettings {
    /// The original's numbers: 10 trials, 5 folds, C = 1, 20 pairs against each other. `pairs` are
    /// the 50 that the original draws for the model's seed.
    #[must_use]
    pub fn canonical(seed: u64, pairs: Vec<usize>) -> Self {
        Self {
            seed,
            trials: 10,
            folds: 5,
            pairs,
            between: 20,
            classifier: SvmSettings::default(),
        }
    }
}

/// Cross-validated accuracies of the three tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearSeparability {
    /// How they were measured.
    pub settings: SeparabilitySettings,
    /// Which odour it was. Each fold tests neighbouring trials of every odour.
    pub odour_identity: CrossValidation,
    /// Whether it was a mixture. Classes are unequal (quirk 8: 270 against 500 trials, so a constant
    /// answer is right in 64.9 %): read `balanced_accuracy` and `majority_rate` beside the published
    /// accuracy. Folds follow the order of stimuli, so the task is to judge unseen ones.
    pub mixture_versus_single: CrossValidation,
    /// Which mixture it was.
    pub between_mixtures: CrossValidation,
}

/// Linear separability of single-trial KC rates (counts per step, unscaled).
///
/// Odours, mixtures, and the mixtures that are told apart from each other are three blocks of
/// trials with noise of their own.
///
/// # Errors
/// As [`noisy_block`] and [`cross_validate`], if a pair does not exist, or if there are fewer pairs
/// than are told apart.
pub fn linear_separability(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &SeparabilitySettings,
) -> Result<LinearSeparability, AnalysisError> {
    // Before the simulation, because after it the errors would come late.
    at_least("rows for separability", 3, templates.len())?;
    at_least("trials per stimulus", settings.folds, settings.trials)?;
    at_least("pairs to tell apart", 2, settings.between)?;
    at_least("pairs", settings.between, settings.pairs.len())?;
    let pairs = mixtures_of_ranks(templates.len(), 2, &settings.pairs)?;
    let mixtures = mixture_templates(templates, &pairs, Superposition::Sum)?;
    let rates = |stimuli: &[Vec<f64>], metric: &str| rates(model, stimuli, settings, metric);
    let odours = rates(&templates[1..], "separability/odours")?;
    let presented = rates(&mixtures, "separability/mixtures")?;
    let between = rates(&mixtures[..settings.between], "separability/between")?;

    let validate = |features: &[Vec<f64>], labels: &[usize]| {
        cross_validate(features, labels, settings.folds, &settings.classifier)
    };
    let numbered = |features: &[Vec<f64>]| -> Vec<usize> {
        (0..features.len())
            .map(|index| index / settings.trials)
            .collect()
    };
    let odour_identity = validate(&odours, &numbered(&odours))?;
    let between_mixtures = validate(&between, &numbered(&between))?;
    let is_mixture: Vec<usize> = std::iter::repeat_n(0, odours.len())
        .chain(std::iter::repeat_n(1, presented.len()))
        .collect();
    let both = [odours, presented].concat();
    Ok(LinearSeparability {
        settings: settings.clone(),
        odour_identity,
        mixture_versus_single: validate(&both, &is_mixture)?,
        between_mixtures,
    })
}

/// KC rates of single trials, stimulus by stimulus.
fn rates(
    model: &Model<'_>,
    stimuli: &[Vec<f64>],
    settings: &SeparabilitySettings,
    metric: &str,
) -> Result<Vec<Vec<f64>>, AnalysisError> {
    let noise = Seeds::both(settings.seed).noise(metric);
    let block = noisy_block(model, stimuli, settings.trials, &noise)?;
    let steps = model.network.steps() as f64;
    let rate = |&count: &f32| f64::from(count) / steps;
    Ok(block
        .coding
        .all_trials()
        .map(|trial| trial.iter().map(rate).collect())
        .collect())
}
