//! Perturbation screens: perturb one thing after the other, rank what it does.
//!
//! A screen silences or drives every neuron, class, group or population, or switches off every pathway or
//! set of gap junctions, in turn, and compares the network with the intact one on chosen metrics. Odours
//! and noise are the same for all (common random numbers: noise is addressed, see
//! [`BlockNoise`]), so effects are differences within pairs of trials. The resampling unit of their
//! intervals is the trial within its odour: they say where the effect would lie with other noise, for
//! these odours, in this model; not for other odours, models or animals. The trials are those of the accuracy of
//! [`reevaluate`](crate::protocol::reevaluate) with as many repeats and the same seed.
//!
//! Spikes of a silenced neuron are missing in the activity of its own population: that is part of the
//! effect, not left out.

mod effect;
mod metric;
mod target;

use kenyon_circuit::{Interventions, Responses};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::block::BlockNoise;
use crate::error::{AnalysisError, at_least};
use crate::inference::{LEVEL, benjamini_hochberg, holm};
use crate::labelled::Labelled;
use crate::model::Model;
use crate::patterns::Patterns;
use effect::Sample;
pub use effect::{Effect, Unit};
use metric::Trials;
pub use metric::{Metric, UnknownMetric};
pub(crate) use metric::{cross_entropy, margin, rival};
pub use target::{Action, Members, Target, TargetKind, single, targets};

/// Fewest trials per odour: fewer have no spread.
pub const FEWEST_TRIALS: usize = 2;

/// What a screen measures, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScreenSettings {
    /// What is done to every target; pathways and gap junctions are switched off.
    pub action: Action,
    /// What is measured; targets are ranked by the first.
    pub metrics: Vec<Metric>,
    /// Trials per odour.
    pub trials: usize,
    /// Seed of odour and circuit noise.
    pub seed: u64,
}

/// A metric of the intact network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intact {
    /// Which metric.
    pub metric: Metric,
    /// Its value; `None` where it has none, such as the decorrelation of silent neurons.
    pub value: Option<f64>,
}

/// What perturbing one target did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetEffects {
    /// The target.
    pub target: Target,
    /// One per metric; `None` where the metric has no value.
    pub effects: Vec<Option<Effect>>,
}

/// A finished screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// How it was made.
    pub settings: ScreenSettings,
    /// Number of odours.
    pub odours: usize,
    /// The metrics of the intact network.
    pub intact: Vec<Intact>,
    /// The effects, in the order of the targets.
    pub targets: Vec<TargetEffects>,
}

impl Screen {
    /// The targets by the magnitude of their effect on a metric, largest first; those without a value last.
    #[must_use]
    pub fn ranked(&self, metric: usize) -> Vec<&TargetEffects> {
        let magnitude = |it: &TargetEffects| {
            let effect = it.effects.get(metric).copied().flatten();
            effect.map_or(-1.0, |effect| effect.difference.abs())
        };
        let mut ranked: Vec<&TargetEffects> = self.targets.iter().collect();
        ranked.sort_by(|a, b| magnitude(b).total_cmp(&magnitude(a)));
        ranked
    }
}

/// Perturbs every target. `progress` is told how many are done, from any thread.
///
/// Targets are simulated in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// If targets, metrics or stimuli do not fit the model, or there are fewer than [`FEWEST_TRIALS`] trials.
pub fn screen(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    targets: &[Target],
    settings: &ScreenSettings,
    progress: &(dyn Fn() + Sync),
) -> Result<Screen, AnalysisError> {
    let go_on = || {
        progress();
        true
    };
    screen_overseen(model, stimuli, targets, settings, &go_on)
}

