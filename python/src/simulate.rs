//! Trials of a model: what they gave, and what happens in them step by step.

use std::ops::Range;

use kenyon_analysis::recording::{
    ArrayValues, Captions, DenseRecording, NamedArray, record, recording_bytes,
};
use kenyon_analysis::{BlockNoise, decide, softmax};
use kenyon_circuit::{
    Interventions, Network, NeuronModel, Noise, Presentation, Responses, simulate, simulate_windows,
};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{argument, wrong};
use crate::model::Model;
use crate::stimulus::Presented;
use crate::values::{array, list, texts};
use crate::work::{self, Stop};

/// Steps of all trials between two looks at whether the work is to end.
const STEPS_AT_ONCE: usize = 2048 * 30;
/// Fewer trials at once leave cores idle.
const FEWEST_AT_ONCE: usize = 64;
/// Memory that spike counts may take, bytes.
const LARGEST_COUNTS: usize = 4_000_000_000;
/// Memory that a recording may take, bytes.
const LARGEST_RECORDING: u64 = 4_000_000_000;

/// How trials are simulated, whatever is presented.
pub(crate) struct Request {
    pub noise: BlockNoise,
    pub interventions: Interventions,
    pub intervention: String,
    /// How many of the trials are recorded.
    pub recorded: usize,
    pub threads: Option<usize>,
}

/// What trials gave: one response per window or, without windows, that of the whole trial.
pub(crate) type Simulated = (Vec<Responses>, Option<DenseRecording>);

/// Simulates a stimulus that does not change, and makes the dictionary of the outcome.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    model: &Model,
    presented: &Presented,
    request: &Request,
) -> PyResult<Bound<'py, PyDict>> {
    let network = &model.network.subject.network;
    let stimuli = &presented.stimuli;
    let (responses, recorded) = run(py, model, stimuli, network.steps(), &[], request)?;
    let outcome = PyDict::new(py);
    whole(&outcome, network, &responses[0])?;
    let classes = &presented.classes;
    if !classes.is_empty() {
        outcome.set_item("correct", share_of(classes, &responses[0]))?;
    }
    let inputs: Vec<f32> = stimuli
        .iter()
        .flat_map(|it| it.input.iter().copied())
        .collect();
    let shape = [stimuli.len(), network.channels()];
    outcome.set_item("receptors", array(py, &shape, inputs)?)?;
    outcome.set_item("stimulus", &presented.name)?;
    outcome.set_item("intervention", &request.intervention)?;
    if let Some(recorded) = recorded {
        let recording = recording(
            py,
            model,
            &presented.name,
            request,
            presented.concentration,
            &recorded,
        )?;
        outcome.set_item("recording", recording)?;
    }
    Ok(outcome)
}

/// Simulates and records. With `windows`, which are read out each on its own, there is one response for each.
pub(crate) fn run<P: Presentation>(
    py: Python<'_>,
    model: &Model,
    stimuli: &[P],
    steps: usize,
    windows: &[Range<usize>],
    request: &Request,
) -> PyResult<Simulated> {
    let needed = recording_bytes(&model.network.subject.network, request.recorded, steps);
    if needed > LARGEST_RECORDING {
        let fitting = request.recorded as u64 * LARGEST_RECORDING / needed;
        return Err(PyMemoryError::new_err(format!(
            "recording {} trials takes about {:.1} GB; {}",
            request.recorded,
            needed as f64 * 1e-9,
            match fitting {
                0 => "present something shorter".to_owned(),
                _ => format!("record at most {fitting} at a time"),
            }
        )));
    }
    let (responses, recorded) = work::run(py, request.threads, |stop| {
        let responses = in_portions(model, stimuli, steps, windows, request, stop);
        let recorded = (request.recorded > 0).then(|| {
            let measured = model.measured(&request.interventions);
            let recorded = &stimuli[..request.recorded];
            record(&measured, recorded, request.noise.circuit)
        });
        (responses, recorded.transpose())
    })?;
    let logits = responses.iter().flat_map(|it| &it.logits);
    if logits.into_iter().any(|value| !value.is_finite()) {
        return Err(wrong(
            "the decoder's output is not finite; some parameters make no sense",
        ));
    }
    Ok((responses, recorded.map_err(argument)?))
}

/// All trials, some at a time, so that Ctrl-C need not wait for the last.
fn in_portions<P: Presentation>(
    model: &Model,
    stimuli: &[P],
    steps: usize,
    windows: &[Range<usize>],
    request: &Request,
    stop: &Stop,
) -> Vec<Responses> {
    let (network, parameters) = (&model.network.subject.network, &model.parameters);
    let circuit = Noise::Generated(request.noise.circuit);
    let changes = &request.interventions;
    let at_once = (STEPS_AT_ONCE / steps).max(FEWEST_AT_ONCE);
    let mut all: Vec<Responses> = Vec::new();
    for stimuli in stimuli.chunks(at_once) {
        let parts = match windows {
            [] => vec![simulate(network, parameters, stimuli, circuit, changes)],
            _ => simulate_windows(network, parameters, stimuli, windows, circuit, changes),
        };
        if all.is_empty() {
            all = parts;
        } else {
            for (all, part) in all.iter_mut().zip(parts) {
                all.trials += part.trials;
                all.counts.extend(part.counts);
                all.logits.extend(part.logits);
            }
        }
        if stop.is_set() {
            break;
        }
    }
    all
}

