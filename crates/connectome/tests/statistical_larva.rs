//! The statistical larva: counts within sampling error of the measured animal, without any data.

use kenyon_connectome::descriptor::Descriptor;
use kenyon_connectome::sample::statistics::Statistics;
use kenyon_connectome::sample::{LARGEST_SCALE, measure, sample};
use kenyon_connectome::{
    Compartment, CompartmentSet, DataError, DataSet, FanOutSplit, Individual, ReceptorMapping,
    Side, fan_out_split, gap_pairs,
};
use kenyon_testing::Suite;

fn main() {
    Suite::new("statistical larva")
        .test(
            "populations have exactly the expected sizes",
            population_sizes,
        )
        .test(
            "edges and contacts lie within a few percent",
            pathway_counts,
        )
        .test(
            "26 local neurons reach projection neurons, about 9 to 17",
            sign_split,
        )
        .test("gap-junction pairs lie within a fifth", gap_counts)
        .test("one seed is one individual", determinism)
        .test(
            "receptor pairs share their type and lie on both sides",
            receptor_pairs,
        )
        .test("larger larvae keep the number of edges per neuron", scaling)
        .test("a hundredfold larva has all its receptors", hundredfold)
        .test("impossible scales are refused", refused_scales)
        .test(
            "odours differ as much as measured ones do",
            odour_similarity,
        )
        .test(
            "the built-in statistics are written as they are read",
            round_trip,
        )
        .test_with_shared(
            "the built-in statistics are those of the data",
            "data",
            |folder| {
                let data = DataSet::load(&folder).unwrap_or_else(|error| panic!("{error}"));
                let measured = measure(&data, &Descriptor::winding2023());
                assert_eq!(measured, Statistics::winding2023());
            },
        )
        .run();
}

const SEEDS: std::ops::Range<u64> = 0..10;

fn drawn(seed: u64, scale: u32) -> DataSet {
    sample(seed, scale).unwrap_or_else(|error| panic!("{error}"))
}

fn set(codes: &[String]) -> CompartmentSet {
    let members: Vec<Compartment> = codes
        .iter()
        .filter_map(|code| Compartment::from_code(code))
        .collect();
    CompartmentSet::of(&members)
}

fn split(data: &DataSet) -> FanOutSplit {
    let rule = Descriptor::winding2023().split;
    let compartments = set(&rule.compartments);
    fan_out_split(
        &data.connectome,
        &rule.source,
        &rule.target,
        compartments,
        rule.quantile,
    )
}

fn population_sizes() {
    for (seed, scale) in [(0, 1), (1, 1), (2, 2), (3, 10)] {
        let data = drawn(seed, scale);
        let sizes: Vec<usize> = data
            .manifest
            .populations
            .iter()
            .map(|row| row.neurons)
            .collect();
        assert_eq!(
            sizes,
            [42, 108, 72, 144, 2].map(|size| size * scale as usize)
        );
        assert_eq!(data.individual, Individual::Sampled { seed, scale });
        assert!(data.manifest.statistical);
    }
}

fn pathway_counts() {
    for seed in SEEDS {
        let data = drawn(seed, 1);
        for row in Descriptor::winding2023()
            .pathways
            .iter()
            .filter(|row| row.group.is_none())
        {
            let edges = data
                .connectome
                .edges(&row.source, &row.target, set(&row.compartments));
            let contacts: u32 = edges.iter().map(|edge| edge.contacts).sum();
            let near = |actual: usize, expected: usize, share: f64| {
                let margin = (expected as f64 * share).max(3.0);
                (actual as f64 - expected as f64).abs() <= margin
            };
            assert!(
                near(edges.len(), row.edges, 0.03),
                "{} {} edges",
                row.name,
                edges.len()
            );
            let expected = row.contacts as usize;
            assert!(
                near(contacts as usize, expected, 0.05),
                "{} {contacts}",
                row.name
            );
        }
    }
}

fn sign_split() {
    for seed in SEEDS {
        let (excitatory, inhibitory) = split(&drawn(seed, 1)).counts();
        assert_eq!(excitatory + inhibitory, 26);
        assert!((9..=12).contains(&excitatory), "{excitatory}");
    }
}

