//! How far a perturbation moves a metric, and whether noise explains it.
//!
//! Every trial of a target has the same noise as the same trial of the intact network, so what is judged
//! are differences within pairs. The *resampling unit* is the trial within its odour: the interval says
//! where the effect would lie with other noise, for these odours, in this model. It says nothing of
//! other odours, other trained models or other animals.
//!
//! - Metrics that are means over trials: with `O` odours of `T` trials and the deviation `s_o` of the
//!   differences of odour `o`, the standard error is `sqrt(sum s_o² / T) / O`, and Student's t has `O (T - 1)`
//!   degrees of freedom. Differences *between* odours are effects and add nothing to the error.
//! - Metrics that are not (decorrelations, centroids): the jackknife over blocks, block `t` being trial
//!   number `t` of every odour; `T - 1` degrees of freedom.

use serde::{Deserialize, Serialize};

use crate::inference::{student_p_value, student_quantile};
use crate::statistics::mean;

/// A metric of the trials of one network.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sample {
    /// One value per trial, row by row; the metric is their mean.
    Trials(Vec<f64>),
    /// The metric, and its values without each block of trials.
    Blocks {
        value: Option<f64>,
        without: Vec<Option<f64>>,
    },
}

impl Sample {
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Trials(values) => Some(mean(values)),
            Self::Blocks { value, .. } => *value,
        }
    }
}

/// What is resampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Trials within odours.
    Trials,
    /// Blocks of one trial of every odour.
    Blocks,
}

/// The effect of one target on one metric: perturbed minus intact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The metric of the perturbed network.
    pub value: f64,
    /// Minus that of the intact network.
    pub difference: f64,
    /// 95 % interval of the difference; `None` with too few trials.
    pub interval: Option<[f64; 2]>,
    /// The difference in units of the deviation of single differences (paired d); `None` without spread.
    pub size: Option<f64>,
    /// Two-sided p-value of no difference: Student's t, but not below what exchanging the signs of all
    /// pairs could give (`2^(1 - pairs)`).
    pub p: Option<f64>,
    /// Corrected over all targets: the chance of any false one stays below it (Holm).
    pub p_holm: Option<f64>,
    /// Corrected over all targets: the expected share of false ones (Benjamini and Hochberg).
    pub q: Option<f64>,
    /// What was resampled.
    pub unit: Unit,
}

/// Compares samples of the same trials of `rows` odours; `None` if one has no value.
pub(super) fn effect(
    intact: &Sample,
    perturbed: &Sample,
    rows: usize,
    level: f64,
) -> Option<Effect> {
    let value = perturbed.value()?;
    let difference = value - intact.value()?;
    let (difference, spread, unit) = match (intact, perturbed) {
        (Sample::Trials(before), Sample::Trials(after)) => {
            let differences: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
            // The mean of differences is exactly 0 if nothing has changed.
            (
                mean(&differences),
                stratified(&differences, rows),
                Unit::Trials,
            )
        }
        (
            Sample::Blocks {
                without: before, ..
            },
            Sample::Blocks { without: after, .. },
        ) => (difference, jackknife(before, after), Unit::Blocks),
        _ => return None,
    };
    let mut effect = Effect {
        value,
        difference,
        interval: None,
        size: None,
        p: None,
        p_holm: None,
        q: None,
        unit,
    };
    if let Some(Spread {
        error,
        freedom,
        units,
    }) = spread
    {
        let reach = student_quantile(level, freedom) * error;
        effect.interval = Some([difference - reach, difference + reach]);
        effect.size = (error > 0.0).then(|| difference / (error * units.sqrt()));
        effect.p = Some(if difference == 0.0 {
            1.0
        } else {
            // Exchanging signs of that many pairs could not give less.
            let smallest = libm::exp2(1.0 - units);
            student_p_value(difference / error, freedom).max(smallest)
        });
    }
    Some(effect)
}

struct Spread {
    /// Standard error of the difference.
    error: f64,
    freedom: f64,
    /// Number of resampled units.
    units: f64,
}

