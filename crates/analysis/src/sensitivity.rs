//! Which edges and neurons an objective depends on, all at once, by derivatives.
//!
//! One backward pass over noisy trials gives the derivative of an objective by every edge's weight and every
//! neuron's threshold, current and output: what would take one screen per edge otherwise. The price: they
//! are derivatives of the *graded* model that training uses, where a spike is a smooth function of the
//! distance to threshold, and they tell of small changes. How well they rank what silencing does to the
//! hard-spike network is a question to be measured, with [`compare`].

use kenyon_circuit::{
    GradedResponses, GradientWorkspace, Network, NeuronModel, Noise, Presentation, Sensitivity,
    Upstream, WIDTH, sensitivity,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::accuracy::softmax;
use crate::block::BlockNoise;
use crate::error::{AnalysisError, at_least};
use crate::labelled::{Labelled, Presented};
use crate::model::Model;
use crate::screen::{Effect, FEWEST_TRIALS, Members, Metric, Screen, cross_entropy, margin, rival};
use crate::statistics::spearman;

/// What is differentiated: a mean over trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Cross-entropy of the decoder, natural logarithm.
    Loss,
    /// Decoder output of the right class minus the largest other one.
    Margin,
    /// Decoder output of a class.
    Logit(usize),
    /// Spikes per neuron and trial of a population.
    Spikes(String),
}

impl Objective {
    /// The metric of a screen that measures the same; a single output has none.
    #[must_use]
    pub fn metric(&self) -> Option<Metric> {
        Some(match self {
            Self::Loss => Metric::Loss,
            Self::Margin => Metric::Margin,
            Self::Spikes(population) => Metric::Spikes(population.clone()),
            Self::Logit(_) => return None,
        })
    }
}

/// On what trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivitySettings {
    /// What is differentiated.
    pub objective: Objective,
    /// Trials per odour.
    pub trials: usize,
    /// Seed of odour and circuit noise.
    pub seed: u64,
}

/// A mean over trials, with the standard error that noise gives it (trials within odours).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
}

/// Of one pathway or set of gap junctions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathwaySensitivity {
    /// Its name.
    pub name: String,
    /// By the natural logarithm of its strength, gain or conductance: the sum over its edges.
    pub strength: Estimate,
}

/// Of one edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EdgeSensitivity {
    /// Position of its pathway among those of the circuit.
    pub pathway: usize,
    /// Position of the source in its population.
    pub source: usize,
    /// Position of the target in its population.
    pub target: usize,
    /// Number of contacts.
    pub contacts: u32,
    /// By the natural logarithm of its weight: the change if its contacts grew by 1 %, times 100.
    pub weight: Estimate,
}

/// Of one neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeuronSensitivity {
    /// Position of its population.
    pub population: usize,
    /// Position in its population.
    pub neuron: usize,
    /// By the natural logarithm of all that it sends: the weights of its outgoing edges, and its count where
    /// the decoder and the objective read it. Minus this is the first-order guess at silencing it.
    pub output: Estimate,
    /// By its threshold, per millivolt; 0 for graded neurons.
    pub threshold_per_mv: Estimate,
    /// By a constant current into it, per picoampere; 0 for graded neurons.
    pub current_per_pa: Estimate,
}

/// Derivatives of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensitivityResult {
    /// How they were computed.
    pub settings: SensitivitySettings,
    /// Number of odours.
    pub odours: usize,
    /// The objective of the graded model.
    pub value: Estimate,
    /// Pathways, in the order of the circuit.
    pub pathways: Vec<PathwaySensitivity>,
    /// Sets of gap junctions, in the order of the circuit.
    pub gap_junctions: Vec<PathwaySensitivity>,
    /// Edges, pathway by pathway.
    pub edges: Vec<EdgeSensitivity>,
    /// Neurons, population by population.
    pub neurons: Vec<NeuronSensitivity>,
}

/// Most steps of groups of [`WIDTH`] trials that one thread remembers: a third of a megabyte each for the larva.
const MOST_REMEMBERED_STEPS: usize = 5_000;

