//! Gradient check: the adjoint against dual numbers and central differences, for every parameter.
//!
//! At a random point at which every pathway acts, in graded mode, in `f64`, with frozen generated
//! noise, for the objective `CE + 15 S`. Dual numbers go through the engine's own forward pass, so
//! they prove the adjoint and not the equations; those are what golden vectors are for.

mod derivatives;
mod numbers;
mod objective;
mod point;
mod report;

use std::sync::Arc;

use kenyon_circuit::{
    GradientWorkspace, Interventions, Network, Noise, NoiseStream, Parameters, TimeCourse,
    TimedStimulus, forward_graded, gradient,
};
use kenyon_learning::{Loss, SparsityTerm};

use derivatives::{Difference, Watch, by_differences, by_dual_numbers};
use numbers::{Number, Several};
use objective::Objective;
use point::Point;
use report::{maximum, median};

pub use report::{GradcheckReport, GroupReport};

/// Largest batch; more trials prove nothing more.
const MOST_TRIALS: usize = 16;
/// Longest trial.
const MOST_STEPS: usize = 1000;
/// Errors of differences beyond this are looked at again with a narrower difference.
const CURVED: f64 = 1e-6;
/// How much narrower.
const NARROWER: f64 = 5.0;
/// Largest response of a receptor.
const STRONGEST: f64 = 0.8;

/// Why a gradient cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GradcheckError {
    /// No trial, or too many.
    #[error("a gradient check takes 1 to {MOST_TRIALS} trials, not {trials}")]
    Trials {
        /// The number given.
        trials: usize,
    },
    /// No step, or too many.
    #[error("a gradient check takes trials of 1 to {MOST_STEPS} steps, not {steps}")]
    Steps {
        /// The number given.
        steps: usize,
    },
}

/// Steps for which a frame of a time course is shown.
const HOLD: usize = 5;

/// Size of a batch: trials, their steps, and how many vectors of receptor responses alternate.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub trials: usize,
    steps: usize,
    frames: usize,
}

/// The batch of a check.
pub(crate) struct Trials {
    pub seed: u64,
    pub attempt: u32,
    stimuli: Vec<TimedStimulus>,
    pub steps: usize,
    labels: Vec<usize>,
    stream: NoiseStream,
}

impl Trials {
    fn new(network: &Network, shape: Shape, seed: u64, attempt: u32) -> Self {
        let stream = NoiseStream::new(seed, "gradcheck/stimuli");
        let channels = network.channels();
        let stimulus = |place: u32| {
            let trial = attempt * MOST_TRIALS as u32 + place;
            let uniforms = stream.uniforms(channels * shape.frames, trial);
            let frames = uniforms.iter().map(|uniform| (STRONGEST * uniform) as f32);
            // Trials change at different times, and come back to frames they have shown.
            let frame = |step: usize| ((step + 2 * place as usize) / HOLD % shape.frames) as u32;
            let schedule = (0..shape.steps).map(frame).collect();
            let course = TimeCourse::new(channels, frames.collect(), schedule);
            TimedStimulus {
                course: Arc::new(course.expect("uniform numbers are finite, and there are steps")),
                odour_factors: vec![1.0; channels],
                trial,
            }
        };
        let label = |uniform: &f64| (uniform * network.classes() as f64) as usize;
        Self {
            seed,
            attempt,
            stimuli: (0..shape.trials as u32).map(stimulus).collect(),
            steps: shape.steps,
            labels: stream
                .uniforms(shape.trials, u32::MAX - attempt)
                .iter()
                .map(label)
                .collect(),
            stream: NoiseStream::new(seed, "gradcheck/circuit"),
        }
    }

    fn objective<'a>(&'a self, network: &Network, parameters: &'a Parameters) -> Objective<'a> {
        Objective::new(network, parameters, &self.labels, self.steps)
    }

    /// Counts of the population that is read, trial by trial. `watch` sees the spikes of every step.
    fn counts<T: Number, const N: usize>(
        &self,
        network: &Network,
        stored: &[Several<T, N>],
        mut watch: impl FnMut(&[Several<T, N>]),
    ) -> Vec<Vec<Several<T, N>>> {
        let read = network.readout_population().range.clone();
        let trial = |stimulus: &TimedStimulus| {
            let counts = forward_graded(
                network,
                stored,
                std::slice::from_ref(stimulus),
                Noise::Generated(self.stream),
                &Interventions::default(),
                &mut Watch(&mut watch),
            );
            counts[read.clone()].to_vec()
        };
        self.stimuli.iter().map(trial).collect()
    }
}

/// Checks the gradient of `network` on a batch of `trials`; `seed` draws everything that is random.
/// Results do not depend on the number of threads.
///
/// # Errors
/// See [`GradcheckError`].
pub fn gradcheck(
    network: &Network,
    seed: u64,
    trials: usize,
) -> Result<GradcheckReport, GradcheckError> {
    let shape = Shape {
        trials,
        steps: network.steps(),
        frames: 1,
    };
    check(network, shape, seed)
}

