//! Single measurements that several protocols share.

use kenyon_circuit::{Interventions, NoiseStream, Stimulus};
use serde::{Deserialize, Serialize};

use crate::accuracy::{Accuracy, accuracy, active_fraction};
use crate::block::{BlockNoise, TrialBlock, counts_of, noisy_block, run};
use crate::centroid::centroid_accuracy;
use crate::concentration::{
    ConcentrationRule, ConcentrationTest, ConcentrationTrials, concentration_stimuli,
};
use crate::decorrelation::Stations;
use crate::error::{AnalysisError, at_least};
use crate::model::Model;
use crate::patterns::Patterns;
use crate::suppression::{Suppression, SuppressionRule, suppression};

/// Share of (trial, neuron) pairs with at least one spike, per population.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActiveFractions {
    /// Receptor neurons.
    pub orn: f64,
    /// Local neurons.
    pub ln: f64,
    /// Projection neurons.
    pub pn: f64,
    /// Kenyon cells.
    pub kc: f64,
}

impl ActiveFractions {
    pub(super) fn of(block: &TrialBlock) -> Self {
        Self {
            orn: active_fraction(&block.input),
            ln: active_fraction(&block.local),
            pn: active_fraction(&block.relay),
            kc: active_fraction(&block.coding),
        }
    }
}

/// Seeds of the odour and the circuit noise of a block.
#[derive(Clone, Copy)]
pub(super) struct Seeds {
    pub odour: u64,
    pub circuit: u64,
}

impl Seeds {
    pub(super) fn both(seed: u64) -> Self {
        Self {
            odour: seed,
            circuit: seed,
        }
    }

    pub(super) fn noise(self, metric: &str) -> BlockNoise {
        BlockNoise::new(metric, self.odour, self.circuit)
    }
}

/// Test accuracy and active fractions (section 2.3).
pub(super) fn test_pass(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    repeats: usize,
    seeds: Seeds,
) -> Result<(Accuracy, ActiveFractions), AnalysisError> {
    let block = noisy_block(model, templates, repeats, &seeds.noise("accuracy"))?;
    Ok((accuracy(&block.logits, 0)?, ActiveFractions::of(&block)))
}

/// Centroid accuracy (section 2.4).
pub(super) fn centroid_test(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    trials: usize,
    seeds: Seeds,
) -> Result<Accuracy, AnalysisError> {
    // Before the simulation, because after it the error would come a second late.
    at_least("trials per row for centroids", 2, trials)?;
    centroid_accuracy(&noisy_block(model, templates, trials, &seeds.noise("centroid"))?.coding)
}

/// Trial means of the three stations (sections 2.5 and 2.6).
pub(super) fn stations(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    trials: usize,
    seeds: Seeds,
) -> Result<Stations, AnalysisError> {
    at_least("rows for decorrelation", 2, templates.len())?;
    let block = noisy_block(model, templates, trials, &seeds.noise("decorrelation"))?;
    Stations::new(&block.receptors, &block.relay, &block.coding)
}

/// The APL suppression test (section 2.7) with `trials` trials in each arm.
///
/// Both arms use the same noise, trial by trial, where the original draws new noise for the second
/// arm. Each arm's mean keeps its law, so the ratio estimates the same quantity; pairing removes the
/// variance that the arms have in common, and a network whose APL does nothing has a ratio of
/// exactly 1.
///
/// # Errors
/// As [`noisy_block`].
pub fn suppression_test(
    model: &Model<'_>,
    trials: usize,
    seed: u64,
) -> Result<Suppression, AnalysisError> {
    at_least("trials", 1, trials)?;
    let last = u32::try_from(trials).map_err(|_| AnalysisError::TooMany {
        what: "trials".to_owned(),
        limit: u32::MAX as usize,
        found: trials,
    })?;
    let stimuli: Vec<Stimulus> = (0..last)
        .map(|trial| Stimulus {
            input: vec![0.0; model.network.channels()],
            trial,
        })
        .collect();
    let circuit = NoiseStream::new(seed, "suppression/circuit");
    let mut interventions = model.interventions.clone();
    interventions.currents.push((
        model.roles.coding.clone(),
        None,
        SuppressionRule::COMMON_CURRENT_A,
    ));
    let baseline = arm(model, &stimuli, circuit, &interventions)?;
    interventions
        .boosts
        .push((model.roles.feedback.clone(), SuppressionRule::BOOST));
    let boosted = arm(model, &stimuli, circuit, &interventions)?;
    suppression(&baseline, &boosted)
}

fn arm(
    model: &Model<'_>,
    stimuli: &[Stimulus],
    circuit: NoiseStream,
    interventions: &Interventions,
) -> Result<Patterns, AnalysisError> {
    let responses = run(model, stimuli, circuit, interventions)?;
    counts_of(
        &responses,
        model.population(&model.roles.coding)?,
        1,
        stimuli.len(),
    )
}

/// The concentration test (section 2.8): `trials` noisy trials per odour and pass, all passes in one
/// simulation. Figure 3 uses 10 trials and the model's seed, the re-evaluation 50 and seed 42.
///
/// # Errors
/// As [`noisy_block`], and without an odour beside the blank in row 0.
pub fn concentration_test(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    trials: usize,
    seed: u64,
) -> Result<ConcentrationTest, AnalysisError> {
    let levels = &ConcentrationRule::LEVELS;
    let stimuli = concentration_stimuli(templates, levels)?;
    let block = noisy_block(
        model,
        &stimuli,
        trials,
        &Seeds::both(seed).noise("concentration"),
    )?;
    ConcentrationTrials {
        blank: &templates[ConcentrationRule::BLANK],
        levels,
        receptors: &block.receptors,
        relay: &block.relay,
        coding: &block.coding,
        logits: &block.logits,
    }
    .evaluate()
}
