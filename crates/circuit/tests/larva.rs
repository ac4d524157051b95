//! The whole larval circuit: network oracles (spec/model.md 12.3), independence of how trials are
//! grouped, shared noise, interventions.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::sync::OnceLock;

use common::close;
use kenyon_circuit::{
    Circuit, GradedResponses, GradientWorkspace, Interventions, Lanes, Network, Noise, NoiseStream,
    Observer, Parameters, Responses, Snapshot, Stimulus, Upstream, WIDTH, forward_graded,
    forward_hard, gradient, simulate,
};
use kenyon_connectome::{Connectome, DataSet, sample};
use kenyon_testing::Suite;

const SPIKING: [&str; 4] = ["ORN", "LN", "PN", "KC"];

/// A drawn larva, so that these tests need no data.
fn drawn() -> &'static Connectome {
    static DRAWN: OnceLock<Connectome> = OnceLock::new();
    DRAWN.get_or_init(|| sample::sample(5, 1).unwrap().connectome)
}

fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| Network::compile(&Circuit::larva(), drawn()).unwrap())
}

/// Start values with the strengths that start below their bounds lifted a hundredfold, so that every
/// pathway carries current, and a decoder.
fn lively(network: &Network) -> Parameters {
    let table = network.table();
    let mut parameters = table.start();
    for group in table.groups() {
        let values = &mut parameters.values[group.range.clone()];
        if group.name.ends_with(".strength") {
            values[0] = values[0].max(1e-10_f64.ln());
        } else if group.name.starts_with("decoder.") {
            for (place, value) in values.iter_mut().enumerate() {
                *value = ((place * 37 % 19) as f64 - 9.0) * 0.1;
            }
        }
    }
    parameters
}

fn stimuli(count: u32) -> Vec<Stimulus> {
    let stream = NoiseStream::new(7, "stimuli");
    let stimulus = |trial: u32| Stimulus {
        input: stream
            .uniforms(21, trial)
            .iter()
            .map(|&u| (0.6 * u) as f32)
            .collect(),
        trial: 1000 + 3 * trial,
    };
    (0..count).map(stimulus).collect()
}

fn noise() -> Noise<'static> {
    Noise::Generated(NoiseStream::new(11, "circuit"))
}

fn spikes(responses: &Responses, network: &Network, population: &str) -> f64 {
    let population = network.population(population).unwrap();
    (0..responses.trials)
        .flat_map(|trial| responses.counts_of(trial, population))
        .map(|&count| f64::from(count))
        .sum()
}

fn hard(changes: &Interventions) -> Responses {
    simulate(
        network(),
        &lively(network()),
        &stimuli(16),
        noise(),
        changes,
    )
}

// -------------------------------------------------------------- model.md 12

/// The two parameter sets of 12.3, not rounded to single precision: the table is of `f64` runs.
fn sets(network: &Network) -> [(&'static str, Parameters); 2] {
    let table = network.table();
    let mut canonical = table.start();
    for group in table.groups() {
        canonical.values[group.range.clone()].fill(group.start);
    }
    let mut default = canonical.clone();
    for group in table.groups() {
        let start: f64 = match group.name.as_str() {
            // The seven non-AD pathways of the antennal lobe, and PN to KC.
            name if name.ends_with("_nonad.strength") => 1e-10_f64.ln(),
            name if name.ends_with(".strength") => 5e-9_f64.ln(),
            name if name.ends_with(".threshold") => -0.040,
            "apl_to_kc.gain" => 1.0,
            _ => continue,
        };
        default.values[group.range.clone()].fill(start);
    }
    [("default", default), ("canonical", canonical)]
}

#[derive(Default)]
struct Activity {
    steps: Vec<Vec<f64>>,
    apl: Vec<f64>,
}

struct Watch<'a>(&'a Network, Activity);

impl Observer<f64> for Watch<'_> {
    fn observe(&mut self, _step: usize, state: &Snapshot<'_, f64>) {
        let range = |name: &str| self.0.population(name).unwrap().range.clone();
        let total = |name: &&str| state.spike[range(name)].iter().sum::<f64>();
        self.1.steps.push(SPIKING.iter().map(total).collect());
        self.1.apl = state.voltage[range("APL")].to_vec();
    }
}

fn uniform(response: f32) -> [Stimulus; 1] {
    [Stimulus {
        input: vec![response; 21],
        trial: 0,
    }]
}

