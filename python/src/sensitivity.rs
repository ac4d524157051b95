//! Derivatives of an objective by every edge and neuron, as arrays.

use kenyon_analysis::screen::{Action, ScreenSettings, TargetKind, screen_overseen, targets};
use kenyon_analysis::sensitivity::{
    Comparison, Estimate, Objective, PathwaySensitivity, SensitivityResult, SensitivitySettings,
    compare, differentiate,
};
use kenyon_analysis::{AnalysisError, Model as Measured};
use kenyon_circuit::{Interventions, Network};
use kenyon_connectome::Connectome;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{argument, wrong};
use crate::model::Model;
use crate::screen::Told;
use crate::values::{json, list, texts};
use crate::work::{self, Progress, Stop};

/// What is differentiated, and on what trials.
pub(crate) struct SensitivityArguments<'a> {
    pub of: &'a str,
    pub trials: usize,
    pub seed: u64,
    pub against_screen: bool,
}

/// Differentiates, and makes the dictionary of the derivatives.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    model: &Model,
    arguments: &SensitivityArguments<'_>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let subject = &*model.network.subject;
    let settings = SensitivitySettings {
        objective: objective(arguments.of, &subject.class_names)?,
        trials: arguments.trials,
        seed: arguments.seed,
    };
    if arguments.against_screen && settings.objective.metric().is_none() {
        return Err(wrong(
            "against_screen needs the loss, margin or spikes:POPULATION, which a screen can measure",
        ));
    }
    let none = Interventions::default();
    let measured = model.measured(&none);
    let connectome = &model.network.data.connectome;
    let found = work::run(py, threads, |stop| {
        let result = differentiate(&measured, subject.labelled(), &settings)?;
        let comparisons = match arguments.against_screen {
            true => against_screen(&measured, model, connectome, &result, stop)?,
            false => Vec::new(),
        };
        Ok::<_, AnalysisError>((result, comparisons))
    })?;
    let (result, comparisons) = found.map_err(argument)?;

    let network = &subject.network;
    let outcome = PyDict::new(py);
    for (key, value) in model.provenance() {
        outcome.set_item(key, json(py, &value)?)?;
    }
    outcome.set_item("settings", json(py, &result.settings)?)?;
    outcome.set_item("odours", result.odours)?;
    outcome.set_item("value", result.value.mean)?;
    outcome.set_item("value_standard_error", result.value.error)?;
    outcome.set_item("pathways", pathways(py, &result.pathways)?)?;
    outcome.set_item("gap_junctions", pathways(py, &result.gap_junctions)?)?;
    outcome.set_item("edges", edges(py, &result, network)?)?;
    outcome.set_item("neurons", neurons(py, &result, network)?)?;
    if arguments.against_screen {
        outcome.set_item("against_screen", compared(py, &comparisons)?)?;
    }
    Ok(outcome)
}

fn objective(text: &str, classes: &[String]) -> PyResult<Objective> {
    match text.split_once(':') {
        None if text == "loss" => Ok(Objective::Loss),
        None if text == "margin" => Ok(Objective::Margin),
        Some(("spikes", name)) if !name.is_empty() => Ok(Objective::Spikes(name.to_owned())),
        Some(("logit", name)) if !name.is_empty() => {
            let named = classes.iter().position(|class| class == name);
            let numbered = || name.parse().ok().filter(|&it: &usize| it < classes.len());
            let class = named.or_else(numbered).ok_or_else(|| {
                wrong(format!(
                    "there is no class \"{name}\" (numbers run from 0 to {})",
                    classes.len().saturating_sub(1)
                ))
            })?;
            Ok(Objective::Logit(class))
        }
        _ => Err(wrong(format!(
            "there is no objective \"{text}\"; use loss, margin, spikes:POPULATION or logit:CLASS"
        ))),
    }
}

