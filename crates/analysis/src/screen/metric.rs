//! What is measured on the trials of one target.

use std::fmt;
use std::str::FromStr;

use kenyon_circuit::{Network, NeuronModel, Responses};
use serde::{Deserialize, Serialize};

use super::effect::Sample;
use crate::accuracy::{ACTIVE_COUNT, decide, softmax};
use crate::block::counts_of;
use crate::centroid::centroid_accuracy;
use crate::decorrelation::Stations;
use crate::error::AnalysisError;
use crate::patterns::Patterns;
use crate::roles::Roles;

/// A figure of a set of trials.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Metric {
    /// Decoder output of the right class minus the largest other one: continuous, so it moves before
    /// the accuracy does.
    Margin,
    /// Right decisions of the decoder, percent.
    Accuracy,
    /// Cross-entropy of the decoder, natural logarithm.
    Loss,
    /// Right decisions by the nearest mean pattern of the population that the decoder reads, percent.
    Centroid,
    /// Decorrelation from receptors to relay neurons, percent.
    AlDecorrelation,
    /// Decorrelation from relay to coding neurons, percent.
    MbDecorrelation,
    /// Decorrelation from receptors to coding neurons, percent.
    TotalDecorrelation,
    /// Neurons of a population that spike in a trial, percent; a plain mean over trials.
    Active(String),
    /// Spikes per neuron and trial of a population.
    Spikes(String),
}

/// A name that is no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{name}\" is no metric; use margin, accuracy, loss, centroid, al_decorrelation, mb_decorrelation, \
     total_decorrelation, active:POPULATION or spikes:POPULATION"
)]
pub struct UnknownMetric {
    /// The name.
    pub name: String,
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, UnknownMetric> {
        let of_population = |kind: &str| {
            let rest = name.strip_prefix(kind)?.strip_prefix(':')?;
            (!rest.is_empty()).then(|| rest.to_owned())
        };
        Ok(match name {
            "margin" => Self::Margin,
            "accuracy" => Self::Accuracy,
            "loss" => Self::Loss,
            "centroid" => Self::Centroid,
            "al_decorrelation" => Self::AlDecorrelation,
            "mb_decorrelation" => Self::MbDecorrelation,
            "total_decorrelation" => Self::TotalDecorrelation,
            _ => match (of_population("active"), of_population("spikes")) {
                (Some(population), _) => Self::Active(population),
                (_, Some(population)) => Self::Spikes(population),
                _ => {
                    return Err(UnknownMetric {
                        name: name.to_owned(),
                    });
                }
            },
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Margin => formatter.write_str("margin"),
            Self::Accuracy => formatter.write_str("accuracy"),
            Self::Loss => formatter.write_str("loss"),
            Self::Centroid => formatter.write_str("centroid"),
            Self::AlDecorrelation => formatter.write_str("al_decorrelation"),
            Self::MbDecorrelation => formatter.write_str("mb_decorrelation"),
            Self::TotalDecorrelation => formatter.write_str("total_decorrelation"),
            Self::Active(population) => write!(formatter, "active:{population}"),
            Self::Spikes(population) => write!(formatter, "spikes:{population}"),
        }
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;

    fn try_from(name: String) -> Result<Self, UnknownMetric> {
        name.parse()
    }
}

impl Metric {
    /// The unit of its values; empty where it has none.
    #[must_use]
    pub const fn unit(&self) -> &'static str {
        match self {
            Self::Margin | Self::Loss => "",
            Self::Spikes(_) => "spikes",
            _ => "%",
        }
    }

    /// What usually answers the question: margin, accuracy, and the activity of the population that the
    /// decoder reads.
    #[must_use]
    pub fn usual(network: &Network) -> Vec<Self> {
        let read = &network.readout_population().name;
        vec![
            Self::Margin,
            Self::Accuracy,
            Self::Active(read.clone()),
            Self::Spikes(read.clone()),
        ]
    }

    /// Every metric that the circuit has the populations for, and why others do not apply.
    #[must_use]
    pub fn all(network: &Network, roles: &Roles) -> (Vec<Self>, Vec<String>) {
        let mut metrics = vec![Self::Margin, Self::Accuracy, Self::Loss, Self::Centroid];
        let mut left_out = Vec::new();
        for metric in [
            Self::AlDecorrelation,
            Self::MbDecorrelation,
            Self::TotalDecorrelation,
        ] {
            match metric.missing(network, roles) {
                None => metrics.push(metric),
                Some(name) => left_out.push(format!(
                    "{metric}: the circuit has no spiking population \"{name}\""
                )),
            }
        }
        for population in network.populations() {
            if population.model == NeuronModel::Graded {
                left_out.push(format!(
                    "activity of {}: it is graded and has no spikes",
                    population.name
                ));
                continue;
            }
            metrics.push(Self::Active(population.name.clone()));
            metrics.push(Self::Spikes(population.name.clone()));
        }
        (metrics, left_out)
    }

    /// The spiking population that it needs and the circuit does not have.
    #[must_use]
    pub fn missing<'a>(&'a self, network: &Network, roles: &'a Roles) -> Option<&'a str> {
        let needed: &[&str] = match self {
            Self::AlDecorrelation => &[&roles.relay],
            Self::MbDecorrelation => &[&roles.relay, &roles.coding],
            Self::TotalDecorrelation => &[&roles.coding],
            Self::Active(population) | Self::Spikes(population) => &[population],
            Self::Margin | Self::Accuracy | Self::Loss | Self::Centroid => &[],
        };
        let spikes = |name: &&&str| {
            let found = network.population(name);
            found.is_none_or(|it| it.model == NeuronModel::Graded)
        };
        needed.iter().find(spikes).copied()
    }
}

/// What the metrics of one set of trials are computed from.
pub(super) struct Trials<'a> {
    pub network: &'a Network,
    pub roles: &'a Roles,
    /// Realised receptor input, which no perturbation changes.
    pub receptors: &'a Patterns,
    /// Class of each row.
    pub classes: &'a [usize],
    pub responses: &'a Responses,
}

