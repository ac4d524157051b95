//! Replay of whole trials: `soft_*` (training mode with gradients) and `hard_*` (evaluation mode).

use std::collections::BTreeMap;

use kenyon_circuit::{
    GradientWorkspace, InjectedNoise, Interventions, Lanes, Network, Noise, Parameters, Scalar,
    Stimulus, WIDTH, forward_hard, gradient_observed,
};
use kenyon_learning::{EnergyTerm, Loss, SparsityTerm};

use super::names::{POPULATIONS, noise_slots, parameter};
use super::recorder::{Recorder, Records};
use super::report::{Deviation, relative};
use super::{GoldenError, Vectors};

/// Columns of one step of golden noise.
const NOISE_COLUMNS: usize = 2766;
/// An epoch after the ramp of the loss weights.
const AFTER_RAMP: usize = 1000;
/// Weight of the energy term behind `grad_energy.*`.
const ENERGY_WEIGHT: f64 = 50.0;
/// Boost and current of the APL test (spec/experiments.md 2.7).
const APL_BOOST: f64 = 0.7;
const KC_CURRENT_A: f64 = 1e-10;

/// Tolerance of the `f64` engine everywhere.
const DOUBLE: f64 = 1e-10;

/// Tolerances of `f32` work relative to the largest value of a tensor (golden README).
fn single(tensor: &str, soft: bool) -> f64 {
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

/// The network's parameters from tensors `PREFIX.NAME`.
pub(crate) fn parameters(
    vectors: &Vectors,
    network: &Network,
    prefix: &str,
) -> Result<Parameters, GoldenError> {
    let table = network.table();
    let mut parameters = table.start();
    let mut missing: Vec<&str> = table.groups().iter().map(|group| group.name.as_str()).collect();
    for (name, tensor) in vectors.iter() {
        let Some(golden) = name.strip_prefix(prefix).and_then(|name| name.strip_prefix('.')) else {
            continue;
        };
        let group = parameter(golden).and_then(|ours| table.group(&ours));
        let Some(group) = group else {
            return Err(GoldenError::UnknownTensor {
                file: vectors.file.clone(),
                tensor: name.to_owned(),
            });
        };
        if tensor.values.len() != group.range.len() {
            return Err(GoldenError::Shape {
                file: vectors.file.clone(),
                tensor: name.to_owned(),
                found: tensor.shape.clone(),
                expected: group.shape.clone(),
            });
        }
        parameters.set_stored(table, &group.name, &tensor.values);
        missing.retain(|name| *name != group.name);
    }
    match missing.first() {
        None => Ok(parameters),
        Some(name) => Err(GoldenError::MissingTensor {
            file: vectors.file.clone(),
            tensor: format!("{prefix}.* for {name}"),
        }),
    }
}

/// Stimuli from rows of 21 receptor responses; trial numbers count the rows.
pub(crate) fn stimuli(rows: &[f64], channels: usize) -> Vec<Stimulus> {
    rows.chunks(channels)
        .enumerate()
        .map(|(trial, row)| Stimulus {
            input: row.iter().map(|&value| value as f32).collect(),
            trial: trial as u32,
        })
        .collect()
}

fn injected(vectors: &Vectors, steps: usize, trials: usize) -> Result<Option<InjectedNoise>, GoldenError> {
    if vectors.get("noise").is_none() {
        return Ok(None);
    }
    let values = vectors.shaped("noise", &[steps, trials, NOISE_COLUMNS])?;
    let mut column = 0;
    let first_column = noise_slots()
        .into_iter()
        .map(|(slot, width)| {
            column += width;
            (slot, column - width)
        })
        .collect();
    Ok(Some(InjectedNoise {
        values: values.iter().map(|&value| value as f32).collect(),
        trials,
        columns: NOISE_COLUMNS,
        first_column,
    }))
}

/// Collects comparisons of one file.
pub(crate) struct Comparison<'a> {
    pub vectors: &'a Vectors,
    pub deviations: Vec<Deviation>,
}

