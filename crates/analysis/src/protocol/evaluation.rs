//! Measurements of whatever circuit and task: nothing but an input, a readout and labels is assumed.

use kenyon_circuit::{NeuronModel, Population, Responses};
use serde::{Deserialize, Serialize};

use super::trials::{Seeds, suppression_test};
use crate::accuracy::{ACTIVE_COUNT, Accuracy, decide};
use crate::block::counts_of;
use crate::centroid::Centroids;
use crate::decorrelation::pair_decorrelation_percent;
use crate::error::{AnalysisError, at_least};
use crate::inference::{Interval, wilson_interval};
use crate::labelled::Labelled;
use crate::model::{Ablation, Model, ablate};
use crate::patterns::Patterns;
use crate::suppression::Suppression;

/// Level of the interval of the accuracy.
const LEVEL: f64 = 0.95;

/// How often is measured, on what noise, and what is removed before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationSettings {
    /// Seed of all noise; models are comparable trial by trial.
    pub seed: u64,
    /// Trials per odour.
    pub trials: usize,
    /// Removals made before measuring.
    pub ablations: Vec<Ablation>,
}

impl Default for EvaluationSettings {
    /// 50 trials, seed 42, nothing removed.
    fn default() -> Self {
        Self {
            seed: 42,
            trials: 50,
            ablations: Vec::new(),
        }
    }
}

/// A class of the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Odours of this class.
    pub odours: usize,
    /// Right decisions on their trials.
    pub accuracy: Accuracy,
}

/// Activity of a population, and how much less similar odours are there than at the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationFigures {
    /// Name of the population.
    pub name: String,
    /// Its neurons.
    pub neurons: usize,
    /// Mean rate, spikes per second.
    pub rate_hz: f64,
    /// Share of (trial, neuron) pairs with at least one spike.
    pub active: f64,
    /// `100 (1 - cosine here / cosine at the input)`, mean over pairs of odours; `None` if no pair has a
    /// cosine to compare with. It depends on the number of trials.
    pub decorrelation_percent: Option<f64>,
}

/// A measurement that this circuit or task does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What is not measured.
    pub metric: String,
    /// Why not.
    pub reason: String,
}

/// Figures of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// How they were measured.
    pub settings: EvaluationSettings,
    /// Right decisions over all trials.
    pub accuracy: Accuracy,
    /// Wilson's 95 % interval of the accuracy: of this network, not of others.
    pub interval: Interval,
    /// Accuracy of always deciding for the largest class.
    pub chance: f64,
    /// Mean of the accuracies of the classes, which unequal sizes do not change.
    pub balanced_accuracy: f64,
    /// Accuracy class by class.
    pub classes: Vec<ClassFigures>,
    /// Decisions, `[class][decided]`, number of trials.
    pub confusion: Vec<Vec<usize>>,
    /// Decisions odour by odour, `[odour][decided]`, number of trials.
    pub decisions: Vec<Vec<usize>>,
    /// Share of right decisions by the nearest mean pattern of the classes in the readout population:
    /// the first half of the trials makes the means, the others are judged. Silent trials do not count.
    pub centroid: Accuracy,
    /// The spiking populations, in the order of the circuit.
    pub populations: Vec<PopulationFigures>,
    /// Feedback suppression test, where the circuit has the parts for it.
    pub suppression: Option<Suppression>,
    /// What was not measured.
    pub left_out: Vec<LeftOut>,
}

