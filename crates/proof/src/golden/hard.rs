//! Replay of hard-spike trials and interventions: the `hard_*` files (evaluation mode).

use std::collections::BTreeMap;

use kenyon_circuit::{
    Interventions, Lanes, Network, Noise, Parameters, Scalar, Stimulus, WIDTH, forward_hard,
};

use super::comparison::{Comparison, DOUBLE, population_counts, single};
use super::divergence::Spikes;
use super::inputs::{batch, injected, parameters};
use super::names::{POPULATIONS, parameter};
use super::recorder::{Recorder, Records};
use super::report::Deviation;
use super::{GoldenError, Vectors};

/// Boost and current of the APL test (spec/experiments.md 2.7).
const APL_BOOST: f64 = 0.7;
const KC_CURRENT_A: f64 = 1e-10;

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
        let lanes: Vec<S> = forward_hard(
            network,
            &parameters.values,
            chunk,
            noise,
            changes,
            &mut recorder,
        );
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
            let drive: f64 = weights
                .iter()
                .zip(counts)
                .map(|(w, count)| w * count / steps)
                .sum();
            logits.push(bias + drive);
        }
    }
    Hard {
        records: records.into_inner(),
        counts,
        logits,
    }
}

/// The interventions of `hard_interventions`: case, changes, whether the receptors are silent.
fn cases() -> Vec<(&'static str, Interventions, bool)> {
    let boost = vec![("APL".to_owned(), APL_BOOST)];
    let current = vec![("KC".to_owned(), None, KC_CURRENT_A)];
    let none = Interventions::default;
    vec![
        ("base", none(), false),
        (
            "no_apl",
            Interventions {
                disabled_pathways: vec!["apl_to_kc".to_owned()],
                ..none()
            },
            false,
        ),
        (
            "no_depression",
            Interventions {
                depression_off: true,
                ..none()
            },
            false,
        ),
        (
            "no_gap",
            Interventions {
                gap_junctions_off: true,
                ..none()
            },
            false,
        ),
        (
            "apl_injection",
            Interventions {
                boosts: boost.clone(),
                ..none()
            },
            false,
        ),
        (
            "kc_injection",
            Interventions {
                currents: current.clone(),
                ..none()
            },
            false,
        ),
        (
            "apl_test_baseline",
            Interventions {
                currents: current.clone(),
                ..none()
            },
            true,
        ),
        (
            "apl_test_boosted",
            Interventions {
                boosts: boost,
                currents: current,
                ..none()
            },
            true,
        ),
    ]
}

/// Replays a `hard_*` file, with or without cases.
pub(crate) fn verify(vectors: &Vectors, network: &Network) -> Result<Vec<Deviation>, GoldenError> {
    let lit = batch(vectors, network)?;
    let dark: Vec<Stimulus> = lit
        .iter()
        .map(|stimulus| Stimulus {
            input: vec![0.0; stimulus.input.len()],
            ..stimulus.clone()
        })
        .collect();
    let parameters = parameters(vectors, network.table().groups(), parameter, "param")?;
    let injected = injected(vectors, network.steps(), lit.len())?;
    let noise = injected.as_ref().map_or(Noise::Off, Noise::Injected);
    let mut comparison = Comparison {
        vectors,
        deviations: Vec::new(),
    };
    let plain = vectors.get("out.logits").is_some();
    let cases = if plain {
        vec![("", Interventions::default(), false)]
    } else {
        cases()
    };
    for (case, changes, silent) in cases {
        let prefix = if case.is_empty() {
            String::new()
        } else {
            format!("{case}.")
        };
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
            let spikes = Spikes {
                vectors,
                network,
                parameters: &parameters,
                noise: injected.as_ref(),
                records: &run.records,
                prefix: &prefix,
                trials: stimuli.len(),
            };
            compare_hard(&mut comparison, &spikes, arithmetic, &run);
        }
    }
    Ok(comparison.deviations)
}

fn compare_hard(
    comparison: &mut Comparison<'_>,
    spikes: &Spikes<'_>,
    arithmetic: &str,
    run: &Hard,
) {
    let Spikes {
        network,
        prefix,
        trials,
        ..
    } = *spikes;
    for (name, values) in &run.records {
        comparison.check(
            arithmetic,
            &format!("{prefix}{name}"),
            values,
            single(name, false),
        );
        let label = name.strip_prefix("step.s.");
        if let Some(detail) = label.and_then(|label| spikes.first_difference(label)) {
            comparison.explain(detail);
        }
    }
    for (label, name) in POPULATIONS {
        let counts = population_counts(network, &run.counts, name, trials);
        comparison.check(
            arithmetic,
            &format!("{prefix}out.count.{label}"),
            &counts,
            0.0,
        );
    }
    let tolerance = single("out.logits", false);
    comparison.check(
        arithmetic,
        &format!("{prefix}out.logits"),
        &run.logits,
        tolerance,
    );
    if arithmetic == "f64" {
        let name = format!("f64.{prefix}out.logits");
        comparison.check(arithmetic, &name, &run.logits, DOUBLE);
    }
}
