//! The optimiser, with the learning rates and bounds of the larval circuit, against stored gradients
//! and parameters of the independent implementation.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;
mod names;

use common::Golden;
use kenyon_circuit::{Circuit, Network, Parameters};
use kenyon_connectome::sample;
use kenyon_learning::{Adam, AdamSettings, StepSize};
use kenyon_testing::Suite;
use names::student_values;

const BASE_RATE: f64 = 1e-3;
const CLIP_NORM: f64 = 5.0;

/// Distance of two neighbouring single-precision numbers at `value`.
fn ulp(value: f64) -> f64 {
    let single = (value as f32).abs();
    f64::from(f32::from_bits(single.to_bits() + 1) - single)
}

fn stored_gradients_give_the_stored_parameters(path: std::path::PathBuf) {
    let golden = Golden::open(&path);
    // The table depends on sizes only, and those of the drawn larva are the real ones.
    let data = sample::sample(1, 1).unwrap();
    let network = Network::compile(&Circuit::larva(), &data.connectome).unwrap();
    let table = network.table();
    let mut parameters = Parameters {
        values: student_values(table, &golden, "student.param0"),
    };
    assert_eq!(parameters.values.len(), 4509);
    let mut adam = Adam::new(AdamSettings::default(), parameters.values.len());
    let size = StepSize {
        base_rate: BASE_RATE,
        clip_norm: Some(CLIP_NORM),
    };
    for step in 1..=5 {
        let gradient = student_values(table, &golden, &format!("student.grad{step}"));
        let report = adam.step(table.groups(), size, &mut parameters, &gradient);
        let norm = golden.number(&format!("student.gradient_norm{step}"));
        let factor = golden.number(&format!("student.clip_factor{step}"));
        assert!(
            (report.gradient_norm / norm - 1.0).abs() < 1e-6,
            "norm of step {step}"
        );
        assert!(
            (report.clip_factor / factor - 1.0).abs() < 1e-6,
            "clip factor of step {step}"
        );
        let expected = student_values(table, &golden, &format!("student.param{step}"));
        let (mut worst_rates, mut worst_ulps) = (0.0_f64, 0.0_f64);
        for group in table.groups() {
            let rate = BASE_RATE * group.learning_rate;
            for index in group.range.clone() {
                let error = (parameters.values[index] - expected[index]).abs();
                let (rates, ulps) = (error / rate, error / ulp(expected[index]));
                let name = &group.name;
                assert!(
                    rates < 1e-3 || ulps <= 2.0,
                    "step {step}, {name}: {rates:e} learning rates, {ulps} ulp"
                );
                if rates >= 1e-3 {
                    worst_ulps = worst_ulps.max(ulps);
                } else {
                    worst_rates = worst_rates.max(rates);
                }
            }
        }
        println!("step {step}: within {worst_rates:.1e} learning rates or {worst_ulps:.1} ulp");
    }
}

fn main() {
    Suite::new("optimiser")
        .test_with_shared(
            "stored gradients give the stored parameters",
            "golden/training_steps.safetensors",
            stored_gradients_give_the_stored_parameters,
        )
        .run();
}