fn evaluation_totals(network: &Network) {
    let expected: [(&str, f32, [f64; 5], [f64; 2]); 8] = [
        (
            "default",
            0.1,
            [61.0, 318.0, 133.0, 1563.0, 144.0],
            [5.54085, 6.03484],
        ),
        (
            "default",
            0.3,
            [280.0, 657.0, 468.0, 1846.0, 144.0],
            [8.27234, 8.99006],
        ),
        (
            "default",
            0.5,
            [418.0, 686.0, 520.0, 1908.0, 144.0],
            [8.88351, 9.65340],
        ),
        (
            "default",
            1.0,
            [630.0, 686.0, 520.0, 1939.0, 144.0],
            [9.53125, 10.37737],
        ),
        (
            "canonical",
            0.1,
            [126.0, 334.0, 81.0, 79.0, 42.0],
            [0.576_604, 0.502_454],
        ),
        (
            "canonical",
            0.3,
            [420.0, 423.0, 234.0, 175.0, 64.0],
            [1.484_251, 1.239_732],
        ),
        (
            "canonical",
            0.5,
            [420.0, 423.0, 234.0, 175.0, 64.0],
            [1.484_251, 1.239_732],
        ),
        (
            "canonical",
            1.0,
            [630.0, 423.0, 227.0, 191.0, 77.0],
            [1.906_399, 1.498_901],
        ),
    ];
    let nothing = Interventions::default();
    let sets = sets(network);
    for (set, response, totals, apl) in expected {
        let (_, parameters) = sets.iter().find(|(name, _)| *name == set).unwrap();
        let mut watch = Watch(network, Activity::default());
        let counts: Vec<f64> = forward_hard(
            network,
            &parameters.values,
            &uniform(response),
            Noise::Off,
            &nothing,
            &mut watch,
        );
        let mut found: Vec<f64> = (0..4)
            .map(|population| watch.1.steps.iter().map(|step| step[population]).sum())
            .collect();
        let cells = &counts[network.population("KC").unwrap().range.clone()];
        found.push(cells.iter().filter(|&&count| count > 0.0).count() as f64);
        assert_eq!(found, totals, "{set}, u = {response}");
        let (mut left, mut right) = (watch.1.apl[0], watch.1.apl[1]);
        if (left < right) != (apl[0] < apl[1]) {
            std::mem::swap(&mut left, &mut right);
        }
        close("a", left, apl[0], 2e-5);
        close("a", right, apl[1], 2e-5);
        // The same in single precision, sixteen trials side by side.
        let lanes = simulate(
            network,
            parameters,
            &uniform(response),
            Noise::Off,
            &nothing,
        );
        for (population, total) in SPIKING.iter().zip(totals) {
            assert_eq!(
                spikes(&lanes, network, population),
                total,
                "{set}, u = {response}"
            );
        }
    }
    let [_, (_, canonical)] = &sets;
    let mut watch = Watch(network, Activity::default());
    let _: Vec<f64> = forward_hard(
        network,
        &canonical.values,
        &uniform(0.5),
        Noise::Off,
        &nothing,
        &mut watch,
    );
    let rows = [
        "0 42 0 0 42 0 0 42 0 0 42 0 0 42 0 0 42 0 0 42 0 0 42 0 0 42 0 0 42 0",
        "0 29 0 28 2 28 0 29 1 28 2 28 0 30 0 28 1 28 0 28 1 24 4 24 0 29 0 23 4 24",
        "0 15 9 2 20 2 4 18 6 2 20 2 5 19 7 2 19 3 5 15 7 1 13 5 3 12 5 1 7 5",
        "0 0 1 5 15 9 17 7 21 9 9 7 1 8 9 4 8 5 5 9 9 1 3 1 1 0 4 2 3 2",
    ];
    for (population, row) in rows.into_iter().enumerate() {
        let expected: Vec<f64> = row.split(' ').map(|count| count.parse().unwrap()).collect();
        let found: Vec<f64> = watch.1.steps.iter().map(|step| step[population]).collect();
        assert_eq!(found, expected, "{}", SPIKING[population]);
    }
}

