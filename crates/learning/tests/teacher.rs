//! The rate teacher against the independent implementation, and against finite differences.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::{Golden, TEACHER_NAMES, deviation, larva_teacher, teacher_values};
use kenyon_circuit::{Parameters, Stimulus};
use kenyon_connectome::Contact;
use kenyon_learning::{
    Adam, AdamSettings, RateTeacher, SparsityTerm, StepSize, TeacherError, TeacherRoles,
    TeacherWorkspace,
};
use kenyon_testing::Suite;

fn stimuli(rows: &[f64]) -> Vec<Stimulus> {
    rows.chunks(21)
        .zip(0..)
        .map(|(row, trial)| Stimulus {
            input: row.iter().map(|&x| x as f32).collect(),
            trial,
        })
        .collect()
}

fn responses_and_gradient_agree(path: std::path::PathBuf) {
    let golden = Golden::open(&path);
    let teacher = larva_teacher(&path);
    let parameters = teacher_values(&teacher, &golden, "param.");
    assert_eq!(parameters.len(), 4304);
    let stimuli = stimuli(&golden.values("input.u"));
    let mut workspace = TeacherWorkspace::new(&teacher);
    let responses = teacher.respond(&mut workspace, &parameters, &stimuli);
    for (name, actual) in [
        ("out.ln", responses.inhibitory.concat()),
        ("out.pn", responses.relay.concat()),
        ("out.apl", responses.feedback.concat()),
        ("out.kc", responses.coding.concat()),
        ("out.logits", responses.logits.concat()),
    ] {
        let error = deviation(&actual, &golden.values(name));
        println!("{name}: {error:.1e}");
        assert!(error < 3e-6, "{name}: {error:e}");
    }

    let mut gradient = vec![0.0; parameters.len()];
    let labels = golden.labels();
    let term = SparsityTerm::TEACHER;
    let report = teacher.gradient(
        &mut workspace,
        &parameters,
        &stimuli,
        &labels,
        &term,
        &mut gradient,
    );
    for (name, actual) in [
        ("loss.ce", report.cross_entropy),
        ("loss.sparsity", report.sparsity),
        ("loss.total", report.total),
    ] {
        assert!(deviation(&[actual], &golden.values(name)) < 3e-6, "{name}");
        assert!(
            deviation(&[actual], &golden.values(&format!("f64.{name}"))) < 1e-12,
            "{name}"
        );
    }
    for (theirs, ours) in TEACHER_NAMES {
        let group = teacher
            .groups()
            .iter()
            .find(|group| group.name == ours)
            .unwrap();
        let actual = &gradient[group.range.clone()];
        let single = deviation(actual, &golden.values(&format!("grad.{theirs}")));
        let double = deviation(actual, &golden.values(&format!("f64.grad.{theirs}")));
        println!("gradient of {ours}: {single:.1e} from f32, {double:.1e} from f64");
        assert!(single < 3e-6, "{ours}: {single:e}");
        assert!(double < 1e-10, "{ours}: {double:e}");
    }
}

fn five_steps_agree(path: std::path::PathBuf) {
    const RATE: f64 = 1e-2;
    let golden = Golden::open(&path);
    let teacher = larva_teacher(&path);
    let mut parameters = Parameters {
        values: teacher_values(&teacher, &golden, "teacher.param0."),
    };
    let mut adam = Adam::new(AdamSettings::default(), parameters.values.len());
    let mut workspace = TeacherWorkspace::new(&teacher);
    let mut gradient = vec![0.0; parameters.values.len()];
    let (inputs, labels) = (golden.values("input.u"), golden.labels());
    for step in 0..5 {
        let report = teacher.gradient(
            &mut workspace,
            &parameters.values,
            &stimuli(&inputs[step * 16 * 21..(step + 1) * 16 * 21]),
            &labels[step * 16..(step + 1) * 16],
            &SparsityTerm::TEACHER,
            &mut gradient,
        );
        let number = step + 1;
        let loss = deviation(
            &[report.total],
            &golden.values(&format!("teacher.loss{number}")),
        );
        assert!(loss < 1e-5, "loss of step {number}: {loss:e}");
        let size = StepSize {
            base_rate: RATE,
            clip_norm: None,
        };
        adam.step(teacher.groups(), size, &mut parameters, &gradient);
        let expected = teacher_values(&teacher, &golden, &format!("teacher.param{number}."));
        let worst = parameters
            .values
            .iter()
            .zip(&expected)
            .fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs() / RATE));
        println!("step {number}: loss {loss:.1e}, parameters {worst:.1e} learning rates");
        assert!(worst < 0.01, "step {number}: {worst:e} learning rates");
    }
}

