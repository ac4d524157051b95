//! How mixtures are coded: geometry of codes (experiments.md, section 4.6) and sub-additivity of
//! single neurons (section 4.7).

use serde::{Deserialize, Serialize};

use super::trials::{Seeds, suppression_test};
use crate::block::noisy_block;
use crate::error::AnalysisError;
use crate::geometry::{MixtureCode, MixtureSummary, activity};
use crate::mixture::{BLANK_ROW, Superposition, all_pairs, mixture_templates, mixtures_of_ranks};
use crate::model::Model;
use crate::patterns::Patterns;
use crate::sub_additivity::{LinearPrediction, MixtureRow, SubAdditivity, sub_additivity as count};
use crate::suppression::Suppression;

/// Which mixtures are presented, and on what noise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixtureSettings {
    /// Seed of odour and circuit noise, usually the model's.
    pub seed: u64,
    /// Trials per stimulus.
    pub trials: usize,
    /// Triplets among the rows 1.., as ranks of [`crate::combination`]. All pairs are presented.
    pub triplets: Vec<usize>,
    /// What a mixture is to the receptors.
    pub superposition: Superposition,
}

impl MixtureSettings {
    /// The original's numbers: 20 trials, clipped sums. The triplets are 50 that the original draws
    /// for the model's seed.
    #[must_use]
    pub fn canonical(seed: u64, triplets: Vec<usize>) -> Self {
        Self {
            seed,
            trials: 20,
            triplets,
            superposition: Superposition::Sum,
        }
    }
}

/// Settings of [`sub_additivity`], which presents the same kinds of stimuli.
pub type SubAdditivitySettings = MixtureSettings;

/// Codes of mixtures relative to those of their components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureGeometry {
    /// How they were measured.
    pub settings: MixtureSettings,
    /// Summary over pairs; `None` without any.
    pub pair_summary: Option<MixtureSummary>,
    /// Summary over triplets; `None` without any.
    pub triplet_summary: Option<MixtureSummary>,
    /// Share of KCs that fired in any trial, for every row including the blank.
    pub single_activities: Vec<f64>,
    /// All pairs of the rows 1.., in lexicographic order.
    pub pairs: Vec<MixtureCode>,
    /// The triplets, in the order of the settings.
    pub triplets: Vec<MixtureCode>,
}

/// Geometry of KC codes of all pairs and the given triplets of odours; the blank in row 0 is no
/// component. The code of a stimulus is its mean KC count per step, over trials.
///
/// # Errors
/// As [`noisy_block`], or if a triplet does not exist.
pub fn mixture_geometry(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &MixtureSettings,
) -> Result<MixtureGeometry, AnalysisError> {
    let trials = present(model, templates, settings, "mixture-geometry")?;
    let steps = model.network.steps() as f64;
    let mut codes = trials.coding.means();
    for value in codes.iter_mut().flatten() {
        *value /= steps;
    }
    let (singles, mixtures) = codes.split_at(templates.len());
    let compare = |rows: &[Vec<usize>], codes: &[Vec<f64>]| {
        rows.iter()
            .zip(codes)
            .map(|(rows, code)| MixtureCode::new(rows, singles, code))
            .collect::<Result<Vec<_>, _>>()
    };
    let pairs = compare(&trials.pairs, &mixtures[..trials.pairs.len()])?;
    let triplets = compare(&trials.triplets, &mixtures[trials.pairs.len()..])?;
    Ok(MixtureGeometry {
        settings: settings.clone(),
        pair_summary: MixtureSummary::new(&pairs),
        triplet_summary: MixtureSummary::new(&triplets),
        single_activities: singles.iter().map(|code| activity(code)).collect(),
        pairs,
        triplets,
    })
}

