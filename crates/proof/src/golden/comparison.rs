//! Comparing tensors, and how far each may deviate.

use kenyon_circuit::Network;

use super::Vectors;
use super::report::{Deviation, relative};

/// Tolerance of the `f64` engine everywhere.
pub(crate) const DOUBLE: f64 = 1e-10;

/// Tolerances of `f32` work relative to the largest value of a tensor (golden README).
pub(crate) fn single(tensor: &str, soft: bool) -> f64 {
    let name = tensor.rsplit_once("step.").map_or(tensor, |(_, name)| name);
    if !soft {
        return match name.split('.').next() {
            Some("V" | "Vd" | "Va") => 5e-6,
            Some("s") => 0.0,
            _ if tensor.contains("out.count") => 0.0,
            _ => 1e-5,
        };
    }
    if tensor.starts_with("grad") {
        return 5e-3;
    }
    match name.split('.').next() {
        Some("V" | "Vd" | "Va" | "r") => 1e-3,
        Some("s") => 5e-3,
        Some("I" | "x" | "a") => 2e-3,
        _ if tensor.contains("out.count") => 2e-3,
        _ => 5e-4,
    }
}

/// Collects comparisons of one file.
pub(crate) struct Comparison<'a> {
    pub vectors: &'a Vectors,
    pub deviations: Vec<Deviation>,
}

impl Comparison<'_> {
    /// Compares `actual` with the tensor `name`, if the file has it.
    pub fn check(&mut self, arithmetic: &str, name: &str, actual: &[f64], tolerance: f64) {
        let Some(expected) = self.vectors.get(name) else {
            return;
        };
        let (deviation, worst) = relative(actual, &expected.values);
        let step = match expected.shape.as_slice() {
            [steps, ..] if name.contains("step.") => worst / (expected.values.len() / steps).max(1),
            _ => worst,
        };
        self.push(
            arithmetic,
            name,
            deviation,
            tolerance,
            "relative to the largest value",
            step,
        );
    }

    /// Compares numbers that must be equal, such as counts.
    pub fn exact(&mut self, what: &str, name: &str, actual: &[f64], expected: &[f64]) {
        let (deviation, worst) = if actual.len() == expected.len() {
            let differ = |(actual, expected): (&f64, &f64)| actual != expected;
            let differences = actual
                .iter()
                .zip(expected)
                .filter(|&pair| differ(pair))
                .count();
            let first = actual.iter().zip(expected).position(differ).unwrap_or(0);
            (differences as f64, first)
        } else {
            (f64::INFINITY, 0)
        };
        self.push(
            what,
            name,
            deviation,
            0.0,
            "number of values that differ",
            worst,
        );
    }

    /// Says more about the last deviation.
    pub fn explain(&mut self, detail: String) {
        if let Some(last) = self.deviations.last_mut() {
            last.detail = Some(detail);
        }
    }

    /// Adds a deviation measured elsewhere.
    pub fn push(
        &mut self,
        arithmetic: &str,
        name: &str,
        deviation: f64,
        tolerance: f64,
        measure: &'static str,
        worst: usize,
    ) {
        self.deviations.push(Deviation {
            file: self.vectors.file.clone(),
            tensor: format!("{arithmetic} {name}"),
            deviation,
            tolerance,
            measure,
            worst,
            detail: None,
        });
    }
}

/// Counts of one population, `[trial][neuron]`, from those of all neurons.
pub(crate) fn population_counts(
    network: &Network,
    counts: &[f64],
    name: &str,
    trials: usize,
) -> Vec<f64> {
    let Some(population) = network.population(name) else {
        return Vec::new();
    };
    (0..trials)
        .flat_map(|trial| counts[trial * network.neurons()..][population.range.clone()].to_vec())
        .collect()
}
