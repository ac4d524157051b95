//! One trial of a dense recording, reduced to what is stored and drawn.

use kenyon_circuit::NeuronModel;

use super::{
    DensePathway, DensePopulation, DenseRecording, PathwayRecording, PopulationRecording,
    Recording, Series, Spike, Trace, compartment,
};
use crate::accuracy::{decide, softmax};

/// What [`Recording::intervention`] says of a model to which nothing was done.
pub const INTACT: &str = "intact";

/// How much of a trial is kept.
#[derive(Clone, Copy, Debug)]
pub struct SelectionRule;

impl SelectionRule {
    /// Traced neurons of a spiking population. Of graded ones, all are.
    pub const NEURONS: usize = 3;
    /// Significant digits of stored values: 0.01 mV of a potential.
    pub const DIGITS: usize = 4;
}

/// What a trial is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caption<'a> {
    /// The stimulus.
    pub stimulus: &'a str,
    /// What was done to the model; [`INTACT`] if nothing.
    pub intervention: &'a str,
    /// Class of the odour; `None` for a mixture.
    pub odour: Option<usize>,
}

/// Neurons whose potentials are kept, ascending, for each population in the order of the circuit.
/// Recordings that are to be compared trace the same neurons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedNeurons(Vec<Vec<usize>>);

impl DenseRecording {
    /// The [`SelectionRule::NEURONS`] neurons of each population with the most spikes in a trial, the
    /// first among equals; all graded neurons. Like a slice, it panics without the trial.
    #[must_use]
    pub fn most_active(&self, trial: usize) -> TracedNeurons {
        let of = |population: &DensePopulation| -> Vec<usize> {
            let neurons = population.cells.len();
            if population.model == NeuronModel::Graded {
                return (0..neurons).collect();
            }
            let mut counts = vec![0_u32; neurons];
            for step in 0..self.steps() {
                let spikes = &self.spikes.at(trial, step)[population.cells.clone()];
                for (count, &spike) in counts.iter_mut().zip(spikes) {
                    *count += u32::from(spike);
                }
            }
            let mut order: Vec<usize> = (0..neurons).collect();
            // The sort is stable, so equals stay in their order.
            order.sort_by_key(|&neuron| std::cmp::Reverse(counts[neuron]));
            order.truncate(SelectionRule::NEURONS);
            order.sort_unstable();
            order
        };
        TracedNeurons(self.populations.iter().map(of).collect())
    }

    /// One trial as it is stored. Like a slice, it panics without the trial or if `traced` is of
    /// another network.
    #[must_use]
    pub fn selected(
        &self,
        trial: usize,
        caption: Caption<'_>,
        traced: &TracedNeurons,
    ) -> Recording {
        let Caption {
            stimulus,
            intervention,
            odour,
        } = caption;
        let logits = &self.logits[trial];
        let populations = self.populations.iter().zip(&traced.0);
        let receptors = self.receptors[trial].iter();
        Recording {
            label: if intervention == INTACT {
                stimulus.to_owned()
            } else {
                format!("{stimulus}, {intervention}")
            },
            stimulus: stimulus.to_owned(),
            intervention: intervention.to_owned(),
            odour,
            decided: decide(logits),
            probabilities: softmax(logits).into_iter().map(rounded).collect(),
            step_s: self.step_s,
            steps: self.steps(),
            segments: Vec::new(),
            receptors: receptors.map(|&value| rounded(f64::from(value))).collect(),
            populations: populations
                .map(|(population, traced)| self.population(trial, population, traced))
                .collect(),
            pathways: self
                .pathways
                .iter()
                .map(|pathway| summed_up(trial, pathway))
                .collect(),
        }
    }

    fn population(
        &self,
        trial: usize,
        population: &DensePopulation,
        traced: &[usize],
    ) -> PopulationRecording {
        let graded = population.model == NeuronModel::Graded;
        let mut spikes = Vec::new();
        for step in (0..self.steps()).filter(|_| !graded) {
            let cells = &self.spikes.at(trial, step)[population.cells.clone()];
            let spiking = (0_u32..).zip(cells).filter(|&(_, &spike)| spike > 0);
            spikes.extend(spiking.map(|(neuron, _)| Spike(step as u32, neuron)));
        }
        let trace = |name: &str, series: &Series, first: usize, neuron: usize| Trace {
            neuron,
            compartment: name.to_owned(),
            values: (0..self.steps())
                .map(|step| rounded(f64::from(series.at(trial, step)[first + neuron])) as f32)
                .collect(),
        };
        let (cells, axons) = (population.cells.start, population.axons.start);
        let mut traces = Vec::new();
        for &neuron in traced {
            let voltage = &self.voltage_mV;
            match population.model {
                NeuronModel::LeakyIntegrateAndFire => {
                    traces.push(trace(compartment::SOMA, voltage, cells, neuron));
                }
                NeuronModel::TwoCompartment => {
                    let axon = &self.axon_voltage_mV;
                    traces.push(trace(compartment::DENDRITE, voltage, cells, neuron));
                    traces.push(trace(compartment::AXON, axon, axons, neuron));
                }
                NeuronModel::Graded => {
                    traces.push(trace(compartment::ACTIVITY, &self.activity, cells, neuron));
                }
            }
        }
        PopulationRecording {
            name: population.name.clone(),
            neurons: population.cells.len(),
            graded,
            spikes,
            traces,
        }
    }
}

