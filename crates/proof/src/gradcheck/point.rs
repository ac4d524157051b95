//! A random parameter point at which every pathway acts.
//!
//! At the start values of a circuit many pathways are a thousand times too weak for their gradient to
//! be checked. The point is drawn inside the bounds; pathways, gap junctions and gains with a gradient
//! too small to be checked by differences are then strengthened, and their sources excited.

use kenyon_circuit::{Form, Network, NoiseStream, ParameterGroup, Parameters};
use rayon::prelude::*;

use super::numbers::Several;
use super::report::maximum;
use super::{Shape, Trials, by_adjoint, wired};

/// Every gradient should be so large that the rounding of a difference does not drown it.
const SMALLEST_GRADIENT: f64 = 0.02;
/// Share of it below which the sources of a pathway are taken for silent.
const SILENT: f64 = 0.05;
/// What strengthening adds to a stored value.
const STRONGER: f64 = 0.7;
/// Points tried before the best one is taken.
const ATTEMPTS: u32 = 12;
/// Rounds of strengthening.
const ROUNDS: usize = 10;
/// Strength around which chemical pathways are drawn, ampere: neither silent nor saturated.
const STRENGTH_A: f64 = 3e-10;
/// Stored values that switch a group off: `exp` and `softplus` of it are negligible.
const OFF: f64 = -100.0;
/// Knock-outs side by side.
const WIDTH: usize = 8;

/// Whether a group is the strength of something that can be absent.
fn removable(group: &ParameterGroup) -> bool {
    let scales = group.name.ends_with(".strength")
        || group.name.ends_with(".gain")
        || group.name.starts_with("gap.")
        || group.name == "input.current";
    scales && matches!(group.form, Form::Log | Form::Softplus)
}

/// A point, the batch it was made for, and what every group does there.
pub(crate) struct Point {
    pub trials: Trials,
    pub parameters: Parameters,
    pub effects: Vec<f64>,
}

/// Draws points and batches until every group that exists acts, and returns the best one.
pub(crate) fn draw(network: &Network, shape: Shape, seed: u64) -> Point {
    let mut best: Option<(f64, Trials, Parameters)> = None;
    for attempt in 0..ATTEMPTS {
        let trials = Trials::new(network, shape, seed, attempt);
        let (weakest, parameters) = strengthened(network, &trials);
        if best.as_ref().is_none_or(|(other, ..)| weakest > *other) {
            best = Some((weakest, trials, parameters));
        }
        if weakest >= SMALLEST_GRADIENT {
            break;
        }
    }
    let (_, trials, parameters) = best.expect("at least one attempt is made");
    let effects = effects(network, &trials, &parameters);
    Point {
        trials,
        parameters,
        effects,
    }
}

/// One random point, of which weak groups are strengthened, and its weakest gradient.
fn strengthened(network: &Network, trials: &Trials) -> (f64, Parameters) {
    let groups = network.table().groups();
    let stream = NoiseStream::new(trials.seed, "gradcheck/point");
    let uniforms = stream.uniforms(network.table().len(), trials.attempt);
    let mut parameters = network.table().start();
    for group in groups {
        for index in group.range.clone() {
            parameters.values[index] = stored(group, uniforms[index]);
        }
    }
    let mut best = (
        weakest(network, &gradients(network, trials, &parameters)),
        parameters.clone(),
    );
    for _ in 0..ROUNDS {
        let gradients = gradients(network, trials, &parameters);
        let score = weakest(network, &gradients);
        if score > best.0 {
            best = (score, parameters.clone());
        }
        if score >= SMALLEST_GRADIENT {
            break;
        }
        for (group, &own) in groups.iter().zip(&gradients) {
            // A stronger pathway also shows more of its depression.
            let recovery = group.name.strip_suffix(".strength").and_then(|owner| {
                let name = format!("{owner}.recovery");
                groups.iter().position(|other| other.name == name)
            });
            let gradient = recovery.map_or(own, |place| own.min(gradients[place]));
            if !removable(group) || !wired(network, &group.name) || gradient >= SMALLEST_GRADIENT {
                continue;
            }
            if gradient < SILENT * SMALLEST_GRADIENT {
                excite_sources(network, &group.name, &mut parameters);
            }
            let high = group
                .bounds
                .map_or(f64::INFINITY, |(_, high)| group.form.store(high));
            for value in &mut parameters.values[group.range.clone()] {
                *value = (*value + STRONGER).min(high);
            }
        }
    }
    best
}

/// Largest entry of the gradient of each group.
fn gradients(network: &Network, trials: &Trials, parameters: &Parameters) -> Vec<f64> {
    let (_, gradient) = by_adjoint(network, trials, parameters);
    let largest = |group: &ParameterGroup| {
        maximum(
            gradient[group.range.clone()]
                .iter()
                .map(|slope| slope.abs()),
        )
    };
    network.table().groups().iter().map(largest).collect()
}

