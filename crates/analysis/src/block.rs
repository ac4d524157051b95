//! Noisy trials of a set of stimuli, simulated in one go (experiments.md, section 2.2).

use kenyon_circuit::{
    Interventions, Noise, NoiseStream, Population, Presentation, Responses, Stimulus, simulate,
};

use crate::error::{AnalysisError, at_least, same_size};
use crate::model::Model;
use crate::patterns::Patterns;

/// Where the noise of a block comes from.
///
/// Odour noise is addressed by (odour stream; trial), circuit noise by (circuit stream; trial, step,
/// site), and trial `t` of row `r` in a block of `n` trials is number `first_trial + r n + t`.
/// Neither the parameters nor the order of simulation enter, so ablations and all checkpoints see
/// the same noise: their differences are effects (common random numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockNoise {
    /// Draws the receptor input.
    pub odour: NoiseStream,
    /// Draws everything inside the circuit.
    pub circuit: NoiseStream,
    /// Number of the block's first trial; not 0 where several blocks share a stream but no draw.
    pub first_trial: u32,
}

impl BlockNoise {
    /// The streams `METRIC/odour` and `METRIC/circuit`.
    #[must_use]
    pub fn new(metric: &str, odour_seed: u64, circuit_seed: u64) -> Self {
        Self {
            odour: NoiseStream::new(odour_seed, &format!("{metric}/odour")),
            circuit: NoiseStream::new(circuit_seed, &format!("{metric}/circuit")),
            first_trial: 0,
        }
    }

    /// The same streams for the block that follows `blocks` blocks of `trials` trials each.
    ///
    /// # Errors
    /// If trial numbers run out.
    pub fn after(self, blocks: usize, trials: usize) -> Result<Self, AnalysisError> {
        let skipped = blocks.saturating_mul(trials);
        let first_trial = u32::try_from(skipped)
            .ok()
            .and_then(|skipped| self.first_trial.checked_add(skipped));
        Ok(Self {
            first_trial: first_trial.ok_or_else(|| too_many(skipped))?,
            ..self
        })
    }
}

/// Outcomes of `trials` noisy trials of each of `rows` stimuli.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialBlock {
    /// Realised receptor input (noisy, rectified), the "OR pattern".
    pub receptors: Patterns,
    /// Spike counts of the receptor neurons (ORN).
    pub input: Patterns,
    /// Spike counts of the local neurons (LN).
    pub local: Patterns,
    /// Spike counts of the projection neurons (PN).
    pub relay: Patterns,
    /// Spike counts of the Kenyon cells (KC).
    pub coding: Patterns,
    /// Decoder output.
    pub logits: Patterns<f64>,
}

/// Simulates `trials` noisy trials of every template, batched over all of them.
///
/// Inputs are those of [`noisy_stimuli`] with the circuit's odour noise.
///
/// # Errors
/// As [`noisy_stimuli`]; if a template does not have one value per channel, the parameters do not fit the network, or the circuit lacks a population that plays a role.
pub fn noisy_block(
    model: &Model<'_>,
    templates: &[Vec<f64>],
    trials: usize,
    noise: &BlockNoise,
) -> Result<TrialBlock, AnalysisError> {
    let channels = model.network.channels();
    for (row, template) in templates.iter().enumerate() {
        same_size(
            &format!("channels of template {row}"),
            channels,
            template.len(),
        )?;
    }
    let stimuli = noisy_stimuli(templates, trials, model.network.odour_cv(), noise)?;
    let responses = run(model, &stimuli, noise.circuit, model.interventions)?;
    let counts =
        |name: &str| counts_of(&responses, model.population(name)?, templates.len(), trials);
    let receptors: Vec<f32> = stimuli
        .iter()
        .flat_map(|stimulus| stimulus.input.iter().copied())
        .collect();
    Ok(TrialBlock {
        receptors: Patterns::new(templates.len(), trials, channels, receptors)?,
        input: counts(&model.roles.input)?,
        local: counts(&model.roles.local)?,
        relay: counts(&model.roles.relay)?,
        coding: counts(&model.roles.coding)?,
        logits: Patterns::new(
            templates.len(),
            trials,
            responses.classes,
            responses.logits.clone(),
        )?,
    })
}

/// The stimuli of a block: `trials` noisy versions of every template, row by row.
///
/// The receptor input of a trial is `max(0, template (1 + cv n))`, never clipped from above.
///
/// # Errors
/// Without templates or trials, with a value that is not finite, or if trial numbers run out.
pub fn noisy_stimuli(
    templates: &[Vec<f64>],
    trials: usize,
    cv: f64,
    noise: &BlockNoise,
) -> Result<Vec<Stimulus>, AnalysisError> {
    at_least("templates", 1, templates.len())?;
    at_least("trials", 1, trials)?;
    for (row, template) in templates.iter().enumerate() {
        if template.iter().any(|value| !value.is_finite()) {
            return Err(AnalysisError::NotFinite {
                what: format!("template {row}"),
            });
        }
    }
    // If the block behind this one has an address, all trials of this one have.
    noise.after(templates.len(), trials)?;
    let repeated = templates
        .iter()
        .flat_map(|template| std::iter::repeat_n(template, trials));
    let numbered = (noise.first_trial..).zip(repeated);
    Ok(numbered
        .map(|(trial, template)| Stimulus {
            input: noise.odour.odour(template, cv, trial),
            trial,
        })
        .collect())
}

/// One call of the engine, with what it takes for granted checked before and its outcome after.
pub(crate) fn run<P: Presentation>(
    model: &Model<'_>,
    stimuli: &[P],
    circuit: NoiseStream,
    interventions: &Interventions,
) -> Result<Responses, AnalysisError> {
    model.check(interventions)?;
    let responses = simulate(
        model.network,
        model.parameters,
        stimuli,
        Noise::Generated(circuit),
        interventions,
    );
    if responses.logits.iter().any(|value| !value.is_finite()) {
        return Err(AnalysisError::NotFinite {
            what: "the decoder's output".to_owned(),
        });
    }
    Ok(responses)
}

/// Spike counts of one population.
pub(crate) fn counts_of(
    responses: &Responses,
    population: &Population,
    rows: usize,
    trials: usize,
) -> Result<Patterns, AnalysisError> {
    let counts = (0..responses.trials)
        .flat_map(|trial| responses.counts_of(trial, population).iter().copied())
        .collect();
    Patterns::new(rows, trials, population.range.len(), counts)
}

fn too_many(found: usize) -> AnalysisError {
    AnalysisError::TooMany {
        what: "trials of a noise stream".to_owned(),
        limit: u32::MAX as usize,
        found,
    }
}
