//! Gradients of the objective on stimuli of one's own.

use kenyon_circuit::{GradientWorkspace, Interventions, Noise, NoiseStream, Parameters, gradient};
use kenyon_learning::{Loss, LossReport};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::wrong;
use crate::model::Model;
use crate::stimulus::stimuli as trials_of;
use crate::work;

/// Trials whose gradient is taken at once: memory is about 10 MB for every 16.
const TRIALS_AT_ONCE: usize = 256;

/// Gradient of the mean cross-entropy of trials, as a dictionary.
pub(crate) fn of_cross_entropy<'py>(
    py: Python<'py>,
    model: &Model,
    stimuli: &Bound<'py, PyAny>,
    labels: &[usize],
    seed: u64,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let network = &model.network.subject.network;
    let stimuli = trials_of(stimuli, network.channels())?;
    if labels.len() != stimuli.len() {
        return Err(wrong(format!(
            "there are {} labels for {} trials",
            labels.len(),
            stimuli.len()
        )));
    }
    if let Some(label) = labels.iter().find(|&&label| label >= network.classes()) {
        return Err(wrong(format!(
            "there is no class {label}; the classes are 0 to {}",
            network.classes() - 1
        )));
    }
    let loss = Loss {
        sparsity: None,
        energy: None,
        ramp_epochs: 0,
    };
    let noise = Noise::Generated(NoiseStream::new(seed, "gradient/circuit"));
    let none = Interventions::default();
    let (report, slopes) = work::run(py, threads, |stop| {
        let mut workspace = GradientWorkspace::new(network);
        let mut sum = LossReport::default();
        let mut slopes = vec![0.0; model.parameters.values.len()];
        let portions = stimuli.chunks(TRIALS_AT_ONCE);
        for (stimuli, labels) in portions.zip(labels.chunks(TRIALS_AT_ONCE)) {
            let mut report = LossReport::default();
            let own = gradient(
                &mut workspace,
                network,
                &model.parameters,
                stimuli,
                noise,
                &none,
                &mut |responses| {
                    let (terms, upstream) = loss.evaluate(0, responses, labels, network);
                    report = terms;
                    upstream
                },
            );
            let trials = stimuli.len() as f64;
            sum.cross_entropy += trials * report.cross_entropy;
            sum.correct += report.correct;
            for (slope, own) in slopes.iter_mut().zip(own) {
                *slope += trials * own;
            }
            if stop.is_set() {
                break;
            }
        }
        (sum, slopes)
    })?;
    let trials = stimuli.len() as f64;
    let slopes = Parameters {
        values: slopes.into_iter().map(|slope| slope / trials).collect(),
    };
    let outcome = PyDict::new(py);
    outcome.set_item("cross_entropy", report.cross_entropy / trials)?;
    outcome.set_item("correct", report.correct as f64 / trials)?;
    outcome.set_item("gradient", model.network.parameters(py, &slopes, true)?)?;
    Ok(outcome)
}
