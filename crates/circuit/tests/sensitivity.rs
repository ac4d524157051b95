//! Derivatives by single edges and neurons: against central differences in `f64`, as parts of the gradient,
//! and the same in lanes.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{TINY, connectome};
use kenyon_circuit::{
    Circuit, GradedResponses, GradientWorkspace, Interventions, Lanes, Network, Noise, NoiseStream,
    Parameters, Scalar, Sensitivity, Stimulus, Upstream, WIDTH, gradient, sensitivity,
};
use kenyon_connectome::{Connectome, sample};
use kenyon_testing::Suite;

/// One contact more or less is a small change.
const MANY: u32 = 100_000;
/// R, T, A, K: positions of the first neuron.
const FIRST: [usize; 4] = [0, 2, 5, 7];

type Counts = [u32; 4];

/// Every kind of pathway with several edges.
fn contacts() -> Vec<((usize, usize), Counts)> {
    let m = MANY;
    let ad = |n| [0, n * m, 0, 0];
    vec![
        ((0, 2), ad(4)),
        ((0, 3), ad(1)),
        ((1, 3), ad(2)),
        ((1, 4), ad(3)),
        ((2, 0), ad(2)),
        ((2, 3), [m, 0, 0, 0]),
        ((3, 1), ad(1)),
        ((3, 4), [0, 0, 0, m]),
        ((2, 7), ad(3)),
        ((2, 9), ad(1)),
        ((3, 8), ad(1)),
        ((4, 9), ad(2)),
        ((7, 8), [m, 0, 0, 2 * m]),
        ((8, 9), [2 * m, 0, 0, 0]),
        ((9, 7), [m, 0, 0, m]),
        ((7, 5), ad(2)),
        ((8, 5), [0, m, m, 0]),
        ((9, 6), [0, m, 2 * m, 0]),
        ((5, 7), ad(1)),
        ((5, 9), ad(1)),
        ((6, 8), ad(2)),
    ]
}

fn wired(contacts: &[((usize, usize), Counts)]) -> Connectome {
    connectome(&[("R", 2), ("T", 3), ("A", 2), ("K", 3)], contacts)
}

/// Both compartments of the gap junctions in one set.
fn circuit() -> Circuit {
    let joined = TINY.replacen(
        "between = [\"T\", \"T\"]\ncompartments = [\"aa\"]",
        "between = [\"T\", \"T\"]\ncompartments = [\"aa\", \"dd\"]",
        1,
    );
    assert_ne!(joined, TINY);
    Circuit::parse(&joined).unwrap()
}

/// Strengths at which every pathway matters, and a decoder.
fn lively(network: &Network) -> Parameters {
    let mut parameters = network.table().start();
    for group in network.table().groups() {
        let values = &mut parameters.values[group.range.clone()];
        match group.name.as_str() {
            "k_to_k_graded.gain" => values[0] = 1.0,
            "t_to_r.strength" => values[0] = 2e-11_f64.ln(),
            "t_to_k.strength" => values[0] = 3e-9_f64.ln(),
            "gap.t_t" | "gap.t_t_dd" => values[0] = 3e-10_f64.ln(),
            name if name.ends_with(".strength") => values[0] = 8e-10_f64.ln(),
            name if name.starts_with("decoder.") => {
                for (place, value) in values.iter_mut().enumerate() {
                    *value = ((place * 37 % 19) as f64 - 9.0) * 0.1;
                }
            }
            _ => {}
        }
    }
    parameters
}

fn stimuli(channels: usize, count: u32, scale: f64) -> Vec<Stimulus> {
    let stream = NoiseStream::new(7, "stimuli");
    let stimulus = |trial: u32| Stimulus {
        input: stream
            .uniforms(channels, trial)
            .iter()
            .map(|&u| (scale * u) as f32)
            .collect(),
        trial: 1000 + 3 * trial,
    };
    (0..count).map(stimulus).collect()
}

fn noise() -> Noise<'static> {
    Noise::Generated(NoiseStream::new(11, "circuit"))
}

fn pattern(place: usize) -> f64 {
    ((place * 29 % 23) as f64 - 11.0) * 1e-2
}

/// A linear objective of decoder outputs and counts.
fn fixed(responses: &GradedResponses) -> Upstream {
    Upstream {
        logits: (0..responses.logits.len())
            .map(|i| 10.0 * pattern(i % responses.classes))
            .collect(),
        counts: (0..responses.counts.len())
            .map(|i| pattern(i % responses.neurons))
            .collect(),
    }
}

