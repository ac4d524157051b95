//! Trials of a model: what they gave, and what happens in them step by step.

use kenyon_analysis::recording::{ArrayValues, Captions, NamedArray, record, recording_bytes};
use kenyon_analysis::{BlockNoise, decide, softmax};
use kenyon_circuit::{Interventions, Network, NeuronModel, Noise, Responses, simulate};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{argument, wrong};
use crate::model::Model;
use crate::stimulus::Presented;
use crate::values::{array, list, texts};
use crate::work::{self, Stop};

/// Trials between two looks at whether the work is to end.
const TRIALS_AT_ONCE: usize = 2048;
/// Memory that a recording may take, bytes.
const LARGEST_RECORDING: u64 = 4_000_000_000;

/// What is to be simulated.
pub(crate) struct Request {
    pub presented: Presented,
    pub noise: BlockNoise,
    pub interventions: Interventions,
    pub intervention: String,
    pub concentration: f64,
    /// How many of the trials are recorded.
    pub recorded: usize,
    pub threads: Option<usize>,
}

/// Simulates, and makes the dictionary of the outcome.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    model: &Model,
    request: &Request,
) -> PyResult<Bound<'py, PyDict>> {
    let subject = &*model.network.subject;
    let network = &subject.network;
    let stimuli = &request.presented.stimuli;
    let needed = recording_bytes(network, request.recorded, network.steps());
    if needed > LARGEST_RECORDING {
        return Err(PyMemoryError::new_err(format!(
            "recording {} trials takes about {:.1} GB; record at most {} at a time",
            request.recorded,
            needed as f64 * 1e-9,
            request.recorded as u64 * LARGEST_RECORDING / needed
        )));
    }
    let simulated = work::run(py, request.threads, |stop| {
        let responses = in_portions(model, request, stop);
        let recorded = (request.recorded > 0).then(|| {
            let measured = model.measured(&request.interventions);
            record(
                &measured,
                &stimuli[..request.recorded],
                request.noise.circuit,
            )
        });
        (responses, recorded.transpose())
    })?;
    let (responses, recorded) = (simulated.0, simulated.1.map_err(argument)?);

    if responses.logits.iter().any(|value| !value.is_finite()) {
        return Err(wrong(
            "the decoder's output is not finite; some parameters make no sense",
        ));
    }

    let outcome = PyDict::new(py);
    outcome.set_item("counts", counts(py, network, &responses)?)?;
    let shape = [responses.trials, responses.classes];
    outcome.set_item("logits", array(py, &shape, responses.logits.clone())?)?;
    let rows = || (0..responses.trials).map(|trial| responses.logits_of(trial));
    let probability: Vec<f64> = rows().flat_map(softmax).collect();
    outcome.set_item("probability", array(py, &shape, probability)?)?;
    let decisions: Vec<i64> = rows().map(|logits| decide(logits) as i64).collect();
    let classes = &request.presented.classes;
    if !classes.is_empty() {
        let hits = decisions.iter();
        let hits = hits.filter(|&&class| classes.contains(&(class as usize)));
        outcome.set_item("correct", hits.count() as f64 / responses.trials as f64)?;
    }
    outcome.set_item("decisions", list(py, decisions))?;
    let inputs: Vec<f32> = stimuli
        .iter()
        .flat_map(|it| it.input.iter().copied())
        .collect();
    let shape = [stimuli.len(), network.channels()];
    outcome.set_item("receptors", array(py, &shape, inputs)?)?;
    outcome.set_item("stimulus", &request.presented.name)?;
    outcome.set_item("intervention", &request.intervention)?;
    if let Some(recorded) = recorded {
        let connectome = &model.network.data.connectome;
        let captions = Captions {
            stimulus: &request.presented.name,
            intervention: &request.intervention,
            concentration: (!classes.is_empty()).then_some(request.concentration),
            odours: &subject.class_names,
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
        outcome.set_item("recording", recording)?;
    }
    Ok(outcome)
}

/// All trials, some at a time, so that Ctrl-C need not wait for the last.
fn in_portions(model: &Model, request: &Request, stop: &Stop) -> Responses {
    let network = &model.network.subject.network;
    let circuit = Noise::Generated(request.noise.circuit);
    let mut all: Option<Responses> = None;
    for stimuli in request.presented.stimuli.chunks(TRIALS_AT_ONCE) {
        let part = simulate(
            network,
            &model.parameters,
            stimuli,
            circuit,
            &request.interventions,
        );
        match &mut all {
            None => all = Some(part),
            Some(all) => {
                all.trials += part.trials;
                all.counts.extend(part.counts);
                all.logits.extend(part.logits);
            }
        }
        if stop.is_set() {
            break;
        }
    }
    all.expect("stimuli are checked to hold a trial")
}

/// Spike counts `[trial, neuron]` of the spiking populations.
fn counts<'py>(
    py: Python<'py>,
    network: &Network,
    responses: &Responses,
) -> PyResult<Bound<'py, PyDict>> {
    let counts = PyDict::new(py);
    for population in network.populations() {
        if population.model == NeuronModel::Graded {
            continue;
        }
        let trials = 0..responses.trials;
        let own: Vec<u32> = trials
            .flat_map(|trial| responses.counts_of(trial, population))
            // Hard spikes are counted in `f32`, which is exact.
            .map(|&count| count as u32)
            .collect();
        let shape = [responses.trials, population.range.len()];
        counts.set_item(&population.name, array(py, &shape, own)?)?;
    }
    Ok(counts)
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
