//! What is known of each figure: its values over seeds and null models, and their spread.

use kenyon_analysis::inference::bootstrap_interval;
use kenyon_analysis::mean_deviation;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::effect::{Effect, correct, effect_of};
use crate::plan::Plan;
use crate::work::Finished;

/// Resamples of the bootstrap and relabelings of tests that are too many to enumerate.
pub(crate) const RESAMPLES: u32 = 10_000;
/// Level of the intervals.
const LEVEL: f64 = 0.95;
/// Seed of the resampling; results must not depend on when they are computed.
pub(crate) const SEED: u64 = 42;

/// A figure of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The experiment; draws of a null model are experiments of one family.
    pub experiment: String,
    /// The seed.
    pub seed: u64,
    /// The value.
    pub value: f64,
}

/// A figure of a family of experiments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The family.
    pub family: String,
    /// The measurement.
    pub measurement: String,
    /// The figure; its ending is the unit.
    pub figure: String,
    /// Mean over runs.
    pub mean: f64,
    /// Population standard deviation over runs.
    pub std: f64,
    /// Bootstrap 95 % interval of the mean; none of fewer than two values. With several draws of a
    /// null model these are resampled, otherwise seeds.
    pub interval: Option<[f64; 2]>,
    /// Binomial standard error of the mean of an accuracy, in percent points: what repeating the
    /// evaluation of the same models would change.
    pub binomial_error: Option<f64>,
    /// Difference from the reference.
    pub effect: Option<Effect>,
    /// The values, in the order of experiments and seeds.
    pub samples: Vec<Sample>,
}

/// All quantities of the units that were carried out, in the order of the study.
pub(crate) fn quantities(
    plan: &Plan,
    finished: &[Option<Finished>],
) -> Result<Vec<Quantity>, StudyError> {
    let mut all = collect(plan, finished);
    // Each quantity is resampled by itself, so the order of work does not matter.
    all.par_iter_mut().try_for_each(Collected::interval)?;
    let effects = all
        .iter()
        .map(|one| effect_of(plan, one, &all))
        .collect::<Result<Vec<_>, _>>()?;
    for (one, effect) in all.iter_mut().zip(effects) {
        one.quantity.effect = effect;
    }
    let mut quantities: Vec<Quantity> = all.into_iter().map(|one| one.quantity).collect();
    correct(&mut quantities)?;
    Ok(quantities)
}

/// A quantity and its values by draw.
pub(crate) struct Collected {
    pub quantity: Quantity,
    /// Number of trials that each value is a share of.
    trials: Option<usize>,
    /// Means over the seeds of each experiment of the family, if there are several.
    pub draws: Vec<f64>,
}

fn collect(plan: &Plan, finished: &[Option<Finished>]) -> Vec<Collected> {
    let mut all: Vec<Collected> = Vec::new();
    for (unit, finished) in plan.units.iter().zip(finished) {
        let Some(finished) = finished else { continue };
        let experiment = plan.experiment_of(unit);
        for measurement in &finished.measurements {
            for figure in &measurement.figures {
                let same = |one: &Collected| {
                    one.quantity.family == experiment.family
                        && one.quantity.measurement == measurement.name
                        && one.quantity.figure == figure.name
                };
                let place = all.iter().position(same).unwrap_or_else(|| {
                    all.push(Collected {
                        quantity: Quantity {
                            family: experiment.family.clone(),
                            measurement: measurement.name.clone(),
                            figure: figure.name.clone(),
                            mean: f64::NAN,
                            std: f64::NAN,
                            interval: None,
                            binomial_error: None,
                            effect: None,
                            samples: Vec::new(),
                        },
                        trials: figure.samples,
                        draws: Vec::new(),
                    });
                    all.len() - 1
                });
                all[place].quantity.samples.push(Sample {
                    experiment: experiment.name.clone(),
                    seed: unit.seed,
                    value: figure.value,
                });
            }
        }
    }
    for one in &mut all {
        one.summarise();
    }
    all
}

impl Collected {
    fn values(&self) -> Vec<f64> {
        self.quantity
            .samples
            .iter()
            .map(|sample| sample.value)
            .collect()
    }

    fn summarise(&mut self) {
        let values = self.values();
        let summary = mean_deviation(&values);
        self.quantity.mean = summary.mean;
        self.quantity.std = summary.deviation;
        self.quantity.binomial_error = self.trials.map(|trials| {
            let share = (summary.mean / 100.0).clamp(0.0, 1.0);
            100.0 * (share * (1.0 - share) / (trials * values.len()) as f64).sqrt()
        });
        let mut experiments: Vec<&str> = Vec::new();
        for sample in &self.quantity.samples {
            if experiments.last() != Some(&sample.experiment.as_str()) {
                experiments.push(&sample.experiment);
            }
        }
        if experiments.len() > 1 {
            self.draws = experiments
                .iter()
                .map(|name| {
                    let own = self.quantity.samples.iter();
                    let own: Vec<f64> = own
                        .filter(|sample| sample.experiment == **name)
                        .map(|sample| sample.value)
                        .collect();
                    kenyon_analysis::mean(&own)
                })
                .collect();
        }
    }

    /// What is resampled: draws of a null model if there are several, otherwise seeds.
    pub fn replicates(&self) -> Vec<f64> {
        if self.draws.is_empty() {
            self.values()
        } else {
            self.draws.clone()
        }
    }

    fn interval(&mut self) -> Result<(), StudyError> {
        let values = self.replicates();
        if values.len() >= 2 && values.iter().all(|value| value.is_finite()) {
            let interval = bootstrap_interval(&values, LEVEL, RESAMPLES, SEED)?;
            self.quantity.interval = Some([interval.low, interval.high]);
        }
        Ok(())
    }
}
