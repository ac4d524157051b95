//! Perturbation screens and sensitivities on a drawn larva: known effects, and the same numbers by other
//! ways.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::OnceLock;

use kenyon_analysis::screen::{
    Action, Members, Metric, Screen, ScreenSettings, Target, TargetKind, screen, single, targets,
};
use kenyon_analysis::sensitivity::{Objective, SensitivitySettings, compare, differentiate};
use kenyon_analysis::{
    BlockNoise, Labelled, Model, Roles, accuracy, active_fraction, mean, noisy_block,
};
use kenyon_circuit::{Circuit, Interventions, Network, Parameters};
use kenyon_connectome::{Connectome, DataSet, ReceptorMapping, sample};
use kenyon_testing::Suite;

const TRIALS: usize = 3;
const SEED: u64 = 5;

struct Larva {
    connectome: Connectome,
    network: Network,
    parameters: Parameters,
    roles: Roles,
    none: Interventions,
    templates: Vec<Vec<f64>>,
    classes: Vec<usize>,
}

impl Larva {
    fn model(&self) -> Model<'_> {
        Model {
            network: &self.network,
            parameters: &self.parameters,
            roles: &self.roles,
            interventions: &self.none,
        }
    }

    fn stimuli(&self) -> Labelled<'_> {
        Labelled::odours(&self.templates, &self.classes)
    }

    fn screen(&self, targets: &[Target], action: Action, metrics: &[&str]) -> Screen {
        let settings = settings(action, metrics);
        screen(&self.model(), self.stimuli(), targets, &settings, &|| ()).unwrap()
    }

    fn all(&self, kind: TargetKind, populations: &[&str]) -> Vec<Target> {
        let names: Vec<String> = populations.iter().map(|&it| it.to_owned()).collect();
        targets(&self.network, &self.connectome, kind, &names).unwrap()
    }
}

fn settings(action: Action, metrics: &[&str]) -> ScreenSettings {
    ScreenSettings {
        action,
        metrics: metrics.iter().map(|name| name.parse().unwrap()).collect(),
        trials: TRIALS,
        seed: SEED,
    }
}

/// Start values with livelier pathways, and a decoder that looks for mean patterns.
fn larva() -> &'static Larva {
    static LARVA: OnceLock<Larva> = OnceLock::new();
    LARVA.get_or_init(|| {
        let DataSet {
            connectome, panel, ..
        } = sample::sample(5, 1).unwrap();
        build(
            connectome,
            panel.templates(ReceptorMapping::ByPosition).unwrap(),
        )
    })
}

fn build(connectome: Connectome, templates: Vec<Vec<f64>>) -> Larva {
    let network = Network::compile(&Circuit::larva(), &connectome).unwrap();
    let table = network.table();
    let mut parameters = table.start();
    for group in table.groups() {
        if group.name.ends_with(".strength") {
            let value = &mut parameters.values[group.range.start];
            *value = value.max(1e-10_f64.ln());
        }
    }
    let mut larva = Larva {
        classes: (0..templates.len()).collect(),
        connectome,
        parameters,
        roles: Roles::default(),
        none: Interventions::default(),
        templates,
        network,
    };
    let noise = BlockNoise::new("decoder", 1, 1);
    let block = noisy_block(&larva.model(), &larva.templates, 6, &noise).unwrap();
    let patterns = block.coding.means();
    let neurons = patterns[0].len();
    let grand: Vec<f64> = (0..neurons)
        .map(|neuron| mean(&patterns.iter().map(|row| row[neuron]).collect::<Vec<_>>()))
        .collect();
    let range = |name: &str| larva.network.table().group(name).unwrap().range.clone();
    let (weight, bias) = (range("decoder.weight"), range("decoder.bias"));
    let steps = larva.network.steps() as f64;
    for (class, pattern) in patterns.iter().enumerate() {
        let mut offset = 0.0;
        for neuron in 0..neurons {
            let difference = pattern[neuron] - grand[neuron];
            larva.parameters.values[weight.start + class * neurons + neuron] = difference * steps;
            offset += difference * f64::midpoint(pattern[neuron], grand[neuron]);
        }
        larva.parameters.values[bias.start + class] = -offset;
    }
    larva
}