/// Graded totals, and the gradient of the mean KC rate.
fn training_totals_and_gradient(network: &Network) {
    let expected = [
        ("default", [415.0294, 693.3358, 527.8512, 1911.5333]),
        ("canonical", [497.2569, 422.3902, 244.1598, 213.9959]),
    ];
    for ((name, parameters), (_, totals)) in sets(network).iter().zip(expected) {
        let counts: Vec<f64> = forward_graded(
            network,
            &parameters.values,
            &uniform(0.5),
            Noise::Off,
            &Interventions::default(),
            &mut Watch(network, Activity::default()),
        );
        for (population, total) in SPIKING.iter().zip(totals) {
            let range = network.population(population).unwrap().range.clone();
            close(
                &format!("{name} {population}"),
                counts[range].iter().sum(),
                total,
                6e-5,
            );
        }
    }
    let [_, (_, canonical)] = sets(network);
    let cells = network.population("KC").unwrap().range.clone();
    let slope = 1.0 / (cells.len() * network.steps()) as f64;
    let slopes = gradient(
        &mut GradientWorkspace::<f64>::for_scalar(network),
        network,
        &canonical,
        &uniform(0.5),
        Noise::Off,
        &Interventions::default(),
        &mut |responses| {
            let mut counts = vec![0.0; responses.counts.len()];
            counts[cells.clone()].fill(slope);
            Upstream {
                logits: vec![0.0; responses.logits.len()],
                counts,
            }
        },
    );
    let sum = |suffix: &str| -> f64 {
        let groups = network.table().groups().iter();
        groups
            .filter(|group| group.name.ends_with(suffix))
            .flat_map(|group| &slopes[group.range.clone()])
            .sum()
    };
    for (group, expected) in [
        ("orn_to_pn.strength", 0.273_808),
        ("ln_to_pn_inhibitory.strength", -0.245_986),
        ("ln_to_pn_excitatory.strength", -0.012_162_5),
        ("orn_to_ln.strength", 0.107_777),
        ("ln_to_ln.strength", 3.014_44e-7),
        ("pn_to_ln.strength", -3.383_89e-9),
        ("pn_to_kc.strength", 0.077_631_9),
        ("kc_to_kc_axon_dendrite.strength", 3.115_28e-7),
        ("apl_to_kc.gain", -0.016_575_4),
        ("input.current", -1.081_59),
        ("KC.threshold", -4.202_16),
        ("LN.time_constant", -0.103_784),
        ("gap.ln_ln", -3.742_64e-5),
        ("gap.eln_pn", -0.001_352_32),
        ("ln_to_orn_nonad.strength", 1.158_59e-4),
        ("orn_to_ln_nonad.strength", 1.978_98e-6),
        ("ln_to_pn_inhibitory_nonad.strength", 1.152_19e-5),
        ("ln_to_pn_excitatory_nonad.strength", -3.208_74e-7),
        ("ln_to_ln_nonad.strength", 2.210_35e-7),
        ("pn_to_ln_nonad.strength", -1.769_10e-7),
        ("kc_to_kc_axon_axon.strength", 0.001_336_51),
        ("KC.coupling", -0.013_787_8),
        ("APL.time_constant", 0.046_714_3),
        (".release_probability", -0.025_467_5),
        ("ORN.time_constant", 1.054_66),
        ("PN.time_constant", 0.082_222_2),
        ("gap.pn_pn", -0.076_325_8),
    ] {
        // Six digits are printed.
        close(group, sum(group) / expected, 1.0, 3e-5);
    }
}

fn sizes(network: &Network) {
    let table = network.table();
    assert_eq!((table.biophysical(), table.len()), (449, 4509));
    assert_eq!((network.neurons(), network.normals_per_step()), (368, 2766));
    assert_eq!(network.noise_slots().len(), 29);
    let pairs: Vec<usize> = network
        .gap_junctions()
        .iter()
        .map(|set| set.pairs.len())
        .collect();
    assert_eq!(pairs, [354, 929, 103]);
    let members = network.group("excitatory LN").unwrap();
    assert_eq!(members.iter().filter(|&&member| member).count(), 9);
    let counts = network.pathway_counts();
    assert_eq!(
        counts.iter().map(|pathway| pathway.contacts).sum::<u64>(),
        50_289
    );
    assert_eq!(
        counts.iter().map(|pathway| pathway.edges).sum::<usize>(),
        12_304
    );
}

// -------------------------------------------------------------- how trials are grouped