fn value(responses: &GradedResponses) -> f64 {
    let Upstream { logits, counts } = fixed(responses);
    let sum =
        |bars: &[f64], values: &[f64]| bars.iter().zip(values).map(|(a, b)| a * b).sum::<f64>();
    sum(&logits, &responses.logits) + sum(&counts, &responses.counts)
}

fn differentiate<S: Scalar<Coefficient = f64>>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    changes: &Interventions,
) -> Sensitivity {
    let mut workspace = GradientWorkspace::<S>::for_scalar(network);
    sensitivity(
        &mut workspace,
        network,
        parameters,
        stimuli,
        noise(),
        changes,
        &mut fixed,
    )
}

/// Sums over trials of `[trial][unit]`.
fn summed(shares: &[f64], units: usize) -> Vec<f64> {
    let mut sums = vec![0.0; units];
    for trial in shares.chunks(units) {
        for (sum, share) in sums.iter_mut().zip(trial) {
            *sum += share;
        }
    }
    sums
}

fn agree(what: &str, found: f64, difference: f64, largest: f64) {
    assert!(
        (found - difference).abs() <= 2e-6 * largest + 1e-6 * found.abs(),
        "{what}: {found} by the adjoint, {difference} by differences (largest {largest})"
    );
}

/// Every edge but the strongest of its pathway, which the others are measured by.
fn edges_by_differences() {
    let circuit = circuit();
    let parameters = lively(&Network::compile(&circuit, &wired(&contacts())).unwrap());
    let objective = |contacts: &[((usize, usize), Counts)]| {
        let network = Network::compile(&circuit, &wired(contacts)).unwrap();
        let stimuli = stimuli(2, 3, 0.25);
        let found =
            differentiate::<f64>(&network, &parameters, &stimuli, &Interventions::default());
        (value(&found.responses), found, network)
    };
    let (_, found, network) = objective(&contacts());
    let spikes: f64 = found.responses.counts.iter().sum();
    assert!(spikes > 20.0, "the network is silent: {spikes}");
    let mut compared = 0;
    for (index, (pathway, shares)) in network.pathways().iter().zip(&found.edges).enumerate() {
        let edges: Vec<_> = pathway.edges().collect();
        let shares = summed(shares, edges.len());
        let largest = shares
            .iter()
            .fold(0.0_f64, |most, share| most.max(share.abs()));
        assert!(largest > 1e-4, "{} does nothing: {largest}", pathway.name);
        let strongest = network.pathway_counts()[index].largest;
        let entry = circuit_compartments(&pathway.name);
        for (edge, share) in edges.iter().zip(&shares) {
            let of_strongest = |edge: &&kenyon_connectome::Edge| edge.contacts == strongest;
            if edge.contacts == strongest && edges.iter().filter(of_strongest).count() == 1 {
                continue;
            }
            // One of several strongest must not become the only one.
            let steps: &[i64] = if edge.contacts == strongest {
                &[-1]
            } else {
                &[-1, 1]
            };
            let pair = (
                FIRST[pathway.source] + edge.source as usize,
                FIRST[pathway.target] + edge.target as usize,
            );
            let changed = |step: i64| {
                let mut contacts = contacts();
                let counts = contacts.iter_mut().find(|it| it.0 == pair).unwrap();
                let count = &mut counts.1[entry];
                *count = (i64::from(*count) + step) as u32;
                objective(&contacts).0
            };
            let relative = 1.0 / f64::from(edge.contacts);
            let difference = match steps {
                [_] => (value(&found.responses) - changed(-1)) / relative,
                _ => (changed(1) - changed(-1)) / (2.0 * relative),
            };
            let what = format!("{} {pair:?}", pathway.name);
            if steps.len() == 1 {
                // One-sided differences are less exact.
                assert!((share - difference).abs() < 1e-3 * largest, "{what}");
            } else {
                agree(&what, *share, difference, largest);
            }
            compared += 1;
        }
    }
    assert!(compared >= 12, "only {compared} edges were compared");
}

/// Position of the compartments that a pathway of the tiny circuit reads.
fn circuit_compartments(pathway: &str) -> usize {
    match pathway {
        "k_to_k" => 0,
        "k_to_a_graded" => 2,
        "k_to_k_graded" => 3,
        _ => 1,
    }
}