/// As [`gradcheck`], with stimuli that change every few steps, in trials of `steps` steps.
///
/// # Errors
/// See [`GradcheckError`].
pub fn gradcheck_time_course(
    network: &Network,
    seed: u64,
    trials: usize,
    steps: usize,
) -> Result<GradcheckReport, GradcheckError> {
    if steps == 0 || steps > MOST_STEPS {
        return Err(GradcheckError::Steps { steps });
    }
    let shape = Shape {
        trials,
        steps,
        frames: 3,
    };
    check(network, shape, seed)
}

fn check(network: &Network, shape: Shape, seed: u64) -> Result<GradcheckReport, GradcheckError> {
    let trials = shape.trials;
    if trials == 0 || trials > MOST_TRIALS {
        return Err(GradcheckError::Trials { trials });
    }
    let Point {
        trials: batch,
        parameters,
        effects,
    } = point::draw(network, shape, seed);
    let (loss, adjoint) = by_adjoint(network, &batch, &parameters);
    let (value, duals) = by_dual_numbers(network, &batch, &parameters);
    let mut differences = by_differences(network, &batch, &parameters);
    let largest: Vec<f64> = network
        .table()
        .groups()
        .iter()
        .flat_map(|group| {
            let largest = maximum(adjoint[group.range.clone()].iter().map(|slope| slope.abs()));
            std::iter::repeat_n(largest, group.range.len())
        })
        .collect();
    let error = |index: usize, difference: &Difference| {
        let rounding = f64::EPSILON * loss.abs() / difference.width;
        (adjoint[index] - difference.slope).abs() / (largest[index] + rounding)
    };
    // Where the objective is strongly curved the width itself is the error; a wrong derivative stays
    // wrong however narrow the difference is.
    let curved: Vec<usize> = (0..network.table().biophysical())
        .filter(|&index| differences[index].smooth)
        .filter(|&index| error(index, &differences[index]) > CURVED)
        .collect();
    let narrow = derivatives::differences(network, &batch, &parameters, &curved, NARROWER);
    for (&index, narrow) in curved.iter().zip(narrow) {
        if narrow.smooth && error(index, &narrow) < error(index, &differences[index]) {
            differences[index] = narrow;
        }
    }

    let mut errors = Vec::new();
    let mut groups = Vec::new();
    for (group, &effect) in network.table().groups().iter().zip(&effects) {
        let range = group.range.clone();
        let largest = maximum(adjoint[range.clone()].iter().map(|slope| slope.abs()));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        let dual = maximum(
            range
                .clone()
                .map(|index| (adjoint[index] - duals[index]).abs() / scale),
        );
        let judged: Vec<f64> = range
            .clone()
            .filter(|&index| differences[index].smooth)
            .map(|index| error(index, &differences[index]))
            .collect();
        groups.push(GroupReport {
            name: group.name.clone(),
            values: range.len(),
            wired: wired(network, &group.name),
            effect,
            largest,
            dual,
            difference_median: median(&judged),
            difference_maximum: maximum(judged.iter().copied()),
            excluded: range.len() - judged.len(),
        });
        errors.extend(judged);
    }
    Ok(GradcheckReport {
        seed,
        trials,
        loss,
        dual: maximum(groups.iter().map(|group| group.dual)),
        objective: (loss - value).abs() / loss.abs(),
        difference_median: median(&errors),
        difference_maximum: maximum(errors.iter().copied()),
        narrowed: curved.len(),
        differences: errors.len(),
        excluded: groups.iter().map(|group| group.excluded).sum(),
        groups,
    })
}

/// The objective of the training code and its gradient by the adjoint, in `f64`.
fn by_adjoint(network: &Network, batch: &Trials, parameters: &Parameters) -> (f64, Vec<f64>) {
    let loss = Loss {
        sparsity: Some(SparsityTerm::STUDENT),
        energy: None,
        ramp_epochs: 0,
    };
    let mut value = f64::NAN;
    let gradient = gradient(
        &mut GradientWorkspace::<f64>::for_scalar(network),
        network,
        parameters,
        &batch.stimuli,
        Noise::Generated(batch.stream),
        &Interventions::default(),
        &mut |responses| {
            let (report, upstream) = loss.evaluate(0, responses, &batch.labels, network);
            value = report.total;
            upstream
        },
    );
    (value, gradient)
}

/// Whether the pathway or the gap junctions that a group belongs to exist in the connectome.
fn wired(network: &Network, group: &str) -> bool {
    let owner = group.rsplit_once('.').map_or(group, |(owner, _)| owner);
    let counts = network.pathway_counts();
    if let Some(counts) = counts.iter().find(|counts| counts.name == owner) {
        return counts.edges > 0;
    }
    let gap = group.strip_prefix("gap.");
    let set = network
        .gap_junctions()
        .iter()
        .find(|set| Some(set.name.as_str()) == gap);
    set.is_none_or(|set| !set.pairs.is_empty())
}