impl Comparison<'_> {
    /// Compares `actual` with the tensor `name`, if the file has it.
    pub fn check(&mut self, arithmetic: &str, name: &str, actual: &[f64], tolerance: f64) {
        let Some(expected) = self.vectors.get(name) else { return };
        let (deviation, worst) = relative(actual, &expected.values);
        let step = match expected.shape.as_slice() {
            [steps, ..] if name.contains("step.") => worst / (expected.values.len() / steps).max(1),
            _ => worst,
        };
        self.push(arithmetic, name, deviation, tolerance, "relative to the largest value", step);
    }

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
        });
    }
}

/// Loss terms and gradients of one arithmetic.
struct Soft {
    records: BTreeMap<String, Vec<f64>>,
    counts: Vec<f64>,
    logits: Vec<f64>,
    losses: [(&'static str, f64); 4],
    gradient: Vec<f64>,
    energy_gradient: Vec<f64>,
}

/// The reset that both weights have in the golden files: fully ramped.
fn objectives() -> [Loss; 2] {
    let energy = EnergyTerm {
        weight: ENERGY_WEIGHT,
        populations: POPULATIONS.iter().map(|(_, name)| (*name).to_owned()).collect(),
    };
    let canonical = Loss { sparsity: Some(SparsityTerm::STUDENT), ..Loss::default() };
    let with_energy = Loss { sparsity: None, energy: Some(energy), ..Loss::default() };
    [canonical, with_energy]
}

fn soft<S: Scalar<Coefficient = f64>>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    labels: &[usize],
    noise: Noise<'_>,
) -> Soft {
    let mut workspace = GradientWorkspace::<S>::for_scalar(network);
    let records = Records::default();
    let nothing = Interventions::default();
    let [canonical, with_energy] = objectives();
    let (mut counts, mut logits) = (Vec::new(), Vec::new());
    let mut losses = [("loss.ce", 0.0), ("loss.sparsity", 0.0), ("loss.energy", 0.0), ("loss.total", 0.0)];
    let gradient = gradient_observed(
        &mut workspace,
        network,
        parameters,
        stimuli,
        noise,
        &nothing,
        &mut |responses| {
            counts.clone_from(&responses.counts);
            logits.clone_from(&responses.logits);
            let (report, upstream) = canonical.evaluate(AFTER_RAMP, responses, labels, network);
            losses[0].1 = report.cross_entropy;
            losses[1].1 = report.sparsity;
            losses[3].1 = report.total;
            upstream
        },
        &mut |group| Recorder::new(network, &records, stimuli.len(), group * S::LANES, true),
    );
    let energy_gradient = gradient_observed(
        &mut workspace,
        network,
        parameters,
        stimuli,
        noise,
        &nothing,
        &mut |responses| {
            let (report, upstream) = with_energy.evaluate(AFTER_RAMP, responses, labels, network);
            losses[2].1 = report.energy;
            upstream
        },
        &mut |group| Recorder::new(network, &records, stimuli.len(), group * S::LANES, false),
    );
    Soft { records: records.into_inner(), counts, logits, losses, gradient, energy_gradient }
}

/// Replays a `soft_*` file.
pub(crate) fn verify_soft(vectors: &Vectors, network: &Network) -> Result<Vec<Deviation>, GoldenError> {
    let channels = network.channels();
    let input = vectors.tensor("input.u")?;
    let stimuli = stimuli(&input.values, channels);
    let trials = stimuli.len();
    let labels: Vec<usize> =
        vectors.shaped("input.label", &[trials])?.iter().map(|&label| label as usize).collect();
    let parameters = parameters(vectors, network, "param")?;
    let injected = injected(vectors, network.steps(), trials)?;
    let noise = injected.as_ref().map_or(Noise::Off, Noise::Injected);
    let mut comparison = Comparison { vectors, deviations: Vec::new() };
    let single_run = soft::<Lanes<WIDTH>>(network, &parameters, &stimuli, &labels, noise);
    compare_soft(&mut comparison, network, trials, "f32", "", &single_run);
    let double_run = soft::<f64>(network, &parameters, &stimuli, &labels, noise);
    compare_soft(&mut comparison, network, trials, "f64", "f64.", &double_run);
    Ok(comparison.deviations)
}

fn compare_soft(
    comparison: &mut Comparison<'_>,
    network: &Network,
    trials: usize,
    arithmetic: &str,
    prefix: &str,
    run: &Soft,
) {
    let double = arithmetic == "f64";
    let tolerance = |name: &str| if double { DOUBLE } else { single(name, true) };
    for (name, values) in &run.records {
        comparison.check(arithmetic, &format!("{prefix}{name}"), values, tolerance(name));
    }
    for (label, name) in POPULATIONS {
        let counts = population_counts(network, &run.counts, name, trials);
        let tensor = format!("out.count.{label}");
        comparison.check(arithmetic, &format!("{prefix}{tensor}"), &counts, tolerance(&tensor));
    }
    comparison.check(arithmetic, &format!("{prefix}out.logits"), &run.logits, tolerance("out.logits"));
    for (name, value) in run.losses {
        comparison.check(arithmetic, &format!("{prefix}{name}"), &[value], tolerance(name));
    }
    for (kind, gradient) in [("grad", &run.gradient), ("grad_energy", &run.energy_gradient)] {
        let names: Vec<String> = comparison
            .vectors
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(prefix)?.strip_prefix(kind)?.strip_prefix('.'))
            .map(str::to_owned)
            .collect();
        let (mut square, mut total) = (0.0, 0.0);
        for golden in names {
            let Some(group) = parameter(&golden).and_then(|ours| network.table().group(&ours)) else {
                continue;
            };
            let name = format!("{prefix}{kind}.{golden}");
            let ours = &gradient[group.range.clone()];
            comparison.check(arithmetic, &name, ours, tolerance(kind));
            if let Some(expected) = comparison.vectors.get(&name) {
                for (ours, expected) in ours.iter().zip(&expected.values) {
                    square += (ours - expected) * (ours - expected);
                    total += expected * expected;
                }
            }
        }
        if total > 0.0 {
            let allowed = if double { DOUBLE } else { 1e-3 };
            let deviation = (square / total).sqrt();
            let name = format!("{prefix}{kind} (all)");
            comparison.push(arithmetic, &name, deviation, allowed, "relative L2 norm of the whole gradient", 0);
        }
    }
}