fn neurons_by_differences() {
    let network = Network::compile(&circuit(), &wired(&contacts())).unwrap();
    let parameters = lively(&network);
    let stimuli = stimuli(2, 3, 0.25);
    let none = Interventions::default();
    let found = differentiate::<f64>(&network, &parameters, &stimuli, &none);
    let currents = summed(&found.currents, network.neurons());
    let thresholds = summed(&found.thresholds, network.neurons());
    let most = |values: &[f64]| values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    for population in network.populations() {
        for (neuron, place) in population.range.clone().enumerate() {
            let name = format!("{}:{neuron}", population.name);
            if population.name == "A" {
                assert_eq!((currents[place], thresholds[place]), (0.0, 0.0));
                continue;
            }
            let driven = |ampere: f64| {
                let changes = common::current(&population.name, Some(neuron), ampere);
                value(&differentiate::<f64>(&network, &parameters, &stimuli, &changes).responses)
            };
            let step = 1e-16;
            let difference = (driven(step) - driven(-step)) / (2.0 * step);
            agree(&name, currents[place], difference, most(&currents));
            let group = network
                .table()
                .group(&format!("{}.threshold", population.name))
                .unwrap();
            let shifted = |volt: f64| {
                let mut parameters = parameters.clone();
                parameters.values[group.range.start + neuron] += volt;
                value(&differentiate::<f64>(&network, &parameters, &stimuli, &none).responses)
            };
            let step = 1e-7;
            let difference = (shifted(step) - shifted(-step)) / (2.0 * step);
            agree(&name, thresholds[place], difference, most(&thresholds));
        }
    }
    // What the objective and the decoder read of a neuron, taken away from it in proportion.
    let counts = summed(&found.counts, network.neurons());
    let responses = &found.responses;
    let weight = network
        .table()
        .group("decoder.weight")
        .unwrap()
        .range
        .clone();
    let read = network.readout_population().range.clone();
    for (place, &share) in counts.iter().enumerate() {
        let mut expected = 0.0;
        for trial in 0..responses.trials {
            let count = responses.counts[trial * responses.neurons + place];
            let mut slope = pattern(place);
            if read.contains(&place) {
                for class in 0..responses.classes {
                    let at = weight.start + class * read.len() + place - read.start;
                    slope += 10.0 * pattern(class) * parameters.values[at] / network.steps() as f64;
                }
            }
            expected += slope * count;
        }
        assert!((share - expected).abs() < 1e-12, "{place}");
    }
}

/// The pairs of one set are worth what they are worth as sets of their own.
fn gap_junctions_one_by_one() {
    let joined = Network::compile(&circuit(), &wired(&contacts())).unwrap();
    let second = "[[gap_junction]]\nname = \"t_t_dd\"\nrule = \"contact\"\nbetween = [\"T\", \"T\"]\n\
                  compartments = [\"dd\"]\n\
                  conductance_S = { start = 1.0e-13, form = \"log\", precision = \"double\" }\n";
    let split = Circuit::parse(&format!("{TINY}\n{second}")).unwrap();
    let split = Network::compile(&split, &wired(&contacts())).unwrap();
    let stimuli = stimuli(2, 3, 0.25);
    let none = Interventions::default();
    let together = differentiate::<f64>(&joined, &lively(&joined), &stimuli, &none);
    let apart = differentiate::<f64>(&split, &lively(&split), &stimuli, &none);
    assert_eq!(joined.gap_junctions()[0].pairs, [(2, 3), (3, 4)]);
    let pairs = summed(&together.pairs[0], 2);
    for (pair, set) in pairs.iter().zip(["gap.t_t", "gap.t_t_dd"]) {
        let own = apart.gradient[split.table().group(set).unwrap().range.start];
        assert!(own.abs() > 1e-4, "{set} does nothing");
        assert!(
            (pair - own).abs() < 1e-9 * own.abs(),
            "{set}: {pair} and {own}"
        );
    }
    // A set that is switched off is worth nothing.
    let off = Interventions {
        disabled_gap_junctions: vec!["t_t_dd".to_owned()],
        ..Interventions::default()
    };
    let without = differentiate::<f64>(&split, &lively(&split), &stimuli, &off);
    assert!(without.pairs[1].iter().all(|share| *share == 0.0));
    assert_ne!(without.responses, apart.responses);
    let all_off = Interventions {
        disabled_gap_junctions: vec!["t_t".to_owned(), "t_t_dd".to_owned()],
        ..Interventions::default()
    };
    let none_left = Interventions {
        gap_junctions_off: true,
        ..Interventions::default()
    };
    assert_eq!(
        differentiate::<f64>(&split, &lively(&split), &stimuli, &all_off),
        differentiate::<f64>(&split, &lively(&split), &stimuli, &none_left)
    );
    let unknown = Interventions {
        disabled_gap_junctions: vec!["x".to_owned()],
        ..Interventions::default()
    };
    let message = unknown.check(&split).unwrap_err().to_string();
    assert!(message.contains("\"x\""), "{message}");
}

