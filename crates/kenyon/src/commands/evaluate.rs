//! `kenyon evaluate`: the publication's re-evaluation of one model, or of a circuit or task of one's own
//! what can be measured of any.

mod general;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kenyon_analysis::Ablation;
use kenyon_analysis::headline::{Figure, parameter_headline, reevaluation_figures};
use kenyon_analysis::protocol::{
    ParameterFigures, Reevaluation, ReevaluationSettings, parameter_figures, reevaluate,
};
use kenyon_circuit::Interventions;
use serde_json::json;

use crate::data;
use crate::ending::Ending;
use crate::model::{self, LoadedModel, SubjectArguments, mapping_name};
use crate::output::Output;
use crate::table::Table;

/// Arguments of `kenyon evaluate`.
#[derive(Debug, Args)]
#[command(
    after_help = "All models see the same noise, so differences between models and ablations are \
                  effects.\n\nExample: kenyon evaluate runs/42 --without gap_junctions"
)]
pub(crate) struct Arguments {
    /// model.safetensors, the folder of a run, or a PyTorch checkpoint of the published model
    model: PathBuf,
    /// Trials per odour of every measurement
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    repeats: u32,
    /// Seed of the noise; 42 in the publication
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Remove a mechanism first; can be repeated
    #[arg(long, value_name = "MECHANISM")]
    without: Vec<Mechanism>,
    /// Measure the responses to diluted and concentrated odours too
    #[arg(long)]
    concentrations: bool,
    #[command(flatten)]
    subject: SubjectArguments,
}

/// What can be removed from a trained model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Mechanism {
    /// All gap junctions
    GapJunctions,
    /// The feedback neuron (APL)
    Feedback,
    /// Short-term depression, and with it the release probability
    Depression,
    /// The running down of vesicle pools; the release probability stays
    Depletion,
}

impl From<Mechanism> for Ablation {
    fn from(mechanism: Mechanism) -> Self {
        match mechanism {
            Mechanism::GapJunctions => Self::GapJunctions,
            Mechanism::Feedback => Self::Feedback,
            Mechanism::Depression => Self::Depression,
            Mechanism::Depletion => Self::Depletion,
        }
    }
}

/// Runs `kenyon evaluate`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Ending> {
    let data = data::find(output)?;
    let loaded = model::load(&arguments.model, &arguments.subject, &data, output)?;
    let LoadedModel {
        subject, origin, ..
    } = &loaded;
    let none = Interventions::default();
    let model = loaded.model(&none);
    if let Some(reason) = subject.not_the_published_task() {
        return general::run(arguments, &data, &loaded, &model, &reason, output);
    }
    let settings = settings(arguments);
    let result = reevaluate(&model, subject.odours.templates(), &settings)?;
    let learned = parameter_figures(&model)?;
    let mut figures = reevaluation_figures(&result);
    figures.extend(parameter_headline(&learned, &subject.roles));

    output.line(format_args!(
        "{}, receptors {}; {}",
        data::describe(&data),
        mapping_name(subject.mapping),
        origin.describe()
    ));
    show(&result, &learned, &figures, output);
    let own = json!({
        "figures": named(&figures),
        "reevaluation": result,
        "parameters": learned,
    });
    output.json(&loaded.result(&data, own))?;
    Ok(Ending::Done)
}

fn settings(arguments: &Arguments) -> ReevaluationSettings {
    let trials = arguments.repeats as usize;
    let ablations: Vec<Ablation> = arguments.without.iter().map(|&it| it.into()).collect();
    // There is nothing to suppress with once the feedback neuron is gone.
    let suppression = !ablations.contains(&Ablation::Feedback);
    ReevaluationSettings {
        seed: arguments.seed,
        repeats: trials,
        centroid_trials: trials,
        decorrelation_trials: trials,
        suppression_trials: suppression.then_some(trials),
        concentration_trials: arguments.concentrations.then_some(trials),
        ablations,
    }
}

fn show(result: &Reevaluation, learned: &ParameterFigures, figures: &[Figure], output: &Output) {
    if !result.settings.ablations.is_empty() {
        output.line(format_args!("without {:?}", result.settings.ablations));
    }
    let mut table = Table::new(&["figure", ">value"]);
    for figure in figures {
        table.row([figure.name.clone(), format!("{:.3}", figure.value)]);
    }
    output.line(table);
    output.line(format_args!(
        "accuracy {} of {} trials, standard error {:.1} %",
        result.accuracy.hits,
        result.accuracy.samples,
        100.0 * result.accuracy.standard_error
    ));
    let mut table = Table::new(&[
        "thresholds",
        ">cells",
        ">mean/mV",
        ">deviation",
        ">at lower bound",
        ">at upper bound",
    ]);
    for (population, own) in &learned.thresholds {
        table.row([
            population.clone(),
            own.neurons.to_string(),
            format!("{:.2}", own.mean_mv),
            format!("{:.2}", own.deviation_mv),
            format!("{:.1} %", own.lower_bound_percent),
            format!("{:.1} %", own.upper_bound_percent),
        ]);
    }
    output.line(table);
}

/// Figures as one object, in their order.
fn named(figures: &[Figure]) -> serde_json::Map<String, serde_json::Value> {
    figures
        .iter()
        .map(|figure| (figure.name.clone(), figure.value.into()))
        .collect()
}
