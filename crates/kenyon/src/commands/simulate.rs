//! `kenyon simulate`: what one odour does to a model.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use kenyon_analysis::{BlockNoise, decide, effective_concentration, noisy_stimuli};
use kenyon_circuit::{
    Interventions, Lanes, Network, NeuronModel, Noise, Observer, Parameters, Responses, Snapshot,
    Stimulus, WIDTH, forward_hard, simulate,
};
use kenyon_connectome::ReceptorMapping;
use kenyon_study::Subject;
use serde::Serialize;

use crate::data;
use crate::ending::Ending;
use crate::interventions::InterventionArguments;
use crate::model::{self, SubjectArguments, mapping_name};
use crate::output::Output;
use crate::table::Table;

/// Share of trials in which a neuron of the code must spike.
const RELIABLE: f64 = 0.5;
/// Odours that are shown.
const SHOWN: usize = 5;
/// Beyond this the Hill function of the concentration is flat to the last bit.
const LARGEST_CONCENTRATION: f64 = 1e6;

/// Arguments of `kenyon simulate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: kenyon simulate runs/42 --odour \"ethyl acetate\" --trials 50 --boost APL=0.7"
)]
pub(crate) struct Arguments {
    /// model.safetensors, or the folder of a run
    #[arg(required_unless_present = "untrained", conflicts_with = "untrained")]
    model: Option<PathBuf>,
    /// Simulate the start values of the circuit instead of a model
    #[arg(long)]
    untrained: bool,
    /// Name (capitals do not matter) or number (0 is the blank) of the odour
    #[arg(long, value_name = "NAME")]
    odour: String,
    /// Noisy trials
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Concentration relative to the panel's
    #[arg(long, value_name = "C", default_value_t = 1.0)]
    concentration: f64,
    /// Seed of odour and circuit noise; equal seeds make interventions comparable trial by trial
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    interventions: InterventionArguments,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// What the trials gave: means over them.
#[derive(Debug, Serialize)]
struct Summary {
    odour: String,
    class: usize,
    trials: u32,
    concentration: f64,
    seed: u64,
    mapping: ReceptorMapping,
    data_sha256: String,
    statistical_larva: bool,
    /// Share of trials in which the decoder chose this odour.
    correct: f64,
    populations: Vec<PopulationActivity>,
    graded: Vec<GradedActivity>,
    decisions: Vec<Decision>,
    code_population: String,
    code: Vec<CodeCell>,
}

#[derive(Debug, Serialize)]
struct PopulationActivity {
    name: String,
    neurons: usize,
    rate_hz: f64,
    active_percent: f64,
}

#[derive(Debug, Serialize)]
struct GradedActivity {
    name: String,
    mean: f64,
    last: f64,
}

#[derive(Debug, Serialize)]
struct Decision {
    odour: String,
    probability: f64,
    chosen: f64,
}

#[derive(Debug, Serialize)]
struct CodeCell {
    neuron: usize,
    spikes: f64,
    active: f64,
}

/// Runs `kenyon simulate`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let concentration = arguments.concentration;
    if !(0.0..=LARGEST_CONCENTRATION).contains(&concentration) {
        bail!(
            "--concentration is {concentration}; it must be between 0 and {LARGEST_CONCENTRATION}"
        );
    }
    let data = data::find(output)?;
    let (subject, parameters) = match &arguments.model {
        Some(path) => {
            let loaded = model::load(path, &arguments.subject, &data, output)?;
            (loaded.subject, loaded.parameters)
        }
        None => {
            let subject = arguments
                .subject
                .subject(&data, ReceptorMapping::ByPosition)?;
            let start = subject.network.table().start();
            (subject, start)
        }
    };
    let network = &subject.network;
    let interventions = arguments.interventions.resolve(network)?;
    let class = odour(&arguments.odour, &subject.odour_names)?;
    let noise = BlockNoise::new("simulate", arguments.seed, arguments.seed);
    let template = diluted(subject.odours.templates(), class, concentration);
    let stimuli = noisy_stimuli(
        &[template],
        arguments.trials as usize,
        network.odour_cv(),
        &noise,
    )?;
    let circuit = Noise::Generated(noise.circuit);
    let responses = simulate(network, &parameters, &stimuli, circuit, &interventions);
    let decisions = decisions(&responses, &subject);
    let chosen = (0..responses.trials).filter(|&trial| decide(responses.logits_of(trial)) == class);
    let summary = Summary {
        odour: subject.odour_names[class].clone(),
        class,
        trials: arguments.trials,
        concentration,
        seed: arguments.seed,
        mapping: subject.mapping,
        data_sha256: data.manifest.hash.clone(),
        statistical_larva: data.manifest.statistical,
        correct: chosen.count() as f64 / responses.trials as f64,
        populations: populations(network, &responses),
        graded: graded(network, &parameters, &stimuli, circuit, &interventions),
        decisions,
        code_population: network.readout_population().name.clone(),
        code: code(network, &responses),
    };
    output.line(data::describe(&data));
    show(&summary, output);
    output.json(&summary)?;
    Ok(Ending::Done)
}

