//! The student's objective, as a value (training.md section 4):
//! `CE + weight · R · S + λ · R · E`, with the ramp `R = min(1, epoch / ramp_epochs)`.

mod published;

use std::ops::Range;

use kenyon_circuit::{Network, Responses, Upstream};
use serde::{Deserialize, Serialize};

use crate::terms::{LossReport, SparsityTerm, argmax, cross_entropy};

/// A price on activity: the mean over populations of their mean spikes per cell and step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyTerm {
    /// λ, before the ramp.
    pub weight: f64,
    /// The populations, each with equal share however large it is.
    pub populations: Vec<String>,
}

/// What the student's training minimises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// Push of the readout population's spike rates towards silence.
    pub sparsity: Option<SparsityTerm>,
    /// Price on activity.
    pub energy: Option<EnergyTerm>,
    /// Epochs over which both weights grow from zero; 0 means full weight at once.
    pub ramp_epochs: usize,
}

/// Why an objective does not fit a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LossError {
    /// The energy term names a population that does not exist.
    #[error(
        "the energy term names population \"{population}\", which the circuit does not have; \
         it has {known}"
    )]
    UnknownPopulation {
        /// The name given.
        population: String,
        /// The names there are.
        known: String,
    },
    /// The energy term names no population.
    #[error("the energy term names no population; name at least one, or leave the term out")]
    NoPopulation,
    /// A weight, target or slope is not a finite number.
    #[error("\"{setting}\" of the objective is {value}; it must be a finite number")]
    NotFinite {
        /// Which number.
        setting: &'static str,
        /// Its value.
        value: String,
    },
}

impl Loss {
    /// The share of the full weights in an epoch, counted from 0.
    #[must_use]
    pub fn ramp(&self, epoch: usize) -> f64 {
        if epoch >= self.ramp_epochs {
            1.0
        } else {
            epoch as f64 / self.ramp_epochs as f64
        }
    }

