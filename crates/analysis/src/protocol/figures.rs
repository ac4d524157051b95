//! Patterns behind Figures 2 and S1 (experiments.md, section 5).

use serde::{Deserialize, Serialize};

use super::across::AcrossSettings;
use crate::block::{BlockNoise, noisy_block};
use crate::cosine::similarity_matrix;
use crate::error::{AnalysisError, at_least};
use crate::model::Model;

impl AcrossSettings {
    /// Figures 2 and S1.
    pub const CORE_FIGURE: Self = Self {
        seed: 12345,
        trials: 20,
    };
}

/// Similarity of odours at three stations, and the code of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorePatterns {
    /// Cosines of receptor patterns `[row][row]`, mean over models (equal in all of them).
    pub receptors: Vec<Vec<f64>>,
    /// Cosines of PN patterns, mean over models.
    pub relay: Vec<Vec<f64>>,
    /// Cosines of KC patterns, mean over models.
    pub coding: Vec<Vec<f64>>,
    /// Mean KC counts of the first model, `[row][neuron]` (Figure S1).
    pub first_model_coding: Vec<Vec<f64>>,
}

/// Trial-mean patterns of every model on the same noise, and their similarity matrices.
///
/// # Errors
/// Without models, or as [`noisy_block`].
pub fn core_patterns(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    settings: &AcrossSettings,
) -> Result<CorePatterns, AnalysisError> {
    at_least("models", 1, models.len())?;
    let noise = BlockNoise::new("core", settings.seed, settings.seed);
    let zero = vec![vec![0.0; templates.len()]; templates.len()];
    let mut sums = CorePatterns {
        receptors: zero.clone(),
        relay: zero.clone(),
        coding: zero,
        first_model_coding: Vec::new(),
    };
    let share = 1.0 / models.len() as f64;
    for model in models {
        let block = noisy_block(model, templates, settings.trials, &noise)?;
        let coding = block.coding.means();
        add(
            &mut sums.receptors,
            &similarity_matrix(&block.receptors.means()),
            share,
        );
        add(
            &mut sums.relay,
            &similarity_matrix(&block.relay.means()),
            share,
        );
        add(&mut sums.coding, &similarity_matrix(&coding), share);
        if sums.first_model_coding.is_empty() {
            sums.first_model_coding = coding;
        }
    }
    Ok(sums)
}

fn add(sums: &mut [Vec<f64>], matrix: &[Vec<f64>], share: f64) {
    for (sums, row) in sums.iter_mut().zip(matrix) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += share * value;
        }
    }
}
