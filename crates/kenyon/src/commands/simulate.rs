//! `kenyon simulate`: what an odour or a mixture does to a model.

mod arrays;
mod record;
mod stimulus;
mod summary;
mod tables;

use std::path::PathBuf;

use clap::Args;
use kenyon_analysis::recording::Caption;
use kenyon_analysis::{BlockNoise, Model, decide, noisy_stimuli};
use kenyon_circuit::{Noise, simulate};
use kenyon_connectome::ReceptorMapping;

use crate::data;
use crate::ending::Ending;
use crate::interventions::InterventionArguments;
use crate::model::{self, SubjectArguments};
use crate::output::Output;
use record::{RecordingArguments, Simulated};
use stimulus::{Presented, StimulusArguments};
use summary::{Summary, code, decisions, graded, populations, show};

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
    #[command(flatten)]
    stimulus: StimulusArguments,
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
    recording: RecordingArguments,
    #[command(flatten)]
    interventions: InterventionArguments,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// Runs `kenyon simulate`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
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
    let concentration = arguments.concentration;
    let presented = Presented::new(&arguments.stimulus, concentration, &subject)?;
    let recorded = arguments.recording.check(arguments.trials, network)?;
    let noise = BlockNoise::new("simulate", arguments.seed, arguments.seed);
    let stimuli = noisy_stimuli(
        std::slice::from_ref(&presented.template),
        arguments.trials as usize,
        network.odour_cv(),
        &noise,
    )?;
    let circuit = Noise::Generated(noise.circuit);
    let responses = simulate(network, &parameters, &stimuli, circuit, &interventions);
    let chosen = (0..responses.trials).map(|trial| decide(responses.logits_of(trial)));
    let hits = chosen.filter(|class| presented.classes.contains(class));
    let summary = Summary {
        odour: presented.name.clone(),
        class: presented.class(),
        components: presented.components.clone(),
        trials: arguments.trials,
        concentration,
        seed: arguments.seed,
        mapping: subject.mapping,
        data_sha256: data.manifest.hash.clone(),
        statistical_larva: data.manifest.statistical,
        correct: hits.count() as f64 / responses.trials as f64,
        populations: populations(network, &responses),
        graded: graded(network, &parameters, &stimuli, circuit, &interventions),
        decisions: decisions(&responses, &subject),
        decided: if subject.class_names == subject.odour_names {
            "decoded odour"
        } else {
            "decoded class"
        },
        code_population: network.readout_population().name.clone(),
        code: code(network, &responses),
        recorded_trials: recorded,
    };
    output.line(data::describe(&data));
    show(&summary, output);
    if recorded > 0 {
        let intervention = arguments.interventions.describe();
        let simulated = Simulated {
            model: Model {
                network,
                parameters: &parameters,
                roles: &subject.roles,
                interventions: &interventions,
            },
            stimuli: &stimuli[..recorded as usize],
            circuit: noise.circuit,
            caption: Caption {
                stimulus: &presented.name,
                intervention: &intervention,
                odour: presented.class(),
            },
            concentration,
            connectome: &data.connectome,
            odours: &subject.class_names,
        };
        arguments.recording.write(&simulated, output)?;
    }
    output.json(&summary)?;
    Ok(Ending::Done)
}