/// Silences every neuron, with hard spikes, and compares.
fn against_screen(
    measured: &Measured<'_>,
    model: &Model,
    connectome: &Connectome,
    result: &SensitivityResult,
    stop: &Stop,
) -> Result<Vec<Comparison>, AnalysisError> {
    let chosen = targets(measured.network, connectome, TargetKind::Neurons, &[])?;
    let settings = ScreenSettings {
        action: Action::Silence,
        metrics: result.settings.objective.metric().into_iter().collect(),
        trials: result.settings.trials,
        seed: result.settings.seed,
    };
    let nobody = Progress::new(None);
    let told = Told::new(&nobody, stop, chosen.len());
    let stimuli = model.network.subject.labelled();
    let go_on = || told.one_more();
    let screened = screen_overseen(measured, stimuli, &chosen, &settings, &go_on)?;
    Ok(compare(measured.network, result, &screened))
}

/// Adds an estimate of every row, and its standard error.
fn add<'a>(
    columns: &Bound<'_, PyDict>,
    name: &str,
    estimates: impl Iterator<Item = &'a Estimate>,
) -> PyResult<()> {
    let py = columns.py();
    let (means, errors) = estimates.map(|it| (it.mean, it.error)).unzip();
    columns.set_item(name, list::<f64>(py, means))?;
    columns.set_item(format!("{name}_standard_error"), list::<f64>(py, errors))
}

fn pathways<'py>(py: Python<'py>, pathways: &[PathwaySensitivity]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let names = pathways.iter().map(|it| &it.name);
    columns.set_item("name", texts(py, &[pathways.len()], names)?)?;
    add(
        &columns,
        "by_log_strength",
        pathways.iter().map(|it| &it.strength),
    )?;
    Ok(columns)
}

fn edges<'py>(
    py: Python<'py>,
    result: &SensitivityResult,
    network: &Network,
) -> PyResult<Bound<'py, PyDict>> {
    let edges = &result.edges;
    let columns = PyDict::new(py);
    let names = edges.iter().map(|it| &network.pathways()[it.pathway].name);
    columns.set_item("pathway", texts(py, &[edges.len()], names)?)?;
    let sources = edges.iter().map(|it| it.source as u32);
    columns.set_item("source", list(py, sources.collect::<Vec<u32>>()))?;
    let targets = edges.iter().map(|it| it.target as u32);
    columns.set_item("target", list(py, targets.collect::<Vec<u32>>()))?;
    let contacts = edges.iter().map(|it| it.contacts);
    columns.set_item("contacts", list(py, contacts.collect::<Vec<u32>>()))?;
    add(&columns, "by_log_weight", edges.iter().map(|it| &it.weight))?;
    Ok(columns)
}

fn neurons<'py>(
    py: Python<'py>,
    result: &SensitivityResult,
    network: &Network,
) -> PyResult<Bound<'py, PyDict>> {
    let own = &result.neurons;
    let columns = PyDict::new(py);
    let names = own
        .iter()
        .map(|it| &network.populations()[it.population].name);
    columns.set_item("population", texts(py, &[own.len()], names)?)?;
    let places = own.iter().map(|it| it.neuron as i64);
    columns.set_item("index", list(py, places.collect::<Vec<i64>>()))?;
    add(&columns, "by_log_output", own.iter().map(|it| &it.output))?;
    add(
        &columns,
        "by_threshold_per_mV",
        own.iter().map(|it| &it.threshold_per_mv),
    )?;
    add(
        &columns,
        "by_current_per_pA",
        own.iter().map(|it| &it.current_per_pa),
    )?;
    Ok(columns)
}

fn compared<'py>(py: Python<'py>, comparisons: &[Comparison]) -> PyResult<Bound<'py, PyDict>> {
    let columns = PyDict::new(py);
    let names = comparisons.iter().map(|it| &it.population);
    columns.set_item("population", texts(py, &[comparisons.len()], names)?)?;
    let numbers = comparisons.iter().map(|it| it.neurons as i64);
    columns.set_item("neurons", list(py, numbers.collect::<Vec<i64>>()))?;
    let column = |value: &dyn Fn(&Comparison) -> Option<f64>| {
        let values = comparisons.iter().map(|it| value(it).unwrap_or(f64::NAN));
        list(py, values.collect::<Vec<f64>>())
    };
    columns.set_item("rank_correlation", column(&|it| it.rank_correlation))?;
    columns.set_item(
        "rank_correlation_of_magnitudes",
        column(&|it| it.rank_correlation_of_magnitudes),
    )?;
    Ok(columns)
}
