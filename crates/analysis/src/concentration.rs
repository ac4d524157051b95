//! Gain control: what happens to activity and identity when an odour gets stronger
//! (experiments.md, section 2.8; training.md, section 5).

use serde::{Deserialize, Serialize};

use crate::accuracy::accuracy;
use crate::centroid::Centroids;
use crate::cosine::cosine;
use crate::error::{AnalysisError, at_least, same_size};
use crate::patterns::Patterns;
use crate::statistics::mean;

/// Numbers of the concentration test.
#[derive(Clone, Copy, Debug)]
pub struct ConcentrationRule;

impl ConcentrationRule {
    /// Concentrations relative to the template's, in the order in which they are presented.
    pub const LEVELS: [f64; 7] = [0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 5.0];
    /// Concentration of half effect.
    pub const HALF_EFFECT: f64 = 1.0;
    /// Concentration of the templates, at which the effect is 1.
    pub const REFERENCE: f64 = 1.0;
    /// Row of the blank (spontaneous activity); the odours are the rows behind it.
    pub const BLANK: usize = 0;
    /// Smallest denominator of a range.
    pub const SMALLEST_SUM: f64 = 1e-8;
    /// Levels whose decoder accuracies count as moderate, both included.
    pub const MODERATE: (f64, f64) = (0.3, 5.0);
    /// KC activity is flat below this range.
    pub const FLAT_KC: f64 = 1.2;
    /// Classification is robust above this mean decoder accuracy over moderate levels.
    pub const ROBUST_ACCURACY: f64 = 0.5;
    /// Identity is kept above this mean centroid accuracy over the other levels.
    pub const IDENTITY_PASS: f64 = 0.6;
    /// Identity is partially kept above this.
    pub const IDENTITY_PARTIAL: f64 = 0.3;
}

/// The Hill function with exponent 1, normalised to 1 at the reference concentration:
/// `h(c) = 2c / (1 + c)`.
#[must_use]
pub fn effective_concentration(concentration: f64) -> f64 {
    let hill = |c: f64| c / (c + ConcentrationRule::HALF_EFFECT);
    hill(concentration) / hill(ConcentrationRule::REFERENCE)
}

/// A stimulus at a concentration: its distance from the blank scales with the Hill function, clipped at
/// 0 from below. At the reference concentration it is `undiluted`.
#[must_use]
pub fn diluted(blank: &[f64], undiluted: &[f64], concentration: f64) -> Vec<f64> {
    let effect = effective_concentration(concentration);
    let mix = |(&blank, &full): (&f64, &f64)| (blank + effect * (full - blank)).max(0.0);
    blank.iter().zip(undiluted).map(mix).collect()
}

/// The noise-free stimuli of the test: one pass over the odours at the reference concentration,
/// then one pass per level. `[(1 + levels) * odours][receptor]`.
///
/// A stimulus is `blank + h(c) (template - blank)`, clipped at 0 from below, except in the
/// reference pass, which the original does not clip (it cannot be negative there).
///
/// # Errors
/// Without an odour beside the blank, with templates of different lengths, or with a level that is
/// not a finite number >= 0.
pub fn concentration_stimuli(
    templates: &[Vec<f64>],
    levels: &[f64],
) -> Result<Vec<Vec<f64>>, AnalysisError> {
    at_least("templates (blank and odours)", 2, templates.len())?;
    check_levels(levels)?;
    let (blank, odours) = (
        &templates[ConcentrationRule::BLANK],
        &templates[ConcentrationRule::BLANK + 1..],
    );
    for odour in odours {
        same_size("channels of a template", blank.len(), odour.len())?;
    }
    let mixed = |odour: &[f64], effect: f64| -> Vec<f64> {
        blank
            .iter()
            .zip(odour)
            .map(|(&blank, &odour)| blank + effect * (odour - blank))
            .collect()
    };
    let reference = effective_concentration(ConcentrationRule::REFERENCE);
    let mut stimuli: Vec<Vec<f64>> = odours.iter().map(|odour| mixed(odour, reference)).collect();
    for &level in levels {
        let effect = effective_concentration(level);
        stimuli.extend(odours.iter().map(|odour| {
            mixed(odour, effect)
                .into_iter()
                .map(|value| value.max(0.0))
                .collect::<Vec<f64>>()
        }));
    }
    Ok(stimuli)
}

