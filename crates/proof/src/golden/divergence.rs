//! Where hard spikes first differ from the golden ones, and how close to the threshold that was.
//!
//! A cell that spikes is reset, so the voltage it spiked at is not stored. The side on which the
//! same cell stayed silent still shows it: before the first difference both sides agree.

use std::collections::BTreeMap;

use kenyon_circuit::{InjectedNoise, Network, Parameters};

use super::Vectors;
use super::names::POPULATIONS;

/// What a comparison of spikes is about.
pub(crate) struct Spikes<'a> {
    pub vectors: &'a Vectors,
    pub network: &'a Network,
    pub parameters: &'a Parameters,
    pub noise: Option<&'a InjectedNoise>,
    /// Ours, by golden name without prefix.
    pub records: &'a BTreeMap<String, Vec<f64>>,
    /// Case of an intervention, with its dot.
    pub prefix: &'a str,
    pub trials: usize,
}

impl Spikes<'_> {
    /// The first spike of a population (by its golden label) that differs, in words; `None` if none
    /// differs or the file does not store them.
    pub fn first_difference(&self, label: &str) -> Option<String> {
        let (_, population) = POPULATIONS.iter().find(|(other, _)| *other == label)?;
        let tensor = format!("step.s.{label}");
        let ours = self.records.get(&tensor)?;
        let golden = &self
            .vectors
            .get(&format!("{}{tensor}", self.prefix))?
            .values;
        if ours.len() != golden.len() {
            return Some(format!(
                "{} golden values, {} of ours",
                golden.len(),
                ours.len()
            ));
        }
        let place = ours
            .iter()
            .zip(golden)
            .position(|(ours, golden)| ours != golden)?;
        let units = self.network.population(population)?.range.len();
        let (row, unit) = (place / units, place % units);
        let (step, trial) = (row / self.trials, row % self.trials);
        let voltage = format!("step.{}.{label}", if label == "K" { "Va" } else { "V" });
        let (silent, voltages) = if ours[place] == 0.0 {
            ("golden spikes, ours is silent", self.records.get(&voltage))
        } else {
            let golden = self.vectors.get(&format!("{}{voltage}", self.prefix));
            (
                "ours spikes, golden is silent",
                golden.map(|tensor| &tensor.values),
            )
        };
        let margin = voltages
            .and_then(|voltages| voltages.get(place))
            .map_or_else(
                || "the voltage of the silent side is not stored".to_owned(),
                |voltage| {
                    let margin = voltage - self.threshold(population, step, trial, unit);
                    format!("the silent side is {margin:.2e} V from its threshold")
                },
            );
        Some(format!(
            "first at step {step}, trial {trial}, {population} {unit}: {silent}; {margin}"
        ))
    }

    /// The threshold of one cell in one step, its noise included.
    fn threshold(&self, population: &str, step: usize, trial: usize, unit: usize) -> f64 {
        let table = self.network.table();
        let stored = self
            .parameters
            .stored(table, &format!("{population}.threshold"))[unit];
        let jitter = self.noise.map_or(0.0, |noise| {
            let slot = format!("threshold/{population}");
            let first = noise.first_column.iter().find(|(name, _)| *name == slot);
            first.map_or(0.0, |(_, first)| {
                let row = step * noise.trials + trial;
                f64::from(noise.values[row * noise.columns + first + unit])
            })
        });
        stored + self.network.circuit().noise.threshold_v * jitter
    }
}