/// Differentiates an objective on noisy trials of all odours, those that a screen with the same settings
/// uses. Odours are worked on in parallel; the result does not depend on the number of threads.
///
/// # Errors
/// If the objective or the stimuli do not fit the model, or there are fewer than two trials.
pub fn differentiate(
    model: &Model<'_>,
    stimuli: Labelled<'_>,
    settings: &SensitivitySettings,
) -> Result<SensitivityResult, AnalysisError> {
    let network = model.network;
    at_least("trials per odour", FEWEST_TRIALS, settings.trials)?;
    stimuli.check(model)?;
    check_objective(&settings.objective, network)?;
    model.check(model.interventions)?;
    let steps = stimuli.steps(network);
    let groups = settings.trials.div_ceil(WIDTH);
    if steps.saturating_mul(groups) > MOST_REMEMBERED_STEPS {
        return Err(AnalysisError::Setting {
            setting: "trials",
            problem: format!(
                "the backward pass remembers {steps} steps of {} trials of a stimulus at once; at most {} trials are \
                 possible",
                settings.trials,
                WIDTH * (MOST_REMEMBERED_STEPS / steps.max(1))
            ),
        });
    }
    let noise = BlockNoise::new("accuracy", settings.seed, settings.seed);
    let odours = match stimuli.trials(network.odour_cv(), settings.trials, &noise)? {
        Presented::Constant(trials) => by_stimulus(model, &trials, &noise, stimuli, settings),
        Presented::Timed(trials) => by_stimulus(model, &trials, &noise, stimuli, settings),
    };
    let mut columns = Columns::default();
    for odour in &odours {
        columns.add(odour);
    }
    columns.finish(odours.len() as f64, settings.trials as f64);
    Ok(arrange(network, columns, settings, odours.len()))
}

/// What each stimulus gave.
fn by_stimulus<P: Presentation>(
    model: &Model<'_>,
    trials: &[P],
    noise: &BlockNoise,
    stimuli: Labelled<'_>,
    settings: &SensitivitySettings,
) -> Vec<Columns> {
    let network = model.network;
    let each = trials.par_chunks(settings.trials).zip(stimuli.labels);
    each.map_init(
        || GradientWorkspace::new(network),
        |workspace, (trials, &class)| {
            let noise = Noise::Generated(noise.circuit);
            of_odour(workspace, model, trials, noise, class, &settings.objective)
        },
    )
    .collect()
}

fn check_objective(objective: &Objective, network: &Network) -> Result<(), AnalysisError> {
    match objective {
        Objective::Loss | Objective::Margin => {
            at_least("classes of the decoder", 2, network.classes())
        }
        Objective::Logit(class) if *class >= network.classes() => Err(AnalysisError::TooMany {
            what: "classes of the decoder".to_owned(),
            limit: network.classes(),
            found: class + 1,
        }),
        Objective::Logit(_) => Ok(()),
        Objective::Spikes(name) => match missing_spikes(name, network) {
            true => Err(AnalysisError::Setting {
                setting: "objective",
                problem: format!("the circuit has no spiking population \"{name}\""),
            }),
            false => Ok(()),
        },
    }
}

fn missing_spikes(name: &str, network: &Network) -> bool {
    let found = network.population(name);
    found.is_none_or(|it| it.model == NeuronModel::Graded)
}

/// Sums and squared deviations of everything that is reported, in a fixed order.
#[derive(Default)]
struct Columns {
    value: Vec<Estimate>,
    pathways: Vec<Estimate>,
    gap_junctions: Vec<Estimate>,
    edges: Vec<Estimate>,
    outputs: Vec<Estimate>,
    thresholds: Vec<Estimate>,
    currents: Vec<Estimate>,
}

impl Columns {
    fn all(&mut self) -> [&mut Vec<Estimate>; 7] {
        [
            &mut self.value,
            &mut self.pathways,
            &mut self.gap_junctions,
            &mut self.edges,
            &mut self.outputs,
            &mut self.thresholds,
            &mut self.currents,
        ]
    }

    fn of(&self) -> [&Vec<Estimate>; 7] {
        [
            &self.value,
            &self.pathways,
            &self.gap_junctions,
            &self.edges,
            &self.outputs,
            &self.thresholds,
            &self.currents,
        ]
    }

    /// Adds means, and variances in the place of errors.
    fn add(&mut self, odour: &Self) {
        for (sums, own) in self.all().into_iter().zip(odour.of()) {
            sums.resize(own.len(), Estimate::default());
            for (sum, own) in sums.iter_mut().zip(own) {
                sum.mean += own.mean;
                sum.error += own.error;
            }
        }
    }

    fn finish(&mut self, odours: f64, trials: f64) {
        for estimate in self.all().into_iter().flatten() {
            estimate.mean /= odours;
            estimate.error = (estimate.error / trials).sqrt() / odours;
        }
    }
}