/// The class of an odour given by name or number.
fn odour(text: &str, names: &[String]) -> anyhow::Result<usize> {
    let wanted = text.trim().to_lowercase();
    if let Some(class) = names.iter().position(|name| name.to_lowercase() == wanted) {
        return Ok(class);
    }
    if let Ok(class) = wanted.parse::<usize>() {
        if class < names.len() {
            return Ok(class);
        }
        bail!(
            "there is no odour {class}; the numbers are 0 to {}",
            names.len() - 1
        );
    }
    let listed: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(class, name)| format!("{class} {name}"))
        .collect();
    bail!(
        "there is no odour \"{text}\"; the odours are {}",
        listed.join(", ")
    )
}

/// The odour at a concentration: the distance from the blank scales with the Hill function of the
/// concentration test.
fn diluted(templates: &[Vec<f64>], class: usize, concentration: f64) -> Vec<f64> {
    let effect = effective_concentration(concentration);
    let mix = |(&blank, &odour): (&f64, &f64)| (blank + effect * (odour - blank)).max(0.0);
    templates[0]
        .iter()
        .zip(&templates[class])
        .map(mix)
        .collect()
}

fn populations(network: &Network, responses: &Responses) -> Vec<PopulationActivity> {
    let seconds = network.steps() as f64 * network.circuit().time.step_s;
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
fn graded(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    interventions: &Interventions,
) -> Vec<GradedActivity> {
    struct Recorder<'a> {
        network: &'a Network,
        trials: usize,
        /// Sums over steps and at the end, per population.
        sums: Vec<(f64, f64)>,
    }
    impl Observer<Lanes<WIDTH>> for Recorder<'_> {
        fn observe(&mut self, step: usize, state: &Snapshot<'_, Lanes<WIDTH>>) {
            let last = step + 1 == self.network.steps();
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
    let mut recorder = Recorder {
        network,
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
        let steps = network.steps() as f64;
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

/// All odours by mean probability, the likeliest first.
fn decisions(responses: &Responses, subject: &Subject) -> Vec<Decision> {
    let share = 1.0 / responses.trials as f64;
    let mut decisions: Vec<Decision> = subject
        .odour_names
        .iter()
        .map(|name| Decision {
            odour: name.clone(),
            probability: 0.0,
            chosen: 0.0,
        })
        .collect();
    for trial in 0..responses.trials {
        let logits = responses.logits_of(trial);
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logits.iter().map(|logit| libm::exp(logit - largest)).sum();
        for (decision, logit) in decisions.iter_mut().zip(logits) {
            decision.probability += share * libm::exp(logit - largest) / total;
        }
        if let Some(decision) = decisions.get_mut(decide(logits)) {
            decision.chosen += share;
        }
    }
    decisions.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    decisions
}

/// Neurons of the readout population that spike in most trials, the strongest first.
fn code(network: &Network, responses: &Responses) -> Vec<CodeCell> {
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

fn show(summary: &Summary, output: &Output) {
    output.line(format_args!(
        "{} (class {}) at concentration {}, {} trials, receptors {}",
        summary.odour,
        summary.class,
        summary.concentration,
        summary.trials,
        mapping_name(summary.mapping)
    ));
    let mut table = Table::new(&["population", ">neurons", ">rate/Hz", ">active"]);
    for row in &summary.populations {
        let (rate, active) = (
            format!("{:.1}", row.rate_hz),
            format!("{:.1} %", row.active_percent),
        );
        table.row([row.name.clone(), row.neurons.to_string(), rate, active]);
    }
    output.line(table);
    for row in &summary.graded {
        output.line(format_args!(
            "{} activity: mean {:.4}, at the end {:.4}",
            row.name, row.mean, row.last
        ));
    }
    output.line(format_args!(
        "\nrecognised in {:.1} % of trials",
        100.0 * summary.correct
    ));
    let mut table = Table::new(&["decoded odour", ">probability", ">chosen"]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odours_are_found_by_name_and_number() {
        let names = ["blank".to_owned(), "1-Hexanol".to_owned()];
        assert_eq!(odour("1-hexanol", &names).ok(), Some(1));
        assert_eq!(odour("0", &names).ok(), Some(0));
        let unknown = odour("vinegar", &names).map_err(|error| error.to_string());
        assert_eq!(
            unknown,
            Err("there is no odour \"vinegar\"; the odours are 0 blank, 1 1-Hexanol".to_owned())
        );
        assert!(odour("2", &names).is_err());
    }

    #[test]
    fn the_panel_is_at_concentration_one() {
        let templates = [vec![0.1, 0.2], vec![0.5, 0.0]];
        assert_eq!(diluted(&templates, 1, 1.0), vec![0.5, 0.0]);
        assert_eq!(diluted(&templates, 1, 0.0), vec![0.1, 0.2]);
    }
}
