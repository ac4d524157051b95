//! The stored trials, as the page's script plays them on the circuit.

use kenyon_analysis::recording::Recording;
use serde::Serialize;

use crate::figures::stored_recordings;
use crate::population::colour_of;
use crate::{ReportError, Results};

/// What the template needs of the animation.
pub struct Animation {
    /// Everything, as JSON that is safe inside a script element.
    pub json: String,
    /// Labels of the trials.
    pub labels: Vec<String>,
}

/// A trial, small: spikes by step, and the first trace of graded populations.
#[derive(Serialize)]
struct Trial<'a> {
    label: &'a str,
    decided: &'a str,
    probability: f64,
    step_ms: f64,
    steps: usize,
    receptors: &'a [f64],
    populations: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    neurons: usize,
    graded: bool,
    colour: String,
    /// Pairs of step and neuron.
    spikes: Vec<(u32, u32)>,
    /// Activity of graded neurons, mean over them, one per step.
    activity: Vec<f32>,
}

/// The stored trials of the first model; `None` without any.
pub fn animation(results: &Results) -> Result<Option<Animation>, ReportError> {
    let recordings = stored_recordings(results)?;
    if recordings.is_empty() {
        return Ok(None);
    }
    let odours = &results.description.odours;
    let trials: Vec<Trial<'_>> = recordings.iter().map(|it| trial(it, odours)).collect();
    let json = serde_json::to_string(&trials).unwrap_or_else(|_| "[]".to_owned());
    Ok(Some(Animation {
        // "</script>" inside a string would end the element.
        json: json.replace('<', "\\u003c"),
        labels: recordings.iter().map(|it| it.label.clone()).collect(),
    }))
}

fn trial<'a>(recording: &'a Recording, odours: &'a [String]) -> Trial<'a> {
    let populations = recording.populations.iter().enumerate();
    Trial {
        label: &recording.label,
        decided: odours.get(recording.decided).map_or("?", String::as_str),
        probability: recording.probabilities.get(recording.decided).copied().unwrap_or(0.0),
        step_ms: recording.step_s * 1e3,
        steps: recording.steps,
        receptors: &recording.receptors,
        populations: populations
            .map(|(index, population)| Shown {
                name: &population.name,
                neurons: population.neurons,
                graded: population.graded,
                colour: colour_of(&population.name, index).to_string(),
                spikes: population.spikes.iter().map(|it| (it.0, it.1)).collect(),
                activity: mean_activity(recording, population),
            })
            .collect(),
    }
}

fn mean_activity(
    recording: &Recording,
    population: &kenyon_analysis::recording::PopulationRecording,
) -> Vec<f32> {
    let traces = &population.traces;
    if !population.graded || traces.is_empty() {
        return Vec::new();
    }
    (0..recording.steps)
        .map(|step| {
            let values = traces.iter().filter_map(|trace| trace.values.get(step));
            values.sum::<f32>() / traces.len() as f32
        })
        .collect()
}
