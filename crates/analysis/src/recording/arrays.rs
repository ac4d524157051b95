//! A recording as named arrays, for NumPy and whatever else reads arrays.
//!
//! The axes of arrays are named by other arrays: `neuron_population` and `neuron_id` those of `spikes`
//! and `voltage_mV`, `axon_neuron` (positions among these) that of `axon_voltage_mV`,
//! `graded_population` and `graded_id` that of `activity`, `current_target/NAME` and
//! `vesicle_pool_source/NAME` (positions in the population) those of pathway `NAME`, `odour` the
//! classes of `probability`. Step `k` is the state at the end of step `k`, `(k + 1) step_s` after the
//! start.

use std::borrow::Cow;

use kenyon_circuit::NeuronModel;

use super::{DensePathway, DenseRecording, Series};
use crate::accuracy::{decide, softmax};

/// What names the trials of a recording and its axes.
#[derive(Clone, Copy)]
pub struct Captions<'a> {
    /// What was presented.
    pub stimulus: &'a str,
    /// What was done to the network.
    pub intervention: &'a str,
    /// Concentration relative to the panel's, if there is one for the whole trial.
    pub concentration: Option<f64>,
    /// Names of the odours, by class.
    pub odours: &'a [String],
    /// Identities of the neurons of a population in the source of the connectome.
    pub ids: &'a dyn Fn(&str) -> Vec<String>,
}

/// An array with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedArray<'a> {
    /// Its name, such as `spikes` or `current_pA/orn_to_pn`.
    pub name: String,
    /// Its sides; empty of a single value.
    pub shape: Vec<usize>,
    /// Its values, the last index fastest.
    pub values: ArrayValues<'a>,
}

/// The values of a [`NamedArray`].
#[derive(Clone, Debug, PartialEq)]
pub enum ArrayValues<'a> {
    /// Zeros and ones.
    U8(Cow<'a, [u8]>),
    /// Positions and classes.
    U32(Cow<'a, [u32]>),
    /// What was simulated.
    F32(Cow<'a, [f32]>),
    /// Settings and what was computed from trials.
    F64(Cow<'a, [f64]>),
    /// Names.
    Text(Cow<'a, [String]>),
}

impl DenseRecording {
    /// The recording as arrays, with what names their axes.
    #[must_use]
    pub fn arrays(&self, captions: &Captions<'_>) -> Vec<NamedArray<'_>> {
        let mut arrays = vec![
            single("stimulus", text([captions.stimulus])),
            single("intervention", text([captions.intervention])),
            single("step_s", computed(vec![self.step_s])),
            series("spikes", &self.spikes, ArrayValues::U8),
        ];
        if let Some(concentration) = captions.concentration {
            arrays.push(single("concentration", computed(vec![concentration])));
        }
        for (name, values) in [
            ("voltage_mV", &self.voltage_mV),
            ("axon_voltage_mV", &self.axon_voltage_mV),
            ("activity", &self.activity),
        ] {
            arrays.push(series(name, values, ArrayValues::F32));
        }
        self.add_axes(&mut arrays, captions);
        self.add_pathways(&mut arrays);
        self.add_decisions(&mut arrays, captions);
        arrays
    }

    /// Names of the neurons.
    fn add_axes(&self, arrays: &mut Vec<NamedArray<'_>>, captions: &Captions<'_>) {
        let (mut spiking, mut graded) = (Vec::new(), Vec::new());
        let mut axons = Vec::new();
        for population in &self.populations {
            let neurons = match population.model {
                NeuronModel::Graded => &mut graded,
                NeuronModel::LeakyIntegrateAndFire | NeuronModel::TwoCompartment => &mut spiking,
            };
            for id in (captions.ids)(&population.name) {
                neurons.push((population.name.clone(), id));
            }
            if !population.axons.is_empty() {
                axons.extend(population.cells.clone().map(|cell| cell as u32));
            }
        }
        for (kind, neurons) in [("neuron", spiking), ("graded", graded)] {
            let (names, ids): (Vec<String>, Vec<String>) = neurons.into_iter().unzip();
            arrays.push(list(format!("{kind}_population"), text(names)));
            arrays.push(list(format!("{kind}_id"), text(ids)));
        }
        arrays.push(list("axon_neuron", ArrayValues::U32(axons.into())));
    }

    fn add_pathways<'a>(&'a self, arrays: &mut Vec<NamedArray<'a>>) {
        let names = |name: fn(&DensePathway) -> &String| text(self.pathways.iter().map(name));
        arrays.extend([
            list("pathway", names(|pathway| &pathway.name)),
            list("pathway_source", names(|pathway| &pathway.source)),
            list("pathway_target", names(|pathway| &pathway.target)),
        ]);
        for pathway in &self.pathways {
            let (name, neurons) = (&pathway.name, |units: &'a [u32]| {
                ArrayValues::U32(units.into())
            });
            if let Some(current) = &pathway.current_pA {
                let target = neurons(&pathway.targets);
                let shown = format!("current_pA/{name}");
                arrays.push(series(shown, current, ArrayValues::F32));
                arrays.push(list(format!("current_target/{name}"), target));
            }
            if let Some(pool) = &pathway.vesicle_pool {
                let source = neurons(&pathway.sources);
                let shown = format!("vesicle_pool/{name}");
                arrays.push(series(shown, pool, ArrayValues::F32));
                arrays.push(list(format!("vesicle_pool_source/{name}"), source));
            }
        }
    }

    /// What the trials were taken for.
    fn add_decisions<'a>(&'a self, arrays: &mut Vec<NamedArray<'a>>, captions: &Captions<'_>) {
        let trials = self.trials();
        let logits = self.logits.iter();
        let probabilities = logits.flat_map(|logits| softmax(logits)).collect();
        let decided: Vec<u32> = (self.logits.iter())
            .map(|logits| decide(logits) as u32)
            .collect();
        let receptors = ArrayValues::F32(self.receptors.concat().into());
        arrays.extend([
            table("receptors", trials, receptors),
            series("input", &self.input, ArrayValues::F32),
            table("probability", trials, computed(probabilities)),
            list("decided", ArrayValues::U32(decided.into())),
            list("odour", text(captions.odours)),
        ]);
    }
}

fn text<'a>(texts: impl IntoIterator<Item = impl ToString>) -> ArrayValues<'a> {
    ArrayValues::Text(texts.into_iter().map(|it| it.to_string()).collect())
}

fn computed<'a>(values: Vec<f64>) -> ArrayValues<'a> {
    ArrayValues::F64(values.into())
}

fn table<'a>(name: &str, rows: usize, values: ArrayValues<'a>) -> NamedArray<'a> {
    NamedArray {
        name: name.to_owned(),
        shape: vec![rows, values.len() / rows.max(1)],
        values,
    }
}

fn single<'a>(name: &str, values: ArrayValues<'a>) -> NamedArray<'a> {
    NamedArray {
        name: name.to_owned(),
        shape: Vec::new(),
        values,
    }
}

fn list<'a>(name: impl Into<String>, values: ArrayValues<'a>) -> NamedArray<'a> {
    NamedArray {
        name: name.into(),
        shape: vec![values.len()],
        values,
    }
}

fn series<'a, T: Copy + Default>(
    name: impl Into<String>,
    series: &'a Series<T>,
    kind: fn(Cow<'a, [T]>) -> ArrayValues<'a>,
) -> NamedArray<'a> {
    NamedArray {
        name: name.into(),
        shape: series.shape().to_vec(),
        values: kind(series.values().into()),
    }
}

impl ArrayValues<'_> {
    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U32(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
