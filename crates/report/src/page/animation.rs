//! The stored trials, as the page's script plays them on the circuit.

use kenyon_analysis::recording::Recording;
use kenyon_study::NetworkDescription;
use serde::Serialize;

use crate::figures::stored_recordings;
use crate::population::colour_of;
use crate::{ReportError, Results};

/// What the template needs of the animation.
pub struct Animation {
    /// Everything, as JSON that is safe inside a script element.
    pub json: String,
    /// Labels of the trials, and which one is shown first.
    pub labels: Vec<(String, bool)>,
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
    links: Vec<Link>,
}

/// All pathways between two populations that pull the same way.
#[derive(Serialize)]
struct Link {
    /// Positions of the populations.
    source: usize,
    target: usize,
    inhibitory: bool,
    /// Current as a share of the largest of the trial, one per step; where a pathway has no current,
    /// activity of the source.
    strength: Vec<f32>,
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
    let classes = results.description.classes();
    let trials: Vec<Trial<'_>> = recordings
        .iter()
        .map(|it| trial(it, classes, &results.description.network))
        .collect();
    // The last odour says more than the first, which is often the blank.
    let last = recordings.last().map(|it| it.stimulus.as_str());
    let first = recordings
        .iter()
        .position(|it| Some(it.stimulus.as_str()) == last)
        .unwrap_or(0);
    let json = serde_json::to_string(&trials).unwrap_or_else(|_| "[]".to_owned());
    Ok(Some(Animation {
        // "</script>" inside a string would end the element.
        json: json.replace('<', "\\u003c"),
        labels: recordings
            .iter()
            .enumerate()
            .map(|(index, it)| (it.label.clone(), index == first))
            .collect(),
    }))
}

fn trial<'a>(
    recording: &'a Recording,
    classes: &'a [String],
    network: &NetworkDescription,
) -> Trial<'a> {
    let populations = recording.populations.iter().enumerate();
    Trial {
        label: &recording.label,
        decided: classes.get(recording.decided).map_or("?", String::as_str),
        probability: recording
            .probabilities
            .get(recording.decided)
            .copied()
            .unwrap_or(0.0),
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
        links: links(recording, network),
    }
}

fn links(recording: &Recording, network: &NetworkDescription) -> Vec<Link> {
    let position = |name: &str| recording.populations.iter().position(|it| it.name == name);
    let mut links: Vec<Link> = Vec::new();
    for pathway in &recording.pathways {
        let (Some(source), Some(target)) = (position(&pathway.source), position(&pathway.target))
        else {
            continue;
        };
        let described = network.pathways.iter().find(|it| it.name == pathway.name);
        let inhibitory = described
            .is_some_and(|it| it.kind == "shunting" || it.sign.as_deref() == Some("inhibitory"));
        let strength: Vec<f32> = if pathway.current_pA.is_empty() {
            activity(recording, source)
        } else {
            pathway.current_pA.iter().map(|it| it.abs()).collect()
        };
        let same = links
            .iter_mut()
            .find(|it| (it.source, it.target, it.inhibitory) == (source, target, inhibitory));
        match same {
            Some(link) => {
                for (sum, value) in link.strength.iter_mut().zip(strength) {
                    *sum += value;
                }
            }
            None => links.push(Link {
                source,
                target,
                inhibitory,
                strength,
            }),
        }
    }
    for link in &mut links {
        let most = link.strength.iter().copied().fold(0.0, f32::max);
        for value in &mut link.strength {
            *value = if most > 0.0 {
                (1000.0 * *value / most).round() / 1000.0
            } else {
                0.0
            };
        }
    }
    links
}

/// Spikes of a population in every step, or the activity of a graded one.
fn activity(recording: &Recording, population: usize) -> Vec<f32> {
    let population = &recording.populations[population];
    if population.graded {
        return mean_activity(recording, population);
    }
    let mut spikes = vec![0.0; recording.steps];
    for spike in &population.spikes {
        if let Some(count) = spikes.get_mut(spike.0 as usize) {
            *count += 1.0;
        }
    }
    spikes
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
