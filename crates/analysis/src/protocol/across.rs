//! Measurements over models that were trained from different seeds (experiments.md, sections 2.9 to
//! 2.11).

use serde::{Deserialize, Serialize};

use crate::agreement::{
    PatternSimilarity, PredictionAgreement, pattern_similarity, prediction_agreement,
};
use crate::block::{BlockNoise, TrialBlock, noisy_block};
use crate::confusion::{Confusion, Consistency, confusion, consistency};
use crate::error::{AnalysisError, at_least};
use crate::model::Model;
use crate::per_odour::{OdourTable, per_odour};

/// How often models are measured, and on what noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcrossSettings {
    /// Seed of the first model's noise.
    pub seed: u64,
    /// Trials per template and model.
    pub trials: usize,
}

impl AcrossSettings {
    /// KC pattern similarity (headline 0.942).
    pub const SIMILARITY: Self = Self {
        seed: 54321,
        trials: 10,
    };
    /// Prediction agreement.
    pub const AGREEMENT: Self = Self {
        seed: 12345,
        trials: 10,
    };
    /// Per-odour table.
    pub const PER_ODOUR: Self = Self {
        seed: 42,
        trials: 20,
    };
    /// Confusion matrix and within-odour consistency (Figures S2, S3).
    pub const CONFUSION: Self = Self {
        seed: 42,
        trials: 50,
    };
}

/// Similarity of mean KC patterns between models. All models draw from one stream, but each draws
/// its own noise, as in the original.
///
/// # Errors
/// With fewer than two models, or as [`noisy_block`].
pub fn similarity_across(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
) -> Result<PatternSimilarity, AnalysisError> {
    let blocks = consecutive_blocks(models, templates, settings, "similarity")?;
    pattern_similarity(&blocks.iter().map(|block| &block.coding).collect::<Vec<_>>())
}

/// Agreement of decisions between models, each with its own noise.
///
/// # Errors
/// With fewer than two models, or as [`noisy_block`].
pub fn prediction_agreement_across(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
) -> Result<PredictionAgreement, AnalysisError> {
    let blocks = consecutive_blocks(models, templates, settings, "agreement")?;
    prediction_agreement(&blocks.iter().map(|block| &block.logits).collect::<Vec<_>>())
}

/// Hit rates and active fractions per odour; model `m` uses seed `seed + m`.
///
/// # Errors
/// Without models, or as [`noisy_block`].
pub fn per_odour_table(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
) -> Result<OdourTable, AnalysisError> {
    let blocks = seeded_blocks(models, templates, settings, "per-odour")?;
    per_odour(
        &blocks
            .iter()
            .map(|block| (&block.logits, &block.coding))
            .collect::<Vec<_>>(),
    )
}

/// Confusion matrix and within-odour consistency of the same trials; model `m` uses seed `seed + m`.
///
/// # Errors
/// Without models, or as [`noisy_block`].
pub fn confusion_and_consistency(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
) -> Result<(Confusion, Consistency), AnalysisError> {
    let blocks = seeded_blocks(models, templates, settings, "confusion")?;
    Ok((
        confusion(&blocks.iter().map(|block| &block.logits).collect::<Vec<_>>())?,
        consistency(&blocks.iter().map(|block| &block.coding).collect::<Vec<_>>())?,
    ))
}

/// One stream for all models, consecutive trial numbers.
fn consecutive_blocks(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
    metric: &str,
) -> Result<Vec<TrialBlock>, AnalysisError> {
    at_least("models to compare", 2, models.len())?;
    let stream = BlockNoise::new(metric, settings.seed, settings.seed);
    let size = templates.len().saturating_mul(settings.trials);
    (0..)
        .zip(models)
        .map(|(index, model)| {
            noisy_block(
                model,
                templates,
                settings.trials,
                &stream.after(index, size)?,
            )
        })
        .collect()
}

/// One seed per model.
fn seeded_blocks(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
    metric: &str,
) -> Result<Vec<TrialBlock>, AnalysisError> {
    (0..)
        .zip(models)
        .map(|(index, model)| {
            let seed = settings.seed.wrapping_add(index);
            noisy_block(
                model,
                templates,
                settings.trials,
                &BlockNoise::new(metric, seed, seed),
            )
        })
        .collect()
}
