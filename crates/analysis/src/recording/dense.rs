//! Everything that trials show: the state of all neurons and pathways after every step.

use std::ops::Range;

use kenyon_circuit::{
    Interventions, Lanes, Network, NeuronModel, Noise, NoiseStream, Observer, Presentation,
    Snapshot, WIDTH, forward_hard,
};

use super::Series;
use crate::block::run;
use crate::error::{AnalysisError, at_least, same_size};
use crate::model::Model;
use crate::roles::{group, quantity};

/// All neurons and pathways of some trials. Potentials are absolute and, like all other values, those
/// at the end of each step.
#[derive(Clone, Debug, PartialEq)]
#[allow(non_snake_case, reason = "units are part of the name")]
pub struct DenseRecording {
    /// Duration of a step, second.
    pub step_s: f64,
    /// The populations, in the order of update.
    pub populations: Vec<DensePopulation>,
    /// 1 where a neuron spikes; units are all spiking neurons.
    pub spikes: Series<u8>,
    /// Membrane potential (dendritic in cells of two compartments), millivolt; units as for `spikes`.
    pub voltage_mV: Series,
    /// Axonal potential, millivolt; units are the neurons of two compartments.
    pub axon_voltage_mV: Series,
    /// Activity of graded neurons.
    pub activity: Series,
    /// The pathways, in the order of the circuit.
    pub pathways: Vec<DensePathway>,
    /// Realised receptor input, `[trial][channel]`: that of every step, or of an input that changes its
    /// mean over the steps.
    pub receptors: Vec<Vec<f32>>,
    /// Realised receptor input of every step; units are the channels.
    pub input: Series,
    /// Decoder output, `[trial][class]`.
    pub logits: Vec<Vec<f64>>,
}

/// Where a population stands in the arrays of a [`DenseRecording`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DensePopulation {
    /// Its name.
    pub name: String,
    /// Its dynamics, which decide about the arrays that it is in.
    pub model: NeuronModel,
    /// Its neurons among the units of `spikes` and `voltage_mV`; if graded, of `activity`.
    pub cells: Range<usize>,
    /// Its neurons among the units of `axon_voltage_mV`; empty without axons of their own.
    pub axons: Range<usize>,
}

/// A pathway of a [`DenseRecording`].
#[derive(Clone, Debug, PartialEq)]
#[allow(non_snake_case, reason = "units are part of the name")]
pub struct DensePathway {
    /// Its name.
    pub name: String,
    /// Name of the source population.
    pub source: String,
    /// Name of the target population.
    pub target: String,
    /// Neurons of the source with an edge: units of `vesicle_pool`.
    pub sources: Vec<u32>,
    /// Neurons of the target with an edge: units of `current_pA`.
    pub targets: Vec<u32>,
    /// Synaptic current into each target, picoampere; `None` if the pathway has none.
    pub current_pA: Option<Series>,
    /// Share of each source's vesicle pool that is left; `None` without depression.
    pub vesicle_pool: Option<Series>,
}

