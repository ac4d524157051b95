//! What the trials gave, for people and as JSON.

use kenyon_analysis::{decide, softmax};
use kenyon_circuit::{
    Interventions, Lanes, Network, NeuronModel, Noise, Observer, Parameters, Presentation,
    Responses, Snapshot, WIDTH, forward_hard,
};
use kenyon_connectome::ReceptorMapping;
use kenyon_study::Subject;
use serde::Serialize;

use crate::model::mapping_name;
use crate::output::Output;
use crate::table::Table;

/// Share of trials in which a neuron of the code must spike.
const RELIABLE: f64 = 0.5;
/// Odours that are shown.
const SHOWN: usize = 5;

/// What the trials gave: means over them.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub odour: String,
    /// `None` for a mixture.
    pub class: Option<usize>,
    /// Classes of the odours that were presented.
    pub components: Vec<usize>,
    pub trials: u32,
    pub concentration: f64,
    pub seed: u64,
    pub mapping: ReceptorMapping,
    pub data_sha256: String,
    pub statistical_larva: bool,
    /// Share of trials in which the decoder chose this odour, or one of the mixture.
    pub correct: Option<f64>,
    pub populations: Vec<PopulationActivity>,
    pub graded: Vec<GradedActivity>,
    pub decisions: Vec<Decision>,
    /// What the decoder decides for.
    #[serde(skip)]
    pub decided: &'static str,
    pub code_population: String,
    pub code: Vec<CodeCell>,
    /// Trials whose course was written to files.
    pub recorded_trials: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct PopulationActivity {
    pub name: String,
    neurons: usize,
    pub rate_hz: f64,
    pub active_percent: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct GradedActivity {
    name: String,
    mean: f64,
    last: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Decision {
    pub odour: String,
    pub probability: f64,
    pub chosen: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct CodeCell {
    neuron: usize,
    spikes: f64,
    active: f64,
}

/// Rates and active neurons of the spiking populations.
pub(super) fn populations(network: &Network, responses: &Responses) -> Vec<PopulationActivity> {
    let seconds = responses.steps as f64 * network.circuit().time.step_s;
    let spiking = network
        .populations()
        .iter()
        .filter(|it| it.model != NeuronModel::Graded);
    let activity = |population: &kenyon_circuit::Population| {
        let trials = 0..responses.trials;
        let counts = trials.flat_map(|trial| responses.counts_of(trial, population));
        let cells = (responses.trials * population.range.len()) as f64;
        let (mut spikes, mut active) = (0.0, 0.0);
        for &count in counts {
            spikes += f64::from(count);
            active += f64::from(u8::from(count >= 1.0));
        }
        PopulationActivity {
            name: population.name.clone(),
            neurons: population.range.len(),
            rate_hz: spikes / cells / seconds,
            active_percent: 100.0 * active / cells,
        }
    };
    spiking.map(activity).collect()
}

/// The activity of graded populations, which counts no spikes: seen step by step.
pub(super) fn graded<P: Presentation>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[P],
    noise: Noise<'_>,
    interventions: &Interventions,
) -> Vec<GradedActivity> {
    struct Recorder<'a> {
        network: &'a Network,
        steps: usize,
        trials: usize,
        /// Sums over steps and at the end, per population.
        sums: Vec<(f64, f64)>,
    }
    impl Observer<Lanes<WIDTH>> for Recorder<'_> {
        fn observe(&mut self, step: usize, state: &Snapshot<'_, Lanes<WIDTH>>) {
            let last = step + 1 == self.steps;
            for (population, (sum, end)) in self.network.populations().iter().zip(&mut self.sums) {
                if population.model != NeuronModel::Graded {
                    continue;
                }
                for lanes in &state.voltage[population.range.clone()] {
                    let activity: f64 =
                        lanes.0[..self.trials].iter().map(|&it| f64::from(it)).sum();
                    *sum += activity;
                    *end += if last { activity } else { 0.0 };
                }
            }
        }
    }
    let steps = stimuli
        .first()
        .map_or(network.steps(), |it| it.steps(network.steps()));
    let mut recorder = Recorder {
        network,
        steps,
        trials: 0,
        sums: vec![(0.0, 0.0); network.populations().len()],
    };
    for group in stimuli.chunks(WIDTH) {
        recorder.trials = group.len();
        let stored = &parameters.values;
        let _ = forward_hard(network, stored, group, noise, interventions, &mut recorder);
    }
    let populations = network.populations().iter().zip(recorder.sums);
    let activity = |(population, (sum, end)): (&kenyon_circuit::Population, (f64, f64))| {
        let cells = (stimuli.len() * population.range.len()) as f64;
        let steps = steps as f64;
        let name = population.name.clone();
        GradedActivity {
            name,
            mean: sum / cells / steps,
            last: end / cells,
        }
    };
    populations
        .filter(|(it, _)| it.model == NeuronModel::Graded)
        .map(activity)
        .collect()
}

