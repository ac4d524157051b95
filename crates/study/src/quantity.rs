//! What is known of each figure: its spread over seeds, its difference from a reference, and what a
//! family of null models says of it.

use kenyon_analysis::inference::{
    benjamini_hochberg, bootstrap_interval, hedges_g, holm, null_p_value, permutation_test,
};
use kenyon_analysis::mean_deviation;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::StudyError;
use crate::plan::Plan;
use crate::work::Finished;

/// Resamples of the bootstrap and relabelings of tests that are too many to enumerate.
const RESAMPLES: u32 = 10_000;
/// Level of the intervals.
const LEVEL: f64 = 0.95;
/// Seed of the resampling; results must not depend on when they are computed.
const SEED: u64 = 42;

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

/// How a quantity differs from that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The reference.
    pub reference: String,
    /// Mean of the reference.
    pub reference_mean: f64,
    /// Mean here minus mean of the reference.
    pub difference: f64,
    /// Hedges' g; none if neither varies.
    pub hedges_g: Option<f64>,
    /// Two-sided p-value: of relabelled seeds, or with several draws of a null model, of the rank of the
    /// reference among them.
    pub p: f64,
    /// The p-value corrected for the number of figures of this family (Holm: family-wise error).
    pub p_holm: f64,
    /// The p-value corrected for all effects of the study (Benjamini and Hochberg: false discovery rate).
    pub q: f64,
    /// Where the reference stands among null models, in their standard deviations.
    pub z: Option<f64>,
}

/// All quantities of the units that were carried out, in the order of the study.
pub(crate) fn quantities(
    plan: &Plan,
    finished: &[Option<Finished>],
) -> Result<Vec<Quantity>, StudyError> {
    let mut all = collect(plan, finished);
    let references: Vec<Option<usize>> = all
        .iter()
        .map(|one| {
            let reference = reference_of(plan, &one.quantity.family)?;
            all.iter().position(|other| {
                other.quantity.family == reference
                    && other.quantity.measurement == one.quantity.measurement
                    && other.quantity.figure == one.quantity.figure
            })
        })
        .collect();
    // Every quantity has its own stream of resamples, so the order of work does not matter.
    all.par_iter_mut().try_for_each(Collected::interval)?;
    let effects = (0..all.len())
        .map(|index| match references[index] {
            Some(reference) if reference != index => effect(&all[index], &all[reference]),
            _ => Ok(None),
        })
        .collect::<Result<Vec<_>, _>>()?;
    for (one, effect) in all.iter_mut().zip(effects) {
        one.quantity.effect = effect;
    }
    let mut quantities: Vec<Quantity> = all.into_iter().map(|one| one.quantity).collect();
    correct(&mut quantities)?;
    Ok(quantities)
}

/// A quantity and its values by draw.
struct Collected {
    quantity: Quantity,
    /// Number of trials that each value is a share of.
    trials: Option<usize>,
    /// Means over the seeds of each experiment of the family, if there are several.
    draws: Vec<f64>,
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
    fn replicates(&self) -> Vec<f64> {
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

/// The family that effects are measured against: the one named, or `canonical` if there is one.
fn reference_of<'p>(plan: &'p Plan, family: &str) -> Option<&'p str> {
    let experiments = &plan.experiments;
    let own = experiments.iter().find(|one| one.family == family)?;
    own.reference.as_deref().or_else(|| {
        let canonical = experiments
            .iter()
            .find(|one| one.family == crate::file::CANONICAL);
        canonical.map(|one| one.family.as_str())
    })
}

fn effect(one: &Collected, reference: &Collected) -> Result<Option<Effect>, StudyError> {
    let (values, reference_values) = (one.replicates(), reference.values());
    let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
    if !finite(&values) || !finite(&reference_values) {
        return Ok(None);
    }
    let (p, z) = if one.draws.is_empty() {
        let test = permutation_test(&values, &reference_values, RESAMPLES, SEED)?;
        (test.p_value, None)
    } else {
        let comparison = null_p_value(reference.quantity.mean, &one.draws)?;
        (comparison.p_value, comparison.z_score)
    };
    Ok(Some(Effect {
        reference: reference.quantity.family.clone(),
        reference_mean: reference.quantity.mean,
        difference: one.quantity.mean - reference.quantity.mean,
        hedges_g: hedges_g(&values, &reference_values),
        p,
        p_holm: p,
        q: p,
        z,
    }))
}

/// Corrects p-values for the number of comparisons: within each family, and over the study.
fn correct(quantities: &mut [Quantity]) -> Result<(), StudyError> {
    let places: Vec<usize> = (0..quantities.len())
        .filter(|&index| quantities[index].effect.is_some())
        .collect();
    let p = |place: &usize| {
        quantities[*place]
            .effect
            .as_ref()
            .map_or(1.0, |effect| effect.p)
    };
    let all: Vec<f64> = places.iter().map(p).collect();
    let rates = benjamini_hochberg(&all)?;
    let mut families = vec![0.0; places.len()];
    let mut begin = 0;
    while begin < places.len() {
        let family = &quantities[places[begin]].family;
        let end = (begin..places.len())
            .find(|&index| quantities[places[index]].family != *family)
            .unwrap_or(places.len());
        families[begin..end].copy_from_slice(&holm(&all[begin..end])?);
        begin = end;
    }
    for ((place, rate), family) in places.into_iter().zip(rates).zip(families) {
        if let Some(effect) = &mut quantities[place].effect {
            effect.q = rate;
            effect.p_holm = family;
        }
    }
    Ok(())
}