fn summed_up(trial: usize, pathway: &DensePathway) -> PathwayRecording {
    PathwayRecording {
        name: pathway.name.clone(),
        source: pathway.source.clone(),
        target: pathway.target.clone(),
        current_pA: means(trial, pathway.current_pA.as_ref()),
        available: means(trial, pathway.vesicle_pool.as_ref()),
    }
}

/// Means over the units of every step; empty without units.
fn means(trial: usize, series: Option<&Series>) -> Vec<f32> {
    let Some(series) = series.filter(|series| series.shape()[2] > 0) else {
        return Vec::new();
    };
    let [_, steps, units] = series.shape();
    let mean = |step| {
        let values = series.at(trial, step).iter();
        let sum: f64 = values.map(|&value| f64::from(value)).sum();
        rounded(sum / units as f64) as f32
    };
    (0..steps).map(mean).collect()
}

/// The value with [`SelectionRule::DIGITS`] significant digits. Through text, because that is exact:
/// the result is the number nearest to the decimal, so it is written with these digits.
fn rounded(value: f64) -> f64 {
    let text = format!("{value:.*e}", SelectionRule::DIGITS - 1);
    text.parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_few_digits() {
        for (value, text) in [
            (-0.055_123_456, "-0.05512"),
            (123_456.0, "123500.0"),
            (0.0, "0.0"),
            (1.0 - 1e-9, "1.0"),
        ] {
            assert_eq!(serde_json::to_string(&rounded(value)).unwrap(), text);
        }
        let single = rounded(-55.119_6) as f32;
        assert_eq!(serde_json::to_string(&single).unwrap(), "-55.12");
    }

    /// Five cells and a graded neuron; neuron 3 spikes twice, 1 and 4 once.
    fn recording() -> DenseRecording {
        let mut spikes = Series::zeros(1, 2, 5);
        spikes.at_mut(0, 0).copy_from_slice(&[0, 1, 0, 1, 0]);
        spikes.at_mut(0, 1).copy_from_slice(&[0, 0, 0, 1, 1]);
        let mut axon = Series::zeros(1, 2, 5);
        axon.at_mut(0, 1)[3] = -40.0;
        let mut activity = Series::zeros(1, 2, 1);
        activity.at_mut(0, 1)[0] = 0.25;
        let mut current = Series::zeros(1, 2, 2);
        current.at_mut(0, 1).copy_from_slice(&[1.0, 2.0]);
        DenseRecording {
            step_s: 1e-3,
            populations: vec![
                DensePopulation {
                    name: "KC".to_owned(),
                    model: NeuronModel::TwoCompartment,
                    cells: 0..5,
                    axons: 0..5,
                },
                DensePopulation {
                    name: "APL".to_owned(),
                    model: NeuronModel::Graded,
                    cells: 0..1,
                    axons: 5..5,
                },
            ],
            voltage_mV: Series::zeros(1, 2, 5),
            spikes,
            axon_voltage_mV: axon,
            activity,
            pathways: vec![DensePathway {
                name: "kc_to_kc".to_owned(),
                source: "KC".to_owned(),
                target: "KC".to_owned(),
                sources: Vec::new(),
                targets: vec![1, 3],
                current_pA: Some(current),
                vesicle_pool: Some(Series::zeros(1, 2, 0)),
            }],
            receptors: vec![vec![0.5]],
            input: Series::zeros(1, 2, 1),
            logits: vec![vec![0.0, 0.0, 1.0]],
        }
    }

    #[test]
    fn the_most_active_neurons_are_traced() {
        let dense = recording();
        let traced = dense.most_active(0);
        assert_eq!(traced.0, [vec![1, 3, 4], vec![0]]);
        let caption = Caption {
            stimulus: "1-hexanol",
            intervention: "without APL",
            odour: Some(2),
        };
        let recording = dense.selected(0, caption, &traced);
        assert_eq!(recording.label, "1-hexanol, without APL");
        assert_eq!((recording.decided, recording.odour), (2, Some(2)));
        assert!((recording.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-3);
        let kc = &recording.populations[0];
        assert_eq!(
            kc.spikes,
            [Spike(0, 1), Spike(0, 3), Spike(1, 3), Spike(1, 4)]
        );
        let traces: Vec<(usize, &str)> = kc
            .traces
            .iter()
            .map(|trace| (trace.neuron, trace.compartment.as_str()))
            .collect();
        let two = |neuron| [(neuron, compartment::DENDRITE), (neuron, compartment::AXON)];
        assert_eq!(traces, [two(1), two(3), two(4)].concat());
        assert_eq!(kc.traces[3].values, [0.0, -40.0]);
        let apl = &recording.populations[1];
        assert!(apl.graded && apl.spikes.is_empty());
        assert_eq!(apl.traces[0].values, [0.0, 0.25]);
        assert_eq!(recording.pathways[0].current_pA, [0.0, 1.5]);
        assert!(recording.pathways[0].available.is_empty());
        let intact = Caption {
            intervention: INTACT,
            ..caption
        };
        assert_eq!(dense.selected(0, intact, &traced).label, "1-hexanol");
    }
}