/// All classes by mean probability, the likeliest first.
pub(super) fn decisions(responses: &Responses, subject: &Subject) -> Vec<Decision> {
    let share = 1.0 / responses.trials as f64;
    let mut decisions: Vec<Decision> = subject
        .class_names
        .iter()
        .map(|name| Decision {
            odour: name.clone(),
            probability: 0.0,
            chosen: 0.0,
        })
        .collect();
    for trial in 0..responses.trials {
        let logits = responses.logits_of(trial);
        for (decision, probability) in decisions.iter_mut().zip(softmax(logits)) {
            decision.probability += share * probability;
        }
        if let Some(decision) = decisions.get_mut(decide(logits)) {
            decision.chosen += share;
        }
    }
    decisions.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    decisions
}

/// Neurons of the readout population that spike in most trials, the strongest first.
pub(super) fn code(network: &Network, responses: &Responses) -> Vec<CodeCell> {
    let population = network.readout_population();
    let trials = responses.trials as f64;
    let cell = |neuron: usize| {
        let counts: Vec<f64> = (0..responses.trials)
            .map(|trial| f64::from(responses.counts_of(trial, population)[neuron]))
            .collect();
        let active = counts.iter().filter(|&&count| count >= 1.0).count() as f64 / trials;
        CodeCell {
            neuron,
            spikes: counts.iter().sum::<f64>() / trials,
            active,
        }
    };
    let mut cells: Vec<CodeCell> = (0..population.range.len())
        .map(cell)
        .filter(|cell| cell.active >= RELIABLE)
        .collect();
    cells.sort_by(|a, b| b.spikes.total_cmp(&a.spikes));
    cells
}

/// Prints the trials for people.
pub(super) fn show(summary: &Summary, output: &Output) {
    let kind = match summary.class {
        Some(class) => format!("class {class}"),
        None => format!("mixture of {}", summary.components.len()),
    };
    output.line(format_args!(
        "{} ({kind}) at concentration {}, {} trials, receptors {}",
        summary.odour,
        summary.concentration,
        summary.trials,
        mapping_name(summary.mapping)
    ));
    show_activity(&summary.populations, &summary.graded, output);
    let recognised = match summary.class {
        Some(_) => "recognised",
        None => "taken for one of its odours",
    };
    match summary.correct {
        Some(correct) => output.line(format_args!(
            "\n{recognised} in {:.1} % of trials",
            100.0 * correct
        )),
        None => output.line("\nan odour has no class: the model tells time courses apart"),
    }
    let mut table = Table::new(&[summary.decided, ">probability", ">chosen"]);
    for row in summary.decisions.iter().take(SHOWN) {
        let (probability, chosen) = (
            format!("{:.3}", row.probability),
            format!("{:.1} %", 100.0 * row.chosen),
        );
        table.row([row.odour.clone(), probability, chosen]);
    }
    output.line(table);
    let cells: Vec<String> = summary
        .code
        .iter()
        .map(|cell| format!("{} ({:.1})", cell.neuron, cell.spikes))
        .collect();
    output.line(format_args!(
        "\n{} code: {} cells spike in at least half of the trials: number (spikes per trial)",
        summary.code_population,
        cells.len()
    ));
    for line in cells.chunks(10) {
        output.line(format_args!("  {}", line.join(", ")));
    }
}

/// Rates of the spiking and activities of the graded populations.
pub(super) fn show_activity(
    populations: &[PopulationActivity],
    graded: &[GradedActivity],
    output: &Output,
) {
    let mut table = Table::new(&["population", ">neurons", ">rate/Hz", ">active"]);
    for row in populations {
        let (rate, active) = (
            format!("{:.1}", row.rate_hz),
            format!("{:.1} %", row.active_percent),
        );
        table.row([row.name.clone(), row.neurons.to_string(), rate, active]);
    }
    output.line(table);
    for row in graded {
        output.line(format_args!(
            "{} activity: mean {:.4}, at the end {:.4}",
            row.name, row.mean, row.last
        ));
    }
}