fn difference(screen: &Screen, target: usize, metric: usize) -> f64 {
    screen.targets[target].effects[metric].unwrap().difference
}

/// Without receptor neurons nothing tells odours apart.
fn without_input_it_is_chance() {
    let larva = larva();
    let inputs = larva.all(TargetKind::Populations, &["ORN"]);
    let metrics = ["accuracy", "spikes:ORN", "centroid", "total_decorrelation"];
    let found = larva.screen(&inputs, Action::Silence, &metrics);
    let intact = found.intact[0].value.unwrap();
    assert!(intact > 30.0, "the decoder learned nothing: {intact} %");
    let accuracy = found.targets[0].effects[0].unwrap();
    let trials = (28 * TRIALS) as f64;
    let chance = 100.0 / 28.0;
    let error = (chance * (100.0 - chance) / trials).sqrt();
    assert!(
        (accuracy.value - chance).abs() < 3.5 * error,
        "{} % without input, chance is {chance} ± {error}",
        accuracy.value
    );
    assert!(
        accuracy.q.unwrap() < 1e-6 && accuracy.interval.unwrap()[1] < 0.0,
        "{accuracy:?}, intact {intact} %"
    );
    assert_eq!(found.targets[0].effects[1].unwrap().value, 0.0);
}

/// A neuron whose contacts are gone changes nothing but its own count.
fn a_neuron_without_edges_is_alone() {
    let whole = larva();
    let place = whole.connectome.population("PN").unwrap().start + 4;
    let kept = whole.connectome.contacts().iter().copied();
    let kept = kept.filter(|it| it.source as usize != place && it.target as usize != place);
    let neurons = whole.connectome.neurons().to_vec();
    let connectome = Connectome::new(neurons, kept.collect()).unwrap();
    let larva = build(connectome, whole.templates.clone());
    let metrics = [
        "margin",
        "accuracy",
        "loss",
        "centroid",
        "mb_decorrelation",
        "active:KC",
        "spikes:KC",
        "spikes:ORN",
        "spikes:LN",
        "spikes:PN",
    ];
    let alone = [single("PN", 4)];
    for action in [Action::Silence, Action::Drive(2e-10)] {
        let found = larva.screen(&alone, action, &metrics);
        for (metric, effect) in metrics.iter().zip(&found.targets[0].effects) {
            let effect = effect.unwrap();
            // The decorrelation of PNs reads the neuron itself.
            if *metric == "spikes:PN" || *metric == "mb_decorrelation" {
                continue;
            }
            assert_eq!((effect.difference, effect.p), (0.0, Some(1.0)), "{metric}");
        }
        let own = found.targets[0].effects[9].unwrap();
        let raised = matches!(action, Action::Drive(_));
        assert!(if raised {
            own.difference > 0.1
        } else {
            own.difference <= 0.0
        });
    }
}

/// A row is what the same intervention gives in the protocols.
fn a_row_is_the_same_intervention() {
    let larva = larva();
    let populations = larva.all(TargetKind::Populations, &[]);
    assert_eq!(populations.len(), 5);
    let metrics = ["accuracy", "spikes:KC", "active:PN"];
    let found = larva.screen(&populations, Action::Silence, &metrics);
    let with = |changes: &Interventions| {
        let model = Model {
            interventions: changes,
            ..larva.model()
        };
        let noise = BlockNoise::new("accuracy", SEED, SEED);
        let block = noisy_block(&model, &larva.templates, TRIALS, &noise).unwrap();
        let spikes: Vec<f64> = block
            .coding
            .values()
            .iter()
            .map(|&it| f64::from(it))
            .collect();
        let active = block.relay.values().iter().filter(|it| **it >= 1.0).count();
        let relay = block.relay.values().len() as f64;
        assert!(active_fraction(&block.relay) <= 1.0);
        [
            100.0 * accuracy(&block.logits, 0).unwrap().fraction,
            mean(&spikes),
            100.0 * active as f64 / relay,
        ]
    };
    let intact = with(&larva.none);
    for (own, expected) in found.intact.iter().zip(intact) {
        assert!((own.value.unwrap() - expected).abs() < 1e-9);
    }
    for row in &found.targets {
        let changes = Interventions {
            silenced: vec![(row.target.name.clone(), None)],
            ..Interventions::default()
        };
        for (effect, expected) in row.effects.iter().zip(with(&changes)) {
            let effect = effect.unwrap();
            assert!(
                (effect.value - expected).abs() < 1e-9,
                "{}",
                row.target.name
            );
        }
    }
    // All neurons one by one are the population.
    let listed = Target {
        members: Members::Neurons(
            (0..larva.network.population("LN").unwrap().range.len()).collect(),
        ),
        ..populations
            .iter()
            .find(|it| it.name == "LN")
            .unwrap()
            .clone()
    };
    let again = larva.screen(&[listed], Action::Silence, &metrics);
    let whole = found
        .targets
        .iter()
        .find(|it| it.target.name == "LN")
        .unwrap();
    for metric in 0..metrics.len() {
        assert_eq!(
            difference(&again, 0, metric),
            whole.effects[metric].unwrap().difference
        );
    }
}