/// Sub-additive responses to pairs and triplets, against both predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureSubAdditivity {
    /// How they were measured.
    pub settings: SubAdditivitySettings,
    /// Pairs against the sum of responses (published).
    pub pairs: SubAdditivity,
    /// Triplets against the sum of responses (published).
    pub triplets: SubAdditivity,
    /// The same pairs against the prediction that holds spontaneous spikes once.
    pub pairs_above_spontaneous: SubAdditivity,
    /// The same triplets against the prediction that holds spontaneous spikes once.
    pub triplets_above_spontaneous: SubAdditivity,
}

/// Sub-additivity of single KCs over all pairs and the given triplets.
///
/// The published figure compares with the plain sum, in which spontaneous spikes of a KC count once
/// per component. Both predictions are reported. They judge the same trials: with
/// [`Superposition::Sum`] the *stimulus* holds the receptors' spontaneous rate once per component
/// too; [`Superposition::AboveSpontaneous`] makes it hold it once.
///
/// # Errors
/// As [`noisy_block`], or if a triplet does not exist.
pub fn sub_additivity(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &SubAdditivitySettings,
) -> Result<MixtureSubAdditivity, AnalysisError> {
    let trials = present(model, templates, settings, "sub-additivity")?;
    let first_triplet = templates.len() + trials.pairs.len();
    let pairs = numbered(&trials.pairs, templates.len());
    let triplets = numbered(&trials.triplets, first_triplet);
    let sum = LinearPrediction::Sum;
    let once = LinearPrediction::SpontaneousOnce { blank: BLANK_ROW };
    Ok(MixtureSubAdditivity {
        settings: settings.clone(),
        pairs: count(&trials.coding, &pairs, sum)?,
        triplets: count(&trials.coding, &triplets, sum)?,
        pairs_above_spontaneous: count(&trials.coding, &pairs, once)?,
        triplets_above_spontaneous: count(&trials.coding, &triplets, once)?,
    })
}

/// What Figure 4 C and D say of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureFour {
    /// APL suppression test (C).
    pub suppression: Suppression,
    /// Sub-additivity of pairs (D).
    pub sub_additivity: MixtureSubAdditivity,
}

/// The measurements of Figure 4 C and D (section 4.8): APL suppression with `suppression_trials`
/// (20) trials per arm, and [`sub_additivity`]. Without triplets in `settings` the pairs see the
/// same noise. Networks without APL are measured too; their ratio is 1.
///
/// # Errors
/// As [`sub_additivity`] and [`suppression_test`].
pub fn figure_four(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    suppression_trials: usize,
    settings: &SubAdditivitySettings,
) -> Result<FigureFour, AnalysisError> {
    Ok(FigureFour {
        suppression: suppression_test(model, suppression_trials, settings.seed)?,
        sub_additivity: sub_additivity(model, templates, settings)?,
    })
}

/// KC counts of all templates, all pairs and the triplets, in this order of rows.
struct Presented {
    coding: Patterns,
    pairs: Vec<Vec<usize>>,
    triplets: Vec<Vec<usize>>,
}

fn present(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    settings: &MixtureSettings,
    metric: &str,
) -> Result<Presented, AnalysisError> {
    let pairs = all_pairs(templates.len());
    let triplets = mixtures_of_ranks(templates.len(), 3, &settings.triplets)?;
    let mut stimuli = templates.to_vec();
    for mixtures in [&pairs, &triplets] {
        let superposition = settings.superposition;
        stimuli.extend(mixture_templates(templates, mixtures, superposition)?);
    }
    let noise = Seeds::both(settings.seed).noise(metric);
    let block = noisy_block(model, &stimuli, settings.trials, &noise)?;
    Ok(Presented {
        coding: block.coding,
        pairs,
        triplets,
    })
}

/// Mixtures in consecutive rows.
fn numbered(mixtures: &[Vec<usize>], first_row: usize) -> Vec<MixtureRow> {
    (first_row..)
        .zip(mixtures)
        .map(|(row, components)| MixtureRow {
            row,
            components: components.clone(),
        })
        .collect()
}