/// Parameters of the larva with every pathway at work.
fn larva() -> (Network, Parameters) {
    let connectome = sample::sample(5, 1).unwrap().connectome;
    let network = Network::compile(&Circuit::larva(), &connectome).unwrap();
    let mut parameters = network.table().start();
    for group in network.table().groups() {
        let values = &mut parameters.values[group.range.clone()];
        if group.name.ends_with(".strength") {
            values[0] = values[0].max(1e-10_f64.ln());
        } else if group.name.starts_with("decoder.") {
            for (place, value) in values.iter_mut().enumerate() {
                *value = ((place * 37 % 19) as f64 - 9.0) * 0.1;
            }
        }
    }
    (network, parameters)
}

/// The shares of a pathway's edges are its gradient, in `f64` and in lanes, and the gradient is that of
/// training to the bit.
fn shares_add_up() {
    let (network, parameters) = larva();
    let stimuli = stimuli(network.channels(), 5, 0.6);
    check_sums::<f64>(&network, &parameters, &stimuli, 1e-10);
    check_sums::<Lanes<WIDTH>>(&network, &parameters, &stimuli, 1e-4);
}

fn check_sums<S: Scalar<Coefficient = f64>>(
    network: &Network,
    parameters: &Parameters,
    stimuli: &[Stimulus],
    tolerance: f64,
) {
    let none = Interventions::default();
    let found = differentiate::<S>(network, parameters, stimuli, &none);
    let mut workspace = GradientWorkspace::<S>::for_scalar(network);
    let training = gradient(
        &mut workspace,
        network,
        parameters,
        stimuli,
        noise(),
        &none,
        &mut fixed,
    );
    assert_eq!(found.gradient, training);
    let table = network.table();
    let by_logarithm = |name: String| {
        let group = table.group(&name)?;
        let at = group.range.start;
        let stored = parameters.values[at];
        Some(training[at] / group.form.slope(stored) * group.form.realise(stored))
    };
    let mut compared = 0;
    let pathways = network.pathways().iter().zip(&found.edges);
    let edges = pathways.map(|(pathway, shares)| {
        let strength = by_logarithm(format!("{}.strength", pathway.name));
        let gain = || by_logarithm(format!("{}.gain", pathway.name));
        (&pathway.name, strength.or_else(gain).unwrap(), shares)
    });
    let sets = network.gap_junctions().iter().zip(&found.pairs);
    let pairs = sets.map(|(set, shares)| {
        let conductance = by_logarithm(format!("gap.{}", set.name)).unwrap();
        (&set.name, conductance, shares)
    });
    for (name, whole, shares) in edges.chain(pairs) {
        let sum: f64 = shares.iter().sum();
        let scale: f64 = shares.iter().map(|share| share.abs()).sum();
        assert!(
            (sum - whole).abs() <= tolerance * scale,
            "{name}: {sum} instead of {whole} (magnitudes {scale})"
        );
        compared += usize::from(scale > 1e-6);
    }
    assert!(compared >= 20, "only {compared} pathways do anything");
}

/// Lanes give what `f64` gives, up to the rounding of trials that a mask cuts elsewhere.
fn lanes_agree() {
    let (network, parameters) = larva();
    let stimuli = stimuli(network.channels(), 5, 0.6);
    let none = Interventions::default();
    let exact = differentiate::<f64>(&network, &parameters, &stimuli, &none);
    let lanes = differentiate::<Lanes<WIDTH>>(&network, &parameters, &stimuli, &none);
    let apart = |a: &[f64], b: &[f64]| {
        let norm =
            |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
    };
    let flat = |found: &Sensitivity| found.edges.concat();
    for (what, distance) in [
        ("edges", apart(&flat(&lanes), &flat(&exact))),
        ("currents", apart(&lanes.currents, &exact.currents)),
        ("thresholds", apart(&lanes.thresholds, &exact.thresholds)),
    ] {
        println!("{what}: lanes differ from f64 by {distance:.1e}");
        assert!(distance < 1e-2, "{what}: {distance}");
    }
}

fn main() {
    Suite::new("sensitivity")
        .test("edges by differences", edges_by_differences)
        .test("neurons by differences", neurons_by_differences)
        .test("gap junctions one by one", gap_junctions_one_by_one)
        .test("shares add up to the gradient", shares_add_up)
        .test("lanes agree", lanes_agree)
        .run();
}