/// Means over the trials of one odour, and variances in the place of errors.
fn of_odour<P: Presentation>(
    workspace: &mut GradientWorkspace,
    model: &Model<'_>,
    trials: &[P],
    noise: Noise<'_>,
    class: usize,
    objective: &Objective,
) -> Columns {
    let network = model.network;
    let mut values = Vec::new();
    let found = sensitivity(
        workspace,
        network,
        model.parameters,
        trials,
        noise,
        model.interventions,
        &mut |responses| {
            let (value, upstream) = evaluate(objective, network, responses, class);
            values = value;
            upstream
        },
    );
    let sums = |shares: &Vec<f64>, edges: usize| -> Vec<f64> {
        (0..trials.len())
            .map(|trial| shares[trial * edges..][..edges].iter().sum())
            .collect()
    };
    let by_set = |shares: &[Vec<f64>]| -> Vec<Estimate> {
        let of_set = |shares: &Vec<f64>| moments(&sums(shares, shares.len() / trials.len()), 1);
        shares.iter().flat_map(of_set).collect()
    };
    let by_edge = |shares: &Vec<f64>| moments(shares, shares.len() / trials.len());
    let neurons = network.neurons();
    Columns {
        value: moments(&values, 1),
        pathways: by_set(&found.edges),
        gap_junctions: by_set(&found.pairs),
        edges: found.edges.iter().flat_map(by_edge).collect(),
        outputs: moments(&outputs(network, &found), neurons),
        thresholds: moments(&found.thresholds, neurons),
        currents: moments(&found.currents, neurons),
    }
}

/// What each trial's objective is, and its derivatives by decoder outputs and counts.
fn evaluate(
    objective: &Objective,
    network: &Network,
    responses: &GradedResponses,
    class: usize,
) -> (Vec<f64>, Upstream) {
    let mut values = Vec::with_capacity(responses.trials);
    let mut upstream = Upstream {
        logits: vec![0.0; responses.logits.len()],
        counts: vec![0.0; responses.counts.len()],
    };
    for trial in 0..responses.trials {
        let logits = responses.logits_of(trial);
        let bars = &mut upstream.logits[trial * responses.classes..][..responses.classes];
        values.push(match objective {
            Objective::Loss => {
                bars.copy_from_slice(&softmax(logits));
                bars[class] -= 1.0;
                cross_entropy(logits, class)
            }
            Objective::Margin => {
                bars[class] = 1.0;
                if let Some(rival) = rival(logits, class) {
                    bars[rival] = -1.0;
                }
                margin(logits, class)
            }
            Objective::Logit(class) => {
                bars[*class] = 1.0;
                logits[*class]
            }
            Objective::Spikes(name) => network.population(name).map_or(0.0, |population| {
                let share = 1.0 / population.range.len() as f64;
                upstream.counts[trial * responses.neurons..][population.range.clone()].fill(share);
                let counts = responses.counts_of(trial, population);
                counts.iter().sum::<f64>() * share
            }),
        });
    }
    (values, upstream)
}

/// By the logarithm of all that each neuron sends, `[trial][neuron]`.
fn outputs(network: &Network, found: &Sensitivity) -> Vec<f64> {
    let mut outputs = found.counts.clone();
    for (pathway, shares) in network.pathways().iter().zip(&found.edges) {
        let first = network.populations()[pathway.source].range.start;
        let sources: Vec<usize> = pathway
            .edges()
            .map(|edge| first + edge.source as usize)
            .collect();
        if sources.is_empty() {
            continue;
        }
        let trials = shares.chunks(sources.len());
        for (outputs, shares) in outputs.chunks_mut(network.neurons()).zip(trials) {
            for (&source, share) in sources.iter().zip(shares) {
                outputs[source] += share;
            }
        }
    }
    outputs
}

/// Mean and sample variance over trials of each of `units` values, `[trial][unit]`.
fn moments(values: &[f64], units: usize) -> Vec<Estimate> {
    let mut moments = vec![Estimate::default(); units];
    if units == 0 {
        return moments;
    }
    let trials = (values.len() / units) as f64;
    for trial in values.chunks(units) {
        for (moment, value) in moments.iter_mut().zip(trial) {
            moment.mean += value / trials;
        }
    }
    for trial in values.chunks(units) {
        for (moment, value) in moments.iter_mut().zip(trial) {
            let distance = value - moment.mean;
            moment.error += distance * distance / (trials - 1.0);
        }
    }
    moments
}

