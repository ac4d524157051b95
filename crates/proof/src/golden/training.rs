//! Replay of the first optimiser steps of teacher and student.
//!
//! Three questions: do free-running steps follow the golden ones, in both arithmetics; does the
//! optimiser, fed with the golden gradients, arrive at the golden parameters; does a run in double
//! precision throughout reproduce the golden double-precision losses.

use kenyon_circuit::{
    GradientWorkspace, Interventions, Lanes, Network, Noise, ParameterGroup, Parameters, Precision,
    Scalar, Stimulus, WIDTH, gradient,
};
use kenyon_connectome::Connectome;
use kenyon_learning::{
    Adam, AdamSettings, Loss, RateTeacher, SparsityTerm, StepSize, TeacherWorkspace,
};

use super::comparison::{Comparison, DOUBLE};
use super::inputs::{batch, labels, parameters};
use super::names::{parameter, teacher_parameter};
use super::report::relative;
use super::teacher::larval_teacher;
use super::{Deviation, GoldenError, Vectors};

/// Learning rates and clipping of both trainings (spec/training.md 1.1).
const TEACHER: StepSize = StepSize {
    base_rate: 1e-2,
    clip_norm: None,
};
const STUDENT: StepSize = StepSize {
    base_rate: 1e-3,
    clip_norm: Some(5.0),
};

/// Tolerances (golden README); a run in double precision throughout has the tolerance of the `f64` engine.
const TEACHER_LOSS: f64 = 1e-5;
const TEACHER_RATES: f64 = 0.01;
const STUDENT_LOSS: f64 = 2e-3;
const STUDENT_NORM: f64 = 1e-2;
const STUDENT_RATES: f64 = 0.1;
const OPTIMISER_NORM: f64 = 1e-6;

/// Fixed batches of trials.
struct Batches {
    trials: usize,
    stimuli: Vec<Stimulus>,
    labels: Vec<usize>,
}

impl Batches {
    fn read(vectors: &Vectors, network: &Network) -> Result<Self, GoldenError> {
        let stimuli = batch(vectors, network)?;
        let shape = &vectors.tensor("input.u")?.shape;
        let [steps, trials, _] = shape[..] else {
            return Err(GoldenError::Shape {
                file: vectors.file.clone(),
                tensor: "input.u".to_owned(),
                found: shape.clone(),
                expected: vec![1, stimuli.len(), network.channels()],
            });
        };
        let labels = labels(vectors, &[steps, trials], network.classes())?;
        Ok(Self {
            trials,
            stimuli,
            labels,
        })
    }

    /// Number (from 1), stimuli and labels of each step.
    fn iter(&self) -> impl Iterator<Item = (usize, &[Stimulus], &[usize])> {
        let batches = self
            .stimuli
            .chunks(self.trials)
            .zip(self.labels.chunks(self.trials));
        batches
            .zip(1..)
            .map(|((stimuli, labels), number)| (number, stimuli, labels))
    }

    fn steps(&self) -> usize {
        self.stimuli.len() / self.trials
    }
}

/// Replays `training_steps`.
pub(crate) fn verify(
    vectors: &Vectors,
    connectome: &Connectome,
    network: &Network,
) -> Result<Vec<Deviation>, GoldenError> {
    let batches = Batches::read(vectors, network)?;
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    if vectors.iter().any(|(name, _)| name.starts_with("teacher.")) {
        let teacher = larval_teacher(network, connectome)?;
        teacher_steps(&mut comparison, &teacher, &batches)?;
    }
    if vectors.iter().any(|(name, _)| name.starts_with("student.")) {
        student_steps::<Lanes<WIDTH>>(&mut comparison, network, &batches, "f32")?;
        student_steps::<f64>(&mut comparison, network, &batches, "f64")?;
        optimiser(&mut comparison, network.table().groups(), batches.steps())?;
    }
    Ok(comparison.deviations)
}

fn teacher_steps(
    comparison: &mut Comparison<'_>,
    teacher: &RateTeacher,
    batches: &Batches,
) -> Result<(), GoldenError> {
    let groups = teacher.groups();
    let mut values = parameters(
        comparison.vectors,
        groups,
        teacher_parameter,
        "teacher.param0",
    )?;
    let mut adam = Adam::new(AdamSettings::default(), values.values.len());
    let mut workspace = TeacherWorkspace::new(teacher);
    let mut slopes = vec![0.0; values.values.len()];
    for (number, stimuli, labels) in batches.iter() {
        let report = teacher.gradient(
            &mut workspace,
            &values.values,
            stimuli,
            labels,
            &SparsityTerm::TEACHER,
            &mut slopes,
        );
        comparison.check(
            "f64",
            &format!("teacher.loss{number}"),
            &[report.total],
            TEACHER_LOSS,
        );
        adam.step(groups, TEACHER, &mut values, &slopes);
        let prefix = format!("teacher.param{number}");
        let golden = parameters(comparison.vectors, groups, teacher_parameter, &prefix)?;
        for group in groups {
            let rate = TEACHER.base_rate * group.learning_rate;
            let (distance, place) = largest(group, &values, &golden);
            let name = format!("{prefix} {}", group.name);
            comparison.push(
                "f64",
                &name,
                distance / rate,
                TEACHER_RATES,
                "learning rates",
                place,
            );
        }
    }
    Ok(())
}