/// As [`screen`], which ends early once `go_on`, called after every target, says so.
///
/// # Errors
/// As [`screen`], and [`AnalysisError::Stopped`].
pub fn screen_overseen(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    targets: &[Target],
    settings: &ScreenSettings,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Result<Screen, AnalysisError> {
    check(model, stimuli, targets, settings)?;
    let (rows, trials) = (stimuli.count(), settings.trials);
    let noise = BlockNoise::new("accuracy", settings.seed, settings.seed);
    let presented = stimuli.trials(model.network.odour_cv(), trials, &noise)?;
    let receptors = Patterns::new(rows, trials, model.network.channels(), presented.input())?;
    let responses = |changes: &Interventions| presented.run(model, noise.circuit, changes);
    let samples = |responses: &Responses| -> Result<Vec<Sample>, AnalysisError> {
        let trials = Trials {
            network: model.network,
            roles: model.roles,
            receptors: &receptors,
            classes: stimuli.labels,
            responses,
        };
        let metrics = settings.metrics.iter();
        metrics.map(|metric| trials.measure(metric)).collect()
    };
    let before = samples(&responses(model.interventions)?)?;
    let mut effects = targets
        .par_iter()
        .map(|target| {
            let changes = target.interventions(settings.action, model.interventions);
            let after = samples(&responses(&changes)?)?;
            let pairs = before.iter().zip(&after);
            let effects = pairs.map(|(before, after)| effect::effect(before, after, rows, LEVEL));
            let effects = TargetEffects {
                target: target.clone(),
                effects: effects.collect(),
            };
            if go_on() {
                Ok(effects)
            } else {
                Err(AnalysisError::Stopped)
            }
        })
        .collect::<Result<Vec<TargetEffects>, AnalysisError>>()?;
    for metric in 0..settings.metrics.len() {
        correct(&mut effects, metric)?;
    }
    let metrics = settings.metrics.iter().cloned();
    Ok(Screen {
        settings: settings.clone(),
        odours: rows,
        intact: metrics
            .zip(&before)
            .map(|(metric, sample)| Intact {
                metric,
                value: sample.value(),
            })
            .collect(),
        targets: effects,
    })
}

fn check(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    targets: &[Target],
    settings: &ScreenSettings,
) -> Result<(), AnalysisError> {
    at_least("trials per odour", FEWEST_TRIALS, settings.trials)?;
    at_least("targets of the screen", 1, targets.len())?;
    at_least("metrics of the screen", 1, settings.metrics.len())?;
    stimuli.check(model)?;
    for metric in &settings.metrics {
        if let Some(missing) = metric.missing(model.network, model.roles) {
            return Err(AnalysisError::Setting {
                setting: "metric",
                problem: format!(
                    "{metric} needs a spiking population \"{missing}\", which the circuit does not have"
                ),
            });
        }
    }
    let decorrelates = settings.metrics.iter().any(|metric| {
        use Metric::{AlDecorrelation, MbDecorrelation, TotalDecorrelation};
        matches!(
            metric,
            AlDecorrelation | MbDecorrelation | TotalDecorrelation
        )
    });
    if decorrelates {
        at_least("rows for decorrelation", 2, stimuli.count())?;
    }
    if let Action::Drive(ampere) = settings.action
        && !ampere.is_finite()
    {
        return Err(AnalysisError::NotFinite {
            what: "the driving current".to_owned(),
        });
    }
    for target in targets {
        if !target.allows(settings.action, model.network) {
            return Err(AnalysisError::Setting {
                setting: "drive",
                problem: format!("{} takes no current", target.name),
            });
        }
        // All targets before the first is simulated: an error must not come after half a minute.
        model.check(&target.interventions(settings.action, model.interventions))?;
    }
    Ok(())
}

/// Corrects the p-values of one metric over all targets.
fn correct(targets: &mut [TargetEffects], metric: usize) -> Result<(), AnalysisError> {
    let mut tested: Vec<&mut Effect> = targets
        .iter_mut()
        .filter_map(|it| it.effects[metric].as_mut())
        .filter(|effect| effect.p.is_some())
        .collect();
    let p: Vec<f64> = tested.iter().filter_map(|effect| effect.p).collect();
    let corrected = holm(&p)?.into_iter().zip(benjamini_hochberg(&p)?);
    for (effect, (p_holm, q)) in tested.iter_mut().zip(corrected) {
        effect.p_holm = Some(p_holm);
        effect.q = Some(q);
    }
    Ok(())
}