fn arrange(
    network: &Network,
    columns: Columns,
    settings: &SensitivitySettings,
    odours: usize,
) -> SensitivityResult {
    let named = |names: Vec<String>, values: &[Estimate]| -> Vec<PathwaySensitivity> {
        let pairs = names.into_iter().zip(values);
        pairs
            .map(|(name, &strength)| PathwaySensitivity { name, strength })
            .collect()
    };
    let pathways = network.pathways().iter();
    let sets = network.gap_junctions().iter();
    let listed = network.pathways().iter().enumerate();
    let edges = listed.flat_map(|(index, pathway)| pathway.edges().map(move |edge| (index, edge)));
    let populations = network.populations().iter().enumerate();
    let neurons = populations.flat_map(|(index, population)| {
        let numbered = population.range.clone().enumerate();
        numbered.map(move |(neuron, place)| (index, neuron, place))
    });
    let scaled = |estimate: Estimate, factor: f64| Estimate {
        mean: estimate.mean * factor,
        error: estimate.error * factor,
    };
    SensitivityResult {
        settings: settings.clone(),
        odours,
        value: columns.value.first().copied().unwrap_or_default(),
        pathways: named(
            pathways.map(|it| it.name.clone()).collect(),
            &columns.pathways,
        ),
        gap_junctions: named(
            sets.map(|it| it.name.clone()).collect(),
            &columns.gap_junctions,
        ),
        edges: edges
            .zip(&columns.edges)
            .map(|((pathway, edge), &weight)| EdgeSensitivity {
                pathway,
                source: edge.source as usize,
                target: edge.target as usize,
                contacts: edge.contacts,
                weight,
            })
            .collect(),
        neurons: neurons
            .map(|(population, neuron, place)| NeuronSensitivity {
                population,
                neuron,
                output: columns.outputs[place],
                threshold_per_mv: scaled(columns.thresholds[place], 1e-3),
                current_per_pa: scaled(columns.currents[place], 1e-12),
            })
            .collect(),
    }
}

/// How well derivatives rank what a screen measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Population, or "all".
    pub population: String,
    /// Number of neurons.
    pub neurons: usize,
    /// Spearman's correlation of the guess (minus the output's derivative) with the measured difference;
    /// `None` if one of them is constant.
    pub rank_correlation: Option<f64>,
    /// The same of their magnitudes: whether the important ones are the same.
    pub rank_correlation_of_magnitudes: Option<f64>,
}

/// Compares derivatives with a screen that silenced single neurons and measured the same objective: over all
/// neurons, and population by population.
#[must_use]
pub fn compare(network: &Network, result: &SensitivityResult, screen: &Screen) -> Vec<Comparison> {
    let metric = result.settings.objective.metric();
    let column = screen
        .settings
        .metrics
        .iter()
        .position(|it| Some(it) == metric.as_ref());
    let Some(column) = column else {
        return Vec::new();
    };
    let measured = |population: &str, neuron: usize| {
        let target = screen.targets.iter().find(|it| {
            it.target.population == population
                && it.target.members == Members::Neurons(vec![neuron])
        })?;
        let effect: Option<Effect> = target.effects[column];
        effect.map(|effect| effect.difference)
    };
    let mut pairs: Vec<(&str, f64, f64)> = Vec::new();
    for own in &result.neurons {
        let population = network.populations()[own.population].name.as_str();
        if let Some(difference) = measured(population, own.neuron) {
            pairs.push((population, -own.output.mean, difference));
        }
    }
    let of = |name: &str, chosen: Vec<&(&str, f64, f64)>| {
        let guessed: Vec<f64> = chosen.iter().map(|it| it.1).collect();
        let found: Vec<f64> = chosen.iter().map(|it| it.2).collect();
        let magnitudes = |values: &[f64]| values.iter().map(|v| v.abs()).collect::<Vec<f64>>();
        Comparison {
            population: name.to_owned(),
            neurons: chosen.len(),
            rank_correlation: spearman(&guessed, &found),
            rank_correlation_of_magnitudes: spearman(&magnitudes(&guessed), &magnitudes(&found)),
        }
    };
    let mut all = vec![of("all", pairs.iter().collect())];
    for population in network.populations() {
        let own: Vec<_> = pairs.iter().filter(|it| it.0 == population.name).collect();
        if own.len() > 2 {
            all.push(of(&population.name, own));
        }
    }
    all
}
