//! Measurements of a model: the publication's, or what can be measured of whatever circuit and task.

use kenyon_analysis::headline::{
    Figure, evaluation_figures, parameter_headline, reevaluation_figures,
};
use kenyon_analysis::protocol::{
    EvaluationSettings, ReevaluationSettings, evaluate, parameter_figures, reevaluate,
};
use kenyon_analysis::{Ablation, AnalysisError};
use kenyon_circuit::Interventions;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::errors::argument;
use crate::model::Model;
use crate::values::json as to_python;
use crate::work;

/// What is measured, and how often.
pub(crate) struct Measurements {
    pub repeats: usize,
    pub seed: u64,
    pub ablations: Vec<Ablation>,
    pub concentrations: bool,
}

/// Measures, and makes the dictionary that `kenyon evaluate --json` prints.
pub(crate) fn measure<'py>(
    py: Python<'py>,
    model: &Model,
    wanted: Measurements,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyAny>> {
    let measured = match model.network.subject.not_the_published_task() {
        Some(reason) => of_any(py, model, wanted, &reason, threads),
        None => of_published(py, model, wanted, threads),
    };
    let mut outcome = model.provenance();
    outcome.extend(measured?);
    to_python(py, &outcome)
}

/// The publication's measurements.
fn of_published(
    py: Python<'_>,
    model: &Model,
    wanted: Measurements,
    threads: Option<usize>,
) -> PyResult<Map<String, Value>> {
    // There is nothing to suppress with once the feedback neuron is gone.
    let suppression = !wanted.ablations.contains(&Ablation::Feedback);
    let repeats = wanted.repeats;
    let settings = ReevaluationSettings {
        seed: wanted.seed,
        repeats,
        centroid_trials: repeats,
        decorrelation_trials: repeats,
        suppression_trials: suppression.then_some(repeats),
        concentration_trials: wanted.concentrations.then_some(repeats),
        ablations: wanted.ablations,
    };
    let subject = &*model.network.subject;
    let none = Interventions::default();
    let measured = model.measured(&none);
    let found = work::run(py, threads, |_| {
        let result = reevaluate(&measured, subject.odours.templates(), &settings)?;
        Ok::<_, AnalysisError>((result, parameter_figures(&measured)?))
    })?;
    let (result, learned) = found.map_err(argument)?;
    let mut figures = reevaluation_figures(&result);
    figures.extend(parameter_headline(&learned, &subject.roles));
    object(json!({
        "figures": named(&figures),
        "reevaluation": result,
        "parameters": learned,
    }))
}

/// What can be measured of whatever circuit and task; `reason` says why the publication's measurements
/// cannot be made.
fn of_any(
    py: Python<'_>,
    model: &Model,
    wanted: Measurements,
    reason: &str,
    threads: Option<usize>,
) -> PyResult<Map<String, Value>> {
    let settings = EvaluationSettings {
        seed: wanted.seed,
        trials: wanted.repeats,
        ablations: wanted.ablations,
    };
    let subject = &*model.network.subject;
    let none = Interventions::default();
    let measured = model.measured(&none);
    let found = work::run(py, threads, |_| {
        evaluate(&measured, subject.labelled(), &settings)
    })?;
    let result = found.map_err(argument)?;
    object(json!({
        "teacher": subject.teacher.is_some(),
        "classes": subject.class_names,
        subject.told_apart(): subject.stimulus_names(),
        "labels": subject.labelled().labels,
        "figures": named(&evaluation_figures(&result)),
        "evaluation": result,
        "not_the_published_measurements": reason,
    }))
}

/// The members of an object.
fn object(value: Value) -> PyResult<Map<String, Value>> {
    serde_json::from_value(value).map_err(argument)
}

/// Figures as one object, in their order.
fn named(figures: &[Figure]) -> Map<String, Value> {
    let pair = |figure: &Figure| (figure.name.clone(), figure.value.into());
    figures.iter().map(pair).collect()
}
