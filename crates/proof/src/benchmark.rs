//! How fast this machine trains and evaluates: medians of many repetitions on the caller's threads.
//!
//! Phases are separated from outside, so that measuring does not slow the engine down: the objective
//! is called between forward and backward pass, the optimiser is what a step takes besides, and
//! noise is the difference between trials with and without it (the dynamics are branch-free, so
//! they cost the same).

use std::cell::Cell;
use std::time::{Duration, Instant};

use kenyon_analysis::{AnalysisError, BlockNoise, noisy_stimuli};
use kenyon_circuit::{
    GradientWorkspace, InstructionSet, Interventions, Network, Noise, NoiseStream, ParameterGroup,
    Parameters, Stimulus, gradient, simulate,
};
use kenyon_connectome::{DataError, OdourPanel, ReceptorMapping};
use kenyon_learning::{
    Fit, FitError, Loss, LossReport, Objective, OdourError, Odours, Samples, Schedule, StepSize,
    TrainingSettings, start_state,
};
use serde::Serialize;

/// Seed of all random numbers.
const SEED: u64 = 42;
/// Trials of a training step.
const BATCH: usize = 16;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchmarkError {
    /// The training that is timed diverged.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Stimuli cannot be made.
    #[error(transparent)]
    Stimuli(#[from] AnalysisError),
    /// The panel has no templates.
    #[error(transparent)]
    Panel(#[from] DataError),
    /// The odours do not fit the network.
    #[error(transparent)]
    Odours(#[from] OdourError),
}

/// How often everything is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Effort {
    /// Training steps before the first one that counts; they also give the decoder some weight.
    pub warm_up: usize,
    /// Training steps.
    pub steps: usize,
    /// Evaluations.
    pub evaluations: usize,
    /// Trials per odour of one evaluation.
    pub trials_per_odour: usize,
    /// Training steps at each network size.
    pub size_steps: usize,
}

impl Effort {
    /// A few seconds; spread of medians about 1 %.
    pub const FULL: Self = Self {
        warm_up: 56,
        steps: 560,
        evaluations: 15,
        trials_per_odour: 50,
        size_steps: 15,
    };
    /// A first impression.
    pub const QUICK: Self = Self {
        warm_up: 2,
        steps: 9,
        evaluations: 3,
        trials_per_odour: 4,
        size_steps: 3,
    };
}

/// The share of one phase in the whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Name of the phase.
    pub phase: &'static str,
    /// Its share, between 0 and 1.
    pub share: f64,
}

/// Speed of one network; all times are medians.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Benchmark {
    /// A training step of 16 trials: noise, forward, objective, backward, clipping, Adam, projection.
    pub training_step_ms: f64,
    /// A hard-spike trial of a large batch, decoder included.
    pub evaluation_trial_ms: f64,
    /// A normal of the circuit noise.
    pub noise_ns_per_normal: f64,
    /// Where the time of a training step goes.
    pub training_shares: Vec<Share>,
    /// Where the time of an evaluation goes.
    pub evaluation_shares: Vec<Share>,
    /// Normals that are drawn per step and trial (whole groups of four; those that cannot matter are
    /// skipped).
    pub normals_per_step: usize,
    /// Number of repetitions.
    pub effort: Effort,
}

/// Speed at one network size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizePoint {
    /// Factor on the number of neurons.
    pub scale: u32,
    /// Simulated neurons.
    pub neurons: usize,
    /// Edges of all pathways.
    pub edges: usize,
    /// Median of a training step of 16 trials.
    pub training_step_ms: f64,
    /// Resident memory of the process with one network of this size, where the system tells.
    pub memory_mb: Option<f64>,
}

/// What a measurement was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Name of the processor, if the system tells.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Architecture.
    pub architecture: &'static str,
    /// Operating system.
    pub system: &'static str,
    /// Instruction set in use.
    pub instruction_set: &'static str,
    /// Whether the program was built without full optimisation.
    pub debug_build: bool,
}

impl Machine {
    /// The machine and build of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = information
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
            .map_or_else(
                || "unknown processor".to_owned(),
                |(_, name)| name.trim().to_owned(),
            );
        Self {
            processor,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
            instruction_set: InstructionSet::current().name(),
            debug_build: cfg!(debug_assertions),
        }
    }
}

