//! Trials of a stimulus that changes in time: what they gave as a whole and in each window.

use kenyon_analysis::course::{Course as Resolved, Panel};
use kenyon_analysis::{decide, softmax};
use kenyon_circuit::{NoiseStream, Responses};
use kenyon_study::Subject;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::course::Course;
use crate::errors::{argument, wrong};
use crate::model::Model;
use crate::simulate::{Request, check_memory, counts_of, recording, run, share_of, whole};
use crate::values::{array, list, texts};

/// Simulates a course, and makes the dictionary of the outcome.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    model: &Model,
    course: &Course,
    trials: usize,
    seed: u64,
    request: &Request,
) -> PyResult<Bound<'py, PyDict>> {
    let subject = &*model.network.subject;
    let network = &subject.network;
    if trials == 0 {
        return Err(wrong("trials is 0; it must be at least 1"));
    }
    let panel = Panel {
        templates: subject.odours.templates(),
        names: &subject.odour_names,
        blank: subject.blank,
        step_s: network.circuit().time.step_s,
    };
    let course = course.resolve(&panel)?;
    check_memory(network, trials, course.windows().len())?;
    let concentration = NoiseStream::new(seed, "simulate/concentration");
    let cv = network.odour_cv();
    let stimuli = course.stimuli(&panel, trials, cv, &request.noise, concentration);
    let stimuli = stimuli.map_err(argument)?;
    // The whole trial comes last.
    let windows = course.windows().iter().map(|it| it.steps.clone());
    let windows: Vec<_> = windows.chain(std::iter::once(0..course.steps())).collect();
    let (responses, recorded) = run(py, model, &stimuli, course.steps(), &windows, request)?;
    let (windows, total) = responses.split_at(course.windows().len());

    let outcome = PyDict::new(py);
    for total in total {
        whole(&outcome, network, total)?;
    }
    outcome.set_item("windows", by_window(py, &course, windows, trials, subject)?)?;
    let stimulus = stimulus(&course, &panel);
    outcome.set_item("stimulus", &stimulus)?;
    outcome.set_item("intervention", &request.intervention)?;
    if let Some(recorded) = recorded {
        let recording = recording(py, model, &stimulus, request, None, &recorded)?;
        add_windows(&recording, &course, windows, request.recorded, subject)?;
        outcome.set_item("recording", recording)?;
    }
    Ok(outcome)
}

/// What the course is called: its first segments, as the command line says it.
fn stimulus(course: &Resolved, panel: &Panel<'_>) -> String {
    let segments = course.segments().iter();
    let names: Vec<&str> = segments.map(|it| it.name.as_str()).collect();
    match names[..] {
        [] => panel
            .blank
            .map_or_else(|| "nothing".to_owned(), |row| panel.names[row].clone()),
        [first, second, third, _, ..] => format!("{first}, {second}, {third}, ..."),
        _ => names.join(", "),
    }
}

/// The windows as a dictionary of arrays.
fn by_window<'py>(
    py: Python<'py>,
    course: &Resolved,
    responses: &[Responses],
    trials: usize,
    subject: &Subject,
) -> PyResult<Bound<'py, PyDict>> {
    let windows = course.windows();
    let number = windows.len();
    let columns = PyDict::new(py);
    columns.set_item(
        "name",
        texts(py, &[number], windows.iter().map(|it| &it.name))?,
    )?;
    let ends = windows.iter().flat_map(|it| [it.steps.start, it.steps.end]);
    let ends: Vec<i64> = ends.map(|step| step as i64).collect();
    columns.set_item("steps", array(py, &[number, 2], ends)?)?;
    let segment = (0..number).map(|index| index < course.segments().len());
    columns.set_item("segment", list(py, segment.collect::<Vec<bool>>()))?;
    let counts = PyDict::new(py);
    for (name, neurons, own) in counts_of(&subject.network, responses) {
        counts.set_item(name, array(py, &[trials, number, neurons], own)?)?;
    }
    columns.set_item("counts", counts)?;
    let classes = subject.network.classes();
    let logits = per_trial(trials, responses).flat_map(<[f64]>::to_vec);
    let shape = [trials, number, classes];
    columns.set_item("logits", array(py, &shape, logits.collect::<Vec<f64>>())?)?;
    columns.set_item(
        "probability",
        array(py, &shape, probability(trials, responses))?,
    )?;
    let decided: Vec<i64> = decided(trials, responses).map(|it| it as i64).collect();
    columns.set_item("decisions", array(py, &shape[..2], decided)?)?;
    let correct = windows.iter().zip(responses).map(|(window, responses)| {
        let rows = window.components.iter();
        let classes: Vec<usize> = rows
            .filter_map(|&row| subject.class_of_odour(row))
            .collect();
        match classes[..] {
            [] => f64::NAN,
            _ => share_of(&classes, responses),
        }
    });
    columns.set_item("correct", list(py, correct.collect::<Vec<f64>>()))?;
    Ok(columns)
}

/// Adds to a recording what `kenyon simulate --record` says of the windows.
fn add_windows(
    recording: &Bound<'_, PyDict>,
    course: &Resolved,
    responses: &[Responses],
    trials: usize,
    subject: &Subject,
) -> PyResult<()> {
    let py = recording.py();
    let windows = course.windows();
    let shape = [trials, windows.len(), subject.network.classes()];
    let names = windows.iter().map(|it| &it.name);
    recording.set_item("window", texts(py, &shape[1..2], names)?)?;
    let ends = windows.iter().flat_map(|it| [it.steps.start, it.steps.end]);
    let ends: Vec<u32> = ends.map(|step| step as u32).collect();
    recording.set_item("window_steps", array(py, &[windows.len(), 2], ends)?)?;
    let decided: Vec<u32> = decided(trials, responses).map(|it| it as u32).collect();
    recording.set_item("window_decided", array(py, &shape[..2], decided)?)?;
    let probability = probability(trials, responses);
    recording.set_item("window_probability", array(py, &shape, probability)?)
}

/// The decoder's output, trial by trial and in a trial window by window.
fn per_trial(trials: usize, responses: &[Responses]) -> impl Iterator<Item = &[f64]> {
    (0..trials).flat_map(move |trial| responses.iter().map(move |it| it.logits_of(trial)))
}

fn probability(trials: usize, responses: &[Responses]) -> Vec<f64> {
    per_trial(trials, responses).flat_map(softmax).collect()
}

fn decided<'a>(trials: usize, responses: &'a [Responses]) -> impl Iterator<Item = usize> + 'a {
    per_trial(trials, responses).map(decide)
}