fn population_counts(network: &Network, counts: &[f64], name: &str, trials: usize) -> Vec<f64> {
    let Some(population) = network.population(name) else { return Vec::new() };
    (0..trials)
        .flat_map(|trial| counts[trial * network.neurons()..][population.range.clone()].to_vec())
        .collect()
}

/// A hard trial of one arithmetic.
struct Hard {
    records: BTreeMap<String, Vec<f64>>,
    counts: Vec<f64>,
    logits: Vec<f64>,
}

fn hard<S: Scalar<Coefficient = f64>>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    noise: Noise<'_>,
    changes: &Interventions,
) -> Hard {
    let records = Records::default();
    let mut counts = Vec::new();
    for (group, chunk) in stimuli.chunks(S::LANES).enumerate() {
        let mut recorder = Recorder::new(network, &records, stimuli.len(), group * S::LANES, false);
        let lanes: Vec<S> =
            forward_hard(network, &parameters.values, chunk, noise, changes, &mut recorder);
        for lane in 0..chunk.len() {
            counts.extend(lanes.iter().map(|count| count.lane(lane)));
        }
    }
    let table = network.table();
    let weights = parameters.stored(table, "decoder.weight");
    let bias = parameters.stored(table, "decoder.bias");
    let read = network.readout_population().range.clone();
    let steps = network.steps() as f64;
    let mut logits = Vec::new();
    for counts in counts.chunks(network.neurons()) {
        let counts = &counts[read.clone()];
        for (weights, bias) in weights.chunks(read.len()).zip(bias) {
            let drive: f64 = weights.iter().zip(counts).map(|(w, count)| w * count / steps).sum();
            logits.push(bias + drive);
        }
    }
    Hard { records: records.into_inner(), counts, logits }
}

