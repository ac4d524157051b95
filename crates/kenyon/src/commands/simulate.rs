//! `kenyon simulate`: what an odour, a mixture or a time course does to a model.

mod arrays;
mod course;
mod record;
mod segments;
mod stimulus;
mod summary;
mod tables;

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use kenyon_analysis::course::{Course, Panel};
use kenyon_analysis::recording::{Caption, record};
use kenyon_analysis::{BlockNoise, Model, decide, noisy_stimuli};
use kenyon_circuit::{
    Interventions, Noise, NoiseStream, Parameters, Presentation, simulate, simulate_windows,
};
use kenyon_connectome::DataSet;
use kenyon_study::Subject;

use crate::data;
use crate::ending::Ending;
use crate::interventions::InterventionArguments;
use crate::model::{self, SubjectArguments, milliseconds};
use crate::output::Output;
use course::CourseArguments;
use record::{ReadOut, RecordingArguments, Simulated};
use segments::CourseSummary;
use stimulus::{Presented, StimulusArguments};
use summary::{Summary, code, decisions, graded, populations, show};

/// Memory that spike counts may take, byte.
const LARGEST: usize = 4_000_000_000;

/// Arguments of `kenyon simulate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: kenyon simulate runs/42 --odour \"ethyl acetate\" --trials 50 --boost APL=0.7"
)]
pub(crate) struct Arguments {
    /// model.safetensors, the folder of a run, or a PyTorch checkpoint of the published model
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
    /// Concentration relative to the panel's [default: 1]
    #[arg(long, value_name = "C")]
    concentration: Option<f64>,
    /// Seed of odour and circuit noise; equal seeds make interventions comparable trial by trial
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    course: CourseArguments,
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
    let (subject, parameters) = model::load_or_start(
        arguments.model.as_deref(),
        &arguments.subject,
        &data,
        output,
    )?;
    let model = Simulation {
        data: &data,
        subject: &subject,
        parameters: &parameters,
        interventions: &arguments.interventions.resolve(&subject.network)?,
        noise: BlockNoise::new("simulate", arguments.seed, arguments.seed),
    };
    let panel = subject.panel();
    let steps = subject.network.steps();
    let (stimulus, concentration) = (&arguments.stimulus, arguments.concentration);
    let course = arguments
        .course
        .resolve(stimulus, concentration, &panel, steps)?;
    match course {
        Some(course) => model.changing(&course, &panel, arguments, output)?,
        None => model.constant(arguments, output)?,
    }
    Ok(Ending::Done)
}

/// What is simulated.
struct Simulation<'a> {
    data: &'a DataSet,
    subject: &'a Subject,
    parameters: &'a Parameters,
    interventions: &'a Interventions,
    noise: BlockNoise,
}