/// Measures a model on its task. Removals edit a copy of its parameters.
///
/// # Errors
/// If odours or settings do not fit the model; a mechanism that is to be removed but is not there.
pub fn evaluate(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    settings: &EvaluationSettings,
) -> Result<Evaluation, AnalysisError> {
    let table = model.network.table();
    let parameters = ablate(table, model.parameters, model.roles, &settings.ablations)?;
    let model = &Model {
        parameters: &parameters,
        ..*model
    };
    let trials = settings.trials;
    at_least("trials per odour", 2, trials)?;
    let simulated = Simulated::new(model, stimuli, trials, settings.seed)?;
    let decisions = simulated.decisions();
    let classes = model.network.classes();
    let confusion = confusion(&decisions, stimuli.labels, classes);
    let own: Vec<ClassFigures> = (0..classes)
        .map(|class| ClassFigures {
            odours: stimuli.labels.iter().filter(|&&own| own == class).count(),
            accuracy: Accuracy::of(confusion[class][class], confusion[class].iter().sum()),
        })
        .collect();
    let hits = own.iter().map(|class| class.accuracy.hits).sum();
    let samples = stimuli.labels.len() * trials;
    let largest = own.iter().map(|class| class.odours).max().unwrap_or(0);
    let shown: Vec<f64> = (own.iter().filter(|class| class.odours > 0))
        .map(|class| class.accuracy.fraction)
        .collect();
    let mut left_out = Vec::new();
    let suppression = if let Some(reason) = no_suppression(model, &settings.ablations) {
        left_out.push(LeftOut {
            metric: "suppression".to_owned(),
            reason,
        });
        None
    } else {
        measured("suppression", &mut left_out, || {
            model.population(&model.roles.feedback)?;
            suppression_test(model, trials, settings.seed)
        })?
    };
    Ok(Evaluation {
        settings: settings.clone(),
        accuracy: Accuracy::of(hits, samples),
        interval: wilson_interval(hits, samples, LEVEL)?,
        chance: largest as f64 / stimuli.labels.len() as f64,
        balanced_accuracy: crate::mean(&shown),
        classes: own,
        confusion,
        decisions,
        centroid: simulated.centroid_accuracy(stimuli.labels, classes)?,
        populations: simulated.populations()?,
        suppression,
        left_out,
    })
}

/// Why the feedback neuron suppresses nothing, if so. The test drives the cells that are read out with a current
/// that only shunted dendrites can bear; elsewhere it would saturate them and find a ratio of 1.
fn no_suppression(model: &Model<'_>, ablations: &[Ablation]) -> Option<String> {
    let (network, roles) = (model.network, model.roles);
    if ablations.contains(&Ablation::Feedback) {
        return Some(format!("{} was removed", roles.feedback));
    }
    let mut pathways = network.pathways().iter();
    let Some(pathway) = pathways.find(|it| it.name == roles.feedback_pathway) else {
        // Without the population the test itself says so.
        let there = network.population(&roles.feedback);
        return there.map(|_| format!("the circuit has no pathway \"{}\"", roles.feedback_pathway));
    };
    let target = &network.populations()[pathway.target].name;
    (*target != roles.coding).then(|| {
        format!(
            "{} acts on {target}, not on {}",
            roles.feedback, roles.coding
        )
    })
}

