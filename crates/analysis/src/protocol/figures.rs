//! Similarity of odours at three stations (Figures 2 and S1; experiments.md, section 5).

use serde::{Deserialize, Serialize};

use super::across::AcrossSettings;
use crate::block::{BlockNoise, noisy_block};
use crate::clustering::{Linkage, average_linkage};
use crate::cosine::similarity_matrix;
use crate::error::{AnalysisError, at_least, same_size};
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
pub struct SimilarityMaps {
    /// Names of the odours, in the order of all rows and columns.
    pub odours: Vec<String>,
    /// Of receptor patterns, which are equal in all models.
    pub receptors: SimilarityMap,
    /// Of PN patterns.
    pub relay: SimilarityMap,
    /// Of KC patterns.
    pub coding: SimilarityMap,
    /// Mean KC spike counts of the first model, `[odour][neuron]` (Figure S1).
    pub coding_counts: Vec<Vec<f64>>,
}

/// How similar trial-mean patterns are, odour by odour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarityMap {
    /// Cosines `[odour][odour]`, mean over models. A silent pattern has cosine 0 with everything.
    pub cosines: Vec<Vec<f64>>,
    /// Odours clustered by 1 - cosine (average linkage).
    pub linkage: Linkage,
}

/// Trial-mean patterns of every model on the same noise, and how similar they are.
///
/// # Errors
/// Without models or with another number of names than of templates, or as [`noisy_block`].
pub fn similarity_maps(
    models: &[Model<'_>],
    templates: &[Vec<f64>],
    names: &[String],
    settings: &AcrossSettings,
) -> Result<SimilarityMaps, AnalysisError> {
    at_least("models", 1, models.len())?;
    same_size("names of odours", templates.len(), names.len())?;
    let noise = BlockNoise::new("core", settings.seed, settings.seed);
    let zero = vec![vec![0.0; templates.len()]; templates.len()];
    let mut sums = [zero.clone(), zero.clone(), zero];
    let mut coding_counts = None;
    let share = 1.0 / models.len() as f64;
    for model in models {
        let block = noisy_block(model, templates, settings.trials, &noise)?;
        let coding = block.coding.means();
        let stations = [block.receptors.means(), block.relay.means()];
        for (sum, patterns) in sums.iter_mut().zip(stations.iter().chain([&coding])) {
            add(sum, &similarity_matrix(patterns), share);
        }
        coding_counts.get_or_insert(coding);
    }
    let [receptors, relay, coding] = sums;
    Ok(SimilarityMaps {
        odours: names.to_vec(),
        receptors: map(receptors)?,
        relay: map(relay)?,
        coding: map(coding)?,
        coding_counts: coding_counts.unwrap_or_default(),
    })
}

fn add(sums: &mut [Vec<f64>], matrix: &[Vec<f64>], share: f64) {
    for (sums, row) in sums.iter_mut().zip(matrix) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += share * value;
        }
    }
}

fn map(cosines: Vec<Vec<f64>>) -> Result<SimilarityMap, AnalysisError> {
    // Rounding may lift the cosine of equal patterns above 1, but no distance is negative.
    let distances: Vec<Vec<f64>> = cosines
        .iter()
        .map(|row| row.iter().map(|cosine| (1.0 - cosine).max(0.0)).collect())
        .collect();
    Ok(SimilarityMap {
        linkage: average_linkage(&distances)?,
        cosines,
    })
}