/// Records hard-spike trials, as long as their stimuli. Counts and decoder output are those of [`simulate`](kenyon_circuit::simulate)
/// for the same stimuli, whatever the number of threads.
///
/// # Errors
/// Without stimuli, with one that does not have a value per channel or lasts longer than the first, if
/// parameters or interventions do not fit the network, and if a state is not finite.
pub fn record<P: Presentation>(
    model: &Model<'_>,
    stimuli: &[P],
    circuit: NoiseStream,
) -> Result<DenseRecording, AnalysisError> {
    let network = model.network;
    at_least("trials to record", 1, stimuli.len())?;
    let steps = stimuli[0].steps(network.steps());
    for stimulus in stimuli {
        let channels = stimulus.channels();
        same_size("channels of a stimulus", network.channels(), channels)?;
        let own = stimulus.steps(network.steps());
        same_size("steps of a stimulus", steps, own)?;
    }
    let responses = run(model, stimuli, circuit, model.interventions)?;
    let mut recorder = Recorder {
        network,
        rest_v: network.circuit().membrane.rest_v,
        first: 0,
        size: 0,
        recording: empty(network, model.interventions, [stimuli.len(), steps]),
    };
    let (stored, noise) = (&model.parameters.values, Noise::Generated(circuit));
    for (index, group) in stimuli.chunks(WIDTH).enumerate() {
        (recorder.first, recorder.size) = (index * WIDTH, group.len());
        // Counts come from `run`, spikes from the observer.
        let _: Vec<Lanes<WIDTH>> = forward_hard(
            network,
            stored,
            group,
            noise,
            model.interventions,
            &mut recorder,
        );
    }
    let mut recording = recorder.recording;
    for (trial, stimulus) in stimuli.iter().enumerate() {
        recording.receptors.push(mean_input(stimulus));
        for step in 0..steps {
            let frame = stimulus.frame_of_step().map_or(0, |frames| frames[step]);
            let out = recording.input.at_mut(trial, step).iter_mut();
            out.enumerate()
                .for_each(|(channel, out)| *out = stimulus.response(frame, channel));
        }
    }
    recording.logits = (0..responses.trials)
        .map(|trial| responses.logits_of(trial).to_vec())
        .collect();
    if recording.is_finite() {
        Ok(recording)
    } else {
        Err(AnalysisError::NotFinite {
            what: "a recorded trial".to_owned(),
        })
    }
}

/// The input of a constant stimulus, or the mean over the steps.
fn mean_input<P: Presentation>(stimulus: &P) -> Vec<f32> {
    let Some(frames) = stimulus.frame_of_step() else {
        let channels = 0..stimulus.channels();
        return channels.map(|it| stimulus.response(0, it)).collect();
    };
    let mean = |channel: usize| {
        let values = frames.iter();
        let sum: f64 = values
            .map(|&frame| f64::from(stimulus.response(frame, channel)))
            .sum();
        (sum / frames.len() as f64) as f32
    };
    (0..stimulus.channels()).map(mean).collect()
}

/// Bytes that [`record`] needs for the arrays of that many trials of so many steps.
#[must_use]
pub fn recording_bytes(network: &Network, trials: usize, steps: usize) -> u64 {
    let of = |model: fn(NeuronModel) -> bool| -> u64 {
        let populations = network.populations().iter().filter(|it| model(it.model));
        populations.map(|it| it.range.len() as u64).sum()
    };
    let spiking = of(|model| model != NeuronModel::Graded);
    let axons = of(|model| model == NeuronModel::TwoCompartment);
    let graded = of(|model| model == NeuronModel::Graded);
    let pathways = network.pathways().iter();
    let units: u64 = pathways
        .filter(|pathway| has(network, &pathway.name, quantity::STRENGTH))
        .map(|pathway| (pathway.sources().len() + pathway.targets().len()) as u64)
        .sum();
    let channels = network.channels() as u64;
    let per_step = 5 * spiking + 4 * (axons + graded + units + channels);
    per_step
        .saturating_mul(steps as u64)
        .saturating_mul(trials as u64)
}

/// Whether a pathway has a parameter.
fn has(network: &Network, pathway: &str, quantity: &str) -> bool {
    network.table().group(&group(pathway, quantity)).is_some()
}

/// A recording of that shape in which nothing has happened.
fn empty(
    network: &Network,
    interventions: &Interventions,
    [trials, steps]: [usize; 2],
) -> DenseRecording {
    let (mut cells, mut axons, mut graded) = (0, 0, 0);
    let extend = |end: &mut usize, by: usize| {
        *end += by;
        *end - by..*end
    };
    let populations = network.populations().iter().map(|population| {
        let neurons = population.range.len();
        let spiking = population.model != NeuronModel::Graded;
        let own_axons = usize::from(population.model == NeuronModel::TwoCompartment) * neurons;
        DensePopulation {
            name: population.name.clone(),
            model: population.model,
            cells: extend(if spiking { &mut cells } else { &mut graded }, neurons),
            axons: extend(&mut axons, own_axons),
        }
    });
    let populations: Vec<DensePopulation> = populations.collect();
    let name = |index: usize| network.populations()[index].name.clone();
    let pathways = network.pathways().iter().map(|pathway| {
        let chemical = has(network, &pathway.name, quantity::STRENGTH);
        let depression = has(network, &pathway.name, quantity::RECOVERY);
        let series = |units: usize| Series::zeros(trials, steps, units);
        DensePathway {
            name: pathway.name.clone(),
            source: name(pathway.source),
            target: name(pathway.target),
            sources: pathway.sources().to_vec(),
            targets: pathway.targets().to_vec(),
            current_pA: chemical.then(|| series(pathway.targets().len())),
            vesicle_pool: (depression && !interventions.depression_off)
                .then(|| series(pathway.sources().len())),
        }
    });
    DenseRecording {
        step_s: network.circuit().time.step_s,
        pathways: pathways.collect(),
        populations,
        spikes: Series::zeros(trials, steps, cells),
        voltage_mV: Series::zeros(trials, steps, cells),
        axon_voltage_mV: Series::zeros(trials, steps, axons),
        activity: Series::zeros(trials, steps, graded),
        receptors: Vec::new(),
        input: Series::zeros(trials, steps, network.channels()),
        logits: Vec::new(),
    }
}