/// Measures a network with its odours. Run it in a pool of one thread to measure one core.
///
/// # Errors
/// See [`BenchmarkError`].
pub fn measure(
    network: &Network,
    odours: &Odours,
    effort: Effort,
) -> Result<Benchmark, BenchmarkError> {
    let (training, parameters) = measure_training(network, odours, effort.warm_up, effort.steps)?;
    let quiet = forward_without_noise(network, odours, &parameters, effort.steps);
    let noise = (training.forward - quiet).max(0.0);
    let rest = training.step - training.forward - training.objective - training.backward;
    let share = |phase, time: f64| Share {
        phase,
        share: time / training.step,
    };
    let training_shares = vec![
        share("noise", noise),
        share("forward", training.forward - noise),
        share("objective", training.objective),
        share("backward", training.backward),
        share("optimiser", rest.max(0.0)),
    ];

    let templates = odours.templates();
    let streams = BlockNoise::new("benchmark", SEED, SEED);
    let trials = effort.trials_per_odour;
    let stimuli = noisy_stimuli(templates, trials, network.odour_cv(), &streams)?;
    let evaluate = |noise: Noise<'_>| {
        let start = Instant::now();
        let none = Interventions::default();
        std::hint::black_box(simulate(network, &parameters, &stimuli, noise, &none));
        start.elapsed()
    };
    evaluate(Noise::Generated(streams.circuit));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    // Alternating, so that a change of the clock rate meets both.
    for _ in 0..effort.evaluations {
        with.push(evaluate(Noise::Generated(streams.circuit)));
        without.push(evaluate(Noise::Off));
    }
    let (all, quiet) = (median_ms(with), median_ms(without));
    let count = stimuli.len() as f64;
    let normals_per_step = drawn_normals(network);
    let normals = count * (normals_per_step * network.steps()) as f64;
    let noise_share = ((all - quiet) / all).max(0.0);
    Ok(Benchmark {
        training_step_ms: training.step,
        evaluation_trial_ms: all / count,
        noise_ns_per_normal: 1e6 * (all - quiet).max(0.0) / normals,
        training_shares,
        evaluation_shares: vec![
            Share {
                phase: "noise",
                share: noise_share,
            },
            Share {
                phase: "dynamics",
                share: 1.0 - noise_share,
            },
        ],
        normals_per_step,
        effort,
    })
}

/// Measures the training step of a network of another size.
///
/// # Errors
/// See [`BenchmarkError`].
pub fn measure_size(
    network: &Network,
    panel: &OdourPanel,
    scale: u32,
    effort: Effort,
) -> Result<SizePoint, BenchmarkError> {
    let templates = panel.templates(ReceptorMapping::ByPosition)?;
    let odours = Odours::new(
        templates,
        network.odour_cv(),
        network.channels(),
        network.classes(),
    )?;
    let mut memory_mb = None;
    let steps = effort.size_steps;
    let training = time_steps(network, &odours, 1, steps, &mut || {
        memory_mb = resident_mb()
    })?
    .0;
    Ok(SizePoint {
        scale,
        neurons: network.neurons(),
        edges: network
            .pathway_counts()
            .iter()
            .map(|counts| counts.edges)
            .sum(),
        training_step_ms: training.step,
        memory_mb,
    })
}

/// Medians in milliseconds.
struct TrainingTimes {
    step: f64,
    forward: f64,
    objective: f64,
    backward: f64,
}

fn measure_training(
    network: &Network,
    odours: &Odours,
    warm_up: usize,
    steps: usize,
) -> Result<(TrainingTimes, Parameters), BenchmarkError> {
    time_steps(network, odours, warm_up, steps, &mut || ())
}

/// Times optimiser steps; `at_end` is called while all buffers are alive.
fn time_steps(
    network: &Network,
    odours: &Odours,
    warm_up: usize,
    steps: usize,
    at_end: &mut dyn FnMut(),
) -> Result<(TrainingTimes, Parameters), BenchmarkError> {
    // Whole batches only: 28 odours of 16 trials.
    let settings = TrainingSettings {
        seed: SEED,
        repeats: BATCH,
        batch: BATCH,
        ..TrainingSettings::default()
    };
    let phases = Cell::new(Phases::default());
    let objective = TimedObjective {
        network,
        loss: &settings.loss,
        noise: Noise::Generated(NoiseStream::new(SEED, "benchmark/circuit")),
        workspace: GradientWorkspace::new(network),
        phases: &phases,
    };
    let samples = Samples {
        stimuli: odours,
        repeats: settings.repeats,
        noise: NoiseStream::new(SEED, "benchmark/odour"),
    };
    let schedule = Schedule {
        batch: settings.batch,
        size: StepSize {
            base_rate: settings.base_rate,
            clip_norm: Some(settings.clip_norm),
        },
        order: NoiseStream::new(SEED, "benchmark/order"),
    };
    let state = start_state(network.table().start(), &settings);
    let mut fit = Fit::new(objective, samples, schedule, state);
    for _ in 0..warm_up {
        fit.step()?;
    }
    let (mut step, mut forward, mut loss, mut backward) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..steps {
        let start = Instant::now();
        fit.step()?;
        step.push(start.elapsed());
        let phases = phases.get();
        forward.push(phases.forward);
        loss.push(phases.objective);
        backward.push(phases.backward);
    }
    at_end();
    let times = TrainingTimes {
        step: median_ms(step),
        forward: median_ms(forward),
        objective: median_ms(loss),
        backward: median_ms(backward),
    };
    Ok((times, fit.into_state().parameters))
}