/// Batch split, order, lane and threads do not change a bit.
fn grouping_does_not_matter() {
    let (network, stimuli) = (network(), stimuli(37));
    let parameters = lively(network);
    let run = |stimuli: &[Stimulus]| {
        simulate(
            network,
            &parameters,
            stimuli,
            noise(),
            &Interventions::default(),
        )
    };
    let whole = run(&stimuli);
    assert!(whole.counts.iter().sum::<f32>() > 1000.0);
    let joined = |parts: &[Responses]| -> (Vec<f32>, Vec<f64>) {
        let counts = parts.iter().flat_map(|part| part.counts.clone()).collect();
        (
            counts,
            parts.iter().flat_map(|part| part.logits.clone()).collect(),
        )
    };
    let expected = joined(std::slice::from_ref(&whole));
    for sizes in [vec![1, 16, 20], vec![17, 17, 3], vec![1; 37]] {
        let mut rest = stimuli.as_slice();
        let mut parts = Vec::new();
        for size in sizes {
            let (part, after) = rest.split_at(size);
            parts.push(run(part));
            rest = after;
        }
        assert_eq!(joined(&parts), expected);
    }
    let mut reversed = stimuli.clone();
    reversed.reverse();
    let reversed = run(&reversed);
    for trial in 0..37 {
        for population in network.populations() {
            let (here, there) = (whole.counts_of(trial, population), 36 - trial);
            assert_eq!(here, reversed.counts_of(there, population));
        }
        assert_eq!(whole.logits_of(trial), reversed.logits_of(36 - trial));
    }
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        assert_eq!(pool.install(|| run(&stimuli)), whole, "{threads} threads");
    }
}

/// An objective whose adjoint does not depend on the batch.
fn fixed(responses: &GradedResponses) -> Upstream {
    let pattern = |place: usize| ((place * 29 % 23) as f64 - 11.0) * 1e-2;
    let per_trial = responses.classes;
    Upstream {
        logits: (0..responses.logits.len())
            .map(|i| pattern(i % per_trial))
            .collect(),
        counts: (0..responses.counts.len())
            .map(|i| pattern(i % responses.neurons) * 1e-2)
            .collect(),
    }
}

/// The gradient of a batch is the ordered sum of its trials' gradients, whatever the lanes.
fn gradients_add_up_in_order() {
    let (network, stimuli) = (network(), stimuli(20));
    let parameters = lively(network);
    let nothing = Interventions::default();
    let mut workspace = GradientWorkspace::<Lanes<WIDTH>>::for_scalar(network);
    let mut run = |stimuli: &[Stimulus]| {
        gradient(
            &mut workspace,
            network,
            &parameters,
            stimuli,
            noise(),
            &nothing,
            &mut fixed,
        )
    };
    let whole = run(&stimuli);
    assert!(whole.iter().all(|slope| slope.is_finite()));
    let mut sum = vec![0.0; whole.len()];
    for stimulus in &stimuli {
        for (sum, slope) in sum.iter_mut().zip(run(std::slice::from_ref(stimulus))) {
            *sum += slope;
        }
    }
    assert_eq!(sum, whole);
    let mut narrow = GradientWorkspace::<Lanes<4>>::for_scalar(network);
    let four = gradient(
        &mut narrow,
        network,
        &parameters,
        &stimuli,
        noise(),
        &nothing,
        &mut fixed,
    );
    assert_eq!(four, whole, "four lanes instead of sixteen");
}

// -------------------------------------------------------------- noise

/// A circuit without one of its pathways.
fn without(pathway: &str) -> Circuit {
    let text = Circuit::larva().text().to_owned();
    let entry = text.find(&format!("name = \"{pathway}\"\n")).unwrap();
    let start = text[..entry].rfind("[[pathway]]").unwrap();
    let end = text[entry..]
        .find("\n[[")
        .map_or(text.len(), |end| entry + end);
    Circuit::parse(&format!("{}{}", &text[..start], &text[end..])).unwrap()
}

/// Removing a pathway from the circuit is disabling it: all other noise stays what it was.
fn noise_is_addressed_by_name() {
    let full = network();
    let parameters = lively(full);
    let stimuli = stimuli(16);
    for pathway in full.pathways() {
        let disabled = Interventions {
            disabled_pathways: vec![pathway.name.clone()],
            ..Interventions::default()
        };
        let control = simulate(full, &parameters, &stimuli, noise(), &disabled);
        let smaller = Network::compile(&without(&pathway.name), drawn()).unwrap();
        assert_eq!(smaller.pathways().len() + 1, full.pathways().len());
        let mut values = smaller.table().start();
        for group in smaller.table().groups() {
            let stored = parameters.stored(full.table(), &group.name).to_vec();
            values.values[group.range.clone()].copy_from_slice(&stored);
        }
        let removed = simulate(
            &smaller,
            &values,
            &stimuli,
            noise(),
            &Interventions::default(),
        );
        assert_eq!(removed, control, "without {}", pathway.name);
    }
    // Seeds, purposes and trials do matter.
    let base = hard(&Interventions::default());
    let other = |noise| {
        simulate(
            full,
            &parameters,
            &stimuli,
            noise,
            &Interventions::default(),
        )
        .counts
    };
    assert_ne!(
        other(Noise::Generated(NoiseStream::new(12, "circuit"))),
        base.counts
    );
    assert_ne!(
        other(Noise::Generated(NoiseStream::new(11, "other"))),
        base.counts
    );
    assert_ne!(other(Noise::Off), base.counts);
}

