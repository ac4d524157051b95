//! How decorrelation depends on the number of trials that are averaged (ours; quirk 2 of
//! experiments.md, section 11).

use serde::{Deserialize, Serialize};

use super::trials::Seeds;
use crate::block::noisy_block;
use crate::decorrelation::{Decorrelation, Stations};
use crate::error::{AnalysisError, at_least};
use crate::model::Model;
use crate::patterns::Patterns;

/// Per-pair decorrelation of the same trials, averaged over more and more of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecorrelationByTrials {
    /// Seed of odour and circuit noise.
    pub seed: u64,
    /// One point per number of trials, in the order asked for.
    pub points: Vec<DecorrelationPoint>,
}

/// Decorrelation for one number of trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecorrelationPoint {
    /// Trials per row that are averaged.
    pub trials: usize,
    /// Per-pair decorrelation of the means.
    pub decorrelation: Decorrelation,
}

/// The numbers of trials that are usually shown.
pub const DECORRELATION_TRIALS: [usize; 6] = [2, 5, 10, 20, 50, 100];

/// Per-pair decorrelation for several numbers of trials: one block of the largest number is
/// simulated, smaller numbers are its first trials, so the curve shows averaging and nothing else.
/// (The noise is that of the largest block; other protocols with equal numbers of trials see other
/// trials.)
///
/// # Errors
/// As [`noisy_block`], or without numbers, with a number 0, or with fewer than two rows.
pub fn decorrelation_by_trials(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    trials: &[usize],
    seed: u64,
) -> Result<DecorrelationByTrials, AnalysisError> {
    at_least("rows for decorrelation", 2, templates.len())?;
    at_least("numbers of trials", 1, trials.len())?;
    for &count in trials {
        at_least("trials", 1, count)?;
    }
    let most = trials.iter().copied().max().unwrap_or(0);
    let noise = Seeds::both(seed).noise("decorrelation");
    let block = noisy_block(model, templates, most, &noise)?;
    let points = trials
        .iter()
        .map(|&count| {
            let stations = Stations {
                receptors: first_means(&block.receptors, count),
                relay: first_means(&block.relay, count),
                coding: first_means(&block.coding, count),
            };
            Ok(DecorrelationPoint {
                trials: count,
                decorrelation: stations.per_pair()?,
            })
        })
        .collect::<Result<_, AnalysisError>>()?;
    Ok(DecorrelationByTrials { seed, points })
}

/// Means over the first trials of every row.
fn first_means(patterns: &Patterns, trials: usize) -> Vec<Vec<f64>> {
    (0..patterns.rows())
        .map(|row| patterns.mean_of_trials(row, 0, trials))
        .collect()
}