impl Simulation<'_> {
    /// A stimulus that does not change.
    fn constant(&self, arguments: &Arguments, output: &Output) -> anyhow::Result<()> {
        let (subject, network) = (self.subject, &self.subject.network);
        let (parameters, interventions) = (self.parameters, self.interventions);
        let concentration = arguments.concentration.unwrap_or(1.0);
        let presented = Presented::new(&arguments.stimulus, concentration, subject)?;
        let recorded = arguments
            .recording
            .check(arguments.trials, network.steps(), network)?;
        let stimuli = noisy_stimuli(
            std::slice::from_ref(&presented.template),
            arguments.trials as usize,
            network.odour_cv(),
            &self.noise,
        )?;
        let circuit = Noise::Generated(self.noise.circuit);
        let responses = simulate(network, parameters, &stimuli, circuit, interventions);
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
            data_sha256: self.data.manifest.hash.clone(),
            statistical_larva: self.data.manifest.statistical,
            correct: (!presented.classes.is_empty())
                .then(|| hits.count() as f64 / responses.trials as f64),
            populations: populations(network, &responses),
            graded: graded(network, parameters, &stimuli, circuit, interventions),
            decisions: decisions(&responses, subject),
            decided: segments::decided(subject),
            code_population: network.readout_population().name.clone(),
            code: code(network, &responses),
            recorded_trials: recorded,
        };
        output.line(data::describe(self.data));
        show(&summary, output);
        let caption = Caption {
            stimulus: &presented.name,
            intervention: &arguments.interventions.describe(),
            odour: presented.class(),
        };
        let simulated = self.simulated(caption, Some(concentration), Vec::new());
        self.record(&stimuli[..recorded as usize], &simulated, arguments, output)?;
        output.json(&summary)
    }

    /// A stimulus that changes in time.
    fn changing(
        &self,
        course: &Course,
        panel: &Panel<'_>,
        arguments: &Arguments,
        output: &Output,
    ) -> anyhow::Result<()> {
        let network = &self.subject.network;
        let trials = arguments.trials as usize;
        let recording = &arguments.recording;
        let recorded = recording.check(arguments.trials, course.steps(), network)?;
        let counts = (course.windows().len() + 1) * network.neurons() * 2 * size_of::<f32>();
        if counts.saturating_mul(trials) > LARGEST {
            bail!(
                "counting spikes in {} windows of {trials} trials takes more than {} GB of memory; at most {} \
                 trials are possible",
                course.windows().len(),
                LARGEST / 1_000_000_000,
                LARGEST / counts
            );
        }
        let concentration = NoiseStream::new(arguments.seed, "simulate/concentration");
        let cv = network.odour_cv();
        let stimuli = course.stimuli(panel, trials, cv, &self.noise, concentration)?;
        let circuit = Noise::Generated(self.noise.circuit);
        // The whole trial comes last.
        let windows = course.windows().iter().map(|it| it.steps.clone());
        let windows: Vec<_> = windows.chain(std::iter::once(0..course.steps())).collect();
        let responses = simulate_windows(
            network,
            self.parameters,
            &stimuli,
            &windows,
            circuit,
            self.interventions,
        );
        let (parameters, interventions) = (self.parameters, self.interventions);
        let names: Vec<&str> = course
            .segments()
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        let name = match names[..] {
            [] => panel
                .blank
                .map_or_else(|| "nothing".to_owned(), |row| panel.names[row].clone()),
            [first, second, third, _, ..] => format!("{first}, {second}, {third}, ..."),
            _ => names.join(", "),
        };
        let whole = responses.last();
        let summary = CourseSummary {
            stimulus: name.clone(),
            duration_ms: milliseconds(network, course.steps()),
            trials: arguments.trials,
            seed: arguments.seed,
            mapping: self.subject.mapping,
            data_sha256: self.data.manifest.hash.clone(),
            statistical_larva: self.data.manifest.statistical,
            decided: segments::decided(self.subject),
            populations: whole.map_or_else(Vec::new, |whole| populations(network, whole)),
            graded: graded(network, parameters, &stimuli, circuit, interventions),
            windows: segments::windows(course, &responses, self.subject),
            recorded_trials: recorded,
        };
        output.line(data::describe(self.data));
        segments::show(&summary, output);
        let caption = Caption {
            stimulus: &name,
            intervention: &arguments.interventions.describe(),
            odour: None,
        };
        let read_out = segments::read_out(course, &responses, recorded as usize);
        let simulated = self.simulated(caption, None, read_out);
        self.record(&stimuli[..recorded as usize], &simulated, arguments, output)?;
        output.json(&summary)
    }

    fn simulated<'s>(
        &'s self,
        caption: Caption<'s>,
        concentration: Option<f64>,
        windows: Vec<ReadOut>,
    ) -> Simulated<'s> {
        Simulated {
            caption,
            concentration,
            windows,
            connectome: &self.data.connectome,
            odours: &self.subject.class_names,
        }
    }

    /// Records these trials, if there are any, and writes what was asked for.
    fn record<P: Presentation>(
        &self,
        stimuli: &[P],
        simulated: &Simulated<'_>,
        arguments: &Arguments,
        output: &Output,
    ) -> anyhow::Result<()> {
        if stimuli.is_empty() {
            return Ok(());
        }
        let model = Model {
            network: &self.subject.network,
            parameters: self.parameters,
            roles: &self.subject.roles,
            interventions: self.interventions,
        };
        let recording = record(&model, stimuli, self.noise.circuit)?;
        arguments.recording.write(&recording, simulated, output)
    }
}