/// 5400 steps of 16 trials; prints the time, and checks it generously in release builds only.
fn training_is_fast(path: std::path::PathBuf) {
    let golden = Golden::open(&path);
    let teacher = larva_teacher(&path);
    let mut parameters = Parameters {
        values: teacher_values(&teacher, &golden, "teacher.param0."),
    };
    let mut adam = Adam::new(AdamSettings::default(), parameters.values.len());
    let mut workspace = TeacherWorkspace::new(&teacher);
    let mut gradient = vec![0.0; parameters.values.len()];
    let stimuli = stimuli(&golden.values("input.u")[..16 * 21]);
    let labels = &golden.labels()[..16];
    let size = StepSize {
        base_rate: 1e-2,
        clip_norm: None,
    };
    let start = Instant::now();
    let (steps, scale) = if cfg!(debug_assertions) {
        (54, 100.0)
    } else {
        (5400, 1.0)
    };
    for _ in 0..steps {
        let term = SparsityTerm::TEACHER;
        let values = &parameters.values;
        teacher.gradient(
            &mut workspace,
            values,
            &stimuli,
            labels,
            &term,
            &mut gradient,
        );
        adam.step(teacher.groups(), size, &mut parameters, &gradient);
    }
    let seconds = start.elapsed().as_secs_f64() * scale;
    println!("5400 teacher steps of 16 trials: {seconds:.2} s");
    assert!(cfg!(debug_assertions) || seconds < 10.0, "{seconds} s");
}

/// A small network in which every pathway acts; sizes that are no multiple of anything.
fn small_teacher() -> RateTeacher {
    let sizes = [("ORN", 6), ("LN", 5), ("PN", 7), ("KC", 9), ("APL", 2)];
    let first = [0, 6, 11, 18, 27];
    let mut contacts = Vec::new();
    for (source, target) in [(0, 2), (1, 2), (0, 1), (2, 3), (3, 4), (4, 3)] {
        for i in 0..sizes[source].1 {
            for j in 0..sizes[target].1 {
                let count = (7 * i + 5 * j + 3 * source + target) % 6;
                let pair = ((first[source] + i) as u32, (first[target] + j) as u32);
                contacts.push(Contact {
                    source: pair.0,
                    target: pair.1,
                    counts: [0, count as u32, 9, 0],
                });
            }
        }
    }
    RateTeacher::new(&common::build(&sizes, contacts), &common::roles(), 3, 4).unwrap()
}

fn small_case(trials: usize) -> (RateTeacher, Vec<f64>, Vec<Stimulus>, Vec<usize>) {
    let teacher = small_teacher();
    let count = teacher.groups().last().unwrap().range.end;
    let mut parameters: Vec<f64> = (0..count)
        .map(|k| ((k * 37 % 19) as f64 - 9.0) * 0.05)
        .collect();
    // Weak feedback, so that some coding neurons stay above zero in every iteration.
    for group in teacher.groups() {
        if group.name == "apl_to_kc.strength" || group.name == "ln_to_pn.strength" {
            parameters[group.range.start] = -3.0;
        }
    }
    let stimuli = (0..trials)
        .map(|trial| {
            let input = (0..3)
                .map(|c| ((trial * 5 + c * 3) % 7) as f32 * 0.3 + 0.1)
                .collect();
            Stimulus {
                input,
                trial: trial as u32,
            }
        })
        .collect();
    let labels = (0..trials).map(|trial| trial % 4).collect();
    (teacher, parameters, stimuli, labels)
}

/// Relu has kinks, so a step that crosses one is told apart by comparing two step sizes.
fn gradient_agrees_with_finite_differences() {
    // Eleven trials leave lanes empty, 37 need three blocks.
    for trials in [11, 37] {
        let (teacher, parameters, stimuli, labels) = small_case(trials);
        let mut workspace = TeacherWorkspace::new(&teacher);
        let mut gradient = vec![0.0; parameters.len()];
        let term = SparsityTerm::TEACHER;
        let mut scratch = gradient.clone();
        let mut loss = |parameters: &[f64], slopes: &mut [f64]| {
            teacher
                .gradient(&mut workspace, parameters, &stimuli, &labels, &term, slopes)
                .total
        };
        loss(&parameters, &mut gradient);
        for group in teacher.groups() {
            assert!(
                gradient[group.range.clone()]
                    .iter()
                    .any(|&g| g.abs() > 1e-6),
                "{} is idle",
                group.name
            );
            for index in group.range.clone() {
                let mut difference = |h: f64| {
                    let mut moved = parameters.clone();
                    moved[index] += h;
                    let up = loss(&moved, &mut scratch);
                    moved[index] -= 2.0 * h;
                    (up - loss(&moved, &mut scratch)) / (2.0 * h)
                };
                let best = [1e-5, 3e-6, 1e-6]
                    .map(|h| (difference(h) - gradient[index]).abs())
                    .into_iter()
                    .fold(f64::INFINITY, f64::min);
                let name = &group.name;
                assert!(
                    best < 2e-9 + 1e-7 * gradient[index].abs(),
                    "{name}[{index}]: {best:e}"
                );
            }
        }
    }
}

