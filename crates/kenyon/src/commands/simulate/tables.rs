//! A recording as tidy tables: one observation per line.
//!
//! Times are those of the end of a step, counted from the start of the trial.

use csv::Writer;
use kenyon_analysis::recording::{DensePathway, DenseRecording, Series, compartment};
use kenyon_analysis::{decide, softmax};
use kenyon_circuit::{Network, NeuronModel};

use super::record::Simulated;

/// A table's bytes.
type Table = fn(&DenseRecording, &Simulated<'_>) -> anyhow::Result<Vec<u8>>;

/// All tables, by the names of their files.
pub(super) const TABLES: [(&str, Table); 8] = [
    ("spikes.csv", spikes),
    ("voltages.csv", voltages),
    ("activities.csv", activities),
    ("currents.csv", currents),
    ("pools.csv", pools),
    ("decisions.csv", decisions),
    ("input.csv", input),
    ("windows.csv", windows),
];

/// Bytes of a long line of these tables.
const LINE: u64 = 64;

/// Bytes that the largest table of that many trials may have, generously.
pub(super) fn largest_bytes(network: &Network, trials: usize, steps: usize) -> u64 {
    let populations = network.populations().iter();
    let voltages: usize = populations.map(|it| 2 * it.range.len()).sum();
    let currents: usize = network.pathways().iter().map(|it| it.targets().len()).sum();
    let pools: usize = network.pathways().iter().map(|it| it.sources().len()).sum();
    let lines = voltages.max(currents).max(pools) as u64;
    LINE.saturating_mul(lines)
        .saturating_mul(steps as u64)
        .saturating_mul(trials as u64)
}

/// A table with this header.
fn table(header: &[&str]) -> anyhow::Result<Writer<Vec<u8>>> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    Ok(writer)
}

fn finish(writer: Writer<Vec<u8>>) -> anyhow::Result<Vec<u8>> {
    writer
        .into_inner()
        .map_err(|error| anyhow::Error::from(error.into_error()))
}

/// All trials and steps, with the time at the end of the step, millisecond.
fn moments(recording: &DenseRecording) -> impl Iterator<Item = (usize, usize, f64)> {
    let (steps, step_ms) = (recording.steps(), 1e3 * recording.step_s);
    // Whole nanoseconds, so that no digits of rounding are written.
    let time = move |step: usize| ((step + 1) as f64 * step_ms * 1e6).round() / 1e6;
    (0..recording.trials())
        .flat_map(move |trial| (0..steps).map(move |step| (trial, step, time(step))))
}

fn spikes(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&["trial", "time_ms", "population", "neuron"])?;
    for (trial, step, time_ms) in moments(recording) {
        let spiking = recording.populations.iter();
        for population in spiking.filter(|it| it.model != NeuronModel::Graded) {
            let cells = &recording.spikes.at(trial, step)[population.cells.clone()];
            for (neuron, _) in cells.iter().enumerate().filter(|&(_, &spike)| spike > 0) {
                table.serialize((trial, time_ms, &population.name, neuron))?;
            }
        }
    }
    finish(table)
}

fn voltages(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&[
        "trial",
        "time_ms",
        "population",
        "neuron",
        "compartment",
        "voltage_mV",
    ])?;
    for (trial, step, time_ms) in moments(recording) {
        for population in &recording.populations {
            let (cells, axons) = (&population.cells, &population.axons);
            let (soma, dendrite) = (compartment::SOMA, compartment::DENDRITE);
            let all = match population.model {
                NeuronModel::Graded => continue,
                NeuronModel::LeakyIntegrateAndFire => {
                    vec![(soma, &recording.voltage_mV, cells)]
                }
                NeuronModel::TwoCompartment => vec![
                    (dendrite, &recording.voltage_mV, cells),
                    (compartment::AXON, &recording.axon_voltage_mV, axons),
                ],
            };
            for (compartment, series, range) in all {
                let values = &series.at(trial, step)[range.clone()];
                for (neuron, value) in values.iter().enumerate() {
                    let name = &population.name;
                    table.serialize((trial, time_ms, name, neuron, compartment, value))?;
                }
            }
        }
    }
    finish(table)
}

fn activities(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&["trial", "time_ms", "population", "neuron", "activity"])?;
    for (trial, step, time_ms) in moments(recording) {
        let graded = recording.populations.iter();
        for population in graded.filter(|it| it.model == NeuronModel::Graded) {
            let cells = &recording.activity.at(trial, step)[population.cells.clone()];
            for (neuron, activity) in cells.iter().enumerate() {
                table.serialize((trial, time_ms, &population.name, neuron, activity))?;
            }
        }
    }
    finish(table)
}

fn currents(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    of_pathways(recording, "current_pA", |pathway| {
        let current = pathway.current_pA.as_ref()?;
        Some((current, &pathway.target, &pathway.targets))
    })
}

fn pools(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    of_pathways(recording, "available", |pathway| {
        let pool = pathway.vesicle_pool.as_ref()?;
        Some((pool, &pathway.source, &pathway.sources))
    })
}

/// A series of a pathway, with the population and the neurons that its values belong to.
type OfPathway<'p> = (&'p Series, &'p String, &'p Vec<u32>);

fn of_pathways(
    recording: &DenseRecording,
    value: &str,
    series: fn(&DensePathway) -> Option<OfPathway<'_>>,
) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&["trial", "time_ms", "pathway", "population", "neuron", value])?;
    for (trial, step, time_ms) in moments(recording) {
        for pathway in &recording.pathways {
            let Some((series, population, neurons)) = series(pathway) else {
                continue;
            };
            for (neuron, value) in neurons.iter().zip(series.at(trial, step)) {
                table.serialize((trial, time_ms, &pathway.name, population, neuron, value))?;
            }
        }
    }
    finish(table)
}

fn decisions(recording: &DenseRecording, simulated: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&["trial", "class", "odour", "probability", "decided"])?;
    for (trial, logits) in recording.logits.iter().enumerate() {
        let decided = decide(logits);
        let classes = softmax(logits).into_iter().zip(simulated.odours);
        for (class, (probability, odour)) in classes.enumerate() {
            let chosen = u8::from(class == decided);
            table.serialize((trial, class, odour, probability, chosen))?;
        }
    }
    finish(table)
}

fn input(recording: &DenseRecording, _: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&["trial", "time_ms", "channel", "response"])?;
    for (trial, step, time_ms) in moments(recording) {
        for (channel, response) in recording.input.at(trial, step).iter().enumerate() {
            table.serialize((trial, time_ms, channel, response))?;
        }
    }
    finish(table)
}

/// Segments and other windows, with the time at which they begin and end.
fn windows(recording: &DenseRecording, simulated: &Simulated<'_>) -> anyhow::Result<Vec<u8>> {
    let mut table = table(&[
        "trial",
        "window",
        "start_ms",
        "end_ms",
        "class",
        "odour",
        "probability",
        "decided",
    ])?;
    let time = |step: usize| (step as f64 * recording.step_s * 1e9).round() / 1e6;
    for trial in 0..recording.trials() {
        for window in &simulated.windows {
            let logits = &window.logits[trial];
            let decided = decide(logits);
            let (start, end) = (time(window.steps.start), time(window.steps.end));
            let classes = softmax(logits).into_iter().zip(simulated.odours);
            for (class, (probability, odour)) in classes.enumerate() {
                let chosen = u8::from(class == decided);
                let name = &window.name;
                table.serialize((trial, name, start, end, class, odour, probability, chosen))?;
            }
        }
    }
    finish(table)
}