impl DenseRecording {
    /// Number of trials.
    #[must_use]
    pub const fn trials(&self) -> usize {
        self.spikes.shape()[0]
    }

    /// Number of steps of a trial.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.spikes.shape()[1]
    }

    fn is_finite(&self) -> bool {
        let pathways = self.pathways.iter();
        let of_pathways = pathways.flat_map(|pathway| [&pathway.current_pA, &pathway.vesicle_pool]);
        [&self.voltage_mV, &self.axon_voltage_mV, &self.activity]
            .into_iter()
            .chain(of_pathways.flatten())
            .all(|series| series.values().iter().all(|value| value.is_finite()))
    }
}

/// Copies what a group of lanes shows into the arrays.
struct Recorder<'a> {
    network: &'a Network,
    rest_v: f64,
    /// Trial of the first lane.
    first: usize,
    /// Lanes that are trials; the others repeat the last one.
    size: usize,
    recording: DenseRecording,
}

impl Observer<Lanes<WIDTH>> for Recorder<'_> {
    fn observe(&mut self, step: usize, state: &Snapshot<'_, Lanes<WIDTH>>) {
        let rest_v = self.rest_v;
        let millivolt = |above_rest: f32| (1e3 * (rest_v + f64::from(above_rest))) as f32;
        let recording = &mut self.recording;
        for lane in 0..self.size {
            let trial = self.first + lane;
            let populations = self.network.populations().iter();
            for (population, place) in populations.zip(&recording.populations) {
                let (range, cells) = (population.range.clone(), place.cells.clone());
                let voltage = &state.voltage[range.clone()];
                if place.model == NeuronModel::Graded {
                    let out = &mut recording.activity.at_mut(trial, step)[cells];
                    copy(out, voltage, lane, |activity| activity);
                    continue;
                }
                let out = &mut recording.voltage_mV.at_mut(trial, step)[cells.clone()];
                copy(out, voltage, lane, millivolt);
                let out = &mut recording.spikes.at_mut(trial, step)[cells];
                copy(out, &state.spike[range.clone()], lane, |spike| {
                    u8::from(spike > 0.0)
                });
                if !place.axons.is_empty() {
                    let axons = place.axons.clone();
                    let out = &mut recording.axon_voltage_mV.at_mut(trial, step)[axons];
                    copy(out, &state.axon[range], lane, millivolt);
                }
            }
            for (index, pathway) in recording.pathways.iter_mut().enumerate() {
                if let Some(current) = &mut pathway.current_pA {
                    let out = current.at_mut(trial, step);
                    copy(out, &state.current[index], lane, |ampere| {
                        (1e12 * f64::from(ampere)) as f32
                    });
                }
                if let Some(pool) = &mut pathway.vesicle_pool {
                    let out = pool.at_mut(trial, step);
                    copy(out, &state.depletion[index], lane, |used| 1.0 - used);
                }
            }
        }
    }
}

fn copy<T>(out: &mut [T], state: &[Lanes<WIDTH>], lane: usize, value: impl Fn(f32) -> T) {
    for (out, lanes) in out.iter_mut().zip(state) {
        *out = value(lanes.0[lane]);
    }
}