// -------------------------------------------------------------- interventions

fn each_intervention_acts() {
    let network = network();
    let base = hard(&Interventions::default());
    let count =
        |changes: &Interventions, population: &str| spikes(&hard(changes), network, population);
    for population in SPIKING {
        let silenced = Interventions {
            silenced: vec![(population.to_owned(), None)],
            ..Interventions::default()
        };
        assert!(spikes(&base, network, population) > 0.0);
        assert_eq!(
            count(&silenced, population),
            0.0,
            "{population} is silenced"
        );
        let driven = Interventions {
            currents: vec![(population.to_owned(), None, 1e-6)],
            ..Interventions::default()
        };
        let cells = network.population(population).unwrap().range.len();
        assert_eq!(
            count(&driven, population),
            16.0 * 15.0 * cells as f64,
            "{population} is driven"
        );
    }
    // One neuron only.
    let one = Interventions {
        silenced: vec![("ORN".to_owned(), Some(3))],
        currents: vec![("ORN".to_owned(), Some(5), 1e-6)],
        ..Interventions::default()
    };
    let responses = hard(&one);
    let orn = network.population("ORN").unwrap();
    for trial in 0..16 {
        let (before, after) = (base.counts_of(trial, orn), responses.counts_of(trial, orn));
        assert_eq!((after[3], after[5]), (0.0, 15.0));
        // The first neuron is not touched directly; feedback reaches it through LNs only.
        assert!((after[0] - before[0]).abs() <= 4.0);
    }
    // A silenced APL does what a missing one does.
    let silent = Interventions {
        silenced: vec![("APL".to_owned(), None)],
        ..Interventions::default()
    };
    let disabled = Interventions {
        disabled_pathways: vec!["apl_to_kc".to_owned()],
        ..Interventions::default()
    };
    assert_eq!(hard(&silent).logits, hard(&disabled).logits);
    assert!(count(&silent, "KC") > spikes(&base, network, "KC"));
    let boosted = Interventions {
        boosts: vec![("APL".to_owned(), 0.7)],
        ..Interventions::default()
    };
    assert!(count(&boosted, "KC") < spikes(&base, network, "KC"));
    assert_eq!(
        count(&boosted, "PN"),
        spikes(&base, network, "PN"),
        "the APL reaches KCs only"
    );
    let tireless = Interventions {
        depression_off: true,
        ..Interventions::default()
    };
    // KCs get undepleted input, 1 / U times stronger, from PNs that inhibition has thinned out.
    assert_ne!(hard(&tireless).counts, base.counts);
    assert_ne!(hard(&tireless).logits, base.logits);
    let uncoupled = Interventions {
        gap_junctions_off: true,
        ..Interventions::default()
    };
    assert_ne!(hard(&uncoupled).counts, base.counts);
    // Without receptor input and noise nothing happens at all.
    let dark: Vec<Stimulus> = (0..3)
        .map(|trial| Stimulus {
            input: vec![0.0; 21],
            trial,
        })
        .collect();
    let silence = simulate(
        network,
        &lively(network),
        &dark,
        Noise::Off,
        &Interventions::default(),
    );
    assert!(silence.counts.iter().all(|&count| count == 0.0));
}

fn main() {
    let on_data = |body: fn(&Network)| {
        move |folder: std::path::PathBuf| {
            let data = DataSet::load(&folder).unwrap();
            body(&Network::compile(&Circuit::larva(), &data.connectome).unwrap());
        }
    };
    Suite::new("larva")
        .test_with_shared("sizes", "data", on_data(sizes))
        .test_with_shared("evaluation totals", "data", on_data(evaluation_totals))
        .test_with_shared(
            "training totals",
            "data",
            on_data(training_totals_and_gradient),
        )
        .test("grouping does not matter", grouping_does_not_matter)
        .test("gradients add up in order", gradients_add_up_in_order)
        .test("noise is addressed by name", noise_is_addressed_by_name)
        .test("each intervention acts", each_intervention_acts)
        .run();
}