fn gap_counts() {
    for seed in SEEDS {
        let data = drawn(seed, 1);
        let split = split(&data);
        for rule in Descriptor::winding2023().gaps {
            let pairs = gap_pairs(&data.connectome, &rule, &split).len() as f64;
            // Excitatory pairs move with the split, which ties in the fan-out can shift.
            let limit = if rule.group.is_some() { 0.45 } else { 0.2 };
            let off = (pairs / rule.pairs as f64 - 1.0).abs();
            assert!(off <= limit, "{} {pairs} in seed {seed}", rule.name);
        }
    }
}

fn determinism() {
    let hash = |seed, scale| drawn(seed, scale).manifest.hash;
    assert_eq!(hash(5, 1), hash(5, 1));
    assert_ne!(hash(5, 1), hash(6, 1));
    assert_ne!(hash(5, 1), hash(5, 2));
}

fn receptor_pairs() {
    let data = drawn(3, 2);
    let receptors = data.connectome.population("ORN").expect("receptor neurons");
    let neurons = &data.connectome.neurons()[receptors];
    for (pair, receptor) in neurons.chunks(2).zip(&data.panel.receptors) {
        assert_eq!(pair[0].glomerulus, *receptor);
        assert_eq!(pair[1].glomerulus, *receptor);
        assert_eq!((pair[0].side, pair[1].side), (Side::Left, Side::Right));
        assert_eq!(pair[0].partner, Some(pair[1].id));
    }
    // Every uniglomerular neuron hears its own receptor neurons.
    let contacts = data.connectome.contacts();
    let typed = |index: u32| &data.connectome.neurons()[index as usize];
    let own = contacts.iter().filter(|contact| {
        let (source, target) = (typed(contact.source), typed(contact.target));
        source.population == "ORN"
            && target.population == "PN"
            && !target.glomerulus.is_empty()
            && source.glomerulus == target.glomerulus
    });
    assert!(own.count() >= 84);
}

fn scaling() {
    for scale in [2, 10] {
        let data = drawn(0, scale);
        let edges = data.manifest.edges as f64 / f64::from(scale);
        assert!((edges / 11_853.0 - 1.0).abs() < 0.03, "{scale}: {edges}");
    }
}

fn hundredfold() {
    let data = drawn(0, 100);
    let templates = data.panel.templates(ReceptorMapping::ByName);
    let templates = templates.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((templates.len(), templates[0].len()), (28, 2100));
    assert!(data.manifest.edges > 1_150_000, "{}", data.manifest.edges);
}

fn refused_scales() {
    for scale in [0, LARGEST_SCALE + 1] {
        assert!(matches!(sample(0, scale), Err(DataError::Scale { .. })));
    }
}

fn odour_similarity() {
    for seed in SEEDS {
        let data = drawn(seed, 1);
        let templates = data.panel.templates(ReceptorMapping::ByPosition);
        let templates = templates.unwrap_or_else(|error| panic!("{error}"));
        let length = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
        let mut cosines = Vec::new();
        for (index, first) in templates.iter().enumerate().skip(1) {
            for second in &templates[index + 1..] {
                let dot: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
                cosines.push(dot / length(first) / length(second));
            }
        }
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        // The measured panel has 0.782.
        assert!((0.70..0.88).contains(&mean), "{mean} in seed {seed}");
        assert!(
            templates
                .iter()
                .flatten()
                .all(|value| (0.0..=1.0).contains(value))
        );
    }
}

fn round_trip() {
    let statistics = Statistics::winding2023();
    let text = statistics
        .to_json()
        .unwrap_or_else(|error| panic!("{error}"));
    let again = Statistics::from_json(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, statistics);
    assert_eq!(text, include_str!("../statistics/winding2023.json"));
    let unknown = text.replacen("\"dataset\"", "\"data\"", 1);
    assert!(matches!(
        Statistics::from_json(&unknown),
        Err(DataError::Statistics { .. })
    ));
}
