//! A recording as a NumPy archive.
//!
//! The axes of arrays are named by other arrays: `neuron_population` and `neuron_id` those of `spikes`
//! and `voltage_mV`, `axon_neuron` (positions among these) that of `axon_voltage_mV`,
//! `graded_population` and `graded_id` that of `activity`, `current_target/NAME` and
//! `vesicle_pool_source/NAME` (positions in the population) those of pathway `NAME`, `odour` the
//! classes of `probability`, `window` the segments and other windows (from step `window_steps[.., 0]`,
//! until before `window_steps[.., 1]`) of `window_decided` and `window_probability`. Step `k` is the state at the end of step `k`, `(k + 1) step_s` after the
//! start.

use kenyon_analysis::recording::{DensePopulation, DenseRecording, Series};
use kenyon_analysis::{decide, softmax};
use kenyon_circuit::NeuronModel;

use super::record::Simulated;
use crate::npz::{Archive, Number};

/// The bytes of the archive.
pub(super) fn archive(
    recording: &DenseRecording,
    simulated: &Simulated<'_>,
) -> anyhow::Result<Vec<u8>> {
    let mut archive = Archive::new();
    let caption = &simulated.caption;
    archive.text("stimulus", caption.stimulus)?;
    archive.text("intervention", caption.intervention)?;
    if let Some(concentration) = simulated.concentration {
        archive.numbers("concentration", &[], &[concentration])?;
    }
    archive.numbers("step_s", &[], &[recording.step_s])?;
    populations(&mut archive, recording, simulated)?;
    pathways(&mut archive, recording)?;
    decisions(&mut archive, recording, simulated)?;
    windows(&mut archive, recording.trials(), simulated)?;
    archive.finish()
}

fn series<T: Number + Default>(
    archive: &mut Archive,
    name: &str,
    series: &Series<T>,
) -> anyhow::Result<()> {
    archive.numbers(name, &series.shape(), series.values())
}

fn populations(
    archive: &mut Archive,
    recording: &DenseRecording,
    simulated: &Simulated<'_>,
) -> anyhow::Result<()> {
    series(archive, "spikes", &recording.spikes)?;
    series(archive, "voltage_mV", &recording.voltage_mV)?;
    series(archive, "axon_voltage_mV", &recording.axon_voltage_mV)?;
    series(archive, "activity", &recording.activity)?;
    let (mut spiking, mut graded) = (Vec::new(), Vec::new());
    let mut axons = Vec::new();
    for population in &recording.populations {
        let list = match population.model {
            NeuronModel::Graded => &mut graded,
            NeuronModel::LeakyIntegrateAndFire | NeuronModel::TwoCompartment => &mut spiking,
        };
        for id in ids(population, simulated) {
            list.push((population.name.as_str(), id));
        }
        if !population.axons.is_empty() {
            axons.extend(population.cells.clone().map(|cell| cell as u32));
        }
    }
    for (kind, neurons) in [("neuron", spiking), ("graded", graded)] {
        let (names, ids): (Vec<&str>, Vec<String>) = neurons.into_iter().unzip();
        archive.texts(&format!("{kind}_population"), &names)?;
        archive.texts(&format!("{kind}_id"), &ids)?;
    }
    archive.numbers("axon_neuron", &[axons.len()], &axons)
}

/// Identities of a population's neurons in the source of the connectome.
fn ids(population: &DensePopulation, simulated: &Simulated<'_>) -> Vec<String> {
    let connectome = simulated.connectome;
    let range = connectome.population(&population.name).unwrap_or_default();
    let neurons = &connectome.neurons()[range];
    neurons.iter().map(|neuron| neuron.id.to_string()).collect()
}

fn pathways(archive: &mut Archive, recording: &DenseRecording) -> anyhow::Result<()> {
    let pathways = &recording.pathways;
    let names = |name: fn(&kenyon_analysis::recording::DensePathway) -> &str| -> Vec<&str> {
        pathways.iter().map(name).collect()
    };
    archive.texts("pathway", &names(|pathway| &pathway.name))?;
    archive.texts("pathway_source", &names(|pathway| &pathway.source))?;
    archive.texts("pathway_target", &names(|pathway| &pathway.target))?;
    for pathway in pathways {
        let name = &pathway.name;
        if let Some(current) = &pathway.current_pA {
            let targets = &pathway.targets;
            series(archive, &format!("current_pA/{name}"), current)?;
            archive.numbers(&format!("current_target/{name}"), &[targets.len()], targets)?;
        }
        if let Some(pool) = &pathway.vesicle_pool {
            let sources = &pathway.sources;
            let source = format!("vesicle_pool_source/{name}");
            series(archive, &format!("vesicle_pool/{name}"), pool)?;
            archive.numbers(&source, &[sources.len()], sources)?;
        }
    }
    Ok(())
}

fn decisions(
    archive: &mut Archive,
    recording: &DenseRecording,
    simulated: &Simulated<'_>,
) -> anyhow::Result<()> {
    let trials = recording.trials();
    let receptors = recording.receptors.concat();
    let shape = [trials, receptors.len() / trials.max(1)];
    archive.numbers("receptors", &shape, &receptors)?;
    series(archive, "input", &recording.input)?;
    let logits = recording.logits.iter();
    let probabilities: Vec<f64> = logits.flat_map(|logits| softmax(logits)).collect();
    let shape = [trials, probabilities.len() / trials.max(1)];
    archive.numbers("probability", &shape, &probabilities)?;
    let logits = recording.logits.iter();
    let decided: Vec<u32> = logits.map(|logits| decide(logits) as u32).collect();
    archive.numbers("decided", &[trials], &decided)?;
    archive.texts("odour", simulated.odours)
}

/// Segments and other windows; none if the stimulus does not change.
fn windows(archive: &mut Archive, trials: usize, simulated: &Simulated<'_>) -> anyhow::Result<()> {
    let windows = &simulated.windows;
    let names: Vec<&str> = windows.iter().map(|it| it.name.as_str()).collect();
    archive.texts("window", &names)?;
    let ends = windows.iter().flat_map(|it| [it.steps.start, it.steps.end]);
    let ends: Vec<u32> = ends.map(|step| step as u32).collect();
    archive.numbers("window_steps", &[windows.len(), 2], &ends)?;
    let (mut decided, mut probabilities) = (Vec::new(), Vec::new());
    for trial in 0..trials {
        for logits in windows.iter().map(|window| &window.logits[trial]) {
            decided.push(decide(logits) as u32);
            probabilities.extend(softmax(logits));
        }
    }
    let shape = [trials, windows.len(), simulated.odours.len()];
    archive.numbers("window_decided", &shape[..2], &decided)?;
    archive.numbers("window_probability", &shape, &probabilities)
}