/// A circuit without some of the parts has no such figure; anything else is an error.
fn measured<T>(
    metric: &str,
    left_out: &mut Vec<LeftOut>,
    measure: impl FnOnce() -> Result<T, AnalysisError>,
) -> Result<Option<T>, AnalysisError> {
    match measure() {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_missing_part() => {
            left_out.push(LeftOut {
                metric: metric.to_owned(),
                reason: error.to_string(),
            });
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Trials of all odours.
struct Simulated<'a> {
    model: &'a Model<'a>,
    rows: usize,
    trials: usize,
    input: Patterns,
    responses: Responses,
}

impl<'a> Simulated<'a> {
    fn new(
        model: &'a Model<'a>,
        stimuli: Labelled<'_>,
        trials: usize,
        seed: u64,
    ) -> Result<Self, AnalysisError> {
        stimuli.check(model)?;
        let (rows, channels) = (stimuli.count(), model.network.channels());
        let noise = Seeds::both(seed).noise("evaluation");
        let presented = stimuli.trials(model.network.odour_cv(), trials, &noise)?;
        Ok(Self {
            model,
            rows,
            trials,
            input: Patterns::new(rows, trials, channels, presented.input())?,
            responses: presented.run(model, noise.circuit, model.interventions)?,
        })
    }

    fn decisions(&self) -> Vec<Vec<usize>> {
        let mut decisions = vec![vec![0; self.responses.classes]; self.rows];
        for trial in 0..self.responses.trials {
            decisions[trial / self.trials][decide(self.responses.logits_of(trial))] += 1;
        }
        decisions
    }

    fn counts(&self, population: &Population) -> Result<Patterns, AnalysisError> {
        counts_of(&self.responses, population, self.rows, self.trials)
    }

    fn centroid_accuracy(
        &self,
        labels: &[usize],
        classes: usize,
    ) -> Result<Accuracy, AnalysisError> {
        let counts = self.counts(self.model.network.readout_population())?;
        let half = self.trials / 2;
        let mut means = vec![vec![0.0; counts.units()]; classes];
        for (row, &label) in labels.iter().enumerate() {
            let own = counts.mean_of_trials(row, 0, half);
            for (sum, value) in means[label].iter_mut().zip(own) {
                *sum += value;
            }
        }
        // Cosines do not depend on the length of a centroid, so sums do as well as means.
        let centroids = Centroids::new(&means);
        let (mut hits, mut samples) = (0, 0);
        for (row, &label) in labels.iter().enumerate() {
            for trial in counts.trials_of(row).skip(half) {
                if let Some(class) = centroids.decide(trial) {
                    samples += 1;
                    hits += usize::from(class == label);
                }
            }
        }
        Ok(Accuracy::of(hits, samples))
    }

    fn populations(&self) -> Result<Vec<PopulationFigures>, AnalysisError> {
        let network = self.model.network;
        // A time course says how long its trials are.
        let seconds = self.responses.steps as f64 * network.circuit().time.step_s;
        let input = self.input.means();
        let spiking = network.populations().iter();
        let spiking = spiking.filter(|population| population.model != NeuronModel::Graded);
        let figures = |population: &Population| {
            let counts = self.counts(population)?;
            let cells = counts.values().len() as f64;
            let (mut spikes, mut active) = (0.0, 0_usize);
            for &count in counts.values() {
                spikes += f64::from(count);
                active += usize::from(f64::from(count) >= ACTIVE_COUNT);
            }
            Ok(PopulationFigures {
                name: population.name.clone(),
                neurons: population.range.len(),
                rate_hz: spikes / cells / seconds,
                active: active as f64 / cells,
                decorrelation_percent: pair_decorrelation_percent(&input, &counts.means()),
            })
        };
        spiking.map(figures).collect()
    }
}

fn confusion(decisions: &[Vec<usize>], labels: &[usize], classes: usize) -> Vec<Vec<usize>> {
    let mut confusion = vec![vec![0; classes]; classes];
    for (decisions, &label) in decisions.iter().zip(labels) {
        for (sum, count) in confusion[label].iter_mut().zip(decisions) {
            *sum += count;
        }
    }
    confusion
}

/// What the readout decides while a network trains: a point of the training curves of any circuit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationMonitor {
    /// Test accuracy.
    pub accuracy: Accuracy,
    /// Accuracy of always deciding for the largest class.
    pub chance: f64,
    /// Share of active neurons of the readout population.
    pub active_fraction: f64,
}

/// Measures a network in training with `trials` trials of each odour.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluation_monitor(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    trials: usize,
    seed: u64,
) -> Result<EvaluationMonitor, AnalysisError> {
    let simulated = Simulated::new(model, stimuli, trials, seed)?;
    let classes = model.network.classes();
    let confusion = confusion(&simulated.decisions(), stimuli.labels, classes);
    let hits = (0..classes).map(|class| confusion[class][class]).sum();
    let counts = simulated.counts(model.network.readout_population())?;
    let active = (counts.values().iter()).filter(|&&count| f64::from(count) >= ACTIVE_COUNT);
    let size = |class| stimuli.labels.iter().filter(|&&own| own == class).count();
    let largest = (0..classes).map(size).max().unwrap_or(0);
    Ok(EvaluationMonitor {
        accuracy: Accuracy::of(hits, stimuli.labels.len() * trials),
        chance: largest as f64 / stimuli.labels.len() as f64,
        active_fraction: active.count() as f64 / counts.values().len() as f64,
    })
}