impl Trials<'_> {
    pub fn measure(&self, metric: &Metric) -> Result<Sample, AnalysisError> {
        Ok(match metric {
            Metric::Margin => self.of_logits(margin),
            Metric::Accuracy => self.of_logits(
                |logits, class| {
                    if decide(logits) == class { 100.0 } else { 0.0 }
                },
            ),
            Metric::Loss => self.of_logits(cross_entropy),
            Metric::Active(population) => {
                let active = |count: f32| f64::from(u8::from(f64::from(count) >= ACTIVE_COUNT));
                self.of_counts(population, 100.0, active)?
            }
            Metric::Spikes(population) => self.of_counts(population, 1.0, f64::from)?,
            Metric::Centroid => {
                let code = self.counts(&self.network.readout_population().name)?;
                blocks(&[&code], |parts| {
                    Ok(Some(100.0 * centroid_accuracy(parts[0])?.fraction))
                })?
            }
            Metric::AlDecorrelation | Metric::MbDecorrelation | Metric::TotalDecorrelation => {
                self.decorrelation(metric)?
            }
        })
    }

    fn of_logits(&self, value: impl Fn(&[f64], usize) -> f64) -> Sample {
        let trials = self.receptors.trials();
        let class = |trial: usize| self.classes[trial / trials];
        let values = (0..self.responses.trials)
            .map(|trial| value(self.responses.logits_of(trial), class(trial)));
        Sample::Trials(values.collect())
    }

    fn of_counts(
        &self,
        population: &str,
        factor: f64,
        value: impl Fn(f32) -> f64,
    ) -> Result<Sample, AnalysisError> {
        let population = self.network.population(population).ok_or_else(|| {
            AnalysisError::UnknownPopulation {
                name: population.to_owned(),
            }
        })?;
        let neurons = population.range.len() as f64;
        let of_trial = |trial: usize| {
            let counts = self.responses.counts_of(trial, population).iter();
            factor * counts.map(|&count| value(count)).sum::<f64>() / neurons
        };
        Ok(Sample::Trials(
            (0..self.responses.trials).map(of_trial).collect(),
        ))
    }

    fn counts(&self, name: &str) -> Result<Patterns, AnalysisError> {
        let population =
            self.network
                .population(name)
                .ok_or_else(|| AnalysisError::UnknownPopulation {
                    name: name.to_owned(),
                })?;
        let (rows, trials) = (self.receptors.rows(), self.receptors.trials());
        counts_of(self.responses, population, rows, trials)
    }

    fn decorrelation(&self, metric: &Metric) -> Result<Sample, AnalysisError> {
        // A station that the metric does not read is replaced by one that is there.
        let relay = match metric {
            Metric::TotalDecorrelation => self.counts(&self.roles.coding)?,
            _ => self.counts(&self.roles.relay)?,
        };
        let coding = match metric {
            Metric::AlDecorrelation => relay.clone(),
            _ => self.counts(&self.roles.coding)?,
        };
        blocks(&[self.receptors, &relay, &coding], |parts| {
            let all = Stations::new(parts[0], parts[1], parts[2])?.per_pair()?;
            Ok(match metric {
                Metric::AlDecorrelation => all.al_percent,
                Metric::MbDecorrelation => all.mb_percent,
                _ => all.total_percent,
            })
        })
    }
}