/// Refuses spike counts of `windows` and whole trials that would not fit.
pub(crate) fn check_memory(network: &Network, trials: usize, windows: usize) -> PyResult<()> {
    let counts = (windows + 1) * network.neurons() * 2 * size_of::<f32>();
    if counts.saturating_mul(trials) <= LARGEST_COUNTS {
        return Ok(());
    }
    let what = match windows {
        0 => String::new(),
        number => format!("in {number} windows "),
    };
    Err(PyMemoryError::new_err(format!(
        "counting spikes {what}of {trials} trials takes more than {} GB of memory; at most {} trials are possible",
        LARGEST_COUNTS / 1_000_000_000,
        LARGEST_COUNTS / counts
    )))
}

/// What the decoder chose in each trial.
pub(crate) fn decisions(responses: &Responses) -> impl Iterator<Item = usize> + '_ {
    (0..responses.trials).map(|trial| decide(responses.logits_of(trial)))
}

/// Share of trials that were decided for one of the classes.
pub(crate) fn share_of(classes: &[usize], responses: &Responses) -> f64 {
    let hits = decisions(responses).filter(|class| classes.contains(class));
    hits.count() as f64 / responses.trials as f64
}

/// What whole trials gave: spike counts and the decoder's output.
pub(crate) fn whole(
    outcome: &Bound<'_, PyDict>,
    network: &Network,
    responses: &Responses,
) -> PyResult<()> {
    let py = outcome.py();
    let counts = PyDict::new(py);
    for (name, neurons, own) in counts_of(network, std::slice::from_ref(responses)) {
        counts.set_item(name, array(py, &[responses.trials, neurons], own)?)?;
    }
    outcome.set_item("counts", counts)?;
    let shape = [responses.trials, responses.classes];
    outcome.set_item("logits", array(py, &shape, responses.logits.clone())?)?;
    let rows = (0..responses.trials).map(|trial| responses.logits_of(trial));
    let probability: Vec<f64> = rows.flat_map(softmax).collect();
    outcome.set_item("probability", array(py, &shape, probability)?)?;
    let decisions: Vec<i64> = decisions(responses).map(|class| class as i64).collect();
    outcome.set_item("decisions", list(py, decisions))
}

/// Spike counts `[trial, window, neuron]` of the spiking populations, with name and number of neurons.
pub(crate) fn counts_of<'n>(
    network: &'n Network,
    windows: &[Responses],
) -> Vec<(&'n str, usize, Vec<u32>)> {
    let trials = windows.first().map_or(0, |it| it.trials);
    let populations = network.populations().iter();
    let spiking = populations.filter(|it| it.model != NeuronModel::Graded);
    spiking
        .map(|population| {
            let mut own = Vec::new();
            for trial in 0..trials {
                for window in windows {
                    // Hard spikes are counted in `f32`, which is exact.
                    let counts = window.counts_of(trial, population).iter();
                    own.extend(counts.map(|&count| count as u32));
                }
            }
            (population.name.as_str(), population.range.len(), own)
        })
        .collect()
}

/// The arrays of a recording by name.
pub(crate) fn recording<'py>(
    py: Python<'py>,
    model: &Model,
    stimulus: &str,
    request: &Request,
    concentration: Option<f64>,
    recorded: &DenseRecording,
) -> PyResult<Bound<'py, PyDict>> {
    let connectome = &model.network.data.connectome;
    let captions = Captions {
        stimulus,
        intervention: &request.intervention,
        concentration,
        odours: &model.network.subject.class_names,
        ids: &|population| {
            let range = connectome.population(population).unwrap_or_default();
            let neurons = &connectome.neurons()[range];
            neurons.iter().map(|neuron| neuron.id.to_string()).collect()
        },
    };
    let recording = PyDict::new(py);
    for named in recorded.arrays(&captions) {
        let name = named.name.clone();
        recording.set_item(name, numpy(py, named)?)?;
    }
    Ok(recording)
}

fn numpy<'py>(py: Python<'py>, named: NamedArray<'_>) -> PyResult<Bound<'py, PyAny>> {
    let shape = &named.shape;
    match named.values {
        ArrayValues::U8(values) => array(py, shape, values.into_owned()),
        ArrayValues::U32(values) => array(py, shape, values.into_owned()),
        ArrayValues::F32(values) => array(py, shape, values.into_owned()),
        ArrayValues::F64(values) => array(py, shape, values.into_owned()),
        ArrayValues::Text(values) => texts(py, shape, values.iter()),
    }
}