/// Largest distance between two values of a group, and where it is.
fn largest(group: &ParameterGroup, ours: &Parameters, golden: &Parameters) -> (f64, usize) {
    let pairs = ours.values[group.range.clone()]
        .iter()
        .zip(&golden.values[group.range.clone()]);
    let distances = pairs.map(|(ours, golden)| (ours - golden).abs());
    distances.zip(0..).fold((0.0, 0), |worst, new| {
        // A distance that is not a number must not pass for a small one.
        if new.0 <= worst.0 {
            worst
        } else {
            (if new.0.is_nan() { f64::INFINITY } else { new.0 }, new.1)
        }
    })
}

/// Free-running steps from the stored start. In `f64` the parameters are kept in double precision
/// too, as in the golden double-precision run.
fn student_steps<S: Scalar<Coefficient = f64>>(
    comparison: &mut Comparison<'_>,
    network: &Network,
    batches: &Batches,
    arithmetic: &str,
) -> Result<(), GoldenError> {
    let vectors = comparison.vectors;
    let double = arithmetic == "f64";
    let mut groups = network.table().groups().to_vec();
    let mut values = parameters(vectors, &groups, parameter, "student.param0")?;
    if double {
        for group in &mut groups {
            group.precision = Precision::Double;
        }
    }
    let weights = vectors.shaped("sparsity_weight", &[batches.steps()])?;
    let mut adam = Adam::new(AdamSettings::default(), values.values.len());
    let mut workspace = GradientWorkspace::<S>::for_scalar(network);
    for ((number, stimuli, labels), &weight) in batches.iter().zip(weights) {
        let loss = Loss {
            sparsity: Some(SparsityTerm {
                weight,
                ..SparsityTerm::STUDENT
            }),
            energy: None,
            ramp_epochs: 0,
        };
        let mut report = kenyon_learning::LossReport::default();
        let slopes = gradient(
            &mut workspace,
            network,
            &values,
            stimuli,
            Noise::Off,
            &Interventions::default(),
            &mut |responses| {
                let (terms, upstream) = loss.evaluate(0, responses, labels, network);
                report = terms;
                upstream
            },
        );
        let done = adam.step(&groups, STUDENT, &mut values, &slopes);
        for (name, value, tolerance) in [
            ("total", report.total, STUDENT_LOSS),
            ("ce", report.cross_entropy, STUDENT_LOSS),
            ("sparsity", report.sparsity, STUDENT_LOSS),
            ("gradient_norm", done.gradient_norm, STUDENT_NORM),
            ("clip_factor", done.clip_factor, STUDENT_NORM),
        ] {
            let name = format!("student.{name}{number}");
            comparison.check(arithmetic, &name, &[value], tolerance);
            if double {
                comparison.check(arithmetic, &format!("f64.{name}"), &[value], DOUBLE);
            }
        }
        let prefix = format!("student.param{number}");
        let golden = parameters(vectors, &groups, parameter, &prefix)?;
        for group in &groups {
            let squares: f64 = group
                .range
                .clone()
                .map(|index| (values.values[index] - golden.values[index]).powi(2))
                .sum();
            let rate = STUDENT.base_rate * group.learning_rate;
            let distance = (squares / group.range.len() as f64).sqrt() / rate;
            let distance = if distance.is_nan() {
                f64::INFINITY
            } else {
                distance
            };
            let (_, place) = largest(group, &values, &golden);
            let name = format!("{prefix} {}", group.name);
            let measure = "root mean square in learning rates";
            comparison.push(arithmetic, &name, distance, STUDENT_RATES, measure, place);
        }
    }
    Ok(())
}

/// The optimiser on the golden gradients: what it does apart from rounding in the simulation.
fn optimiser(
    comparison: &mut Comparison<'_>,
    groups: &[ParameterGroup],
    steps: usize,
) -> Result<(), GoldenError> {
    let vectors = comparison.vectors;
    let mut values = parameters(vectors, groups, parameter, "student.param0")?;
    let mut adam = Adam::new(AdamSettings::default(), values.values.len());
    for number in 1..=steps {
        let slopes = parameters(vectors, groups, parameter, &format!("student.grad{number}"))?;
        let report = adam.step(groups, STUDENT, &mut values, &slopes.values);
        for (name, value) in [
            ("gradient_norm", report.gradient_norm),
            ("clip_factor", report.clip_factor),
        ] {
            let name = format!("student.{name}{number}");
            let (deviation, _) = relative(&[value], &[vectors.number(&name)?]);
            comparison.push("optimiser", &name, deviation, OPTIMISER_NORM, "relative", 0);
        }
        let prefix = format!("student.param{number}");
        let golden = parameters(vectors, groups, parameter, &prefix)?;
        for group in groups {
            let rate = STUDENT.base_rate * group.learning_rate;
            let allowed = |value: f64| (1e-3 * rate).max(2.0 * unit_in_last_place(value));
            let mut worst = (0.0, 0);
            for (place, index) in group.range.clone().enumerate() {
                let golden = golden.values[index];
                let share = (values.values[index] - golden).abs() / allowed(golden);
                let share = if share.is_nan() { f64::INFINITY } else { share };
                if share > worst.0 {
                    worst = (share, place);
                }
            }
            let name = format!("{prefix} {}", group.name);
            let measure = "in units of 1e-3 learning rates or 2 ulp, the larger";
            comparison.push("optimiser", &name, worst.0, 1.0, measure, worst.1);
        }
    }
    Ok(())
}

/// Distance of neighbouring single-precision numbers at `value`.
fn unit_in_last_place(value: f64) -> f64 {
    let single = (value as f32).abs();
    f64::from(f32::from_bits(single.to_bits() + 1) - single)
}