/// A figure of all trials, and of all but the trials of one number.
fn blocks(
    patterns: &[&Patterns],
    figure: impl Fn(&[&Patterns]) -> Result<Option<f64>, AnalysisError>,
) -> Result<Sample, AnalysisError> {
    let value = figure(patterns)?;
    let trials = patterns[0].trials();
    let mut without = Vec::with_capacity(trials);
    // With two trials nothing is left that a centroid could be compared with.
    if trials > 2 {
        for left_out in 0..trials {
            let parts: Vec<Patterns> = patterns
                .iter()
                .map(|whole| leave_out(whole, left_out))
                .collect::<Result<_, _>>()?;
            without.push(figure(&parts.iter().collect::<Vec<_>>())?);
        }
    }
    Ok(Sample::Blocks { value, without })
}

fn leave_out(patterns: &Patterns, left_out: usize) -> Result<Patterns, AnalysisError> {
    let kept = (0..patterns.rows()).flat_map(|row| {
        let numbered = patterns.trials_of(row).enumerate();
        numbered.filter(move |(trial, _)| *trial != left_out)
    });
    let values = kept.flat_map(|(_, trial)| trial.iter().copied()).collect();
    Patterns::new(
        patterns.rows(),
        patterns.trials() - 1,
        patterns.units(),
        values,
    )
}

/// The right class's output minus the largest other one; the output itself if there is no other.
pub(crate) fn margin(logits: &[f64], class: usize) -> f64 {
    match rival(logits, class) {
        Some(rival) => logits[class] - logits[rival],
        None => logits[class],
    }
}

/// The class with the largest output beside `class`, the first among equals.
pub(crate) fn rival(logits: &[f64], class: usize) -> Option<usize> {
    let others = (0..logits.len()).filter(|&other| other != class);
    others.fold(None, |best, other| match best {
        Some(best) if logits[other] <= logits[best] => Some(best),
        _ => Some(other),
    })
}

pub(crate) fn cross_entropy(logits: &[f64], class: usize) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The probability underflows long before its logarithm does.
    let rest = softmax(logits)[decide(logits)];
    largest - logits[class] - libm::log(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        let names = "margin accuracy loss centroid al_decorrelation mb_decorrelation total_decorrelation \
                     active:KC spikes:my cells";
        for name in ["margin", "spikes:my cells", "active:KC"]
            .into_iter()
            .chain(names.split_whitespace().take(8))
        {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
        for name in ["", "active", "active:", "spikes", "margins", "KC"] {
            assert!(name.parse::<Metric>().is_err(), "{name}");
        }
    }

    #[test]
    fn margins_and_entropies() {
        assert_eq!(margin(&[1.0, 3.0, 2.5], 1), 0.5);
        assert_eq!(margin(&[1.0, 3.0, 2.5], 0), -2.0);
        assert_eq!(margin(&[1.5], 0), 1.5);
        assert_eq!(rival(&[2.0, 2.0, 2.0], 0), Some(1));
        assert!((cross_entropy(&[3.0; 4], 1) - 4_f64.ln()).abs() < 1e-15);
        assert_eq!(cross_entropy(&[1e6, -1e6], 1), 2e6);
    }
}