/// How long the phases of the last step took.
#[derive(Clone, Copy, Default)]
struct Phases {
    forward: Duration,
    objective: Duration,
    backward: Duration,
}

/// The student's objective with a clock.
struct TimedObjective<'a> {
    network: &'a Network,
    loss: &'a Loss,
    noise: Noise<'a>,
    workspace: GradientWorkspace,
    phases: &'a Cell<Phases>,
}

impl Objective for TimedObjective<'_> {
    fn groups(&self) -> &[ParameterGroup] {
        self.network.table().groups()
    }

    fn evaluate(
        &mut self,
        epoch: usize,
        parameters: &Parameters,
        stimuli: &[Stimulus],
        labels: &[usize],
        slopes: &mut [f64],
    ) -> LossReport {
        let Self {
            network,
            loss,
            noise,
            workspace,
            phases,
        } = self;
        let mut report = LossReport::default();
        let mut times = Phases::default();
        let start = Instant::now();
        let mut turned = start;
        let computed = gradient(
            workspace,
            network,
            parameters,
            stimuli,
            *noise,
            &Interventions::default(),
            &mut |responses| {
                let reached = Instant::now();
                let (terms, upstream) = loss.evaluate(epoch, responses, labels, network);
                report = terms;
                turned = Instant::now();
                times.forward = reached - start;
                times.objective = turned - reached;
                upstream
            },
        );
        times.backward = turned.elapsed();
        slopes.copy_from_slice(&computed);
        phases.set(times);
        report
    }
}

/// Median time of a graded forward pass of one batch without noise, milliseconds.
fn forward_without_noise(
    network: &Network,
    odours: &Odours,
    parameters: &Parameters,
    repetitions: usize,
) -> f64 {
    let samples = Samples {
        stimuli: odours,
        repeats: BATCH,
        noise: NoiseStream::new(SEED, "benchmark/odour"),
    };
    let (stimuli, labels) = samples.all(0);
    let loss = Loss::default();
    let mut workspace = GradientWorkspace::new(network);
    let mut times = Vec::with_capacity(repetitions);
    let batches = stimuli.chunks(BATCH).zip(labels.chunks(BATCH)).cycle();
    for (stimuli, labels) in batches.take(repetitions) {
        let start = Instant::now();
        let mut elapsed = Duration::ZERO;
        let none = Interventions::default();
        gradient(
            &mut workspace,
            network,
            parameters,
            stimuli,
            Noise::Off,
            &none,
            &mut |responses| {
                elapsed = start.elapsed();
                loss.evaluate(0, responses, labels, network).1
            },
        );
        times.push(elapsed);
    }
    median_ms(times)
}

/// Normals that the engine draws per step and trial: in groups of four, and for a pathway only the
/// groups with a target.
fn drawn_normals(network: &Network) -> usize {
    let drawn = |slot: &kenyon_circuit::NoiseSlot| {
        let pathway = slot.name.strip_prefix("release/").and_then(|name| {
            network
                .pathways()
                .iter()
                .find(|pathway| pathway.name == name)
        });
        let Some(pathway) = pathway else {
            return slot.neurons.next_multiple_of(4);
        };
        let mut groups: Vec<u32> = pathway.targets().iter().map(|target| target / 4).collect();
        groups.dedup();
        4 * groups.len()
    };
    network.noise_slots().iter().map(drawn).sum()
}

/// The median in milliseconds; 0 of none.
fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    match times.len() {
        0 => 0.0,
        count => (times[(count - 1) / 2] + times[count / 2]).as_secs_f64() / 2.0 * 1e3,
    }
}

/// Resident memory of this process in megabytes, where the system tells.
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1e3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is how a test reports")]

    use super::*;
    use kenyon_circuit::Circuit;
    use kenyon_connectome::sample::sample;

    #[test]
    fn medians_are_of_the_middle() {
        let times = [5, 1, 3].map(Duration::from_millis).to_vec();
        assert_eq!(median_ms(times), 3.0);
        assert_eq!(median_ms(Vec::new()), 0.0);
    }

    #[test]
    fn shares_add_up_and_skipped_draws_are_not_counted() {
        let data = sample(1, 1).unwrap();
        let network = Network::compile(&Circuit::larva(), &data.connectome).unwrap();
        let templates = data.panel.templates(ReceptorMapping::ByPosition).unwrap();
        let odours = Odours::new(templates, network.odour_cv(), 21, 28).unwrap();
        let result = measure(&network, &odours, Effort::QUICK).unwrap();
        for shares in [&result.training_shares, &result.evaluation_shares] {
            let sum: f64 = shares.iter().map(|share| share.share).sum();
            assert!((sum - 1.0).abs() < 0.3, "{shares:?}");
        }
        assert!(result.normals_per_step <= network.normals_per_step() + 4 * 40);
        assert!(result.training_step_ms > 0.0 && result.evaluation_trial_ms > 0.0);
    }
}