fn pathways_and_gap_junctions_are_switched_off() {
    let larva = larva();
    let pathways = larva.all(TargetKind::Pathways, &["KC"]);
    let place = pathways
        .iter()
        .position(|it| it.name == "pn_to_kc")
        .unwrap();
    let found = larva.screen(
        &pathways[place..=place],
        Action::Silence,
        &["spikes:KC", "accuracy"],
    );
    assert!(difference(&found, 0, 0) < 0.0 && difference(&found, 0, 1) < 0.0);
    let sets = larva.all(TargetKind::GapJunctions, &[]);
    assert_eq!(sets.len(), larva.network.gap_junctions().len());
    larva.screen(&sets, Action::Silence, &["spikes:PN"]);
    for kind in [
        TargetKind::Classes,
        TargetKind::Groups,
        TargetKind::Glomeruli,
        TargetKind::Transmitters,
    ] {
        let found = larva.all(kind, &[]);
        assert!(!found.is_empty(), "{kind:?}");
        if kind != TargetKind::Groups {
            let listed = found.iter().map(|it| match &it.members {
                Members::Neurons(neurons) => neurons.len(),
                _ => 0,
            });
            // Nobody is lost, with an annotation or without.
            assert_eq!(listed.sum::<usize>(), larva.network.neurons(), "{kind:?}");
        }
    }
}

fn a_driven_neuron_spikes() {
    let larva = larva();
    let cells: Vec<Target> = (0..3).map(|cell| single("KC", cell)).collect();
    let found = larva.screen(&cells, Action::Drive(3e-10), &["spikes:KC"]);
    for cell in 0..3 {
        let effect = found.targets[cell].effects[0].unwrap();
        assert!(
            effect.difference > 0.0 && effect.interval.unwrap()[0] > 0.0,
            "{effect:?}"
        );
    }
    let ranked = found.ranked(0);
    let sizes: Vec<f64> = ranked
        .iter()
        .map(|it| it.effects[0].unwrap().difference.abs())
        .collect();
    assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]));
    // Corrections only ever raise p-values.
    for it in &found.targets {
        let effect = it.effects[0].unwrap();
        let (p, holm, q) = (effect.p.unwrap(), effect.p_holm.unwrap(), effect.q.unwrap());
        assert!(p <= q && q <= holm && holm <= 1.0);
    }
}

fn threads_do_not_matter() {
    let larva = larva();
    let chosen = larva.all(TargetKind::Neurons, &["LN"]);
    let work = || {
        let metrics = ["margin", "centroid", "al_decorrelation", "active:KC"];
        let found = larva.screen(&chosen, Action::Silence, &metrics);
        let derivatives = differentiate(
            &larva.model(),
            larva.stimuli(),
            &SensitivitySettings {
                objective: Objective::Margin,
                trials: TRIALS,
                seed: SEED,
            },
        );
        let text = serde_json::to_string(&(&found, derivatives.unwrap())).unwrap();
        let read: Screen = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(read, found);
        text
    };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(work)
    };
    assert_eq!(with(1), with(2));
}