/// What the network made of one concentration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConcentrationLevel {
    /// Concentration relative to the template's.
    pub concentration: f64,
    /// `h(c)`.
    pub effective_concentration: f64,
    /// Share of right decisions among all classes.
    pub decoder_accuracy: f64,
    /// Summed trial-mean receptor input, mean over odours.
    pub mean_or: f64,
    /// Summed trial-mean PN spikes, mean over odours.
    pub mean_pn: f64,
    /// Summed trial-mean KC spikes, mean over odours.
    pub mean_kc: f64,
    /// Share of single trials nearest to their odour's reference centroid; silent trials dropped.
    pub kc_centroid_accuracy: f64,
    /// Mean cosine to the reference pattern, blank subtracted from both.
    pub or_similarity: f64,
    /// Mean cosine to the reference pattern.
    pub pn_similarity: f64,
    /// Mean cosine to the reference pattern.
    pub kc_similarity: f64,
}

/// Whether an odour is recognised at other concentrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Mean centroid accuracy above 0.6.
    Pass,
    /// Above 0.3.
    Partial,
    /// Not above 0.3.
    Fail,
}

/// Outcome of the concentration test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConcentrationTest {
    /// The levels, in the order of presentation.
    pub levels: Vec<ConcentrationLevel>,
    /// Receptor input at the last level over that at the first (not max over min: quirk 1).
    pub or_range: f64,
    /// The same of PN spikes.
    pub pn_range: f64,
    /// The same of KC spikes.
    pub kc_range: f64,
    /// Mean decoder accuracy over the levels from 0.3 to 5.
    pub mean_moderate_accuracy: f64,
    /// Mean centroid accuracy over all levels except the reference concentration.
    pub mean_cross_accuracy: f64,
    /// PN range below OR range.
    pub sublinear_pn: bool,
    /// KC range below 1.2.
    pub flat_kc: bool,
    /// Mean moderate accuracy above 0.5.
    pub robust_classification: bool,
    /// Verdict on the mean cross accuracy.
    pub identity: Identity,
}

/// The trials of [`concentration_stimuli`], rows in its order.
#[derive(Clone, Copy, Debug)]
pub struct ConcentrationTrials<'a> {
    /// Noise-free blank input, `[receptor]`.
    pub blank: &'a [f64],
    /// Concentrations of the passes behind the reference pass.
    pub levels: &'a [f64],
    /// Realised receptor input.
    pub receptors: &'a Patterns,
    /// PN spike counts.
    pub relay: &'a Patterns,
    /// KC spike counts.
    pub coding: &'a Patterns,
    /// Decoder output; odour `j` is class `j + 1`.
    pub logits: &'a Patterns<f64>,
}