/// The smallest of those of groups that exist.
fn weakest(network: &Network, gradients: &[f64]) -> f64 {
    let groups = network.table().groups().iter().zip(gradients);
    let existing = groups.filter(|(group, _)| wired(network, &group.name));
    existing
        .map(|(_, &gradient)| gradient)
        .fold(f64::INFINITY, f64::min)
}

/// Lowers the thresholds of the neurons that send through the pathway of a group.
fn excite_sources(network: &Network, group: &str, parameters: &mut Parameters) {
    let owner = group.rsplit_once('.').map_or(group, |(owner, _)| owner);
    let pathway = network
        .pathways()
        .iter()
        .find(|pathway| pathway.name == owner);
    let Some(pathway) = pathway else { return };
    let population = &network.populations()[pathway.source];
    let threshold = network
        .table()
        .group(&format!("{}.threshold", population.name));
    let Some((threshold, (low, _))) = threshold.and_then(|group| Some((group, group.bounds?)))
    else {
        return;
    };
    for &source in pathway.sources() {
        let value = &mut parameters.values[threshold.range.start + source as usize];
        *value += (low - *value) / 2.0;
    }
}

/// A stored value from a uniform number.
fn stored(group: &ParameterGroup, uniform: f64) -> f64 {
    let between = |low: f64, high: f64| low + uniform * (high - low);
    let around = |value: f64| value * between(0.7, 1.3);
    let bounds = group
        .bounds
        .map(|(low, high)| (group.form.store(low), group.form.store(high)));
    match (group.form, bounds) {
        _ if group.name == "decoder.weight" => between(-5.0, 5.0),
        _ if group.name == "decoder.bias" => between(-0.2, 0.2),
        (Form::Log, _) if group.name.ends_with(".strength") => {
            let (low, high) = bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            (libm::log(STRENGTH_A) + between(-0.7, 0.7)).clamp(low, high)
        }
        (Form::Log, _) if group.name.starts_with("gap.") => group.start + between(-1.5, -1.0),
        // Fast recovery and much release: slow pools hardly change within a trial.
        (Form::Log, Some((low, high))) if group.name.ends_with(".recovery") => {
            low + between(0.1, 0.4) * (high - low)
        }
        (Form::Logit, Some((low, high))) => low + between(0.5, 0.8) * (high - low),
        // Low thresholds: pathways of silent neurons prove nothing.
        (Form::Plain, Some((low, high))) => low + between(0.2, 0.6) * (high - low),
        (Form::Log, Some((low, high))) => low + between(0.3, 0.7) * (high - low),
        (Form::Log, None) => group.start + between(-0.3, 0.3),
        (Form::Softplus, _) => between(0.7, 1.5),
        (Form::Plain | Form::Logit, None) => around(group.start),
    }
}

/// Largest change of a decoder output when a group is switched off (strengths, gains, conductances)
/// or moved a little (all others), group by group.
fn effects(network: &Network, trials: &Trials, parameters: &Parameters) -> Vec<f64> {
    let groups = network.table().groups();
    let changed = |group: &ParameterGroup| {
        let mut changed = parameters.clone();
        for value in &mut changed.values[group.range.clone()] {
            *value = match group.form {
                _ if removable(group) => OFF,
                Form::Plain if group.unit == "V" => *value + 1e-3,
                _ => *value + 0.1,
            };
        }
        changed
    };
    let base = logits(network, trials, std::slice::from_ref(parameters)).remove(0);
    let variants: Vec<Parameters> = groups.iter().map(changed).collect();
    let effect = |logits: Vec<f64>| {
        logits
            .iter()
            .zip(&base)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max)
    };
    let outputs = |variants: &[Parameters]| logits(network, trials, variants);
    variants
        .par_chunks(WIDTH)
        .flat_map_iter(outputs)
        .map(effect)
        .collect()
}

/// Decoder outputs of all trials for up to [`WIDTH`] parameter vectors.
fn logits(network: &Network, trials: &Trials, variants: &[Parameters]) -> Vec<Vec<f64>> {
    let stored: Vec<Several<f64, WIDTH>> = (0..network.table().len())
        .map(|index| {
            let value = |lane: usize| variants[lane.min(variants.len() - 1)].values[index];
            Several(std::array::from_fn(value))
        })
        .collect();
    let mut outputs = vec![Vec::new(); variants.len()];
    for counts in trials.counts(network, &stored, |_| ()) {
        for ((lane, parameters), output) in variants.iter().enumerate().zip(&mut outputs) {
            let counts: Vec<f64> = counts.iter().map(|count| count.0[lane]).collect();
            output.extend(trials.objective(network, parameters).logits(&counts));
        }
    }
    outputs
}