/// Edges add up to their pathway, and what neurons send to the objective's own reading of them.
fn derivatives_are_consistent() {
    let larva = larva();
    for objective in [
        Objective::Margin,
        Objective::Loss,
        Objective::Logit(3),
        Objective::Spikes("KC".to_owned()),
    ] {
        let settings = SensitivitySettings {
            objective: objective.clone(),
            trials: TRIALS,
            seed: SEED,
        };
        let found = differentiate(&larva.model(), larva.stimuli(), &settings).unwrap();
        let mut total = 0.0;
        for (index, pathway) in found.pathways.iter().enumerate() {
            let own = found.edges.iter().filter(|edge| edge.pathway == index);
            let sum: f64 = own.clone().map(|edge| edge.weight.mean).sum();
            let scale: f64 = own.map(|edge| edge.weight.mean.abs()).sum();
            assert!((sum - pathway.strength.mean).abs() <= 1e-9 * scale.max(1e-9));
            total += pathway.strength.mean;
        }
        let outputs: f64 = found.neurons.iter().map(|it| it.output.mean).sum();
        // What is left is what the decoder and the objective read: for spikes the objective itself.
        if objective == Objective::Spikes("KC".to_owned()) {
            assert!((outputs - total - found.value.mean).abs() < 1e-6 * (1.0 + outputs.abs()));
        }
        assert_eq!(found.neurons.len(), larva.network.neurons());
        let chosen: Vec<Target> = (0..4).map(|cell| single("LN", cell)).collect();
        if let Some(metric) = objective.metric() {
            let screened = larva.screen(&chosen, Action::Silence, &[&metric.to_string()]);
            let compared = compare(&larva.network, &found, &screened);
            assert_eq!((compared.len(), compared[0].neurons), (2, 4));
        }
    }
}

fn bad_input() {
    let larva = larva();
    let one = [single("KC", 0)];
    let refused = |targets: &[Target], settings: &ScreenSettings, part: &str| {
        let result = screen(&larva.model(), larva.stimuli(), targets, settings, &|| ());
        let message = result.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    let usual = settings(Action::Silence, &["margin"]);
    refused(&[], &usual, "targets");
    refused(&[single("KC", 9999)], &usual, "9999");
    refused(&[single("XX", 0)], &usual, "XX");
    refused(
        &one,
        &ScreenSettings {
            trials: 0,
            ..usual.clone()
        },
        "trials",
    );
    refused(
        &one,
        &ScreenSettings {
            metrics: Vec::new(),
            ..usual.clone()
        },
        "metrics",
    );
    refused(&one, &settings(Action::Silence, &["active:APL"]), "APL");
    refused(
        &[single("APL", 0)],
        &settings(Action::Drive(1e-12), &["margin"]),
        "APL:0",
    );
    refused(
        &one,
        &settings(Action::Drive(f64::NAN), &["margin"]),
        "current",
    );
    let names = ["XX".to_owned()];
    assert!(
        targets(
            &larva.network,
            &larva.connectome,
            TargetKind::Neurons,
            &names
        )
        .is_err()
    );
    for objective in [Objective::Logit(99), Objective::Spikes("APL".to_owned())] {
        let settings = SensitivitySettings {
            objective,
            trials: TRIALS,
            seed: SEED,
        };
        assert!(differentiate(&larva.model(), larva.stimuli(), &settings).is_err());
    }
    let (metrics, left_out) = Metric::all(&larva.network, &larva.roles);
    assert_eq!((metrics.len(), left_out.len()), (15, 1));
    let elsewhere = Roles {
        relay: "relay cells".to_owned(),
        ..Roles::default()
    };
    let (metrics, left_out) = Metric::all(&larva.network, &elsewhere);
    assert_eq!((metrics.len(), left_out.len()), (13, 3), "{left_out:?}");
}

fn main() {
    Suite::new("screen")
        .test("without input it is chance", without_input_it_is_chance)
        .test(
            "a neuron without edges is alone",
            a_neuron_without_edges_is_alone,
        )
        .test(
            "a row is the same intervention",
            a_row_is_the_same_intervention,
        )
        .test(
            "pathways and gap junctions",
            pathways_and_gap_junctions_are_switched_off,
        )
        .test("a driven neuron spikes", a_driven_neuron_spikes)
        .test("threads do not matter", threads_do_not_matter)
        .test("derivatives are consistent", derivatives_are_consistent)
        .test("bad input", bad_input)
        .run();
}