impl ConcentrationTrials<'_> {
    /// Activities, similarities and accuracies per level, and the verdicts.
    ///
    /// # Errors
    /// If rows do not divide into one pass per level and the reference, or arrays differ in trials.
    pub fn evaluate(&self) -> Result<ConcentrationTest, AnalysisError> {
        check_levels(self.levels)?;
        self.receptors.same_trials(self.relay, "relay patterns")?;
        self.receptors.same_trials(self.coding, "coding patterns")?;
        self.receptors.same_trials(self.logits, "logits")?;
        same_size(
            "channels of the blank",
            self.receptors.units(),
            self.blank.len(),
        )?;
        let passes = self.levels.len() + 1;
        let odours = self.receptors.rows() / passes;
        at_least("odours", 1, odours)?;
        same_size(
            "rows of the concentration test",
            passes * odours,
            self.receptors.rows(),
        )?;

        let receptors: Vec<_> = self
            .receptors
            .means()
            .iter()
            .map(|mean| subtract(mean, self.blank))
            .collect();
        let (relay, coding) = (self.relay.means(), self.coding.means());
        let centroids = Centroids::new(&coding[..odours]);
        let mut levels = Vec::with_capacity(self.levels.len());
        for (pass, &concentration) in (1..).zip(self.levels) {
            let (from, to) = (pass * odours, (pass + 1) * odours);
            let similarity = |patterns: &[Vec<f64>]| {
                let cosines: Vec<_> = patterns[from..to]
                    .iter()
                    .zip(&patterns[..odours])
                    .map(|(a, b)| cosine(a, b))
                    .collect();
                mean(&cosines)
            };
            levels.push(ConcentrationLevel {
                concentration,
                effective_concentration: effective_concentration(concentration),
                decoder_accuracy: accuracy(
                    &self.logits.rows_between(from, to)?,
                    ConcentrationRule::BLANK + 1,
                )?
                .fraction,
                mean_or: mean_sum(&self.receptors.rows_between(from, to)?.means()),
                mean_pn: mean_sum(&relay[from..to]),
                mean_kc: mean_sum(&coding[from..to]),
                kc_centroid_accuracy: centroids
                    .accuracy(&self.coding.rows_between(from, to)?, 0)?
                    .fraction,
                or_similarity: similarity(&receptors),
                pn_similarity: similarity(&relay),
                kc_similarity: similarity(&coding),
            });
        }
        Ok(judge(levels))
    }
}

fn judge(levels: Vec<ConcentrationLevel>) -> ConcentrationTest {
    let range = |sum: fn(&ConcentrationLevel) -> f64| match (levels.first(), levels.last()) {
        (Some(first), Some(last)) => sum(last) / sum(first).max(ConcentrationRule::SMALLEST_SUM),
        _ => 0.0,
    };
    let (or_range, pn_range, kc_range) = (
        range(|level| level.mean_or),
        range(|level| level.mean_pn),
        range(|level| level.mean_kc),
    );
    let (low, high) = ConcentrationRule::MODERATE;
    let moderate: Vec<f64> = levels
        .iter()
        .filter(|level| (low..=high).contains(&level.concentration))
        .map(|level| level.decoder_accuracy)
        .collect();
    let cross: Vec<f64> = levels
        .iter()
        .filter(|level| level.concentration != ConcentrationRule::REFERENCE)
        .map(|level| level.kc_centroid_accuracy)
        .collect();
    let (mean_moderate_accuracy, mean_cross_accuracy) = (mean(&moderate), mean(&cross));
    ConcentrationTest {
        or_range,
        pn_range,
        kc_range,
        mean_moderate_accuracy,
        mean_cross_accuracy,
        sublinear_pn: pn_range < or_range,
        flat_kc: kc_range < ConcentrationRule::FLAT_KC,
        robust_classification: mean_moderate_accuracy > ConcentrationRule::ROBUST_ACCURACY,
        identity: match mean_cross_accuracy {
            high if high > ConcentrationRule::IDENTITY_PASS => Identity::Pass,
            middle if middle > ConcentrationRule::IDENTITY_PARTIAL => Identity::Partial,
            _ => Identity::Fail,
        },
        levels,
    }
}

fn check_levels(levels: &[f64]) -> Result<(), AnalysisError> {
    at_least("concentrations", 1, levels.len())?;
    match levels
        .iter()
        .find(|level| !level.is_finite() || **level < 0.0)
    {
        Some(level) => Err(AnalysisError::Setting {
            setting: "concentrations",
            problem: format!("{level} is not a finite number >= 0"),
        }),
        None => Ok(()),
    }
}

fn subtract(pattern: &[f64], blank: &[f64]) -> Vec<f64> {
    pattern
        .iter()
        .zip(blank)
        .map(|(value, blank)| value - blank)
        .collect()
}

/// Mean over rows of the sum over units.
fn mean_sum(patterns: &[Vec<f64>]) -> f64 {
    let sums: Vec<f64> = patterns
        .iter()
        .map(|pattern| pattern.iter().sum())
        .collect();
    mean(&sums)
}

#[cfg(test)]
mod tests;