    /// Checks the objective against a network.
    ///
    /// # Errors
    /// See [`LossError`].
    pub fn check(&self, network: &Network) -> Result<(), LossError> {
        self.check_numbers()?;
        for population in self.energy.iter().flat_map(|energy| &energy.populations) {
            if network.population(population).is_none() {
                let names: Vec<&str> = network
                    .populations()
                    .iter()
                    .map(|known| known.name.as_str())
                    .collect();
                return Err(LossError::UnknownPopulation {
                    population: population.clone(),
                    known: names.join(", "),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn check_numbers(&self) -> Result<(), LossError> {
        let mut numbers = Vec::new();
        if let Some(sparsity) = &self.sparsity {
            numbers.extend(sparsity_numbers(sparsity));
        }
        if let Some(energy) = &self.energy {
            numbers.push(("energy weight", energy.weight));
            if energy.populations.is_empty() {
                return Err(LossError::NoPopulation);
            }
        }
        finite(&numbers)
    }

    /// The objective of a batch of responses (graded in training) in an epoch (counted from 0), and
    /// what it sends back: the derivatives by decoder outputs and by spike counts (not through the decoder).
    ///
    /// # Panics
    /// If there is not one label per trial, a label is no class, or [`Loss::check`] would fail.
    #[must_use]
    pub fn evaluate<C: Copy + Into<f64>>(
        &self,
        epoch: usize,
        responses: &Responses<C>,
        labels: &[usize],
        network: &Network,
    ) -> (LossReport, Upstream) {
        let range = |name: &String| {
            network
                .population(name)
                .unwrap_or_else(|| panic!("no population is named \"{name}\""))
                .range
                .clone()
        };
        let scope = Scope {
            steps: responses.steps,
            readout: network.readout_population().range.clone(),
            energy: self
                .energy
                .iter()
                .flat_map(|term| &term.populations)
                .map(range)
                .collect(),
        };
        self.evaluate_in(&scope, epoch, responses, labels)
    }

    fn evaluate_in<C: Copy + Into<f64>>(
        &self,
        scope: &Scope,
        epoch: usize,
        responses: &Responses<C>,
        labels: &[usize],
    ) -> (LossReport, Upstream) {
        let trials = responses.trials;
        assert_eq!(labels.len(), trials, "one label per trial");
        let mut report = LossReport::default();
        let mut upstream = Upstream {
            logits: vec![0.0; trials * responses.classes],
            counts: vec![0.0; trials * responses.neurons],
        };
        let share = 1.0 / trials as f64;
        let slopes = upstream.logits.chunks_mut(responses.classes);
        for (trial, (slopes, &label)) in slopes.zip(labels).enumerate() {
            let logits = responses.logits_of(trial);
            report.cross_entropy += cross_entropy(logits, label, share, slopes);
            report.correct += usize::from(argmax(logits) == label);
        }
        report.cross_entropy *= share;
        report.total = report.cross_entropy;

        let ramp = self.ramp(epoch);
        if let Some(term) = &self.sparsity {
            report.sparsity = sparsity(term, ramp, scope, responses, &mut upstream.counts);
            report.total += term.weight * ramp * report.sparsity;
        }
        if let Some(term) = &self.energy {
            report.energy = energy(term, ramp, scope, responses, &mut upstream.counts);
            report.total += term.weight * ramp * report.energy;
        }
        (report, upstream)
    }
}

/// The numbers of a sparsity term, with their names.
pub(crate) fn sparsity_numbers(term: &SparsityTerm) -> [(&'static str, f64); 4] {
    [
        ("sparsity weight", term.weight),
        ("sparsity offset", term.offset),
        ("sparsity steepness", term.steepness),
        ("sparsity target", term.target),
    ]
}

/// All of them are finite.
pub(crate) fn finite(numbers: &[(&'static str, f64)]) -> Result<(), LossError> {
    match numbers.iter().find(|(_, value)| !value.is_finite()) {
        Some(&(setting, value)) => Err(LossError::NotFinite {
            setting,
            value: value.to_string(),
        }),
        None => Ok(()),
    }
}

/// What the terms read of a network.
struct Scope {
    steps: usize,
    readout: Range<usize>,
    /// The populations of the energy term.
    energy: Vec<Range<usize>>,
}

/// The sparsity term; adds its derivative by each count.
fn sparsity<C: Copy + Into<f64>>(
    term: &SparsityTerm,
    ramp: f64,
    scope: &Scope,
    responses: &Responses<C>,
    slopes: &mut [f64],
) -> f64 {
    let per_step = 1.0 / scope.steps as f64;
    let cells = responses.trials * scope.readout.len();
    let places = |trial: usize| {
        let first = trial * responses.neurons;
        first + scope.readout.start..first + scope.readout.end
    };
    let mut sum = 0.0;
    for trial in 0..responses.trials {
        let counts = &responses.counts[places(trial)];
        for (slope, &count) in slopes[places(trial)].iter_mut().zip(counts) {
            let active = term.activation(count.into() * per_step);
            sum += active;
            *slope = active * (1.0 - active);
        }
    }
    let mean = sum / cells as f64;
    let factor = term.weight * ramp * term.slope(mean, cells) * per_step;
    for trial in 0..responses.trials {
        for slope in &mut slopes[places(trial)] {
            *slope *= factor;
        }
    }
    term.value(mean)
}

/// The energy term; adds its derivative by each count.
fn energy<C: Copy + Into<f64>>(
    term: &EnergyTerm,
    ramp: f64,
    scope: &Scope,
    responses: &Responses<C>,
    slopes: &mut [f64],
) -> f64 {
    let mut sum = 0.0;
    for population in &scope.energy {
        let spikes: f64 = (0..responses.trials)
            .flat_map(|trial| &responses.counts[trial * responses.neurons..][population.clone()])
            .map(|&count| count.into())
            .sum();
        let cells_and_steps = (responses.trials * population.len() * scope.steps) as f64;
        sum += spikes / cells_and_steps;
        let slope = term.weight * ramp / (cells_and_steps * scope.energy.len() as f64);
        for trial in 0..responses.trials {
            for place in &mut slopes[trial * responses.neurons..][population.clone()] {
                *place += slope;
            }
        }
    }
    sum / scope.energy.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEURONS: usize = 7;
    const CLASSES: usize = 3;

    fn scope() -> Scope {
        Scope {
            steps: 30,
            readout: 3..7,
            energy: vec![0..2, 3..7],
        }
    }

    fn responses() -> Responses<f64> {
        let counts = (0..3 * NEURONS)
            .map(|k| (k * 5 % 11) as f64 * 0.7)
            .collect();
        let logits = (0..3 * CLASSES).map(|k| (k * 7 % 5) as f64 - 1.5).collect();
        Responses {
            trials: 3,
            neurons: NEURONS,
            classes: CLASSES,
            steps: 30,
            counts,
            logits,
        }
    }

    fn all_terms() -> Loss {
        let populations = vec!["a".to_owned(), "b".to_owned()];
        Loss {
            energy: Some(EnergyTerm {
                weight: 50.0,
                populations,
            }),
            ..Loss::default()
        }
    }

    #[test]
    fn upstream_is_the_derivative_of_the_total() {
        let loss = all_terms();
        for epoch in [0, 20, 60, 400] {
            let labels = [2, 0, 1];
            let (_, upstream) = loss.evaluate_in(&scope(), epoch, &responses(), &labels);
            let total = |change: &dyn Fn(&mut Responses<f64>)| {
                let mut changed = responses();
                change(&mut changed);
                loss.evaluate_in(&scope(), epoch, &changed, &labels).0.total
            };
            for (index, &slope) in upstream.logits.iter().enumerate() {
                let h = 1e-5;
                let by = |h: f64| total(&|changed| changed.logits[index] += h);
                assert!(((by(h) - by(-h)) / (2.0 * h) - slope).abs() < 1e-9);
            }
            for (index, &slope) in upstream.counts.iter().enumerate() {
                let h = 1e-4;
                let by = |h: f64| total(&|changed| changed.counts[index] += h);
                let numeric = (by(h) - by(-h)) / (2.0 * h);
                assert!(
                    (numeric - slope).abs() < 1e-8 * (1.0 + slope.abs()),
                    "{numeric} {slope}"
                );
            }
        }
    }

    #[test]
    fn terms_follow_the_definition() {
        let (report, _) = all_terms().evaluate_in(&scope(), 30, &responses(), &[2, 0, 1]);
        let counts = responses().counts;
        let mean = |range: Range<usize>| {
            let rates: Vec<f64> = (0..3)
                .flat_map(|trial| counts[trial * NEURONS..][range.clone()].to_vec())
                .map(|count| count / 30.0)
                .collect();
            rates.iter().sum::<f64>() / rates.len() as f64
        };
        assert!((report.energy - 0.5 * (mean(0..2) + mean(3..7))).abs() < 1e-15);
        let expected = report.cross_entropy + 7.5 * report.sparsity + 25.0 * report.energy;
        assert!((report.total - expected).abs() < 1e-14);
    }

    #[test]
    fn the_first_epoch_has_cross_entropy_only() {
        let (report, upstream) = all_terms().evaluate_in(&scope(), 0, &responses(), &[2, 0, 1]);
        assert_eq!(report.total, report.cross_entropy);
        assert!(upstream.counts.iter().all(|&slope| slope == 0.0));
    }

    #[test]
    fn senseless_objectives_are_refused() {
        let energy = |weight, populations| Loss {
            energy: Some(EnergyTerm {
                weight,
                populations,
            }),
            ..Loss::default()
        };
        assert_eq!(
            energy(1.0, Vec::new()).check_numbers(),
            Err(LossError::NoPopulation)
        );
        let endless = energy(f64::INFINITY, vec!["KC".to_owned()]);
        assert!(matches!(
            endless.check_numbers(),
            Err(LossError::NotFinite {
                setting: "energy weight",
                ..
            })
        ));
    }
}
