//! Replay of graded trials with their gradients: the `soft_*` files (training mode).

use std::collections::BTreeMap;

use kenyon_circuit::{
    GradientWorkspace, Interventions, Lanes, Network, Noise, Parameters, Scalar, Stimulus, WIDTH,
    gradient_observed,
};
use kenyon_learning::{EnergyTerm, Loss, SparsityTerm};

use super::comparison::{Comparison, DOUBLE, population_counts, single};
use super::inputs::{batch, injected, labels, parameters};
use super::names::{POPULATIONS, parameter};
use super::recorder::{Recorder, Records};
use super::report::Deviation;
use super::{GoldenError, Vectors};

/// An epoch after the ramp of the loss weights.
const AFTER_RAMP: usize = 1000;
/// Weight of the energy term behind `grad_energy.*`.
const ENERGY_WEIGHT: f64 = 50.0;

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
        populations: POPULATIONS
            .iter()
            .map(|(_, name)| (*name).to_owned())
            .collect(),
    };
    let canonical = Loss {
        sparsity: Some(SparsityTerm::STUDENT),
        ..Loss::default()
    };
    let with_energy = Loss {
        sparsity: None,
        energy: Some(energy),
        ..Loss::default()
    };
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
    let mut losses = [
        ("loss.ce", 0.0),
        ("loss.sparsity", 0.0),
        ("loss.energy", 0.0),
        ("loss.total", 0.0),
    ];
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
    Soft {
        records: records.into_inner(),
        counts,
        logits,
        losses,
        gradient,
        energy_gradient,
    }
}

/// Replays a `soft_*` file.
pub(crate) fn verify(vectors: &Vectors, network: &Network) -> Result<Vec<Deviation>, GoldenError> {
    let stimuli = batch(vectors, network)?;
    let trials = stimuli.len();
    let labels = labels(vectors, &[trials], network.classes())?;
    let parameters = parameters(vectors, network.table().groups(), parameter, "param")?;
    let injected = injected(vectors, network.steps(), trials)?;
    let noise = injected.as_ref().map_or(Noise::Off, Noise::Injected);
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
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
        comparison.check(
            arithmetic,
            &format!("{prefix}{name}"),
            values,
            tolerance(name),
        );
    }
    for (label, name) in POPULATIONS {
        let counts = population_counts(network, &run.counts, name, trials);
        let tensor = format!("out.count.{label}");
        comparison.check(
            arithmetic,
            &format!("{prefix}{tensor}"),
            &counts,
            tolerance(&tensor),
        );
    }
    comparison.check(
        arithmetic,
        &format!("{prefix}out.logits"),
        &run.logits,
        tolerance("out.logits"),
    );
    for (name, value) in run.losses {
        comparison.check(
            arithmetic,
            &format!("{prefix}{name}"),
            &[value],
            tolerance(name),
        );
    }
    for (kind, gradient) in [
        ("grad", &run.gradient),
        ("grad_energy", &run.energy_gradient),
    ] {
        let names: Vec<String> = comparison
            .vectors
            .iter()
            .filter_map(|(name, _)| {
                name.strip_prefix(prefix)?
                    .strip_prefix(kind)?
                    .strip_prefix('.')
            })
            .map(str::to_owned)
            .collect();
        let (mut square, mut total) = (0.0, 0.0);
        for golden in names {
            let Some(group) = parameter(&golden).and_then(|ours| network.table().group(&ours))
            else {
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
            comparison.push(
                arithmetic,
                &name,
                deviation,
                allowed,
                "relative L2 norm of the whole gradient",
                0,
            );
        }
    }
}