/// The interventions of `hard_interventions`: case, changes, whether the receptors are silent.
fn cases() -> Vec<(&'static str, Interventions, bool)> {
    let boost = vec![("APL".to_owned(), APL_BOOST)];
    let current = vec![("KC".to_owned(), None, KC_CURRENT_A)];
    let none = Interventions::default;
    vec![
        ("base", none(), false),
        ("no_apl", Interventions { disabled_pathways: vec!["apl_to_kc".to_owned()], ..none() }, false),
        ("no_depression", Interventions { depression_off: true, ..none() }, false),
        ("no_gap", Interventions { gap_junctions_off: true, ..none() }, false),
        ("apl_injection", Interventions { boosts: boost.clone(), ..none() }, false),
        ("kc_injection", Interventions { currents: current.clone(), ..none() }, false),
        ("apl_test_baseline", Interventions { currents: current.clone(), ..none() }, true),
        ("apl_test_boosted", Interventions { boosts: boost, currents: current, ..none() }, true),
    ]
}

/// Replays a `hard_*` file, with or without cases.
pub(crate) fn verify_hard(vectors: &Vectors, network: &Network) -> Result<Vec<Deviation>, GoldenError> {
    let input = vectors.tensor("input.u")?;
    let lit = stimuli(&input.values, network.channels());
    let dark = stimuli(&vec![0.0; input.values.len()], network.channels());
    let parameters = parameters(vectors, network, "param")?;
    let injected = injected(vectors, network.steps(), lit.len())?;
    let noise = injected.as_ref().map_or(Noise::Off, Noise::Injected);
    let mut comparison = Comparison { vectors, deviations: Vec::new() };
    let plain = vectors.get("out.logits").is_some();
    let cases = if plain { vec![("", Interventions::default(), false)] } else { cases() };
    for (case, changes, silent) in cases {
        let prefix = if case.is_empty() { String::new() } else { format!("{case}.") };
        if !plain && vectors.get(&format!("{prefix}out.logits")).is_none() {
            continue;
        }
        let stimuli = if silent { &dark } else { &lit };
        for arithmetic in ["f32", "f64"] {
            let run = if arithmetic == "f32" {
                hard::<Lanes<WIDTH>>(network, &parameters, stimuli, noise, &changes)
            } else {
                hard::<f64>(network, &parameters, stimuli, noise, &changes)
            };
            compare_hard(&mut comparison, network, stimuli.len(), arithmetic, &prefix, &run);
        }
    }
    Ok(comparison.deviations)
}

fn compare_hard(
    comparison: &mut Comparison<'_>,
    network: &Network,
    trials: usize,
    arithmetic: &str,
    prefix: &str,
    run: &Hard,
) {
    for (name, values) in &run.records {
        comparison.check(arithmetic, &format!("{prefix}{name}"), values, single(name, false));
    }
    for (label, name) in POPULATIONS {
        let counts = population_counts(network, &run.counts, name, trials);
        comparison.check(arithmetic, &format!("{prefix}out.count.{label}"), &counts, 0.0);
    }
    comparison.check(arithmetic, &format!("{prefix}out.logits"), &run.logits, single("out.logits", false));
    if arithmetic == "f64" {
        let name = format!("f64.{prefix}out.logits");
        comparison.check(arithmetic, &name, &run.logits, DOUBLE);
    }
}