/// How a batch is split into blocks changes neither responses nor (beyond rounding) the gradient.
fn batches_of_any_size_agree() {
    let (teacher, parameters, stimuli, labels) = small_case(37);
    let mut workspace = TeacherWorkspace::new(&teacher);
    let whole = teacher.respond(&mut workspace, &parameters, &stimuli);
    for (trial, stimulus) in stimuli.iter().enumerate() {
        let single = teacher.respond(&mut workspace, &parameters, std::slice::from_ref(stimulus));
        assert_eq!(single.logits[0], whole.logits[trial]);
        assert_eq!(single.coding[0], whole.coding[trial]);
    }
    let none = SparsityTerm {
        weight: 0.0,
        ..SparsityTerm::TEACHER
    };
    let mut gradient = vec![0.0; parameters.len()];
    teacher.gradient(
        &mut workspace,
        &parameters,
        &stimuli,
        &labels,
        &none,
        &mut gradient,
    );
    let mut sum = vec![0.0; parameters.len()];
    for (stimulus, label) in stimuli.iter().zip(&labels) {
        let mut one = vec![0.0; parameters.len()];
        let (stimulus, label) = (std::slice::from_ref(stimulus), std::slice::from_ref(label));
        teacher.gradient(
            &mut workspace,
            &parameters,
            stimulus,
            label,
            &none,
            &mut one,
        );
        for (sum, one) in sum.iter_mut().zip(one) {
            *sum += one / 37.0;
        }
    }
    assert!(deviation(&gradient, &sum) < 1e-13);
}

fn unsuitable_connectomes_are_refused() {
    let mut table = kenyon_circuit::Circuit::larva().teacher.unwrap();
    assert_eq!(TeacherRoles::new(&table).unwrap(), common::roles());
    table.compartments.push("ax".to_owned());
    let unknown = TeacherRoles::new(&table).unwrap_err();
    assert_eq!(
        unknown,
        TeacherError::UnknownCompartment {
            code: "ax".to_owned()
        }
    );

    let connectome = common::build(&common::POPULATIONS, Vec::new());
    let refusal = |roles, channels, classes| {
        RateTeacher::new(&connectome, &roles, channels, classes).unwrap_err()
    };
    let mut unknown = common::roles();
    unknown.relay = "projection".to_owned();
    let expected = TeacherError::UnknownPopulation {
        role: "relay",
        population: "projection".to_owned(),
    };
    assert_eq!(refusal(unknown, 21, 28), expected);
    let mut shared = common::roles();
    shared.feedback = "KC".to_owned();
    assert!(matches!(
        refusal(shared, 21, 28),
        TeacherError::SharedPopulation { .. }
    ));
    assert!(matches!(
        refusal(common::roles(), 20, 28),
        TeacherError::UnevenChannels { channels: 20, .. }
    ));
    assert!(matches!(
        refusal(common::roles(), 0, 28),
        TeacherError::UnevenChannels { .. }
    ));
    assert!(matches!(
        refusal(common::roles(), 21, 1),
        TeacherError::TooFewClasses { classes: 1 }
    ));
    assert!(matches!(
        refusal(common::roles(), 21, 28),
        TeacherError::NoContacts { .. }
    ));
}

fn main() {
    let training = "golden/training_steps.safetensors";
    Suite::new("teacher")
        .test_with_shared(
            "responses and gradient agree",
            "golden/teacher.safetensors",
            responses_and_gradient_agree,
        )
        .test_with_shared("five steps agree", training, five_steps_agree)
        .test_with_shared("training is fast", training, training_is_fast)
        .test(
            "gradient agrees with finite differences",
            gradient_agrees_with_finite_differences,
        )
        .test("batches of any size agree", batches_of_any_size_agree)
        .test(
            "unsuitable connectomes are refused",
            unsuitable_connectomes_are_refused,
        )
        .run();
}