/// Standard error of a mean over trials within odours; `None` with one trial per odour.
fn stratified(differences: &[f64], rows: usize) -> Option<Spread> {
    let trials = differences.len() / rows;
    if trials < 2 {
        return None;
    }
    let variance = |row: &[f64]| {
        let centre = mean(row);
        row.iter().map(|d| (d - centre) * (d - centre)).sum::<f64>() / (trials - 1) as f64
    };
    let variances: f64 = differences.chunks(trials).map(variance).sum();
    let (rows, trials) = (rows as f64, trials as f64);
    Some(Spread {
        error: (variances / trials).sqrt() / rows,
        freedom: rows * (trials - 1.0),
        units: rows * trials,
    })
}

/// Jackknife over blocks; `None` if a value does not exist.
fn jackknife(before: &[Option<f64>], after: &[Option<f64>]) -> Option<Spread> {
    let differences: Vec<f64> = after
        .iter()
        .zip(before)
        .map(|(after, before)| Some((*after)? - (*before)?))
        .collect::<Option<_>>()?;
    let blocks = differences.len() as f64;
    if differences.len() < 2 {
        return None;
    }
    let centre = mean(&differences);
    let squares: f64 = differences
        .iter()
        .map(|d| (d - centre) * (d - centre))
        .sum();
    Some(Spread {
        error: ((blocks - 1.0) / blocks * squares).sqrt(),
        freedom: blocks - 1.0,
        units: blocks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(values: &[f64]) -> Sample {
        Sample::Trials(values.to_vec())
    }

    #[test]
    fn one_odour_is_the_paired_t_test() {
        // Differences 1, 2, 3, 6: mean 3, deviation 2.160247, t = 2.777460. Student's t alone says
        // p = 0.069 (3 d.o.f.), but four pairs cannot say less than 2 of 16.
        let (before, after) = (trials(&[0.0; 4]), trials(&[1.0, 2.0, 3.0, 6.0]));
        let effect = effect(&before, &after, 1, 0.95).unwrap();
        assert_eq!((effect.value, effect.difference), (3.0, 3.0));
        let size = 3.0 / (14.0_f64 / 3.0).sqrt();
        assert!((effect.size.unwrap() - size).abs() < 1e-12);
        let alone = student_p_value(2.777_460, 3.0);
        assert!((alone - 0.069_2).abs() < 5e-4, "{alone}");
        assert_eq!(effect.p, Some(0.125));
        let reach = 3.182_446_305 * (14.0_f64 / 3.0).sqrt() / 2.0;
        let [low, high] = effect.interval.unwrap();
        assert!((low - (3.0 - reach)).abs() < 1e-6 && (high - (3.0 + reach)).abs() < 1e-6);
    }

    #[test]
    fn differences_between_odours_are_no_error() {
        let before = trials(&[0.0; 6]);
        let after = trials(&[10.0, 10.0, 10.0, -4.0, -4.0, -4.0]);
        let effect = effect(&before, &after, 2, 0.95).unwrap();
        assert_eq!(
            (effect.difference, effect.interval),
            (3.0, Some([3.0, 3.0]))
        );
        // All six signs the same way: 2 of 64.
        assert_eq!((effect.size, effect.p), (None, Some(0.031_25)));
    }

    #[test]
    fn nothing_changed_is_exactly_nothing() {
        let same = trials(&[0.1, 0.7, 0.3, 0.2]);
        let effect = effect(&same, &same, 2, 0.95).unwrap();
        assert_eq!(effect.difference, 0.0);
        assert_eq!((effect.interval, effect.p), (Some([0.0, 0.0]), Some(1.0)));
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [1.0, 2.0, 4.0, 9.0];
        let total: f64 = values.iter().sum();
        let sample = |factor: f64| Sample::Blocks {
            value: Some(factor * total / 4.0),
            without: values
                .iter()
                .map(|value| Some(factor * (total - value) / 3.0))
                .collect(),
        };
        let by_blocks = effect(&sample(0.0), &sample(1.0), 1, 0.95).unwrap();
        let by_trials = effect(&trials(&[0.0; 4]), &trials(&values), 1, 0.95).unwrap();
        let ends = |effect: &Effect| effect.interval.unwrap();
        for (a, b) in ends(&by_blocks).iter().zip(ends(&by_trials)) {
            assert!((a - b).abs() < 1e-12);
        }
        let lost = Sample::Blocks {
            value: None,
            without: vec![None; 4],
        };
        assert_eq!(effect(&sample(1.0), &lost, 1, 0.95), None);
    }
}
