//! Step-by-step recordings in the layout of golden vectors, `(step, trial, unit)`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kenyon_circuit::{Network, NeuronModel, Observer, Scalar, Snapshot};

use super::names::{CHEMICAL, POPULATIONS};

/// Recorded tensors by golden name.
pub(crate) type Records = RefCell<BTreeMap<String, Vec<f64>>>;

/// Records one group of trials.
pub(crate) struct Recorder<'a> {
    network: &'a Network,
    records: &'a Records,
    trials: usize,
    /// Place of the group's first trial among all.
    first: usize,
    /// Whether vesicle pools, currents and timers are recorded too.
    complete: bool,
}

impl<'a> Recorder<'a> {
    pub fn new(
        network: &'a Network,
        records: &'a Records,
        trials: usize,
        first: usize,
        complete: bool,
    ) -> Self {
        Self {
            network,
            records,
            trials,
            first,
            complete,
        }
    }

    /// Stores `units` values of every trial of the group.
    fn store<S: Scalar>(
        &self,
        name: &str,
        step: usize,
        units: usize,
        value: impl Fn(usize) -> Option<S>,
        convert: impl Fn(f64) -> f64,
    ) {
        let mut records = self.records.borrow_mut();
        let size = self.network.steps() * self.trials * units;
        let tensor = records
            .entry(name.to_owned())
            .or_insert_with(|| vec![0.0; size]);
        for unit in 0..units {
            let Some(value) = value(unit) else { continue };
            for lane in 0..S::LANES.min(self.trials - self.first) {
                let row = step * self.trials + self.first + lane;
                tensor[row * units + unit] = convert(value.lane(lane));
            }
        }
    }
}

impl<S: Scalar> Observer<S> for Recorder<'_> {
    fn observe(&mut self, step: usize, state: &Snapshot<'_, S>) {
        let rest = self.network.circuit().membrane.rest_v;
        let volt = |above: f64| above + rest;
        let same = |value: f64| value;
        for (label, name) in POPULATIONS {
            let Some(population) = self.network.population(name) else {
                continue;
            };
            let (start, units) = (population.range.start, population.range.len());
            let take = |values: &[S]| {
                let values = values[start..start + units].to_vec();
                move |unit: usize| Some(values[unit])
            };
            if population.model == NeuronModel::TwoCompartment {
                self.store(
                    &format!("step.Vd.{label}"),
                    step,
                    units,
                    take(state.voltage),
                    volt,
                );
                self.store(
                    &format!("step.Va.{label}"),
                    step,
                    units,
                    take(state.axon),
                    volt,
                );
            } else {
                self.store(
                    &format!("step.V.{label}"),
                    step,
                    units,
                    take(state.voltage),
                    volt,
                );
            }
            self.store(
                &format!("step.s.{label}"),
                step,
                units,
                take(state.spike),
                same,
            );
            if self.complete {
                self.store(
                    &format!("step.r.{label}"),
                    step,
                    units,
                    take(state.timer),
                    same,
                );
            }
        }
        if let Some(apl) = self.network.population("APL") {
            let (start, units) = (apl.range.start, apl.range.len());
            self.store(
                "step.a",
                step,
                units,
                |unit| Some(state.voltage[start + unit]),
                same,
            );
        }
        if !self.complete {
            return;
        }
        for (label, name) in CHEMICAL {
            let pathways = self.network.pathways();
            let Some(index) = pathways.iter().position(|pathway| pathway.name == name) else {
                continue;
            };
            let pathway = &pathways[index];
            let size = |population: usize| self.network.populations()[population].range.len();
            let targets = pathway.targets();
            let current = |unit: usize| {
                targets
                    .binary_search(&(unit as u32))
                    .ok()
                    .map(|row| state.current[index][row])
            };
            self.store(
                &format!("step.I.{label}"),
                step,
                size(pathway.target),
                current,
                same,
            );
            let pool = |unit: usize| state.depletion[index].get(unit).copied();
            let left = |used: f64| 1.0 - used;
            self.store(
                &format!("step.x.{label}"),
                step,
                size(pathway.source),
                pool,
                left,
            );
        }
    }
}
