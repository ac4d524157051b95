//! The optimiser against stored gradients and parameters of the independent implementation.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::Golden;
use kenyon_circuit::{Form, ParameterGroup, Parameters, Precision};
use kenyon_learning::{Adam, AdamSettings, StepSize};
use kenyon_testing::Suite;

const BASE_RATE: f64 = 1e-3;
const CLIP_NORM: f64 = 5.0;

/// Stored form, bounds and learning-rate factor by name in the test vectors (training.md 1.3).
fn rules(name: &str) -> (Form, Option<(f64, f64)>, f64) {
    let nonad = name.ends_with("_nonad");
    match name {
        "or_gain" => (Form::Softplus, None, 0.5),
        "log_input" => (Form::Log, None, 0.2),
        "log_g_sd" => (Form::Log, Some((1e-9, 20e-9)), 0.1),
        "apl_log_drive" => (Form::Log, None, 4.0),
        "apl_dend_gain" | "apl_gain" => (Form::Softplus, None, 4.0),
        "apl_log_tau" => (Form::Log, Some((0.010, 0.050)), 0.05),
        "log_strength.PK" => (Form::Log, Some((1e-12, 1e-7)), 4.0),
        "log_strength.PK_nonad" => (Form::Log, Some((1e-12, 1e-8)), 0.05),
        "log_strength.KKaa" | "log_strength.KKad" => (Form::Log, Some((1e-12, 1e-8)), 0.1),
        _ if name.starts_with("theta.") => (Form::Plain, Some((-0.055, -0.030)), 0.01),
        _ if name.starts_with("log_tau_m.") => (Form::Log, Some((0.005, 0.050)), 0.2),
        _ if name.starts_with("log_gap.") => (Form::Log, None, 0.2),
        _ if name.starts_with("log_strength.") => (
            Form::Log,
            Some((1e-12, 1e-7)),
            if nonad { 0.05 } else { 0.2 },
        ),
        _ if name.starts_with("log_tau_rec.") => (Form::Log, Some((0.020, 2.0)), 0.1),
        _ if name.starts_with("logit_u.") => (Form::Logit, Some((0.05, 0.8)), 0.1),
        _ if name.starts_with("graded.") => (Form::Softplus, None, 0.1),
        _ if name.starts_with("decoder.") => (Form::Plain, None, 1.0),
        _ => panic!("no rule for {name}"),
    }
}

fn groups(golden: &Golden) -> Vec<ParameterGroup> {
    let mut next = 0;
    let mut group = |name: &str| {
        let (form, bounds, learning_rate) = rules(name);
        let shape = golden.shape(&format!("student.param0.{name}"));
        let range = next..next + shape.iter().product::<usize>();
        next = range.end;
        let precision = if name.starts_with("log_gap.") {
            Precision::Double
        } else {
            Precision::Single
        };
        ParameterGroup {
            name: name.to_owned(),
            shape,
            range,
            form,
            unit: "1",
            start: 0.0,
            bounds,
            learning_rate,
            precision,
            learned: true,
        }
    };
    let names = golden.names();
    names
        .iter()
        .filter_map(|name| name.strip_prefix("student.param0."))
        .map(&mut group)
        .collect()
}

fn read(golden: &Golden, groups: &[ParameterGroup], prefix: &str) -> Vec<f64> {
    groups
        .iter()
        .flat_map(|group| golden.values(&format!("{prefix}.{}", group.name)))
        .collect()
}

/// Distance of two neighbouring single-precision numbers at `value`.
fn ulp(value: f64) -> f64 {
    let single = (value as f32).abs();
    f64::from(f32::from_bits(single.to_bits() + 1) - single)
}

fn stored_gradients_give_the_stored_parameters(path: std::path::PathBuf) {
    let golden = Golden::open(&path);
    let groups = groups(&golden);
    let mut parameters = Parameters {
        values: read(&golden, &groups, "student.param0"),
    };
    assert_eq!(parameters.values.len(), 4509);
    let mut adam = Adam::new(AdamSettings::default(), parameters.values.len());
    let size = StepSize {
        base_rate: BASE_RATE,
        clip_norm: Some(CLIP_NORM),
    };
    for step in 1..=5 {
        let gradient = read(&golden, &groups, &format!("student.grad{step}"));
        let report = adam.step(&groups, size, &mut parameters, &gradient);
        let norm = golden.number(&format!("student.gradient_norm{step}"));
        let factor = golden.number(&format!("student.clip_factor{step}"));
        assert!(
            (report.gradient_norm / norm - 1.0).abs() < 1e-6,
            "{} {norm}",
            report.gradient_norm
        );
        assert!(
            (report.clip_factor / factor - 1.0).abs() < 1e-6,
            "{} {factor}",
            report.clip_factor
        );
        let expected = read(&golden, &groups, &format!("student.param{step}"));
        let (mut worst_rates, mut worst_ulps) = (0.0_f64, 0.0_f64);
        for group in &groups {
            let rate = BASE_RATE * group.learning_rate;
            for index in group.range.clone() {
                let error = (parameters.values[index] - expected[index]).abs();
                let (rates, ulps) = (error / rate, error / ulp(expected[index]));
                assert!(
                    rates < 1e-3 || ulps <= 2.0,
                    "step {step}, {}: {rates:e} learning rates, {ulps} ulp",
                    group.name
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
